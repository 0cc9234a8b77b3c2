import { setImmediate } from 'node:timers/promises';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import { pairsOf } from '../numerics/condensed';
import { quantilesOf, RdmWriter } from '../store/rdmFile';
import type { MahalanobisTask, RdmFault } from './contract';
import { EmbeddingReader } from './embeddings';

/** Numbers that are held at once, 8 bytes each. */
const mostNumbers = 64e6;

/**
 * RDMs that weight features by a precision matrix S, as rsatoolbox `rdm/calc.py` does, in float64:
 * Mahalanobis (x_i - x_j)' S (x_i - x_j) / P over stimuli; with a partition, crossnobis over conditions: for each fold the
 * mean patterns a of that fold against those b of all others, (a_i - a_j)' S (b_i - b_j) / P, averaged over folds. It is
 * unbiased and may be negative.
 * @returns rows that are not finite, or null
 * @throws usage where it is too large, or a condition is missing from a fold
 */
export async function computeMahalanobis({ source, file, precision, partition }: MahalanobisTask, signal: AbortSignal): Promise<RdmFault | null> {
  const { rows, features } = source;
  if (rows * features * 3 + pairsOf(rows) + features * features * (precision ? 1 : 0) > mostNumbers)
    throw new UnitscopeError(
      'usage',
      `${rows} stimuli with ${features} features are too many for a precision matrix or folds; pool the layer, or choose fewer stimuli.`,
    );
  if (precision) await checkPrecision(precision, features, signal);
  const values = new Float32Array(rows * features);
  const reader = new EmbeddingReader(source);
  try {
    reader.read(0, features, values);
  } finally {
    reader.close();
  }
  const notFinite: number[] = [];
  for (let row = 0; row < rows; row++)
    if (!values.subarray(row * features, (row + 1) * features).every(Number.isFinite)) notFinite.push(row);
  if (notFinite.length > 0) return { kind: 'not-finite', rows: notFinite };

  const patterns = Float64Array.from(values);
  const { distances, count } = partition
    ? await crossnobis(patterns, features, precision, partition, signal)
    : { distances: await quadratic(patterns, patterns, rows, features, precision, signal), count: rows };
  const writer = new RdmWriter(file, { rows: count, features });
  try {
    const pairs = Float32Array.from(distances);
    writer.append(pairs);
    writer.finish(quantilesOf(pairs.slice().sort()));
  } catch (error) {
    writer.discard();
    throw error;
  }
  return null;
}

/** A matrix that is no precision gives no distances. @throws usage where it is not finite, symmetric and positive semi-definite */
async function checkPrecision(precision: Float64Array, features: number, signal: AbortSignal): Promise<void> {
  const refuse = (what: string): UnitscopeError => new UnitscopeError('usage', `The precision matrix is not ${what}; choose the inverse of a covariance matrix.`);
  let largest = 0;
  for (const value of precision) {
    if (!Number.isFinite(value)) throw refuse('finite');
    largest = Math.max(largest, Math.abs(value));
  }
  for (let i = 0; i < features; i++)
    for (let j = 0; j < i; j++)
      if (Math.abs(precision[i * features + j]! - precision[j * features + i]!) > 1e-6 * largest) throw refuse('symmetric');
  // Cholesky's factor L, row by row; a pivot that is negative beyond rounding belongs to a negative eigenvalue.
  const factor = new Float64Array(features * features);
  const rounding = 1e-9 * largest * features;
  for (let i = 0; i < features; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = precision[i * features + j]!;
      for (let k = 0, a = i * features, b = j * features; k < j; k++) sum -= factor[a + k]! * factor[b + k]!;
      if (i === j && sum < -rounding) throw refuse('positive semi-definite');
      const pivot = factor[j * features + j]!;
      factor[i * features + j] = i === j ? Math.sqrt(Math.max(0, sum)) : pivot > Math.sqrt(rounding) ? sum / pivot : 0;
    }
    await breathe(signal);
  }
}

/** (a_i - a_j)' S (b_i - b_j) / P for all pairs of rows, in pdist order. @param a and b [n, P] */
export async function quadratic(
  a: Float64Array,
  b: Float64Array,
  n: number,
  features: number,
  precision: Float64Array | null,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const weighted = precision ? await times(b, precision, n, features, signal) : b;
  const inner = (i: number, j: number): number => {
    let sum = 0;
    for (let f = 0, p = i * features, q = j * features; f < features; f++) sum += a[p + f]! * weighted[q + f]!;
    return sum;
  };
  const own = Float64Array.from({ length: n }, (_, i) => inner(i, i));
  const distances = new Float64Array(pairsOf(n));
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++, at++) distances[at] = (own[i]! + own[j]! - inner(i, j) - inner(j, i)) / features;
    await breathe(signal);
  }
  return distances;
}

/** @returns the distances between conditions, and how many there are */
export async function crossnobis(
  patterns: Float64Array,
  features: number,
  precision: Float64Array | null,
  { conditions, folds }: { conditions: Int32Array; folds: Int32Array },
  signal?: AbortSignal,
): Promise<{ distances: Float64Array; count: number }> {
  const count = conditions.reduce((most, condition) => Math.max(most, condition), 0) + 1;
  const foldCount = folds.reduce((most, fold) => Math.max(most, fold), 0) + 1;
  const means = Array.from({ length: foldCount }, (_, fold) => conditionMeans(patterns, features, count, conditions, (row) => folds[row] === fold));
  const distances = new Float64Array(pairsOf(count));
  for (let fold = 0; fold < foldCount; fold++) {
    const others = conditionMeans(patterns, features, count, conditions, (row) => folds[row] !== fold);
    const ofFold = await quadratic(means[fold]!, others, count, features, precision, signal);
    for (let at = 0; at < distances.length; at++) distances[at]! += ofFold[at]! / foldCount;
  }
  return { distances, count };
}

/** Mean pattern of each condition over the rows that are used, [conditions, P]. */
function conditionMeans(
  patterns: Float64Array,
  features: number,
  count: number,
  conditions: Int32Array,
  isUsed: (row: number) => boolean,
): Float64Array {
  const sums = new Float64Array(count * features);
  const uses = new Float64Array(count);
  conditions.forEach((condition, row) => {
    if (!isUsed(row)) return;
    uses[condition]!++;
    for (let f = 0; f < features; f++) sums[condition * features + f]! += patterns[row * features + f]!;
  });
  const missing = uses.indexOf(0);
  if (missing >= 0)
    throw new UnitscopeError('usage', `Condition ${missing + 1} has no image in one of the folds; each condition needs one in every fold.`);
  return sums.map((sum, i) => sum / uses[Math.floor(i / features)]!);
}

async function times(rows: Float64Array, matrix: Float64Array, n: number, features: number, signal?: AbortSignal): Promise<Float64Array> {
  const product = new Float64Array(n * features);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < features; k++) {
      const value = rows[i * features + k]!;
      if (value === 0) continue;
      for (let f = 0, at = k * features; f < features; f++) product[i * features + f]! += value * matrix[at + f]!;
    }
    await breathe(signal);
  }
  return product;
}

/** Lets messages in, a cancellation among them. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw cancelled();
}
