import { pairsOf, type Vector } from './condensed';
import { seeded } from './random';
import type { VectorComparison } from './rdmComparisons';
import { needsRanks, Resampling } from './resampling';

export interface BootstrapOptions {
  /** Bootstrap samples; see `resamplesFor`. */
  resamples: number;
  seed: number;
  onProgress?: (done: number, total: number) => void;
  /** Asked about 20 times a second. */
  aborted?: () => boolean;
}

/** Ranks that are held at a time: 4 bytes each. */
const heldRanks = 2 ** 25;
const breathMs = 50;

/**
 * 95 % percentile intervals of the similarity of RDMs to a reference, by a bootstrap over stimuli: n of the n stimuli are
 * drawn with replacement, the same ones for all RDMs (Efron and Tibshirani 1993, chapter 13; Nili et al. 2014). Samples in
 * which a similarity is not defined are left out of its interval. Lets the event loop turn about 20 times a second.
 *
 * @param rdms condensed RDMs of n stimuli without NaN; the reference is one, too
 * @returns for each RDM [low, high], NaN where fewer than half of the samples have a value; null when aborted
 */
export async function bootstrapIntervals(
  comparison: VectorComparison,
  rdms: readonly Vector[],
  reference: Vector,
  n: number,
  { resamples, seed, onProgress, aborted }: BootstrapOptions,
): Promise<[low: number, high: number][] | null> {
  const intervals: [number, number][] = [];
  const together = needsRanks(comparison) ? Math.max(1, Math.floor(heldRanks / Math.max(1, pairsOf(n))) - 1) : rdms.length;
  const total = rdms.length * resamples;
  let breath = performance.now();
  for (let from = 0; from < rdms.length; from += together) {
    const some = rdms.slice(from, from + together);
    const resampling = new Resampling(comparison, some, reference, n);
    const random = seeded(seed); // the same samples for all
    const values = some.map(() => new Float64Array(resamples));
    for (let k = 0; k < resamples; k++) {
      const similarities = resampling.similarities(drawCounts(n, random));
      for (const [i, similarity] of similarities.entries()) values[i]![k] = similarity;
      if (performance.now() - breath < breathMs) continue;
      onProgress?.(from * resamples + (k + 1) * some.length, total);
      await new Promise((resolve) => setImmediate(resolve));
      if (aborted?.()) return null;
      breath = performance.now();
    }
    for (const samples of values) intervals.push(interval(samples));
  }
  onProgress?.(total, total);
  return intervals;
}

/** How often each of n stimuli is drawn when n are drawn with replacement: [n]. */
export function drawCounts(n: number, random: () => number): Int32Array {
  const counts = new Int32Array(n);
  for (let i = 0; i < n; i++) counts[Math.floor(random() * n)]!++;
  return counts;
}

/** The 2.5th and the 97.5th percentile, interpolated linearly between samples as NumPy does. */
function interval(samples: Float64Array): [low: number, high: number] {
  const sorted = samples.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0 || sorted.length < samples.length / 2) return [NaN, NaN];
  const quantile = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
  };
  return [quantile(0.025), quantile(0.975)];
}

/**
 * Bootstrap samples that a reference is worth: 1000, fewer where these would take more than about 15 seconds, at least 100.
 *
 * @param pairs n (n - 1) / 2
 * @param layers RDMs that are compared with it
 */
export function resamplesFor(pairs: number, layers: number, comparison: VectorComparison = 'rho-a'): number {
  const seconds = pairs * (layers + 1) * nanoseconds(comparison) * 1e-9;
  return Math.max(100, Math.min(1000, Math.floor(15 / seconds)));
}

/** For a pair of an RDM in a sample, measured with 1,000 stimuli; more where memory is far (50 for ranks of 5,000). */
function nanoseconds(comparison: VectorComparison): number {
  if (comparison === 'tau-a' || comparison === 'tau-b') return 90;
  return needsRanks(comparison) ? 14 : 6;
}
