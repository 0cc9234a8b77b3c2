import type { ByteSource } from '../../io/rangedFile';
import { fields, type ByteRange, type Field } from '../../model/protobuf';
import { elementType, findElement, type ElementType } from '../elements';
import { lazily } from '../files';
import { shown, unreadable } from '../problem';
import { elementCount, type CheckpointTensor } from '../tensor';

interface What {
  name: string;
  shape: number[];
  dtype: string;
  /** That the elements take, packed. */
  bytes: number;
}

/** Bytes of typed fields, and of the elements in them, that are decoded at once; exporters write larger tensors raw. */
const mostTyped = 2 ** 26;

/** Elements of less than a byte: bits, and the number of each pattern. Bytes hold the first element in their low bits. */
const small: Readonly<Record<string, { bits: 2 | 4; type: ElementType; of: (code: number) => number } | undefined>> = {
  uint4: { bits: 4, type: elementType('uint8'), of: (code) => code },
  int4: { bits: 4, type: elementType('int8'), of: (code) => (code > 7 ? code - 16 : code) },
  uint2: { bits: 2, type: elementType('uint8'), of: (code) => code },
  int2: { bits: 2, type: elementType('int8'), of: (code) => (code > 1 ? code - 4 : code) },
  float4e2m1: { bits: 4, type: elementType('float32'), of: (code) => (code > 7 ? -1 : 1) * [0, 0.5, 1, 1.5, 2, 3, 4, 6][code & 7]! },
};

/** A tensor of elements of 2 or 4 bits; each is read as a whole byte, or a float32. @param bytesOf its packed bytes from a place on */
export function packedTensor({ name, shape, dtype, bytes }: What, bytesOf: (first: number, length: number) => Uint8Array): CheckpointTensor {
  const { bits, type, of } = small[dtype]!;
  const each = 8 / bits;
  return {
    name,
    shape,
    dtype,
    count: elementCount(shape),
    bytes,
    view: null,
    element: type,
    problem: null,
    read(first, length) {
      const start = Math.floor(first / each);
      const packed = bytesOf(start, Math.ceil((first + length) / each) - start);
      const values = type.name === 'float32' ? new Float32Array(length) : type.name === 'int8' ? new Int8Array(length) : new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const at = first + i;
        values[i] = of((packed[Math.floor(at / each) - start]! >> ((at % each) * bits)) & (2 ** bits - 1));
      }
      return new Uint8Array(values.buffer);
    },
  };
}

/** A tensor in the typed fields of a TensorProto (float_data, int32_data, …), whose payload is `range`. */
export function typedTensor(what: What, range: ByteRange, source: () => ByteSource): CheckpointTensor {
  const place = lazily(() => typedPlace(what, range, source()));
  const bytesOf = (first: number, length: number): Uint8Array => {
    const found = place();
    return found instanceof Uint8Array ? found.subarray(first, first + length) : source().read(found.start + first, length);
  };
  const type = findElement(what.dtype);
  if (!type) return { ...packedTensor(what, bytesOf), decodedWhole: true };
  return {
    ...what,
    count: elementCount(what.shape),
    view: null,
    element: type,
    problem: null,
    decodedWhole: true,
    read: (first, length) => bytesOf(first * type.bytes, length * type.bytes),
  };
}

/** The elements' little-endian bytes: where they stand in the file (packed floats do), or decoded. */
function typedPlace({ name, dtype, bytes }: What, range: ByteRange, source: ByteSource): Uint8Array | { start: number } {
  const { no, into } = typedField(dtype);
  const parts = (): Iterable<Field> => fieldsOf(no, source, range);
  const isPlain = dtype === 'float32' || dtype === 'float64' || dtype.startsWith('complex');
  const [first] = parts();
  if (isPlain && first && first.payload.end - first.payload.start === bytes) return { start: first.payload.start };
  const payload = range.end - range.start;
  if (payload > mostTyped || bytes > mostTyped) throw unreadable(source.name, `the tensor ${shown(name)} is too long to be written in typed fields`, 'save it with raw data');
  const values = into(bytes);
  let count = 0;
  if (payload >= values.length) for (const part of parts()) count = values.take(part, count);
  if (count < values.length) throw unreadable(source.name, `the tensor ${shown(name)} has ${count} of its ${values.length} values`, 'export or download it again');
  return values.bytes;
}

function* fieldsOf(no: number, source: ByteSource, { start, end }: ByteRange): Generator<Field> {
  for (const field of fields(source, start, end)) if (field.no === no) yield field;
}

interface Decoded {
  bytes: Uint8Array;
  /** Elements there is room for. */
  length: number;
  /** Puts a field's elements at a place, as far as there is room. Returns the place after them. */
  take(part: Field, at: number): number;
}

/** Which field of TensorProto holds elements of a type, and what decodes them to so many bytes (onnx.proto, TensorProto). */
function typedField(dtype: string): { no: number; into: (bytes: number) => Decoded } {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return { no: 4, into: (bytes) => decoded(new Float32Array(bytes / 4), (part, visit) => part.eachFloat(visit)) };
    case 'float64':
    case 'complex128':
      return { no: 10, into: (bytes) => decoded(new Float64Array(bytes / 8), (part, visit) => part.eachDouble(visit)) };
    case 'int64':
      return { no: 7, into: (bytes) => decoded(new BigInt64Array(bytes / 8), (part, visit) => part.eachBigint(visit)) };
    case 'uint64':
      return { no: 11, into: (bytes) => decoded(new BigUint64Array(bytes / 8), (part, visit) => part.eachBigint(visit)) };
    case 'uint32':
      return { no: 11, into: (bytes) => decoded(new Uint32Array(bytes / 4), (part, visit) => part.eachInt32(visit)) };
    default: {
      const width = findElement(dtype)?.bytes ?? 1;
      const array = width === 4 ? Int32Array : width === 2 ? Uint16Array : Uint8Array;
      return { no: 5, into: (bytes) => decoded(new array(bytes / width), (part, visit) => part.eachInt32(visit)) };
    }
  }
}

function decoded<T>(values: { [at: number]: T; readonly length: number; readonly buffer: ArrayBuffer }, each: (part: Field, visit: (value: T) => void) => void): Decoded {
  return {
    bytes: new Uint8Array(values.buffer),
    length: values.length,
    take(part, at) {
      // Beyond its end a typed array takes nothing.
      each(part, (value) => (values[at++] = value));
      return at;
    },
  };
}
