import { UnitscopeError } from '../../../protocol/errors';
import type { LayoutMethod, RdmLayout } from '../../../protocol/rdm';
import { seeded } from '../../numerics/random';
import { breaths, type Watch } from './breaths';
import { classicalMds } from './classicalMds';
import { metricMds } from './metricMds';
import { neighboursIn, neighboursKept } from './neighbours';
import { tsne } from './tsne';
import { umap } from './umap';

/**
 * Stimuli as points, the same for the same seed: centred, turned to the points' principal axes, each axis pointing to where
 * its farthest point is, so that pictures do not flip. Dissimilarities below 0 (crossnobis) count as 0.
 *
 * - `mds`: metric MDS from the classical solution; `quality` is Kruskal's stress
 * - `pca`: principal component scores, where the RDM holds Euclidean distances; `quality` is their share of the variance
 * - `tsne`, `umap`: `quality` is how many of the nearest neighbours are neighbours in the picture, too
 *
 * @param condensed RDM of n stimuli
 * @throws UnitscopeError `usage` where the method cannot do with so few or so many stimuli, or a dissimilarity is not a number
 * (all but mds need 3 stimuli); `cancelled`
 */
export async function layOut(
  method: LayoutMethod,
  condensed: Float32Array,
  n: number,
  { seed, ...watch }: Watch & { seed: number },
): Promise<RdmLayout> {
  if (method !== 'mds' && n < 3) throw new UnitscopeError('usage', `A layout by ${method} needs at least 3 stimuli, not ${n}.`);
  const distances = notNegative(condensed);
  await breaths(watch)(0, 1); // aborted before it was begun
  const { points, quality } = await laidOut(method, distances, n, seed, watch);
  return { points: Float32Array.from(aligned(points, n)), quality };
}

async function laidOut(method: LayoutMethod, distances: Float32Array, n: number, seed: number, watch: Watch) {
  switch (method) {
    case 'pca': {
      const { points, eigenvalues, trace } = await classicalMds(distances, n, 2, watch);
      const share = (value: number): string => `${trace > 0 ? Math.round((100 * Math.max(0, value)) / trace) : 0} %`;
      return { points, quality: `${share(eigenvalues[0]!)} and ${share(eigenvalues[1]!)} of variance` };
    }
    case 'mds': {
      const start = await classicalMds(distances, n, 2, { signal: watch.signal });
      const result = await metricMds(distances, n, { ...watch, start: apart(start.points, seed), dimensions: 2 });
      return { points: result.points, quality: `Kruskal stress ${result.stress.toFixed(2)}` };
    }
    case 'tsne': {
      const { points, perplexity } = await tsne(distances, n, seed, watch);
      const kept = await shareKept(distances, points, n, watch);
      return { points, quality: `perplexity ${Math.round(perplexity * 10) / 10}, ${kept}` };
    }
    case 'umap': {
      const neighbours = await neighboursIn(distances, n, Math.min(15, n - 1), watch);
      const start = await classicalMds(distances, n, 2, { signal: watch.signal });
      const points = await umap(neighbours, start.points, n, seed, watch);
      return { points, quality: await shareKept(distances, points, n, watch) };
    }
  }
}

async function shareKept(distances: Float32Array, points: Float64Array, n: number, watch: Watch): Promise<string> {
  const neighbours = await neighboursIn(distances, n, Math.min(10, n - 1), watch);
  const share = await neighboursKept(neighbours, points, n, watch);
  return `${Math.round(100 * share)} % of ${neighbours.k} nearest neighbours kept`;
}

function notNegative(condensed: Float32Array): Float32Array {
  let lowest = 0;
  for (const value of condensed) {
    if (!Number.isFinite(value)) {
      throw new UnitscopeError('usage', 'The RDM has a dissimilarity that is not a number: leave out its stimulus.');
    }
    lowest = Math.min(lowest, value);
  }
  return lowest < 0 ? condensed.map((value) => Math.max(0, value)) : condensed;
}

/** Points moved by a thousandth of their extent: SMACOF cannot part those that begin at one place. */
function apart(points: Float64Array, seed: number): Float64Array {
  const random = seeded(seed);
  const largest = points.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return points.map((x) => x + (random() - 0.5) * 1e-3 * largest);
}

/** Points with mean 0, turned to their principal axes, on each axis the farthest one at the positive side. */
function aligned(points: Float64Array, n: number): Float64Array {
  const mean = [0, 0];
  for (let i = 0; i < points.length; i++) mean[i % 2]! += points[i]! / n;
  const moved = points.map((x, i) => x - mean[i % 2]!);
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [moved[2 * i]!, moved[2 * i + 1]!];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turned = moved.map((_, i) => {
    const [x, y] = i % 2 === 0 ? [moved[i]!, moved[i + 1]!] : [moved[i - 1]!, moved[i]!];
    return i % 2 === 0 ? cos * x + sin * y : cos * y - sin * x;
  });
  const farthest = [0, 0];
  for (const [i, x] of turned.entries()) if (Math.abs(x) > Math.abs(farthest[i % 2]!) * (1 + 1e-6)) farthest[i % 2] = x;
  return turned.map((x, i) => (farthest[i % 2]! < 0 ? -x : x) + 0);
}
