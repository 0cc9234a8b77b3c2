import { rowStart, type Vector } from '../../numerics/condensed';
import { breaths, type Watch } from './breaths';

/** The k nearest other stimuli of each: [n, k], nearest first; equally near ones, the lower index first. */
export interface Neighbours {
  k: number;
  indices: Int32Array;
  distances: Float64Array;
}

/** @throws UnitscopeError `cancelled` */
export async function neighboursIn(condensed: Vector, n: number, k: number, watch: Watch = {}): Promise<Neighbours> {
  return await nearest(n, k, watch, (i, j) => condensed[rowStart(Math.min(i, j), n) + Math.max(i, j)]!);
}

/** The share of each stimulus' k nearest others that are among its k nearest in the picture, on average. */
export async function neighboursKept(of: Neighbours, points: Float64Array, n: number, watch: Watch = {}): Promise<number> {
  const pictured = await nearest(n, of.k, watch, (i, j) => {
    const [x, y] = [points[2 * i]! - points[2 * j]!, points[2 * i + 1]! - points[2 * j + 1]!];
    return x * x + y * y;
  });
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const own = new Set(of.indices.subarray(i * of.k, (i + 1) * of.k));
    for (const other of pictured.indices.subarray(i * of.k, (i + 1) * of.k)) if (own.has(other)) kept++;
  }
  return kept / (n * of.k);
}

async function nearest(n: number, k: number, watch: Watch, between: (i: number, j: number) => number): Promise<Neighbours> {
  const breathe = breaths({ signal: watch.signal });
  const indices = new Int32Array(n * k);
  const distances = new Float64Array(n * k).fill(Infinity);
  for (let i = 0; i < n; i++) {
    const start = i * k;
    const last = start + k - 1;
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const distance = between(i, j);
      if (distance >= distances[last]!) continue;
      let at = last;
      for (; at > start && distances[at - 1]! > distance; at--) {
        distances[at] = distances[at - 1]!;
        indices[at] = indices[at - 1]!;
      }
      distances[at] = distance;
      indices[at] = j;
    }
    await breathe(i, n);
  }
  return { k, indices, distances };
}
