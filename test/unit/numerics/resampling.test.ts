import assert from 'node:assert/strict';
import { bootstrapIntervals, drawCounts, resamplesFor } from '../../../src/engine/numerics/bootstrap';
import { pairsOf, rowStart } from '../../../src/engine/numerics/condensed';
import { noiseCeiling } from '../../../src/engine/numerics/noiseCeiling';
import { seeded } from '../../../src/engine/numerics/random';
import { denseRanks, midranks } from '../../../src/engine/numerics/ranks';
import { concordance, tauA, tauB } from '../../../src/engine/numerics/kendall';
import type { VectorComparison } from '../../../src/engine/numerics/rdmComparisons';
import { Resampling } from '../../../src/engine/numerics/resampling';
import { close, normalMatrix, rsa, squaredDistances } from '../../fixtures/rsa/rsa';

const comparisons = Object.keys(rsa.comparison.values) as VectorComparison[];
const reference = Float64Array.from(rsa.bootstrap.reference);
const rdms = rsa.bootstrap.rdms.map((rdm) => Float64Array.from(rdm));
const { n } = rsa.bootstrap;

/** A sample written out: the dissimilarities of all pairs of different stimuli among the copies. */
function writtenOut(values: Float64Array, counts: Int32Array): Float64Array {
  const copies = [...counts].flatMap((count, i) => new Array<number>(count).fill(i));
  const out: number[] = [];
  for (const [s, i] of copies.entries()) {
    for (const j of copies.slice(s + 1)) if (i !== j) out.push(values[rowStart(i, counts.length) + j]!);
  }
  return Float64Array.from(out);
}

function pearson(a: Float64Array, b: Float64Array, shift = true): number {
  const mean = (values: Float64Array) => (shift ? values.reduce((sum, value) => sum + value, 0) / values.length : 0);
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (p: Float64Array, q: Float64Array, mp: number, mq: number) =>
    p.reduce((sum, value, i) => sum + (value - mp) * (q[i]! - mq), 0);
  return product(a, b, meanA, meanB) / Math.sqrt(product(a, a, meanA, meanA) * product(b, b, meanB, meanB));
}

/** The comparisons of vectors as their definitions say; the whitened ones need whole matrices. */
const direct: Partial<Record<VectorComparison, (a: Float64Array, b: Float64Array) => number>> = {
  pearson: (a, b) => pearson(a, b),
  cosine: (a, b) => pearson(a, b, false),
  spearman: (a, b) => pearson(midranks(a), midranks(b)),
  'rho-a': (a, b) => {
    const [r, s, m] = [midranks(a), midranks(b), a.length];
    return (12 / (m ** 3 - m)) * r.reduce((sum, rank, i) => sum + rank * s[i]!, 0) - (3 * (m + 1)) / (m - 1);
  },
  'tau-a': (a, b) => tauA(concordance(denseRanks(a), denseRanks(b), null)),
  'tau-b': (a, b) => tauB(concordance(denseRanks(a), denseRanks(b), null)),
};

describe('Bootstrap', () => {
  it('compares a sample as rsatoolbox compares the resampled RDMs', () => {
    for (const comparison of comparisons) {
      const resampling = new Resampling(comparison, rdms, reference, n);
      for (const sample of rsa.bootstrap.samples) {
        const values = resampling.similarities(sample.counts);
        sample.values.forEach((expected, i) => close(values[i]!, expected[comparison], 1e-12, comparison));
      }
    }
  });

  it('compares a sample as it does the sample written out', () => {
    const random = seeded(11);
    for (const size of [6, 15, 40]) {
      const points = normalMatrix(size, 3, random);
      const tied = squaredDistances(points).map((value) => Math.round(value));
      const noisy = squaredDistances(points.map((row) => row.map((value) => value + random())));
      for (const [comparison, compare] of Object.entries(direct)) {
        const resampling = new Resampling(comparison as VectorComparison, [tied, noisy], noisy, size);
        for (let trial = 0; trial < 20; trial++) {
          const counts = drawCounts(size, random);
          const [a, b] = [writtenOut(tied, counts), writtenOut(noisy, counts)];
          const values = resampling.similarities(counts);
          const expected = compare(a, b);
          if (Number.isNaN(expected) || new Set(a).size < 2 || new Set(b).size < 2) continue;
          close(values[0]!, expected, 1e-12, comparison);
          close(values[1]!, compare(b, b), 1e-12, comparison);
        }
      }
    }
  });

  it('whitens a sample of which one stimulus is more than half, as fitting row effects to it does', () => {
    // 4 stimuli drawn as 0, 0, 0, 1 and 6 as 0, 0, 0, 0, 2, 5: an effect falls out of its own equation
    for (const counts of [[3, 1, 0, 0], [4, 0, 1, 0, 0, 1]]) {
      const size = counts.length;
      const a = Float64Array.from({ length: pairsOf(size) }, (_, i) => 1 + Math.sin(i));
      const b = Float64Array.from({ length: pairsOf(size) }, (_, i) => 2 + Math.cos(2 * i));
      const [value] = new Resampling('whitened-cosine', [a], b, size).similarities(counts);
      const product = (p: Float64Array, q: Float64Array) => whitenedProductOf(p, q, counts);
      close(value!, product(a, b) / Math.sqrt(product(a, a) * product(b, b)), 1e-12);
    }
  });

  it("gives intervals close to rsatoolbox's, the same for the same seed", async () => {
    const options = { resamples: 4000, seed: 1 };
    const intervals = await bootstrapIntervals('rho-a', rdms, reference, n, options);
    assert(intervals);
    rsa.bootstrap.interval.forEach((expected, side) => assert(Math.abs(intervals[1]![side]! - expected) < 0.03));
    assert.deepEqual(await bootstrapIntervals('rho-a', rdms, reference, n, options), intervals);
    assert.deepEqual(await bootstrapIntervals('rho-a', rdms.slice(1), reference, n, options), intervals.slice(1));
    assert.notDeepEqual(await bootstrapIntervals('rho-a', rdms, reference, n, { ...options, seed: 2 }), intervals);
  });

  it('has no interval where the reference does not vary', async () => {
    const flat = new Float32Array(pairsOf(n)).fill(1);
    assert.deepEqual(await bootstrapIntervals('pearson', rdms, flat, n, { resamples: 20, seed: 1 }), [
      [NaN, NaN],
      [NaN, NaN],
    ]);
  });

  it('lets the event loop turn, reports progress, and stops when it is aborted', async () => {
    const values = new Float32Array(pairsOf(150)).map((_, i) => Math.sin(i));
    const reports: number[] = [];
    let stop = false;
    setTimeout(() => (stop = true), 120);
    const start = performance.now();
    const intervals = await bootstrapIntervals('spearman', [values], values, 150, {
      resamples: 1e6,
      seed: 1,
      onProgress: (done) => reports.push(done),
      aborted: () => stop,
    });
    assert.equal(intervals, null);
    assert(performance.now() - start < 2000);
    assert(reports.length > 0 && reports.every((done, i) => done > (reports[i - 1] ?? 0) && done < 1e6));
  });

  it('takes fewer samples where they are dear', () => {
    assert.equal(resamplesFor(pairsOf(92), 30), 1000);
    assert.equal(resamplesFor(pairsOf(5000), 30), 100);
    const between = resamplesFor(pairsOf(500), 30);
    assert(between > 100 && between < 1000);
    assert(resamplesFor(pairsOf(500), 30, 'tau-a') < between);
  });
});

/**
 * The inner product of what remains of two resampled matrices when row effects are fitted by least squares to all cells but
 * those of two copies of a stimulus, by alternating projections onto each copy's row.
 */
function whitenedProductOf(a: Float64Array, b: Float64Array, counts: number[]): number {
  const copies = counts.flatMap((count, i) => new Array<number>(count).fill(i));
  const there = (s: number, t: number) => s === t || copies[s] !== copies[t];
  const residual = (values: Float64Array): number[][] => {
    const cell = (i: number, j: number) => (i === j ? 0 : values[rowStart(Math.min(i, j), counts.length) + Math.max(i, j)]!);
    const left = copies.map((i) => copies.map((j) => cell(i, j)));
    for (let sweep = 0; sweep < 2000; sweep++) {
      for (let s = 0; s < copies.length; s++) {
        // The least squares effect of copy s alone: its row and its column, the diagonal with both.
        let gradient = 0;
        let weight = 0;
        for (let t = 0; t < copies.length; t++) {
          if (!there(s, t)) continue;
          gradient += s === t ? 2 * left[s]![s]! : 2 * left[s]![t]!;
          weight += s === t ? 4 : 2;
        }
        const effect = gradient / weight;
        for (let t = 0; t < copies.length; t++) {
          if (s === t) left[s]![s]! -= 2 * effect;
          else {
            left[s]![t]! -= effect;
            left[t]![s]! -= effect;
          }
        }
      }
    }
    return left;
  };
  const [p, q] = [residual(a), residual(b)];
  let sum = 0;
  for (let s = 0; s < copies.length; s++) {
    for (let t = 0; t < copies.length; t++) if (there(s, t)) sum += p[s]![t]! * q[s]![t]!;
  }
  return sum;
}

describe('Noise ceiling', () => {
  const references = rsa.ceiling.references.map((rdm) => Float64Array.from(rdm));

  it('agrees with rsatoolbox', () => {
    for (const comparison of comparisons) {
      const { lower, upper } = noiseCeiling(comparison, references, rsa.ceiling.n);
      const expected = rsa.ceiling.values[comparison];
      close(lower, expected.lower, 1e-12, comparison);
      close(upper, expected.upper, 1e-12, comparison);
    }
  });

  it('is 1 for references that agree, and needs two', () => {
    const { lower, upper } = noiseCeiling('rho-a', [references[0]!, references[0]!], rsa.ceiling.n);
    close(lower, 1, 1e-12);
    close(upper, 1, 1e-12);
    assert.throws(() => noiseCeiling('rho-a', references.slice(1, 2), rsa.ceiling.n), RangeError);
  });
});
