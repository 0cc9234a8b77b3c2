import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../../protocol/errors';
import { pairsOf } from '../numerics/condensed';
import { quantilesOf, RdmWriter } from '../store/rdmFile';
import type { Distance, RdmFault, RdmTask } from './contract';
import { EmbeddingReader, type EmbeddingSource } from './embeddings';
import { Products } from './products';

/** Rows of a block of the matrix of products. */
const blockRows = 250;
/** Bytes of embeddings that are held at once; what is made of them takes twice as much again. */
const stretchBytes = 32e6;
/** Features of a stretch: float32 sums of more terms lose more. */
const mostWidth = 8192;
/** Pairs nearer than this, against the length of their residuals, are computed again, directly. */
const nearShare = 0.03;
/** Near pairs that are summed in one go through the features. */
const mostNear = 1e6;
/** The common part of all rows is the mean of this many: any vector would do, and one near the mean leaves small numbers. */
const meanRows = 16;
/** Where there are more pairs, quantiles are those of a regular sample of them. */
const mostSorted = 16e6;

/**
 * The RDM of a matrix of embeddings [N, P] of any size, written to a file. All measures are squared distances of rows that
 * have been shifted and scaled: correlation 1 - r = |u_i - u_j|^2 / 2 with u centred and of length 1, cosine likewise
 * without centring, `sqeuclidean/P` with rows scaled by 1 / sqrt(P). Rows lose what they have in common, which changes no
 * distance and leaves small numbers; products are float32 over a stretch of features, sums over stretches float64; what is still
 * too near for that, |d|^2 below 3 % of the residuals', is summed directly: float32 products would leave 1e-5.
 *
 * Against float64: 1e-5 relative (test/unit/compute/rdm.test.ts). Memory: about 200 MB and the accumulators, 8 bytes a
 * pair, of as many rows at a time as the budget allows. Time: about N^2 P / (300 GFLOP/s * threads).
 * @returns what keeps it from being defined, or null
 * @throws cancelled, cache.failed
 */
export async function computeRdm(
  { source, distance, file, budget, threads }: RdmTask,
  signal: AbortSignal,
  report: (progress: { share: number }) => void,
): Promise<RdmFault | null> {
  const { rows, features } = source;
  const width = Math.max(1, Math.min(features, mostWidth, Math.floor(stretchBytes / (4 * rows))));
  const stretches = Array.from({ length: Math.ceil(features / width) }, (_, i) => [i * width, Math.min(features, (i + 1) * width)] as const);
  const stripes = stripesOf(rows, Math.max(budget - 4 * stretchBytes, budget / 4));
  const passes = stripes.length + (needsMoments(distance) ? 0.2 : 0);
  const reader = new EmbeddingReader(source);
  let writer: RdmWriter | undefined;
  try {
    const products = await Products.open(threads);
    const embeddings = new Stretches(reader, rows, stretches, budget / 4, signal);
    const normal = await normalise(embeddings, source, distance);
    if ('kind' in normal) return normal;
    writer = new RdmWriter(file, { rows, features });
    const sample = new Sample(pairsOf(rows));
    for (const [at, stripe] of stripes.entries()) {
      const pairs = await computeStripe(embeddings, normal, stripe, products, (share) => report({ share: (at + share) / passes }));
      if (!(pairs instanceof Float32Array)) return pairs;
      if (distance === 'euclidean') for (let i = 0; i < pairs.length; i++) pairs[i] = Math.sqrt(pairs[i]!);
      writer.append(pairs);
      sample.take(pairs);
    }
    writer.finish(sample.quantiles());
    writer = undefined;
    return null;
  } finally {
    writer?.discard();
    reader.close();
  }
}

/** How rows are shifted and scaled, so that their squared distance is the measure. */
interface Normal {
  shift: Float64Array;
  scale: Float64Array;
}

function needsMoments(distance: Distance): boolean {
  return distance === 'correlation' || distance === 'cosine';
}

async function normalise(embeddings: Stretches, { rows, features }: EmbeddingSource, distance: Distance): Promise<Normal | RdmFault> {
  const shift = new Float64Array(rows);
  if (!needsMoments(distance))
    return { shift, scale: new Float64Array(rows).fill(distance === 'euclidean' ? 1 : 1 / Math.sqrt(features)) };
  const centred = distance === 'correlation';
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
  return { shift, scale: Float64Array.from(variance, (v) => Math.SQRT1_2 / Math.sqrt(v)) };
}

/** What all rows have in common is not finite where one of them is not: this finds out which. */
async function rowsNotFinite(embeddings: Stretches): Promise<number[]> {
  const finite = new Array<boolean>(embeddings.rows).fill(true);
  for await (const { values, width } of embeddings)
    for (let row = 0; row < embeddings.rows; row++) finite[row] &&= Number.isFinite(moments(values, row * width, (row + 1) * width).square);
  return rowsWhere(embeddings.rows, (row) => !finite[row]!);
}

/** Sum and sum of squares of values less `origin`. Two sums side by side: one addition waits for the one before it. */
function moments(values: Float32Array, from: number, to: number, origin = 0): { sum: number; square: number } {
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

/** Squared distances of rows `from` up to `to` and all rows after each, in the order of the file. */
async function computeStripe(
  embeddings: Stretches,
  { shift, scale }: Normal,
  [from, to]: readonly [number, number],
  products: Products,
  report: (share: number) => void,
): Promise<Float32Array | RdmFault> {
  const { rows } = embeddings;
  const start = startOf(from, rows);
  const sums = new Float64Array(startOf(to, rows) - start);
  const lengths = new Float64Array(rows);
  const y = new Float32Array(rows * embeddings.width);
  let done = 0;
  for await (const { values, width } of embeddings) {
    residuals(values, width, shift, scale, y);
    // Rows of the stripe have theirs on the diagonal of the product.
    for (let row = 0; row < rows; row++) if (row < from || row >= to) lengths[row]! += moments(y, row * width, (row + 1) * width).square;
    for (let first = from; first < to; first += blockRows) {
      const last = Math.min(to, first + blockRows);
      const tile = await products.inner(y.subarray(first * width, last * width), y.subarray(first * width, rows * width), width);
      const columns = rows - first;
      for (let row = first; row < last; row++) {
        const at = startOf(row, rows) - start - row - 1;
        const line = (row - first) * columns - first;
        lengths[row]! += tile[line + row]!;
        for (let column = row + 1; column < rows; column++) sums[at + column]! += tile[line + column]!;
      }
      await embeddings.breathe();
    }
    report(++done / embeddings.count);
  }
  if (!lengths.every(Number.isFinite)) return { kind: 'not-finite', rows: await rowsNotFinite(embeddings) };

  const near = new Int32Array(3 * Math.min(mostNear, sums.length));
  let count = 0;
  for (let row = from, at = 0; row < to; row++)
    for (let column = row + 1; column < rows; column++, at++) {
      const both = lengths[row]! + lengths[column]!;
      const distance = Math.max(0, both - 2 * sums[at]!);
      sums[at] = distance;
      if (distance >= nearShare * both) continue;
      near[count++] = row;
      near[count++] = column;
      near[count++] = at;
      if (count < near.length) continue;
      await computeDirectly(embeddings, { shift, scale }, near, sums);
      count = 0;
    }
  if (count > 0) await computeDirectly(embeddings, { shift, scale }, near.subarray(0, count), sums);
  return Float32Array.from(sums);
}

/** Rows shifted and scaled, less the mean of some of them, into `y`. */
function residuals(values: Float32Array, width: number, shift: Float64Array, scale: Float64Array, y: Float32Array): void {
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

/** @param near row, column and place in `sums`, for each pair */
async function computeDirectly(embeddings: Stretches, { shift, scale }: Normal, near: Int32Array, sums: Float64Array): Promise<void> {
  for (let i = 2; i < near.length; i += 3) sums[near[i]!] = 0;
  for await (const { values, width } of embeddings)
    for (let i = 0; i < near.length; i += 3) {
      const [row, column, at] = [near[i]!, near[i + 1]!, near[i + 2]!];
      const [a, b] = [row * width, column * width];
      const [shiftA, shiftB, scaleA, scaleB] = [shift[row]!, shift[column]!, scale[row]!, scale[column]!];
      let sum = 0;
      for (let f = 0; f < width; f++) {
        const difference = (values[a + f]! - shiftA) * scaleA - (values[b + f]! - shiftB) * scaleB;
        sum += difference * difference;
      }
      sums[at]! += sum;
      if (i % 3000 === 0) await embeddings.breathe();
    }
}

/** Embeddings by stretches of features; where all of them fit they are read once. */
class Stretches implements AsyncIterable<{ values: Float32Array; width: number }> {
  /** All stretches one after another, or room for one. */
  private readonly buffer: Float32Array;
  private readonly keepsAll: boolean;
  private held = 0;

  constructor(
    private readonly reader: EmbeddingReader,
    readonly rows: number,
    private readonly parts: (readonly [number, number])[],
    bytes: number,
    private readonly signal: AbortSignal,
  ) {
    const features = parts.at(-1)![1];
    this.keepsAll = 4 * rows * features <= bytes;
    this.buffer = new Float32Array(rows * (this.keepsAll ? features : parts[0]![1]));
  }

  get count(): number {
    return this.parts.length;
  }

  /** Of the widest. */
  get width(): number {
    return this.parts[0]![1];
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<{ values: Float32Array; width: number }> {
    for (const [at, [from, to]] of this.parts.entries()) {
      const start = this.keepsAll ? this.rows * from : 0;
      const values = this.buffer.subarray(start, start + this.rows * (to - from));
      if (!this.keepsAll || at >= this.held) this.reader.read(from, to, values);
      this.held = Math.max(this.held, at + 1);
      yield { values, width: to - from };
      await this.breathe();
    }
  }

  /** Lets messages in, a cancellation among them. */
  async breathe(): Promise<void> {
    await setImmediate();
    if (this.signal.aborted) throw cancelled();
  }
}

/** Takes every n-th pair, so that what is sorted stays bounded. */
class Sample {
  private readonly step: number;
  private readonly values: Float32Array;
  private seen = 0;
  private taken = 0;

  constructor(pairs: number) {
    this.step = Math.ceil(pairs / mostSorted);
    this.values = new Float32Array(Math.ceil(pairs / this.step));
  }

  take(pairs: Float32Array): void {
    for (let i = (this.step - (this.seen % this.step)) % this.step; i < pairs.length; i += this.step) this.values[this.taken++] = pairs[i]!;
    this.seen += pairs.length;
  }

  quantiles(): Float32Array {
    return quantilesOf(this.values.subarray(0, this.taken).sort());
  }
}

/** Place of the first pair of a row. */
function startOf(row: number, rows: number): number {
  return row * rows - (row * (row + 1)) / 2;
}

/** Runs of rows whose accumulators, and the numbers made of them, fit. */
function stripesOf(rows: number, bytes: number): [number, number][] {
  const most = bytes / 12;
  const stripes: [number, number][] = [];
  for (let from = 0; from < rows; ) {
    let to = from + 1;
    while (to < rows && startOf(to + 1, rows) - startOf(from, rows) <= most) to++;
    stripes.push([from, to]);
    from = to;
  }
  return stripes;
}

function rowsWhere(rows: number, isSo: (row: number) => boolean): number[] {
  return Array.from({ length: rows }, (_, row) => row).filter(isSo);
}
