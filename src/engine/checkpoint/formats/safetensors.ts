import { basename } from 'node:path';
import type { ByteSource } from '../../io/rangedFile';
import type { Contents } from '../checkpoint';
import { findElement } from '../elements';
import { shown, unreadable } from '../problem';
import { elementCount, isShape, listedTensor, stridedTensor, type CheckpointTensor } from '../tensor';
import { jsonItem } from '../tree';

/** A header of more bytes is refused, as the format's own reader does. */
const mostHeader = 100e6;

const dtypes: Readonly<Record<string, string | undefined>> = {
  F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16', I64: 'int64', I32: 'int32', I16: 'int16', I8: 'int8', U64: 'uint64', U32: 'uint32', U16: 'uint16',
  U8: 'uint8', BOOL: 'bool', F8_E4M3: 'float8e4m3fn', F8_E5M2: 'float8e5m2', F8_E4M3FNUZ: 'float8e4m3fnuz', F8_E5M2FNUZ: 'float8e5m2fnuz', F8_E8M0: 'float8e8m0', C64: 'complex64',
};

/** Whether a file starts as this format does: the header's length, then JSON. */
export function isSafetensors(head: Uint8Array, size: number): boolean {
  if (size < 10 || head.length < 9) return false;
  const length = Buffer.from(head).readBigUInt64LE();
  return head[8] === 0x7b && length <= BigInt(size - 8);
}

/**
 * The tensors of a `.safetensors` file: eight bytes with the header's length, the header in JSON (name -> dtype, shape,
 * data_offsets), the numbers. Reads the header only. Throws `reference.unreadable` for a damaged one.
 */
export function readSafetensors(file: ByteSource): Contents {
  if (file.size < 8) throw unreadable(basename(file.name), 'it is too short', 'copy or download it again');
  const length = Number(Buffer.from(file.read(0, 8)).readBigUInt64LE());
  if (length > Math.min(mostHeader, file.size - 8)) throw unreadable(file.name, 'its header is longer than the file', 'copy or download it again');
  const header = parseJson(file.name, Buffer.from(file.read(8, length)).toString('utf8'));
  const tensors: CheckpointTensor[] = [];
  for (const [name, entry] of header) if (name !== '__metadata__') tensors.push(tensorOf(file, name, entry, 8 + length));
  return { format: 'safetensors', tensors, tree: jsonItem(header.get('__metadata__') ?? {}), warnings: [] };
}

function tensorOf(file: ByteSource, name: string, entry: unknown, start: number): CheckpointTensor {
  const { dtype, shape, data_offsets: offsets } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !areSizes(shape) || !isShape(shape) || !areSizes(offsets) || offsets.length !== 2)
    throw unreadable(file.name, `its tensor ${shown(name)} is not described`);
  const [from, to] = offsets as [number, number];
  if (to < from || start + to > file.size) throw unreadable(file.name, `the tensor ${shown(name)} does not fit its place`, 'copy or download it again');
  const type = findElement(dtypes[dtype] ?? '');
  if (!type) return listedTensor(name, shape, shown(dtype, 40), to - from, `elements of type ${shown(dtype, 40)} are not read`);
  if (to - from !== elementCount(shape) * type.bytes) throw unreadable(file.name, `the tensor ${shown(name)} does not fit its place`);
  return stridedTensor({ name, shape }, { source: () => file, start: start + from, type });
}

function areSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

/** A table of JSON as a Map: names may be any text. Throws `reference.unreadable`. */
export function parseJson(file: string, text: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, 'its header is no JSON', undefined, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(file, 'its header is no table');
  return new Map(Object.entries(value));
}
