import { bfloat16ToNumber, float16ToNumber } from '../model/halfFloats';

/** How the elements of a tensor are coded: little-endian bytes of one size. */
export interface ElementType {
  name: string;
  /** Of one element. */
  bytes: number;
  /** NumPy's name of it; null where NumPy has none (export makes float32 of those). */
  npy: string | null;
  /** Numbers an element has: 2 for complex ones. */
  parts: 1 | 2;
  /** The numbers of aligned bytes. */
  decode(bytes: ArrayBuffer): Numbers;
}

export type Numbers = Float32Array | Float64Array;

/** Numbers of 8-bit floats: sign, exponent and fraction bits, bias, and which patterns are special. */
function float8(exponentBits: number, bias: number, special: 'ieee' | 'fn' | 'fnuz'): Float32Array {
  const fractionBits = 7 - exponentBits;
  return Float32Array.from({ length: 256 }, (_, bits) => {
    const sign = bits & 0x80 ? -1 : 1;
    const exponent = (bits & 0x7f) >> fractionBits;
    const fraction = (bits & ((1 << fractionBits) - 1)) / (1 << fractionBits);
    if (special === 'fnuz' && bits === 0x80) return NaN;
    if (special === 'fn' && (bits & 0x7f) === 0x7f) return NaN;
    if (special === 'ieee' && exponent === (1 << exponentBits) - 1) return fraction === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
  });
}

function table8(make: () => Float32Array): (bytes: ArrayBuffer) => Float32Array {
  let table: Float32Array | undefined;
  return (bytes) => {
    const numbers = (table ??= make());
    return Float32Array.from(new Uint8Array(bytes), (code) => numbers[code]!);
  };
}

function table16(toNumber: (bits: number) => number): (bytes: ArrayBuffer) => Float32Array {
  let table: Float32Array | undefined;
  return (bytes) => {
    const numbers = (table ??= Float32Array.from({ length: 65536 }, (_, bits) => toNumber(bits)));
    const codes = new Uint16Array(bytes);
    const values = new Float32Array(codes.length);
    for (let i = 0; i < codes.length; i++) values[i] = numbers[codes[i]!]!;
    return values;
  };
}

const rounded = (values: BigInt64Array | BigUint64Array): Float64Array => {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = Number(values[i]!);
  return numbers;
};

const simple = (name: string, bytes: number, npy: string | null, decode: (bytes: ArrayBuffer) => Numbers, parts: 1 | 2 = 1): ElementType => ({
  name,
  bytes,
  npy,
  parts,
  decode,
});

const types: readonly ElementType[] = [
  simple('float64', 8, '<f8', (bytes) => new Float64Array(bytes)),
  simple('float32', 4, '<f4', (bytes) => new Float32Array(bytes)),
  simple('float16', 2, '<f2', table16(float16ToNumber)),
  simple('bfloat16', 2, null, table16(bfloat16ToNumber)),
  simple('float8e4m3fn', 1, null, table8(() => float8(4, 7, 'fn'))),
  simple('float8e4m3fnuz', 1, null, table8(() => float8(4, 8, 'fnuz'))),
  simple('float8e5m2', 1, null, table8(() => float8(5, 15, 'ieee'))),
  simple('float8e5m2fnuz', 1, null, table8(() => float8(5, 16, 'fnuz'))),
  simple('float8e8m0', 1, null, table8(() => Float32Array.from({ length: 256 }, (_, code) => (code === 255 ? NaN : 2 ** (code - 127))))),
  simple('int8', 1, '|i1', (bytes) => Float64Array.from(new Int8Array(bytes))),
  simple('uint8', 1, '|u1', (bytes) => Float64Array.from(new Uint8Array(bytes))),
  simple('bool', 1, '|b1', (bytes) => Float64Array.from(new Uint8Array(bytes), (code) => (code === 0 ? 0 : 1))),
  simple('int16', 2, '<i2', (bytes) => Float64Array.from(new Int16Array(bytes))),
  simple('uint16', 2, '<u2', (bytes) => Float64Array.from(new Uint16Array(bytes))),
  simple('int32', 4, '<i4', (bytes) => Float64Array.from(new Int32Array(bytes))),
  simple('uint32', 4, '<u4', (bytes) => Float64Array.from(new Uint32Array(bytes))),
  simple('int64', 8, '<i8', (bytes) => rounded(new BigInt64Array(bytes))),
  simple('uint64', 8, '<u8', (bytes) => rounded(new BigUint64Array(bytes))),
  simple('complex64', 8, '<c8', (bytes) => new Float32Array(bytes), 2),
  simple('complex128', 16, '<c16', (bytes) => new Float64Array(bytes), 2),
];

const byName = new Map(types.map((type) => [type.name, type]));

/** Undefined for names that are not ours. */
export function findElement(name: string): ElementType | undefined {
  return byName.get(name);
}

export function elementType(name: string): ElementType {
  const type = byName.get(name);
  if (!type) throw new RangeError(`no element type ${name}`);
  return type;
}

/** Turns big-endian elements into little-endian ones, in place. `width`: bytes that are turned together. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}

/** Numbers of elements; integers beyond 2^53 are rounded, complex numbers are two each. */
export function decode(bytes: Uint8Array, type: ElementType): Numbers {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return type.decode(whole ? (bytes.buffer as ArrayBuffer) : new Uint8Array(bytes).buffer);
}
