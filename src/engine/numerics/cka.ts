import { dot, mean, rowSums, varies, type Vector } from './condensed';
import { similarity } from './rdmComparisons';

/**
 * Linear CKA from the unbiased estimator of HSIC. Song, Smola, Gretton, Bedo and Borgwardt, "Feature selection via dependence
 * maximization", JMLR 13, 2012; the same as the cosine of U-centred matrices (Székely and Rizzo, "Partial distance
 * correlation with methods for dissimilarities", Annals of Statistics 42, 2014). U-centring removes what belongs to a row or a
 * column, so that squared distances, -2 K plus such terms, do as well as the Gram matrix K. The product of U-centred A and B is
 *
 *   2 sum_pairs a b - 2 / (n - 2) sum_s A_s B_s + (sum_s A_s) (sum_s B_s) / ((n - 1) (n - 2)),   A_s the row sums.
 *
 * @param a condensed squared Euclidean distances of n stimuli
 * @returns NaN where it is not defined: fewer than 4 stimuli, or all at the same distance
 */
export function unbiasedLinearCka(a: Vector, b: Vector, n: number): number {
  if (n < 4 || !varies(a) || !varies(b)) return NaN;
  const [shiftA, shiftB] = [mean(a), mean(b)]; // U-centring removes a constant, too; without it less is lost to rounding
  const [sumsA, sumsB] = [rowSums(a, n, shiftA), rowSums(b, n, shiftB)];
  const product = (x: Vector, y: Vector, shiftX: number, shiftY: number, sumsX: Float64Array, sumsY: Float64Array): number =>
    2 * dot(x, y, shiftX, shiftY) -
    (2 / (n - 2)) * dot(sumsX, sumsY) +
    (total(sumsX) * total(sumsY)) / ((n - 1) * (n - 2));
  return similarity(
    product(a, b, shiftA, shiftB, sumsA, sumsB),
    Math.sqrt(product(a, a, shiftA, shiftA, sumsA, sumsA)),
    Math.sqrt(product(b, b, shiftB, shiftB, sumsB, sumsB)),
  );
}

function total(sums: Float64Array): number {
  return sums.reduce((sum, value) => sum + value, 0);
}
