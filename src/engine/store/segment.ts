import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import { writing } from './cacheFolder';
import { ifMissing } from './ifMissing';

/** Of a layer, scores stand under its key and the units' means over positions under this. */
export function meanKey(key: string): string {
  return `${key}:mean`;
}

/**
 * A segment holds the unit scores, and means, of some images for some layers: a text line that names the format, the length of a JSON
 * header, the header, and then for each layer a float32 block [units, images]. Unit-major, so that a layer, or one unit of
 * it, is one contiguous read. A segment is written aside and renamed: it is there whole or not at all.
 */
export interface SegmentHeader {
  /** Content identities, one a column. */
  images: string[];
  /** `key` names the layer and its unit axis; `offset` is in bytes from the start of the data. */
  layers: { key: string; units: number; offset: number }[];
}

const magic = Buffer.from('unitscope-segment-2\n');
const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export interface LayerScores {
  key: string;
  units: number;
  /** [units, images] */
  scores: Float32Array;
}

/** Writes a segment; a crash while it does leaves nothing that a reader would take for one. */
export async function writeSegment(path: string, images: string[], layers: LayerScores[]): Promise<void> {
  if (!little) throw new UnitscopeError('internal', 'Segments are little-endian; this machine is not.');
  let offset = 0;
  const header: SegmentHeader = {
    images,
    layers: layers.map(({ key, units, scores }) => {
      if (scores.length !== units * images.length) throw new RangeError(`scores of ${key}: ${scores.length}`);
      const entry = { key, units, offset };
      offset += scores.byteLength;
      return entry;
    }),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const blocks = layers.map(({ scores }) => new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength));
  await writing(dirname(path), () => writeWhole(path, [magic, length, text, ...blocks]));
}

async function writeWhole(path: string, parts: Uint8Array[]): Promise<void> {
  const aside = `${path}.tmp`;
  await mkdir(dirname(path), { recursive: true }); // the results may have been deleted meanwhile
  const file = await open(aside, 'w');
  try {
    for (const part of parts) await file.write(part);
    await file.close();
    await rename(aside, path);
  } catch (error) {
    await file.close();
    await rm(aside, { force: true });
    throw error;
  }
}

export class Segment {
  private readonly layers: Map<string, SegmentHeader['layers'][number]>;

  private constructor(
    readonly path: string,
    readonly header: SegmentHeader,
    private readonly dataStart: number,
  ) {
    this.layers = new Map(header.layers.map((layer) => [layer.key, layer]));
  }

  has(key: string): boolean {
    return this.layers.has(key);
  }

  /** Where a layer's block begins, in bytes; it has `units` rows of as many columns as there are images. */
  block(key: string): { offset: number; units: number } | undefined {
    const layer = this.layers.get(key);
    return layer && { offset: this.dataStart + layer.offset, units: layer.units };
  }

  /** Reads the header. Null where the file is no whole segment: gone, cut short, of another version, or damaged. */
  static async open(path: string): Promise<Segment | null> {
    const file = await open(path, 'r').catch(ifMissing(null));
    if (!file) return null;
    try {
      const { size } = await file.stat();
      const head = await readExactly(file, 0, magic.length + 4, size);
      if (!head?.subarray(0, magic.length).equals(magic)) return null;
      const headerLength = head.readUInt32LE(magic.length);
      const text = await readExactly(file, head.length, headerLength, size);
      if (!text) return null;
      const header = JSON.parse(text.toString()) as SegmentHeader;
      const dataStart = head.length + headerLength;
      const floats = header.layers.reduce((sum, layer) => sum + layer.units * header.images.length, 0);
      return dataStart + floats * 4 === size ? new Segment(path, header, dataStart) : null;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Scores of units `from` up to, not including, `to` of a layer: [to - from, images]. Null where it has no such layer. */
  async read(key: string, from = 0, to = Infinity): Promise<Float32Array | null> {
    const layer = this.layers.get(key);
    if (!layer) return null;
    const columns = this.header.images.length;
    const last = Math.min(to, layer.units);
    const scores = new Float32Array((last - from) * columns);
    const file = await open(this.path, 'r');
    try {
      const bytes = new Uint8Array(scores.buffer);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.dataStart + layer.offset + from * columns * 4);
      if (bytesRead !== bytes.length) throw new UnitscopeError('internal', `${this.path} ended while it was read.`);
    } finally {
      await file.close();
    }
    return scores;
  }
}

async function readExactly(file: FileHandle, at: number, length: number, size: number): Promise<Buffer | null> {
  if (at + length > size) return null;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return bytesRead === length ? buffer : null;
}
