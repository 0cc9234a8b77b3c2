import { UnitscopeError } from '../../protocol/errors';
import { RangedFile } from '../io/rangedFile';
import { bfloat16ToNumber, float16ToNumber } from '../model/halfFloats';

/** A tensor of a checkpoint: known by its name and shape, read when it is asked for. */
export interface CheckpointTensor {
  name: string;
  shape: number[];
  /** As float32. */
  values(): Float32Array;
}

/** A header of more bytes is refused, as the format's own reader does. */
const mostHeader = 100e6;

const formats: Record<string, { bytes: number; read: (data: DataView, at: number) => number } | undefined> = {
  F64: { bytes: 8, read: (data, at) => data.getFloat64(at, true) },
  F32: { bytes: 4, read: (data, at) => data.getFloat32(at, true) },
  F16: { bytes: 2, read: (data, at) => float16ToNumber(data.getUint16(at, true)) },
  BF16: { bytes: 2, read: (data, at) => bfloat16ToNumber(data.getUint16(at, true)) },
};

/**
 * The floating-point tensors of a `.safetensors` file: eight bytes with the header's length, the header in JSON (name ->
 * dtype, shape, data_offsets), the numbers. Reads the header only. Throws `reference.unreadable`.
 */
export function readSafetensors(path: string): CheckpointTensor[] {
  const file = open(path);
  try {
    if (file.size < 8) throw unreadable(path, 'it is too short');
    const length = Number(Buffer.from(file.read(0, 8)).readBigUInt64LE());
    if (length > Math.min(mostHeader, file.size - 8)) throw unreadable(path, 'its header is longer than the file');
    const header = parse(path, Buffer.from(file.read(8, length)).toString('utf8'));
    const start = 8 + length;
    return Object.entries(header).flatMap(([name, entry]) => {
      const format = name === '__metadata__' ? undefined : formats[entry.dtype];
      if (!format) return []; // counts and masks are no weights
      const [from, to] = entry.data_offsets;
      const count = entry.shape.reduce((product, dim) => product * dim, 1);
      if (to - from !== count * format.bytes || from < 0 || start + to > file.size) throw unreadable(path, `the tensor ${name} does not fit its place`);
      return [{ name, shape: entry.shape, values: () => numbers(path, start + from, count, format) }];
    });
  } finally {
    file.close();
  }
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

function parse(path: string, text: string): Record<string, Entry> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, 'its header is no JSON', error);
  }
  if (typeof header !== 'object' || header === null) throw unreadable(path, 'its header is no table');
  const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  for (const [name, entry] of Object.entries(header as Record<string, { [K in keyof Entry]?: unknown } | null>)) {
    if (name === '__metadata__') continue;
    const areSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);
    if (typeof entry?.dtype !== 'string' || !areSizes(entry.shape) || !areSizes(entry.data_offsets) || entry.data_offsets.length !== 2)
      throw unreadable(path, `its tensor ${name} is not described`);
  }
  return header as Record<string, Entry>;
}

function numbers(path: string, offset: number, count: number, { bytes, read }: NonNullable<(typeof formats)[string]>): Float32Array {
  const file = open(path);
  try {
    const data = file.read(offset, count * bytes);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return Float32Array.from({ length: count }, (_, i) => read(view, i * bytes));
  } finally {
    file.close();
  }
}

function open(path: string): RangedFile {
  try {
    return RangedFile.open(path);
  } catch (error) {
    throw unreadable(path, 'it is missing or may not be read', error);
  }
}

function unreadable(path: string, what: string, cause?: unknown): UnitscopeError {
  return new UnitscopeError('reference.unreadable', `${path} cannot be read as a checkpoint: ${what}; save it again as .safetensors.`, { cause });
}
