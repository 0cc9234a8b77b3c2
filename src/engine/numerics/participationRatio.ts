import { dot, rowSums, type Vector } from './condensed';
import { rowEffects, whitenedProduct } from './whitening';

/**
 * Participation ratio (sum l)^2 / sum l^2 of the eigenvalues l of the centred Gram matrix: how many dimensions an embedding
 * uses. Needs no eigenvalues: their sum is the trace, sum_pairs d^2 / n, and the sum of their squares the squared Frobenius
 * norm of -1/2 J D J.
 *
 * @param values condensed squared Euclidean distances of n stimuli
 * @returns 1 to n - 1; NaN where the embedding is constant
 */
export function participationRatio(values: Vector, n: number): number {
  let trace = 0;
  for (const value of values) trace += value;
  trace /= n;
  const sums = rowSums(values, n);
  const squares = whitenedProduct(dot(values, values), sums, rowEffects(sums, null), null) / 4;
  return trace > 0 ? (trace * trace) / squares : NaN;
}
