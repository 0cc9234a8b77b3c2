import { UMAP } from 'umap-js';
import { seeded } from '../../numerics/random';
import { breaths, type Watch } from './breaths';
import type { Neighbours } from './neighbours';

/**
 * UMAP from neighbours. McInnes, Healy and Melville, "UMAP: uniform manifold approximation and projection for dimension
 * reduction", 2018.
 *
 * @param neighbours k nearest others of n stimuli
 * @param start points to begin with: [n, 2]
 * @returns points [n, 2]
 * @throws UnitscopeError `cancelled`
 */
export async function umap(
  neighbours: Neighbours,
  start: Float64Array,
  n: number,
  seed: number,
  watch: Watch,
): Promise<Float64Array> {
  const random = seeded(seed);
  const { k } = neighbours;
  const algorithm = new UMAP({ nComponents: 2, nNeighbors: k, random });
  // As UMAP does, a stimulus counts as the first of its own neighbours.
  const rows = Array.from({ length: n }, (_, i) => [i * k, i * k + k - 1] as const);
  algorithm.setPrecomputedKNN(
    rows.map(([from, to], i) => [i, ...neighbours.indices.subarray(from, to)]),
    rows.map(([from, to]) => [0, ...neighbours.distances.subarray(from, to)]),
  );
  const epochs = algorithm.initializeFit(rows.map(() => [])); // neighbours are all that it looks at
  placeAt(algorithm.getEmbedding(), start, random);
  const breathe = breaths(watch);
  for (let epoch = 0; epoch < epochs; epoch++) {
    algorithm.step();
    await breathe(epoch, epochs);
  }
  return Float64Array.from(algorithm.getEmbedding().flat());
}

/** Fills the square of -10 to 10, from which UMAP begins, with the given points, none exactly at the place of another. */
function placeAt(embedding: number[][], start: Float64Array, random: () => number): void {
  const largest = start.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const scale = largest > 0 ? 10 / largest : 0;
  for (const [i, point] of embedding.entries()) {
    for (let k = 0; k < 2; k++) point[k] = start[2 * i + k]! * scale + (random() - 0.5) * 1e-2;
  }
}
