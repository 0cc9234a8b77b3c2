import { constants, inflateRawSync } from 'node:zlib';
import { UnitscopeError } from '../../protocol/errors';
import type { ByteSource } from './rangedFile';
import { MemorySource, SubSource } from './subSource';

// The format: PKWARE's APPNOTE.TXT, sections 4.3 and 4.4 (offsets below are theirs).

export interface ZipEntry {
  name: string;
  /** 0: stored, 8: deflated. */
  method: number;
  /** Of the bytes in the archive, and of the content. */
  packed: number;
  size: number;
  /** Of the local header. */
  offset: number;
}

const mostDirectory = 256 * 2 ** 20;
const mostEntries = 1_000_000;
/** A deflated entry is unpacked into memory when it is read. */
const mostUnpacked = 2 ** 29;
const tailBytes = 22 + 65535;

/**
 * The entries of a zip archive by name, in the order of its central directory; zip64 too. Reads the directory only. Of
 * entries with one name the last counts. Throws `model.unreadable` for a damaged one.
 */
export function readZip(source: ByteSource): Map<string, ZipEntry> {
  const { at, size, count } = findDirectory(source);
  if (at + size > source.size || size > mostDirectory || count > mostEntries) throw damaged(source, 'its directory cannot be where it says');
  const entries = new Map<string, ZipEntry>();
  const bytes = view(source.read(at, size));
  for (let position = 0, i = 0; i < count; i++) {
    if (position + 46 > size || bytes.getUint32(position, true) !== 0x02014b50) throw damaged(source, 'its directory ends early');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => bytes.getUint16(position + field, true)) as [number, number, number];
    const next = position + 46 + nameLength + extraLength + commentLength;
    if (next > size) throw damaged(source, 'its directory ends early');
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + position + 46, nameLength).toString('utf8');
    if (bytes.getUint16(position + 8, true) & 1) throw damaged(source, 'it is encrypted', 'save it without a password');
    const entry = {
      name,
      method: bytes.getUint16(position + 10, true),
      packed: bytes.getUint32(position + 20, true),
      size: bytes.getUint32(position + 24, true),
      offset: bytes.getUint32(position + 42, true),
    };
    readZip64(bytes, position + 46 + nameLength, extraLength, entry);
    if (entry.offset + entry.packed > source.size) throw damaged(source, `its entry ${name.slice(0, 100)} is not in the file`);
    entries.delete(name);
    entries.set(name, entry);
    position = next;
  }
  return entries;
}

/** The content of an entry. Deflated ones are unpacked, once, when more than their first 64 KiB are read. */
export function entrySource(source: ByteSource, entry: ZipEntry): ByteSource {
  const header = view(source.read(entry.offset, 30));
  if (header.getUint32(0, true) !== 0x04034b50) throw damaged(source, 'an entry has no header');
  const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.packed > source.size) throw damaged(source, 'an entry is cut off');
  const name = `${source.name} (${entry.name.slice(0, 100)})`;
  if (entry.method === 0) {
    if (entry.packed !== entry.size) throw damaged(source, 'a stored entry has two sizes');
    return new SubSource(source, start, entry.size, name);
  }
  if (entry.method === 8) return new Inflated(new SubSource(source, start, entry.packed, name), entry.size);
  throw damaged(source, `it is compressed in a way (${entry.method}) that is not read`, 'save it uncompressed');
}

class Inflated implements ByteSource {
  readonly name: string;
  private head: MemorySource | undefined;
  private whole: MemorySource | undefined;

  constructor(
    private readonly packed: ByteSource,
    readonly size: number,
  ) {
    this.name = packed.name;
  }

  read(offset: number, length: number): Uint8Array {
    return this.upTo(offset + length).read(offset, length);
  }

  peek(offset: number, atLeast: number): Uint8Array {
    return this.upTo(offset + atLeast).peek(offset, atLeast);
  }

  private upTo(end: number): MemorySource {
    if (this.whole) return this.whole;
    this.head ??= this.unpack(Math.min(this.packed.size, 65536), 2 ** 27);
    if (end <= this.head.size) return this.head;
    if (this.size > mostUnpacked)
      throw new UnitscopeError('model.unreadable', `${this.name} is compressed and has ${this.size} bytes, more than the ${mostUnpacked} that are unpacked; save it uncompressed.`);
    return (this.whole = this.unpack(this.packed.size, this.size));
  }

  private unpack(bytes: number, most: number): MemorySource {
    try {
      return new MemorySource(this.name, inflateRawSync(this.packed.read(0, bytes), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, most) }));
    } catch (error) {
      throw damaged(this, `its compressed data are damaged (${(error as Error).message})`, undefined, error);
    }
  }
}

interface Directory {
  at: number;
  size: number;
  count: number;
}

function findDirectory(source: ByteSource): Directory {
  const length = Math.min(tailBytes, source.size);
  const tail = Buffer.from(source.read(source.size - length, length));
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > tail.length) throw damaged(source, 'its directory is missing, as at the end of a copy that was cut off');
  const found = { count: tail.readUInt16LE(end + 10), size: tail.readUInt32LE(end + 12), at: tail.readUInt32LE(end + 16) };
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return found;
  const at = big(source, tail.readBigUInt64LE(locator + 8));
  if (at + 56 > source.size) throw damaged(source, 'its directory cannot be where it says');
  const record = view(source.read(at, 56));
  if (record.getUint32(0, true) !== 0x06064b50) throw damaged(source, 'its directory cannot be where it says');
  return {
    count: big(source, record.getBigUint64(32, true)),
    size: big(source, record.getBigUint64(40, true)),
    at: big(source, record.getBigUint64(48, true)),
  };
  function big(of: ByteSource, value: bigint): number {
    if (value > BigInt(of.size)) throw damaged(of, 'its directory cannot be where it says');
    return Number(value);
  }
}

/** Numbers that do not fit 32 bits stand in an extra field, in this order. */
function readZip64(bytes: DataView, start: number, length: number, entry: ZipEntry): void {
  for (let at = start; at + 4 <= start + length; ) {
    const size = bytes.getUint16(at + 2, true);
    const end = Math.min(at + 4 + size, start + length);
    if (bytes.getUint16(at, true) === 1) {
      let from = at + 4;
      for (const field of ['size', 'packed', 'offset'] as const) {
        if (entry[field] !== 0xffffffff || from + 8 > end) continue;
        entry[field] = Number(bytes.getBigUint64(from, true));
        from += 8;
      }
    }
    at += 4 + size;
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(source: ByteSource, what: string, todo = 'copy or download it again', cause?: unknown): UnitscopeError {
  return new UnitscopeError('model.unreadable', `${source.name} is a damaged zip archive: ${what}; ${todo}.`, { cause });
}
