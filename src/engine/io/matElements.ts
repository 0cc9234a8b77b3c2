/** What is wrong with a file and what to do, to be completed with its name; not a sentence yet. */
export class Damage extends Error {}

/** Data types of elements that are more than a list of numbers. */
export const types = { matrix: 14, compressed: 15, utf8: 16, utf16: 17, utf32: 18 } as const;

interface NumberType {
  size: number;
  read: (view: DataView, at: number, little: boolean) => number;
}

/** Numbers by data type; 64-bit integers beyond 2^53 are rounded. Text is numbers, too: its code units. */
const numberTypes = new Map<number, NumberType>([
  [1, { size: 1, read: (view, at) => view.getInt8(at) }],
  [2, { size: 1, read: (view, at) => view.getUint8(at) }],
  [3, { size: 2, read: (view, at, little) => view.getInt16(at, little) }],
  [4, { size: 2, read: (view, at, little) => view.getUint16(at, little) }],
  [5, { size: 4, read: (view, at, little) => view.getInt32(at, little) }],
  [6, { size: 4, read: (view, at, little) => view.getUint32(at, little) }],
  [7, { size: 4, read: (view, at, little) => view.getFloat32(at, little) }],
  [9, { size: 8, read: (view, at, little) => view.getFloat64(at, little) }],
  [12, { size: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) }],
  [13, { size: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) }],
  [types.utf16, { size: 2, read: (view, at, little) => view.getUint16(at, little) }],
  [types.utf32, { size: 4, read: (view, at, little) => view.getUint32(at, little) }],
]);

/** A data element of a MATLAB level 5 file: its type and its bytes, not copied. */
export class Element {
  constructor(
    readonly type: number,
    readonly bytes: Buffer,
    private readonly little: boolean,
  ) {}

  /** The elements that this one is made of. */
  inside(): Bytes {
    return new Bytes(this.bytes, this.little);
  }

  /** How many numbers it holds. */
  count(): number {
    return this.bytes.length / this.numberType().size;
  }

  numbers(): Float64Array {
    const { size, read } = this.numberType();
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    const numbers = new Float64Array(this.bytes.length / size);
    for (let i = 0; i < numbers.length; i++) numbers[i] = read(view, i * size, this.little);
    return numbers;
  }

  /**
   * The `count` characters of a text, whatever it is stored as: MATLAB counts UTF-16 code units, others code points. Null where it has another number of them.
   */
  characters(count: number): string[] | null {
    if (this.bytes.length > 8 * count) return null;
    const text = this.type === types.utf8 ? this.bytes.toString('utf8') : Array.from(this.numbers(), characterOf).join('');
    if (text.length === count) return text.split('');
    const points = Array.from(text);
    return points.length === count ? points : null;
  }

  private numberType(): NumberType {
    const found = numberTypes.get(this.type);
    if (found && this.bytes.length % found.size === 0) return found;
    throw new Damage('a list of numbers is damaged; copy or download it again');
  }
}

/** A run of data elements, read from the first to the last. Whatever lengths they claim, they stay within the bytes. */
export class Bytes {
  private at = 0;

  constructor(
    private readonly bytes: Buffer,
    readonly little: boolean,
  ) {}

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  element(): Element {
    const { bytes, at } = this;
    if (at + 8 > bytes.length) throw truncated();
    const word = this.word(at);
    // A small element has its length in the upper half of the first word and up to four bytes in the second one.
    const small = word >>> 16;
    const type = small === 0 ? word : word & 0xffff;
    const length = small === 0 ? this.word(at + 4) : small;
    const start = at + (small === 0 ? 8 : 4);
    if (start + length > bytes.length || small > 4) throw truncated();
    // Elements are padded to 8 bytes, but for compressed ones.
    const padded = small !== 0 ? 4 : type === types.compressed ? length : Math.ceil(length / 8) * 8;
    this.at = start + padded;
    return new Element(type, bytes.subarray(start, start + length), this.little);
  }

  /** The numbers of a part that must be there. */
  integers(part: string): Float64Array {
    const numbers = this.element().numbers();
    if (numbers.length > 0) return numbers;
    throw new Damage(`an array has no ${part}; copy or download it again`);
  }

  /** Text of a part that must be there; empty text is fine. */
  text(part: string): string {
    if (this.atEnd) throw new Damage(`an array has no ${part}; copy or download it again`);
    return this.element().bytes.toString('utf8');
  }

  private word(at: number): number {
    return this.little ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }
}

function characterOf(code: number): string {
  return Number.isInteger(code) && code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}

function truncated(): Damage {
  return new Damage('it is truncated or damaged; copy or download it again');
}
