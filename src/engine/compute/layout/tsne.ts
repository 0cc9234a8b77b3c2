import { TSNE } from '@keckelt/tsne';
import { UnitscopeError } from '../../../protocol/errors';
import { pairsOf, type Vector } from '../../numerics/condensed';
import { seeded } from '../../numerics/random';
import { breaths, type Watch } from './breaths';

/** The library's cost grows with n^2 in time and memory: beyond this a step takes longer than anyone waits. */
const most = 3000;
const steps = 750;

/** The library draws the initial points from `Math.random`; ours are the same for the same seed. */
class SeededTsne extends TSNE {
  constructor(
    options: { perplexity: number; dim: number; epsilon: number },
    private readonly random: () => number,
  ) {
    super(options);
  }

  override gaussRandom(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }
}

/**
 * t-SNE of distances. Van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9, 2008.
 *
 * @param condensed distances of n stimuli
 * @returns points [n, 2] and the perplexity used: 30, for few stimuli (n - 1) / 3
 * @throws UnitscopeError `usage` beyond 3,000 stimuli, `cancelled`
 */
export async function tsne(
  condensed: Vector,
  n: number,
  seed: number,
  watch: Watch,
): Promise<{ points: Float64Array; perplexity: number }> {
  if (n > most) {
    throw new UnitscopeError(
      'usage',
      `t-SNE takes too long for ${n} stimuli: choose a sample of at most ${most} stimuli, or use UMAP.`,
    );
  }
  const perplexity = Math.max(minimum, Math.min(30, (n - 1) / 3));
  const algorithm = new SeededTsne({ perplexity, dim: 2, epsilon: Math.max(10, n / 16) }, seeded(seed));
  algorithm.initDataDist(exponents(condensed, n));
  const breathe = breaths(watch);
  for (let step = 0; step < steps; step++) {
    algorithm.step();
    await breathe(step, steps);
  }
  const solution = algorithm.getSolution() as number[][];
  return { points: Float64Array.from(solution.flat()), perplexity };
}

/** The perplexity of 3 stimuli has to lie between one neighbour and two. */
const minimum = 1.5;

/**
 * Rows of squared distances, which the library takes as what it is to be exponentiated, with mean 1 and less the smallest:
 * a constant does not change the probabilities of neighbours, and so none of them is too small for a number.
 */
function exponents(condensed: Vector, n: number): Float64Array[] {
  let lowest = Infinity;
  let sum = 0;
  for (const distance of condensed) {
    lowest = Math.min(lowest, distance * distance);
    sum += distance * distance;
  }
  const scale = sum > 0 ? pairsOf(n) / sum : 1;
  const rows = Array.from({ length: n }, () => new Float64Array(n));
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const distance = condensed[at++]!;
      rows[i]![j] = rows[j]![i] = (distance * distance - lowest) * scale;
    }
  }
  return rows;
}
