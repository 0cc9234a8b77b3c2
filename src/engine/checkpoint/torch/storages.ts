import type { ByteSource } from '../../io/rangedFile';
import { PyCall, PyGlobal, PyPersistent, sequenceOf, type PyValue } from '../pickle/values';

/** Memory that tensors lie in. */
export interface StorageRef {
  key: string;
  /** Element type by its name; null for untyped storage. */
  dtype: string | null;
  /** In bytes. */
  bytes: number;
}

/** Where a storage is in the file. */
export interface StoragePlace {
  source: () => ByteSource;
  start: number;
  bytes: number;
  bigEndian: boolean;
}

/** Undefined for a storage that the file does not have. */
export type FindStorage = (storage: StorageRef) => StoragePlace | undefined;

const storageTypes: Readonly<Record<string, [dtype: string, bytes: number] | undefined>> = {
  DoubleStorage: ['float64', 8], FloatStorage: ['float32', 4], HalfStorage: ['float16', 2], BFloat16Storage: ['bfloat16', 2], LongStorage: ['int64', 8],
  IntStorage: ['int32', 4], ShortStorage: ['int16', 2], CharStorage: ['int8', 1], ByteStorage: ['uint8', 1], BoolStorage: ['bool', 1],
  ComplexFloatStorage: ['complex64', 8], ComplexDoubleStorage: ['complex128', 16], QInt8Storage: ['int8', 1], QUInt8Storage: ['uint8', 1], QInt32Storage: ['int32', 4],
};

const dtypeNames: Readonly<Record<string, string | undefined>> = {
  float: 'float32', double: 'float64', half: 'float16', cfloat: 'complex64', cdouble: 'complex128', long: 'int64', int: 'int32', short: 'int16',
  float8_e4m3fn: 'float8e4m3fn', float8_e4m3fnuz: 'float8e4m3fnuz', float8_e5m2: 'float8e5m2', float8_e5m2fnuz: 'float8e5m2fnuz', float8_e8m0fnu: 'float8e8m0',
};

/** Our name of `torch.float32` and the like. */
export function torchDtype(value: PyValue | undefined): string | undefined {
  if (!(value instanceof PyGlobal) || value.module !== 'torch') return undefined;
  return dtypeNames[value.name] ?? value.name;
}

/** The storage that a persistent id names: ("storage", type, key, location, elements). */
export function storageOf(value: PyValue | undefined): StorageRef | undefined {
  // TypedStorage wraps what it is made of.
  const inner = value instanceof PyCall && value.text.endsWith('Storage') ? value.arg(0) : value;
  if (!(inner instanceof PyPersistent)) return undefined;
  const [tag, type, key, , elements] = sequenceOf(inner.id) ?? [];
  if (tag !== 'storage' || !(type instanceof PyGlobal) || typeof elements !== 'number' || elements < 0) return undefined;
  if (typeof key !== 'string' && typeof key !== 'number') return undefined;
  if (type.name === 'UntypedStorage') return { key: String(key), dtype: null, bytes: elements };
  const known = storageTypes[type.name];
  return known && { key: String(key), dtype: known[0], bytes: elements * known[1] };
}
