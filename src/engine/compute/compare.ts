import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { RdmComparison } from '../../protocol/rdm';
import { bootstrapIntervals, resamplesFor } from '../numerics/bootstrap';
import { unbiasedLinearCka } from '../numerics/cka';
import { pairsOf } from '../numerics/condensed';
import { noiseCeiling } from '../numerics/noiseCeiling';
import { comparePrepared, prepareRdm, type PreparedRdm, type VectorComparison } from '../numerics/rdmComparisons';
import { openRdm } from '../store/rdmFile';
import type { BootstrapAnswer, BootstrapTask, CompareAnswer, CompareTask } from './contract';
import { layOut } from './layout/layout';

/** Pairs that are held at a time, 8 bytes each at most. */
const heldPairs = 32e6;

type Report = (steps: { done: number; total: number }) => void;

/**
 * All layers with each other and with the references; the noise ceiling over the references that were measured; and the
 * second-order MDS, of 1 - similarity. For CKA the RDMs are squared Euclidean distances.
 */
export async function compareAll(
  { comparison, files, references, measured, seed }: CompareTask,
  signal: AbortSignal,
  report: Report,
): Promise<CompareAnswer> {
  const rdms = await Promise.all(files.map((file) => stored(file)));
  const { rows } = rdms[0]!;
  const layers = rdms.length;
  const count = layers + references.length;
  const total = (count * (count + 1)) / 2;
  let done = 0;
  const load = async (at: number): Promise<Float32Array> => (at < layers ? await rdms[at]!.read() : references[at - layers]!);

  const matrix = new Float64Array(count * count);
  const block = blockOf(rows);
  for (let i0 = 0; i0 < count; i0 += block) {
    const rowsHeld = await prepareBlock(comparison, i0, Math.min(count, i0 + block), load, rows);
    for (let j0 = i0; j0 < count; j0 += block) {
      const columnsHeld = j0 === i0 ? rowsHeld : await prepareBlock(comparison, j0, Math.min(count, j0 + block), load, rows);
      for (const [i, a] of rowsHeld.entries())
        for (const [j, b] of columnsHeld.entries()) {
          if (j0 + j < i0 + i) continue;
          const value = similarityOf(comparison, a, b, rows);
          matrix[(i0 + i) * count + j0 + j] = matrix[(j0 + j) * count + i0 + i] = value;
          report({ done: ++done, total });
          await new Promise((resolve) => setImmediate(resolve));
          if (signal.aborted) throw cancelled();
        }
    }
  }
  const vector = vectorComparison(comparison);
  const group = measured.map((at) => references[at]!);
  return {
    matrix,
    ceiling: vector && group.length > 1 ? noiseCeiling(vector, group, rows) : null,
    map: await secondOrder(matrix, count, seed),
  };
}

/** Intervals of the layers' similarity to a reference, by a bootstrap over stimuli. */
export async function bootstrap(
  { comparison, files, reference, seed }: BootstrapTask,
  signal: AbortSignal,
  report: Report,
): Promise<BootstrapAnswer> {
  const vector = vectorComparison(comparison);
  if (!vector) return { intervals: files.map(() => null), resamples: 0 };
  const rdms = await Promise.all(files.map((file) => stored(file)));
  const { rows } = rdms[0]!;
  const resamples = resamplesFor(reference.length, rdms.length, vector);
  const intervals: BootstrapAnswer['intervals'] = [];
  const block = blockOf(rows);
  for (let at = 0; at < rdms.length; at += block) {
    const some = await Promise.all(rdms.slice(at, at + block).map((rdm) => rdm.read()));
    const found = await bootstrapIntervals(vector, some, reference, rows, {
      resamples,
      seed,
      onProgress: (done) => report({ done: at * resamples + done, total: rdms.length * resamples }),
      aborted: () => signal.aborted,
    });
    if (!found) throw cancelled();
    for (const interval of found) intervals.push(interval.some(Number.isNaN) ? null : interval);
  }
  return { intervals, resamples };
}

/** RDMs that are held at a time. */
function blockOf(rows: number): number {
  return Math.max(1, Math.floor(heldPairs / pairsOf(rows) / 2));
}

/**
 * The comparison of vectors that it is. Biased linear CKA, the cosine of the centred Gram matrices of two embeddings (Kornblith,
 * Norouzi, Lee and Hinton, "Similarity of neural network representations revisited", ICML 2019), is the whitened cosine of squared
 * Euclidean distances: -1/2 J D J is the centred Gram matrix where D holds these (numerics/whitening.ts).
 */
function vectorComparison(comparison: RdmComparison): VectorComparison | null {
  if (comparison === 'cka') return 'whitened-cosine';
  return comparison === 'cka-unbiased' ? null : comparison;
}

async function prepareBlock(
  comparison: RdmComparison,
  from: number,
  to: number,
  load: (at: number) => Promise<Float32Array>,
  rows: number,
): Promise<(PreparedRdm | Float32Array)[]> {
  const vector = vectorComparison(comparison);
  const held: (PreparedRdm | Float32Array)[] = [];
  for (let at = from; at < to; at++) {
    const pairs = await load(at);
    held.push(vector ? prepareRdm(vector, pairs, rows) : pairs);
  }
  return held;
}

function similarityOf(comparison: RdmComparison, a: PreparedRdm | Float32Array, b: PreparedRdm | Float32Array, rows: number): number {
  if (a instanceof Float32Array || b instanceof Float32Array) {
    if (comparison !== 'cka-unbiased') throw new RangeError(comparison);
    return unbiasedLinearCka(a as Float32Array, b as Float32Array, rows);
  }
  return comparePrepared(a, b);
}

/** A point for each RDM, near where they are similar. What is not defined counts as unrelated. */
async function secondOrder(matrix: Float64Array, count: number, seed: number): Promise<Float64Array> {
  if (count < 3) return Float64Array.from({ length: count * 2 }, (_, i) => (i === 2 && !Number.isNaN(matrix[1]) ? 1 - (matrix[1] ?? 1) : i === 2 ? 1 : 0));
  const distances = new Float32Array((count * (count - 1)) / 2);
  for (let i = 0, at = 0; i < count; i++)
    for (let j = i + 1; j < count; j++, at++) {
      const value = matrix[i * count + j]!;
      distances[at] = Number.isNaN(value) ? 1 : Math.max(0, 1 - value);
    }
  const { points } = await layOut('mds', distances, count, { seed });
  return Float64Array.from(points);
}

async function stored(file: string): Promise<NonNullable<Awaited<ReturnType<typeof openRdm>>>> {
  const rdm = await openRdm(file);
  if (rdm) return rdm;
  throw new UnitscopeError('rdm.missing', 'An RDM was deleted while it was compared; compute again.');
}
