import type { Distance, RdmFault } from './contract';
import type { EmbeddingSource } from './embeddings';
import type { Stretches } from './stretches';

/** The common part of all rows is the mean of this many: any vector would do, and one near the mean leaves small numbers. */
const meanRows = 16;

/** How rows are shifted and scaled, so that their squared distance is the measure. */
export interface Normal {
  shift: Float64Array;
  scale: Float64Array;
}

export function isCentred(distance: Distance): boolean {
  return distance === 'correlation';
}

/** @param variance sum of squares of each row, centred where the distance is */
export function scaleOf(distance: Distance, variance: Float64Array, features: number): Float64Array {
  if (distance === 'correlation' || distance === 'cosine') return variance.map((v) => Math.SQRT1_2 / Math.sqrt(v));
  return variance.map(() => (distance === 'euclidean' ? 1 : 1 / Math.sqrt(features)));
}

/** Exact sums, row by row. */
export async function normalise(embeddings: Stretches, { rows, features }: EmbeddingSource, distance: Distance): Promise<Normal | RdmFault> {
  const shift = new Float64Array(rows);
  if (distance !== 'correlation' && distance !== 'cosine') return { shift, scale: scaleOf(distance, shift, features) };
  const centred = isCentred(distance);
  // Sums are of what a row has beyond its first value: of a constant row that is nothing at all.
  const first = new Float64Array(rows).fill(NaN);
  const sums = new Float64Array(rows);
  const squares = new Float64Array(rows);
  for await (const { values, width } of embeddings)
    for (let row = 0; row < rows; row++) {
      if (Number.isNaN(first[row])) first[row] = centred ? values[row * width]! : 0;
      const { sum, square } = moments(values, row * width, (row + 1) * width, first[row]);
      sums[row]! += sum;
      squares[row]! += square;
    }
  const notFinite = rowsWhere(rows, (row) => !Number.isFinite(squares[row]!));
  if (notFinite.length > 0) return { kind: 'not-finite', rows: notFinite };
  if (centred) for (let row = 0; row < rows; row++) shift[row] = first[row]! + sums[row]! / features;
  const variance = squares.map((square, row) => (centred ? square - (sums[row] ?? 0) ** 2 / features : square));
  const without = rowsWhere(rows, (row) => variance[row]! <= 0);
  if (without.length > 0) return { kind: centred ? 'constant' : 'zero', rows: without };
  return { shift, scale: scaleOf(distance, variance, features) };
}

/** What all rows have in common is not finite where one of them is not: this finds out which. */
export async function rowsNotFinite(embeddings: Stretches): Promise<number[]> {
  const finite = new Array<boolean>(embeddings.rows).fill(true);
  for await (const { values, width } of embeddings)
    for (let row = 0; row < embeddings.rows; row++) finite[row] &&= Number.isFinite(moments(values, row * width, (row + 1) * width).square);
  return rowsWhere(embeddings.rows, (row) => !finite[row]!);
}

/** Sum and sum of squares of values less `origin`. Two sums side by side: one addition waits for the one before it. */
export function moments(values: Float32Array, from: number, to: number, origin = 0): { sum: number; square: number } {
  let [sum, other, square, otherSquare] = [0, 0, 0, 0];
  let i = from;
  for (; i + 1 < to; i += 2) {
    const a = values[i]! - origin;
    const b = values[i + 1]! - origin;
    sum += a;
    other += b;
    square += a * a;
    otherSquare += b * b;
  }
  if (i < to) {
    const a = values[i]! - origin;
    sum += a;
    square += a * a;
  }
  return { sum: sum + other, square: square + otherSquare };
}

/** Rows shifted and scaled, less the mean of some of them, into `y`. */
export function residuals(values: Float32Array, width: number, { shift, scale }: Normal, y: Float32Array): void {
  const rows = shift.length;
  const common = new Float32Array(width);
  const sampled = Math.min(rows, meanRows);
  for (let i = 0; i < sampled; i++) {
    const row = Math.floor((i * rows) / sampled);
    const [by, times] = [shift[row]!, scale[row]! / sampled];
    for (let f = 0, at = row * width; f < width; f++, at++) common[f]! += (values[at]! - by) * times;
  }
  for (let row = 0, i = 0; row < rows; row++) {
    const [by, times] = [shift[row]!, scale[row]!];
    for (let f = 0; f < width; f++, i++) y[i] = (values[i]! - by) * times - common[f]!;
  }
}

function rowsWhere(rows: number, isSo: (row: number) => boolean): number[] {
  return Array.from({ length: rows }, (_, row) => row).filter(isSo);
}
