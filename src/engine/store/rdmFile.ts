import { open, type FileHandle } from 'node:fs/promises';
import { UnitscopeError } from '../../protocol/errors';
import { pairsOf } from '../numerics/condensed';
import { HeadedWriter } from './headedFile';
import { ifMissing } from './ifMissing';

/**
 * An RDM on disk: a text line that names the format, the length of a JSON header, the header, 257 quantiles, and the
 * dissimilarities of all pairs in the order of SciPy's pdist (upper triangle, row by row), float32.
 */
export interface RdmHeader {
  rows: number;
  features: number;
}

const magic = Buffer.from('unitscope-rdm-1\n');
const quantileCount = 257;

/** Quantiles of sorted values: linear interpolation between order statistics, as NumPy's default. */
export function quantilesOf(sorted: Float32Array): Float32Array {
  return Float32Array.from({ length: quantileCount }, (_, i) => {
    const at = (i / (quantileCount - 1)) * (sorted.length - 1);
    const low = Math.floor(at);
    const high = Math.min(sorted.length - 1, low + 1);
    return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low);
  });
}

/** Writes the pairs as they come, row by row; quantiles at the end. Synchronous, for worker processes. Whole or not at all. */
export class RdmWriter {
  private readonly file: HeadedWriter;
  private at: number;

  constructor(
    path: string,
    private readonly header: RdmHeader,
  ) {
    this.file = new HeadedWriter(path, magic, header);
    this.at = this.file.start + quantileCount * 4;
  }

  append(pairs: Float32Array): void {
    this.file.write(pairs, this.at);
    this.at += pairs.byteLength;
  }

  finish(quantiles: Float32Array): void {
    this.file.write(quantiles, this.file.start);
    this.file.finish(this.at, this.file.start + (quantileCount + pairsOf(this.header.rows)) * 4);
  }

  discard(): void {
    this.file.discard();
  }
}

export interface StoredRdm extends RdmHeader {
  path: string;
  quantiles: Float32Array;
  /** All pairs: 4 bytes a pair. */
  read(): Promise<Float32Array>;
  /** Some of them, by their place. */
  readSome(places: readonly number[]): Promise<Float32Array>;
}

/** Reads the header. Null where there is no such file, or it is not whole. */
export async function openRdm(path: string): Promise<StoredRdm | null> {
  const file = await open(path, 'r').catch(ifMissing(null));
  if (!file) return null;
  try {
    const { size } = await file.stat();
    const head = await readAt(file, 0, new Uint8Array(Math.min(size, magic.length + 4)));
    if (head.length < magic.length + 4 || !magic.equals(head.subarray(0, magic.length))) return null;
    const length = Buffer.from(head).readUInt32LE(magic.length);
    if (head.length + length > size) return null;
    const header = JSON.parse(Buffer.from(await readAt(file, head.length, new Uint8Array(length))).toString()) as RdmHeader;
    const start = head.length + length;
    if (start + (quantileCount + pairsOf(header.rows)) * 4 !== size) return null;
    const quantiles = new Float32Array(quantileCount);
    await readAt(file, start, new Uint8Array(quantiles.buffer));
    const first = start + quantileCount * 4;
    return {
      ...header,
      path,
      quantiles,
      read: () => withPairs(path, async (pairs) => await pairs(0, pairsOf(header.rows), first)),
      readSome: (places) =>
        withPairs(path, async (pairs) => {
          const some = new Float32Array(places.length);
          for (const [i, place] of places.entries()) some.set(await pairs(place, 1, first), i);
          return some;
        }),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    await file.close();
  }
}

async function withPairs<T>(
  path: string,
  work: (pairs: (from: number, count: number, first: number) => Promise<Float32Array>) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await work(async (from, count, first) => {
      const pairs = new Float32Array(count);
      await readAt(file, first + from * 4, new Uint8Array(pairs.buffer));
      return pairs;
    });
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, into: Uint8Array): Promise<Uint8Array> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, Math.min(into.length - done, 2 ** 30), position + done);
    if (bytesRead === 0) throw new UnitscopeError('cache.failed', 'An RDM ended while it was read; compute it again.');
    done += bytesRead;
  }
  return into;
}
