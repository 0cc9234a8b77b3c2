import * as path from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import { RangedFile, type ByteSource } from '../io/rangedFile';
import type { OnnxModel, TensorRef } from './graph';
import { bfloat16ToNumber, float16ToNumber } from './halfFloats';
import { fields, type ByteRange } from './protobuf';
import { byteLength } from './tensorRef';

export type TensorValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface Tensor {
  dims: number[];
  /** As in the file. float16 and bfloat16 come as Float32Array, bool as Uint8Array of 0 and 1. */
  dtype: string;
  data: TensorValues;
}

/** Bytes of a tensor that are read unless the caller asks for more. */
const DEFAULT_LIMIT = 64 * 1024 * 1024;

/** How elements of a type become a typed array: from little-endian bytes, and from the typed fields' numbers. */
interface Elements {
  view(bytes: ArrayBuffer): TensorValues;
  collect(values: readonly number[]): TensorValues;
}

const half = (toNumber: (bits: number) => number): Elements => ({
  view: (bytes) => Float32Array.from(new Uint16Array(bytes), toNumber),
  collect: (values) => Float32Array.from(values, toNumber),
});

const elements: Readonly<Record<string, Elements | undefined>> = {
  float32: { view: (bytes) => new Float32Array(bytes), collect: (values) => Float32Array.from(values) },
  float64: { view: (bytes) => new Float64Array(bytes), collect: (values) => Float64Array.from(values) },
  float16: half(float16ToNumber),
  bfloat16: half(bfloat16ToNumber),
  int8: { view: (bytes) => new Int8Array(bytes), collect: (values) => Int8Array.from(values) },
  uint8: { view: (bytes) => new Uint8Array(bytes), collect: (values) => Uint8Array.from(values) },
  bool: { view: (bytes) => new Uint8Array(bytes), collect: (values) => Uint8Array.from(values) },
  int16: { view: (bytes) => new Int16Array(bytes), collect: (values) => Int16Array.from(values) },
  uint16: { view: (bytes) => new Uint16Array(bytes), collect: (values) => Uint16Array.from(values) },
  int32: { view: (bytes) => new Int32Array(bytes), collect: (values) => Int32Array.from(values) },
  uint32: { view: (bytes) => new Uint32Array(bytes), collect: (values) => Uint32Array.from(values) },
};

/** Reads one tensor; for several, `TensorReader` opens each file once. */
export function readTensor(model: OnnxModel, ref: TensorRef, limit = DEFAULT_LIMIT): Tensor {
  const reader = new TensorReader(model);
  try {
    return reader.read(ref, limit);
  } finally {
    reader.close();
  }
}

/** Reads tensors of a model from its own file and from external data beside it. Close it after use. */
export class TensorReader {
  private readonly files = new Map<string, RangedFile>();

  constructor(private readonly model: OnnxModel) {}

  /**
   * The numbers of a tensor of at most `limit` bytes.
   * Throws `model.unreadable` for missing or short data and `model.unsupported` for element types without a typed array.
   */
  read(ref: TensorRef, limit = DEFAULT_LIMIT): Tensor {
    const expected = byteLength(ref.dtype, ref.elementCount) ?? 0;
    if (expected > limit) {
      throw this.unsupported(ref, `has ${expected} bytes, more than the ${limit} that are read at once`);
    }
    const data = ref.data.kind === 'typed' ? this.typed(ref, ref.data.range) : this.raw(ref, expected);
    if (data.length !== ref.elementCount) {
      throw new UnitscopeError(
        'model.unreadable',
        `${path.basename(this.model.path)} has ${data.length} of the ${ref.elementCount} elements of tensor "${ref.name}": export or download it again.`,
      );
    }
    return { dims: ref.dims, dtype: ref.dtype, data };
  }

  /** The texts of a string tensor. */
  strings(ref: TensorRef): string[] {
    if (ref.data.kind !== 'typed') return [];
    const { source, start, end } = this.message(ref, ref.data.range);
    return [...fields(source, start, end)].filter(({ no }) => no === 6).map((part) => part.string());
  }

  close(): void {
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }

  private raw(ref: TensorRef, expected: number): TensorValues {
    const bytes = this.rawBytes(ref, expected);
    // A copy of whole elements, so that typed arrays of any width are aligned.
    const buffer = bytes.slice().buffer;
    const whole = buffer.byteLength - (buffer.byteLength % Math.max(1, byteLength(ref.dtype, 1) ?? 1));
    return this.view(ref, buffer.slice(0, whole));
  }

  private view(ref: TensorRef, bytes: ArrayBuffer): TensorValues {
    if (ref.dtype === 'int64') return new BigInt64Array(bytes);
    if (ref.dtype === 'uint64') return new BigUint64Array(bytes);
    return this.elementsOf(ref).view(bytes);
  }

  private rawBytes(ref: TensorRef, expected: number): Uint8Array {
    if (ref.inline) return ref.inline;
    if (ref.data.kind === 'typed') return new Uint8Array(0);
    const file = ref.data.kind === 'external' ? ref.data.file : this.model.path;
    return this.open(file).read(ref.data.offset, Math.min(ref.data.length, expected));
  }

  private typed(ref: TensorRef, range: ByteRange): TensorValues {
    const { source, start, end } = this.message(ref, range);
    const parts = [...fields(source, start, end)];
    if (ref.dtype === 'int64') return BigInt64Array.from(parts.filter(({ no }) => no === 7).flatMap((part) => part.bigints()));
    if (ref.dtype === 'uint64') return BigUint64Array.from(parts.filter(({ no }) => no === 11).flatMap((part) => part.bigints()));
    const numbers = parts.flatMap((part) => {
      if (part.no === 4) return part.floats();
      if (part.no === 10) return part.doubles();
      return part.no === 5 || part.no === 11 ? part.ints() : [];
    });
    return this.elementsOf(ref).collect(numbers);
  }

  /** Where a TensorProto's bytes are. */
  private message(ref: TensorRef, range: ByteRange): { source: ByteSource; start: number; end: number } {
    const start = ref.inline ? 0 : range.start;
    return { source: ref.inline ? memorySource(ref) : this.open(this.model.path), start, end: start + range.end - range.start };
  }

  private elementsOf(ref: TensorRef): Elements {
    const found = elements[ref.dtype];
    if (found === undefined) throw this.unsupported(ref, `holds elements of type ${ref.dtype || 'undefined'}, which Unitscope does not read`);
    return found;
  }

  private unsupported(ref: TensorRef, problem: string): UnitscopeError {
    return new UnitscopeError('model.unsupported', `Tensor "${ref.name}" of ${path.basename(this.model.path)} ${problem}.`);
  }

  private open(file: string): RangedFile {
    const open = this.files.get(file) ?? RangedFile.open(file);
    this.files.set(file, open);
    return open;
  }
}

function memorySource(ref: TensorRef): ByteSource {
  const bytes = ref.inline ?? new Uint8Array(0);
  return {
    name: `tensor "${ref.name}"`,
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    peek: (offset) => bytes.subarray(offset),
  };
}
