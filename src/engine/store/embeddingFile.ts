import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UnitscopeError } from '../../protocol/errors';
import { HeadedWriter } from './headedFile';
import { ifMissing } from './ifMissing';

/**
 * Embeddings on disk: a text line that names the format, the length of a JSON header, the header, then, each from a multiple
 * of 64 bytes on: the identities of the rows' images [rows, 16 bytes], the transform that made the rows of others, where there
 * is one (mean float64 [inputs], eigenvalues float64 [features], components float32 [features, inputs]), and the rows
 * float32 [rows, features]. Written aside and renamed: it is there whole or not at all. Synchronous, for worker processes.
 */
export interface EmbeddingHeader {
  rows: number;
  features: number;
  /** Changes when the rows do: a hash of what they were made of. */
  content: string;
  /** Whitening of vectors of so many numbers; see `compute/whiten.ts`. */
  whitening: { inputs: number; epsilon: number; fittedOn: number } | null;
  /** Rows have length 1, or 0. */
  l2: boolean;
}

export interface Whitening {
  /** [inputs] */
  mean: Float64Array;
  /** Of the covariance, descending: [features]. */
  eigenvalues: Float64Array;
  /** Eigenvectors, row-major: [features, inputs]. */
  components: Float32Array;
  epsilon: number;
}

const magic = Buffer.from('unitscope-embeddings-1\n');
const identityBytes = 16;
const alignment = 64;

/** Hash of what embeddings are made of, as their name and to tell contents apart. */
export function hashOf(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 32);
}

interface Layout {
  identities: number;
  mean: number;
  eigenvalues: number;
  components: number;
  vectors: number;
  end: number;
}

function layoutOf({ rows, features, whitening }: EmbeddingHeader, start: number): Layout {
  const align = (at: number): number => Math.ceil(at / alignment) * alignment;
  const identities = align(start);
  const mean = align(identities + rows * identityBytes);
  const eigenvalues = align(mean + (whitening ? whitening.inputs * 8 : 0));
  const components = align(eigenvalues + (whitening ? features * 8 : 0));
  const vectors = align(components + (whitening ? features * whitening.inputs * 4 : 0));
  return { identities, mean, eigenvalues, components, vectors, end: vectors + rows * features * 4 };
}

/** Writes rows as they come, in order. */
export class EmbeddingWriter {
  private readonly file: HeadedWriter;
  private readonly layout: Layout;
  private at: number;

  /** @param identities one a row, 32 hexadecimal digits */
  constructor(
    path: string,
    private readonly header: EmbeddingHeader,
    identities: readonly string[],
    whitening?: Whitening,
  ) {
    if (identities.length !== header.rows) throw new RangeError(`${identities.length} identities for ${header.rows} rows`);
    this.file = new HeadedWriter(path, magic, header);
    this.layout = layoutOf(header, this.file.start);
    this.at = this.layout.vectors;
    this.file.write(Buffer.from(identities.join(''), 'hex'), this.layout.identities);
    if (!whitening) return;
    this.file.write(whitening.mean, this.layout.mean);
    this.file.write(whitening.eigenvalues, this.layout.eigenvalues);
    this.file.write(whitening.components, this.layout.components);
  }

  /** @param rows [some, features] */
  append(rows: Float32Array): void {
    this.file.write(rows, this.at);
    this.at += rows.byteLength;
  }

  /** Rows in any order: [some, features] from `row` on. All have to be put, or appended, before it is finished. */
  put(row: number, rows: Float32Array): void {
    this.file.write(rows, this.layout.vectors + row * this.header.features * 4);
    this.at += rows.byteLength;
  }

  finish(): void {
    this.file.finish(this.at, this.layout.end);
  }

  discard(): void {
    this.file.discard();
  }
}

/** An open file of embeddings. It can be read to its end even when it is replaced or deleted meanwhile. */
export class EmbeddingFile {
  private constructor(
    readonly path: string,
    readonly header: EmbeddingHeader,
    private readonly layout: Layout,
    private readonly handle: number,
  ) {}

  /** Null where there is no such file, or it is not whole. */
  static open(path: string): EmbeddingFile | null {
    const handle = openIfThere(path);
    if (handle === null) return null;
    let opened: EmbeddingFile | null = null;
    try {
      const { size } = fstatSync(handle);
      const start = Buffer.alloc(magic.length + 4);
      if (size < start.length) return null;
      fill(handle, start, 0, path);
      if (!start.subarray(0, magic.length).equals(magic)) return null;
      const text = Buffer.alloc(start.readUInt32LE(magic.length));
      if (start.length + text.length > size) return null;
      fill(handle, text, start.length, path);
      const header = JSON.parse(text.toString()) as EmbeddingHeader;
      const layout = layoutOf(header, start.length + text.length);
      if (layout.end !== size && header.rows > 0) return null;
      return (opened = new EmbeddingFile(path, header, layout, handle));
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    } finally {
      if (!opened) closeSync(handle);
    }
  }

  /** Where row `row` begins, in bytes. */
  offset(row: number): number {
    return this.layout.vectors + row * this.header.features * 4;
  }

  identities(): string[] {
    const bytes = Buffer.alloc(this.header.rows * identityBytes);
    fill(this.handle, bytes, this.layout.identities, this.path);
    return Array.from({ length: this.header.rows }, (_, row) => bytes.toString('hex', row * identityBytes, (row + 1) * identityBytes));
  }

  /** Rows from `from` on, as many as fit: [some, features]. */
  read(from: number, into: Float32Array): void {
    fill(this.handle, new Uint8Array(into.buffer, into.byteOffset, into.byteLength), this.offset(from), this.path);
  }

  /** Features of one row from `first` on, as many as fit. */
  readPart(row: number, first: number, into: Float32Array): void {
    fill(this.handle, new Uint8Array(into.buffer, into.byteOffset, into.byteLength), this.offset(row) + first * 4, this.path);
  }

  /** Null where rows are what was recorded, or this but for their length. */
  whitening(): Whitening | null {
    const { whitening, features } = this.header;
    if (!whitening) return null;
    const mean = new Float64Array(whitening.inputs);
    const eigenvalues = new Float64Array(features);
    const components = new Float32Array(features * whitening.inputs);
    fill(this.handle, new Uint8Array(mean.buffer), this.layout.mean, this.path);
    fill(this.handle, new Uint8Array(eigenvalues.buffer), this.layout.eigenvalues, this.path);
    fill(this.handle, new Uint8Array(components.buffer), this.layout.components, this.path);
    return { mean, eigenvalues, components, epsilon: whitening.epsilon };
  }

  close(): void {
    closeSync(this.handle);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    return ifMissing(null)(error);
  }
}

function fill(handle: number, into: Uint8Array, position: number, path: string): void {
  for (let done = 0; done < into.length; ) {
    const read = readSync(handle, into, done, Math.min(into.length - done, 2 ** 30), position + done);
    if (read === 0) throw new UnitscopeError('cache.failed', `${path} ended while it was read; search again.`);
    done += read;
  }
}
