import * as path from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import type { ByteSource } from '../io/rangedFile';
import type { TensorData, TensorRef } from './graph';
import { malformed, readMapEntry, type ByteRange, type Field } from './protobuf';

/** Tensors up to this many bytes are kept in memory: shape arithmetic, scales, scalars. */
const INLINE_LIMIT = 512;

/** TensorProto.DataType: ONNX's number, our name, and bits per element (0: not of a fixed size). */
const dtypes: readonly (readonly [name: string, bits: number] | undefined)[] = [
  ['', 0], ['float32', 32], ['uint8', 8], ['int8', 8], ['uint16', 16], ['int16', 16], ['int32', 32], ['int64', 64],
  ['string', 0], ['bool', 8], ['float16', 16], ['float64', 64], ['uint32', 32], ['uint64', 64], ['complex64', 64],
  ['complex128', 128], ['bfloat16', 16], ['float8e4m3fn', 8], ['float8e4m3fnuz', 8], ['float8e5m2', 8],
  ['float8e5m2fnuz', 8], ['uint4', 4], ['int4', 4], ['float4e2m1', 4], ['float8e8m0', 8], ['uint2', 2], ['int2', 2],
  ['float6e2m3', 6], ['float6e3m2', 6],
];
const bitsByName = new Map(dtypes.filter((entry) => entry !== undefined));

export function dtypeName(code: number): string {
  return dtypes[code]?.[0] ?? `type${code}`;
}

/** Bytes that so many elements take when packed; null for strings and unknown types. */
export function byteLength(dtype: string, elements: number): number | null {
  const bits = bitsByName.get(dtype) ?? 0;
  return bits === 0 ? null : Math.ceil((elements * bits) / 8);
}

/** Reads a TensorProto without its numbers. */
export function readTensorRef(field: Field, context: { source: ByteSource; folder: string }): TensorRef {
  const { source } = context;
  const dims: number[] = [];
  let name = '';
  let dtype = '';
  let raw: ByteRange | undefined;
  let isExternal = false;
  const external = new Map<string, string>();
  for (const part of field.fields()) {
    switch (part.no) {
      case 1: for (const dim of part.ints()) dims.push(dim); break;
      case 2: dtype = dtypeName(part.int()); break;
      case 8: name = part.string(); break;
      case 9: part.expectBytes(); raw = part.payload; break;
      case 13: readMapEntry(part, external); break;
      case 14: isExternal = part.int() === 1; break;
    }
  }
  const elementCount = dims.reduce((product, dim) => product * dim, 1);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(elementCount)) {
    throw malformed(source, field.range.start, `tensor "${name}" has the impossible shape ${dims.join(' x ')}`);
  }
  const ref = { name, dims, dtype, elementCount, range: field.range };
  if (isExternal) {
    return { ...ref, data: externalData(ref, external, context), inline: null };
  }
  const data: TensorData = raw
    ? { kind: 'raw', offset: raw.start, length: raw.end - raw.start }
    : { kind: 'typed', range: field.payload };
  return { ...ref, data, inline: inlineBytes(source, raw ?? field.payload) };
}

function inlineBytes(source: ByteSource, { start, end }: ByteRange): Uint8Array | null {
  // A copy: a view would keep its whole window alive.
  return end - start <= INLINE_LIMIT ? source.read(start, end - start).slice() : null;
}

function externalData(
  ref: { name: string; dtype: string; elementCount: number },
  entries: ReadonlyMap<string, string>,
  { source, folder }: { source: ByteSource; folder: string },
): TensorData {
  const location = entries.get('location') ?? '';
  const fail = (problem: string) =>
    new UnitscopeError('model.unreadable', `${source.name} keeps tensor "${ref.name}" ${problem}.`);
  if (location === '') throw fail('in another file that it does not name: export it again');
  if (!staysInside(location)) {
    throw fail(`in "${location}", which is outside the model's folder; for safety Unitscope reads no files from there: put the data beside the model and export it again`);
  }
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? byteLength(ref.dtype, ref.elementCount) ?? 0);
  if (!isSize(offset) || !isSize(length)) throw fail(`at an impossible place of "${location}": export it again`);
  return { kind: 'external', file: path.join(folder, location), offset, length };
}

function staysInside(location: string): boolean {
  if (path.posix.isAbsolute(location) || path.win32.isAbsolute(location) || /^[a-z]:/i.test(location)) return false;
  return !location.includes('\0') && !location.split(/[\\/]/).includes('..');
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
