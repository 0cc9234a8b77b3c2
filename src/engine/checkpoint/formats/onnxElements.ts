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

/** Bytes of typed fields that are decoded at once; exporters write larger tensors raw. */
const mostTyped = 2 ** 28;

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
  if (range.end - range.start > mostTyped + bytes) throw unreadable(source.name, `the tensor ${shown(name)} is too long to be written in typed fields`, 'save it with raw data');
  const { no, decode } = typedField(dtype);
  const parts = [...fields(source, range.start, range.end)].filter((field) => field.no === no);
  const [only] = parts;
  const isPlain = dtype === 'float32' || dtype === 'float64' || dtype.startsWith('complex');
  if (isPlain && parts.length === 1 && only!.payload.end - only!.payload.start === bytes) return { start: only!.payload.start };
  const decoded = decode(parts);
  if (decoded.length < bytes) throw unreadable(source.name, `the tensor ${shown(name)} has ${decoded.length} of its ${bytes} bytes`, 'export or download it again');
  return decoded;
}

/** Which field of TensorProto holds elements of a type, and its elements as bytes (onnx.proto, TensorProto). */
function typedField(dtype: string): { no: number; decode: (parts: Field[]) => Uint8Array } {
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return { no: 4, decode: (parts) => bytesIn(Float32Array.from(parts.flatMap((part) => part.floats()))) };
    case 'float64':
    case 'complex128':
      return { no: 10, decode: (parts) => bytesIn(Float64Array.from(parts.flatMap((part) => part.doubles()))) };
    case 'int64':
      return { no: 7, decode: (parts) => bytesIn(BigInt64Array.from(parts.flatMap((part) => part.bigints()))) };
    case 'uint64':
      return { no: 11, decode: (parts) => bytesIn(BigUint64Array.from(parts.flatMap((part) => part.bigints()))) };
    case 'uint32':
      return { no: 11, decode: (parts) => bytesIn(Uint32Array.from(parts.flatMap((part) => part.ints()))) };
    default: {
      const width = findElement(dtype)?.bytes ?? 1;
      const array = width === 4 ? Int32Array : width === 2 ? Uint16Array : Uint8Array;
      return { no: 5, decode: (parts) => bytesIn(array.from(parts.flatMap((part) => part.ints()))) };
    }
  }
}

function bytesIn({ buffer }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer);
}
