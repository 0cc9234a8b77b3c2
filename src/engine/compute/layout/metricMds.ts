import type { Vector } from '../../numerics/condensed';
import { breaths, type Watch } from './breaths';

export interface MetricMdsOptions extends Watch {
  /** Configuration to begin with: [n, dimensions], row-major. */
  start: Float64Array;
  dimensions: number;
  /** Default 300. */
  iterations?: number;
  /** Stops when the stress falls by less than this share of the squared distances; default 1e-6. */
  tolerance?: number;
}

/**
 * Metric MDS by SMACOF: minimizes the squared differences of distances and dissimilarities by Guttman transforms. Borg and
 * Groenen, Modern Multidimensional Scaling, 2005, chapter 8. Stops as scikit-learn 1.7 does.
 *
 * @param condensed dissimilarities of n stimuli, none negative
 * @returns the configuration [n, dimensions], and Kruskal's stress-1 sqrt(sum (d - delta)^2 / sum d^2), d its distances
 * (Kruskal 1964); stress 0 where all points are one
 * @throws UnitscopeError `cancelled`
 */
export async function metricMds(
  condensed: Vector,
  n: number,
  { start, dimensions, iterations = 300, tolerance = 1e-6, ...watch }: MetricMdsOptions,
): Promise<{ points: Float64Array; stress: number }> {
  const breathe = breaths(watch);
  let points: Float64Array = start.slice();
  let next: Float64Array = new Float64Array(start.length);
  let before = guttman(condensed, n, dimensions, points, next);
  for (let iteration = 0; iteration < iterations; iteration++) {
    [points, next] = [next, points];
    const now = guttman(condensed, n, dimensions, points, next);
    const gain = before.error - now.error;
    before = now;
    if (iteration > 0 && gain / now.squares < tolerance) break;
    await breathe(iteration, iterations);
  }
  return { points, stress: before.squares > 0 ? Math.sqrt(before.error / before.squares) : 0 };
}

/**
 * One Guttman transform of `points` into `next`.
 *
 * @returns of `points`: the squared differences between distances and dissimilarities, and the squared distances, over pairs
 */
function guttman(
  condensed: Vector,
  n: number,
  dimensions: number,
  points: Float64Array,
  next: Float64Array,
): { error: number; squares: number } {
  next.fill(0);
  const difference = new Float64Array(dimensions);
  let error = 0;
  let squares = 0;
  let at = 0;
  for (let i = 0; i < n; i++) {
    const p = i * dimensions;
    for (let j = i + 1; j < n; j++) {
      const q = j * dimensions;
      let square = 0;
      for (let k = 0; k < dimensions; k++) {
        const between = points[p + k]! - points[q + k]!;
        difference[k] = between;
        square += between * between;
      }
      const distance = Math.sqrt(square);
      const wanted = condensed[at++]!;
      squares += square;
      error += (distance - wanted) ** 2;
      if (distance === 0) continue; // no direction to move in
      const pull = wanted / distance / n;
      for (let k = 0; k < dimensions; k++) {
        next[p + k]! += pull * difference[k]!;
        next[q + k]! -= pull * difference[k]!;
      }
    }
  }
  return { error, squares };
}
