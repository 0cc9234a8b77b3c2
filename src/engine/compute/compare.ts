import { cancelled } from '../../protocol/errors';
import type { RdmComparison } from '../../protocol/rdm';
import { bootstrapIntervals, resamplesFor } from '../numerics/bootstrap';
import { unbiasedLinearCka } from '../numerics/cka';
import { noiseCeiling } from '../numerics/noiseCeiling';
import { comparePrepared, prepareRdm, type PreparedRdm, type VectorComparison } from '../numerics/rdmComparisons';
import { openRdm } from '../store/rdmFile';
import { UnitscopeError } from '../../protocol/errors';
import type { CompareAnswer, CompareTask } from './contract';
import { layOut } from './layout/layout';

/** Pairs that are held at a time, 8 bytes each at most. */
const heldPairs = 32e6;

type Report = (steps: { done: number; total: number }) => void;

/**
 * All layers with each other and with the references; intervals by a bootstrap over stimuli; the noise ceiling over the
 * references that were measured; and the second-order MDS, of 1 - similarity.
 * For CKA the RDMs are squared Euclidean distances.
 */
export async function compareAll(
  { comparison, files, references, measured, seed }: CompareTask,
  signal: AbortSignal,
  report: Report,
): Promise<CompareAnswer> {
  const rdms = await Promise.all(files.map((file) => stored(file)));
  const rows = rdms[0]?.rows ?? rowsOf(references[0]!.length);
  const layers = rdms.length;
  const count = layers + references.length;
  const pairs = (rows * (rows - 1)) / 2;
  const vector = vectorComparison(comparison);
  const resamples = vector && references.length > 0 ? resamplesFor(pairs, layers, vector) : 0;
  const comparisons = (count * (count + 1)) / 2;
  // A bootstrap sample costs about as much as a comparison.
  const total = comparisons + references.length * layers * resamples;
  let done = 0;
  const breathe = async (more: number): Promise<void> => {
    done += more;
    report({ done, total });
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) throw cancelled();
  };
  const load = async (at: number): Promise<Float32Array> => (at < layers ? await rdms[at]!.read() : references[at - layers]!);

  const matrix = new Float64Array(count * count);
  const block = Math.max(1, Math.floor(heldPairs / pairs / 2));
  for (let i0 = 0; i0 < count; i0 += block) {
    const rowsHeld = await prepareBlock(comparison, i0, Math.min(count, i0 + block), load, rows);
    for (let j0 = i0; j0 < count; j0 += block) {
      const columnsHeld = j0 === i0 ? rowsHeld : await prepareBlock(comparison, j0, Math.min(count, j0 + block), load, rows);
      for (const [i, a] of rowsHeld.entries())
        for (const [j, b] of columnsHeld.entries()) {
          if (j0 + j < i0 + i) continue;
          const value = similarityOf(comparison, a, b, rows);
          matrix[(i0 + i) * count + j0 + j] = matrix[(j0 + j) * count + i0 + i] = value;
          await breathe(1);
        }
    }
  }

  const intervals: CompareAnswer['intervals'] = [];
  for (const reference of references) {
    if (!vector) {
      intervals.push(rdms.map(() => null));
      continue;
    }
    const ofLayers: [number, number][] = [];
    for (let at = 0; at < layers; at += block) {
      const some = await Promise.all(rdms.slice(at, at + block).map((rdm) => rdm.read()));
      const before = done;
      const found = await bootstrapIntervals(vector, some, reference, rows, {
        resamples,
        seed,
        onProgress: (now) => report({ done: before + now, total }),
        aborted: () => signal.aborted,
      });
      if (!found) throw cancelled();
      ofLayers.push(...found);
      await breathe(some.length * resamples);
    }
    intervals.push(ofLayers.map((interval) => (interval.some(Number.isNaN) ? null : interval)));
  }
  const group = measured.map((at) => references[at]!);
  return {
    matrix,
    intervals,
    ceiling: vector && group.length > 1 ? noiseCeiling(vector, group, rows) : null,
    resamples,
    map: await secondOrder(matrix, count, seed),
  };
}

/** The comparison of vectors that it is; CKA is the whitened cosine of squared Euclidean distances (numerics/cka.ts). */
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
  if (count < 3) return Float64Array.from({ length: count * 2 }, (_, i) => (i === 2 ? 1 - (matrix[1] ?? 0) : 0));
  const distances = new Float32Array((count * (count - 1)) / 2);
  for (let i = 0, at = 0; i < count; i++)
    for (let j = i + 1; j < count; j++, at++) {
      const value = matrix[i * count + j]!;
      distances[at] = Number.isNaN(value) ? 1 : Math.max(0, 1 - value);
    }
  const { points } = await layOut('mds', distances, count, { seed });
  return Float64Array.from(points);
}

function rowsOf(pairs: number): number {
  return Math.round((1 + Math.sqrt(1 + 8 * pairs)) / 2);
}

async function stored(file: string): Promise<NonNullable<Awaited<ReturnType<typeof openRdm>>>> {
  const rdm = await openRdm(file);
  if (rdm) return rdm;
  throw new UnitscopeError('rdm.missing', 'An RDM was deleted while it was compared; compute again.');
}
