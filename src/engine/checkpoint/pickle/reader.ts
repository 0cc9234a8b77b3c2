import type { ByteSource } from '../../io/rangedFile';
import { unreadable } from '../problem';
import { PyBytes } from './values';

const longestLine = 65536;
/** Longer texts stay in the file. */
const longestText = 2 ** 20;
const mostText = 2 ** 28;

/** The bytes of a pickle, one after the other. All methods throw `reference.unreadable` at the end of the source. */
export class PickleReader {
  private chunk: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private base: number;
  private at = 0;
  private textLeft = mostText;

  constructor(
    private readonly source: ByteSource,
    start: number,
  ) {
    this.base = start;
  }

  get position(): number {
    return this.base + this.at;
  }

  /** Makes sure that so many bytes are in the chunk; returns where they are. */
  private need(length: number): number {
    if (this.at + length > this.chunk.length) {
      const position = this.position;
      if (length > this.source.size - position) throw unreadable(this.source.name, `its pickle ends early, at byte ${this.source.size}`, 'copy or download it again');
      this.chunk = this.source.peek(position, length);
      this.view = new DataView(this.chunk.buffer, this.chunk.byteOffset, this.chunk.byteLength);
      this.base = position;
      this.at = 0;
    }
    const from = this.at;
    this.at += length;
    return from;
  }

  byte(): number {
    const at = this.need(1);
    return this.chunk[at]!;
  }

  uint16(): number {
    const at = this.need(2);
    return this.view.getUint16(at, true);
  }

  int32(): number {
    const at = this.need(4);
    return this.view.getInt32(at, true);
  }

  uint32(): number {
    const at = this.need(4);
    return this.view.getUint32(at, true);
  }

  /** As a number; beyond 2^53 it is rounded, and beyond any file. */
  uint64(): number {
    const at = this.need(8);
    return Number(this.view.getBigUint64(at, true));
  }

  float64(): number {
    const at = this.need(8);
    return this.view.getFloat64(at, false);
  }

  /** Two's complement, little-endian. */
  long(length: number): number | bigint {
    if (length > 4096) throw this.wrong(`an integer of ${length} bytes`);
    const from = this.need(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.chunk[from + i]!);
    return smallest(length === 0 ? 0n : BigInt.asIntN(8 * length, value));
  }

  /** Up to the end of the line. */
  line(): string {
    const bytes: number[] = [];
    for (;;) {
      const code = this.byte();
      if (code === 10) return Buffer.from(bytes).toString('latin1');
      if (bytes.push(code) > longestLine) throw this.wrong(`a line of more than ${longestLine} bytes`);
    }
  }

  text(length: number, encoding: 'utf8' | 'latin1' = 'utf8'): string | PyBytes {
    if (length > longestText) return this.bytes(length, encoding === 'utf8' ? 'text' : 'bytes');
    if ((this.textLeft -= length) < 0) throw this.wrong(`more than ${mostText} bytes of text`);
    const from = this.need(length);
    return Buffer.from(this.chunk.buffer, this.chunk.byteOffset + from, length).toString(encoding);
  }

  /** Leaves them where they are. */
  bytes(length: number, kind: 'bytes' | 'text' = 'bytes'): PyBytes {
    const start = this.position;
    if (length > this.source.size - start) throw unreadable(this.source.name, `its pickle has ${length} bytes at byte ${start}, more than the file`, 'copy or download it again');
    if (this.at + length <= this.chunk.length) this.at += length;
    else {
      this.base = start + length;
      this.at = 0;
      this.chunk = new Uint8Array(0);
    }
    return new PyBytes(this.source, start, length, kind);
  }

  wrong(what: string): Error {
    return unreadable(this.source.name, `its pickle is damaged or no pickle (byte ${this.position}: ${what})`, 'save it again with torch.save');
  }
}

/** A number where that is exact. */
export function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
