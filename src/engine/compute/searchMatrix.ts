import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import { EmbeddingFile } from '../store/embeddingFile';

/** Rows that are looked at in one go; products of those with all queries are held, too. */
export interface RowBlock {
  from: number;
  /** [rows of the block, features] */
  values: Float32Array;
}

/** Vectors that are searched, wherever they lie. */
export interface SearchRows {
  readonly rows: number;
  readonly features: number;
  /** Squared lengths of all rows, float64; not finite where a row has such a number. */
  readonly squares: Float64Array;
  /** All rows, in order, no more than `most` at a time. */
  blocks(most: number, signal: AbortSignal): AsyncIterable<RowBlock>;
}

/** Bytes that are read from the disk at once. */
const readBytes = 32e6;
/** Bytes of a block in memory: tensors have their limits. */
const blockBytes = 1e9;

/** A file of embeddings, in memory where it fits. */
export class SearchMatrix implements SearchRows {
  private constructor(
    readonly file: EmbeddingFile,
    readonly squares: Float64Array,
    private readonly values: Float32Array | null,
  ) {}

  get rows(): number {
    return this.file.header.rows;
  }

  get features(): number {
    return this.file.header.features;
  }

  get resident(): boolean {
    return this.values !== null;
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.squares.byteLength + (this.values?.byteLength ?? 0);
  }

  /** @throws embedding.missing, cancelled */
  static async open(path: string, budget: number, signal: AbortSignal): Promise<SearchMatrix> {
    const file = EmbeddingFile.open(path);
    if (!file) throw new UnitscopeError('embedding.missing', 'The embeddings have been deleted meanwhile; search again.');
    try {
      const { rows, features } = file.header;
      const values = rows * features * 4 <= budget ? new Float32Array(rows * features) : null;
      const squares = new Float64Array(rows);
      for await (const block of fromDisk(file, Infinity, signal, values)) squaresOf(block, features, squares);
      return new SearchMatrix(file, squares, values);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async *blocks(most: number, signal: AbortSignal): AsyncGenerator<RowBlock> {
    const { rows, features, values } = this;
    if (!values) {
      yield* fromDisk(this.file, most, signal, null);
      return;
    }
    const step = Math.max(1, Math.min(most, Math.floor(blockBytes / (4 * features))));
    for (let from = 0; from < rows; from += step) {
      yield { from, values: values.subarray(from * features, Math.min(rows, from + step) * features) };
      if (signal.aborted) throw cancelled();
    }
  }

  /** One row, copied. */
  row(at: number): Float32Array {
    const { features, values } = this;
    if (values) return values.slice(at * features, (at + 1) * features);
    const row = new Float32Array(features);
    this.file.read(at, row);
    return row;
  }

  close(): void {
    this.file.close();
  }
}

async function* fromDisk(file: EmbeddingFile, most: number, signal: AbortSignal, into: Float32Array | null): AsyncGenerator<RowBlock> {
  const { rows, features } = file.header;
  const step = Math.max(1, Math.min(most, Math.floor(readBytes / (4 * features))));
  const room = into ? null : new Float32Array(Math.min(rows, step) * features);
  for (let from = 0; from < rows; from += step) {
    const count = (Math.min(rows, from + step) - from) * features;
    const values = into ? into.subarray(from * features, from * features + count) : room!.subarray(0, count);
    file.read(from, values);
    yield { from, values };
    await setImmediate();
    if (signal.aborted) throw cancelled();
  }
}

/** Squared lengths of the rows of a block, into their places. */
export function squaresOf({ from, values }: RowBlock, features: number, into: Float64Array): void {
  for (let row = from, at = 0; at < values.length; row++) {
    let [a, b] = [0, 0];
    const end = at + features;
    for (; at + 1 < end; at += 2) {
      a += values[at]! * values[at]!;
      b += values[at + 1]! * values[at + 1]!;
    }
    if (at < end) a += values[at]! * values[at++]!;
    into[row] = a + b;
  }
}

/** Opens a file of embeddings for one thing to be done with it. */
export async function withMatrix<T>(path: string, budget: number, signal: AbortSignal, work: (matrix: SearchMatrix) => Promise<T>): Promise<T> {
  const matrix = await SearchMatrix.open(path, budget, signal);
  try {
    return await work(matrix);
  } finally {
    matrix.close();
  }
}

/** The matrices that were searched last, as far as memory allows; a file that was replaced is opened anew. One asks at a time. */
export class Matrices {
  private readonly kept = new Map<string, { version: string; matrix: SearchMatrix }>();

  /** @param budget bytes of all of them */
  async get(path: string, budget: number, signal: AbortSignal): Promise<SearchMatrix> {
    const version = versionOf(path);
    let entry = this.kept.get(path);
    this.kept.delete(path);
    if (entry?.version !== version) {
      entry?.matrix.close();
      this.makeRoom(path, budget);
      entry = { version, matrix: await SearchMatrix.open(path, budget, signal) };
    }
    this.kept.set(path, entry);
    return entry.matrix;
  }

  /** Closes those that were used longest ago, until there is room for one more. */
  private makeRoom(path: string, budget: number): void {
    const file = EmbeddingFile.open(path);
    const needed = file ? file.header.rows * (file.header.features * 4 + 8) : 0;
    file?.close();
    let bytes = Math.min(needed, budget);
    for (const [other, { matrix }] of [...this.kept].reverse()) {
      bytes += matrix.bytes;
      if (bytes <= budget) continue;
      this.kept.delete(other);
      matrix.close();
    }
  }
}

/** @throws embedding.missing */
function versionOf(path: string): string {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) throw new UnitscopeError('embedding.missing', 'The embeddings are not there any more; search again.');
  return `${status.ino} ${status.size} ${status.mtimeMs}`;
}
