import { UnitscopeError } from '../../protocol/errors';
import type { TensorView } from '../../protocol/checkpoint';
import type { ByteSource } from '../io/rangedFile';
import { decode, swapBytes, type ElementType, type Numbers } from './elements';

/** A tensor of a checkpoint: known by its name and shape, read when it is asked for. */
export interface CheckpointTensor {
  name: string;
  shape: number[];
  /** As the file has it; quantized ones by the name of their scheme. */
  dtype: string;
  count: number;
  /** That its elements take in the file. */
  bytes: number;
  view: TensorView | null;
  /** What `read` gives; null where values are not read, and `problem` says why. */
  element: ElementType | null;
  problem: string | null;
  /** True where reading a part takes decoding all of it. */
  decodedWhole?: boolean;
  /**
   * Little-endian elements `first` up to, not including, `first + count` in C order. Throws `reference.unreadable` where the
   * file does not have them (any more), and where `element` is null.
   */
  read(first: number, count: number): Uint8Array;
}

/** Elements that are looked at together: memory is a few times this, in bytes. */
const blockBytes = 4 * 2 ** 20;

/** Product of the lengths; a scalar has one element. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Lengths that can be: no negative ones, and at most 2^53 elements in at most 64 axes. */
export function isShape(shape: readonly number[]): boolean {
  if (shape.length > 64 || !shape.every((length) => Number.isSafeInteger(length) && length >= 0)) return false;
  return shape.includes(0) || Number.isSafeInteger(elementCount(shape));
}

export interface StridedPlace {
  source: () => ByteSource;
  /** Of the first element, in bytes. */
  start: number;
  type: ElementType;
  /** In elements; default: C order. */
  strides?: readonly number[];
  bigEndian?: boolean;
}

/** A tensor whose elements stand in a file at regular places. The caller has checked that they are all in it. */
export function stridedTensor(
  what: { name: string; shape: number[]; dtype?: string; view?: TensorView | null },
  { source, start, type, strides, bigEndian = false }: StridedPlace,
): CheckpointTensor {
  const { name, shape, dtype = type.name, view = null } = what;
  const count = elementCount(shape);
  const width = bigEndian ? type.bytes / type.parts : 1;
  const ordered = strides === undefined || isContiguous(shape, strides);
  return {
    name,
    shape,
    dtype,
    count,
    bytes: count * type.bytes,
    view,
    element: type,
    problem: null,
    read(first, length) {
      const file = source();
      const bytes = ordered ? file.read(start + first * type.bytes, length * type.bytes) : gather(file, start, shape, strides, type.bytes, first, length);
      if (width === 1) return bytes;
      const own = new Uint8Array(bytes);
      swapBytes(own, width);
      return own;
    },
  };
}

/** A tensor that is listed, but whose values are not read; `problem` continues "the values of X are not read: ". */
export function listedTensor(name: string, shape: number[], dtype: string, bytes: number, problem: string): CheckpointTensor {
  const read = (): never => {
    throw new UnitscopeError('reference.unreadable', `The values of the tensor ${name} are not read: ${problem}.`);
  };
  return { name, shape, dtype, count: elementCount(shape), bytes, view: null, element: null, problem, read };
}

/** Whether elements lie in C order without gaps; axes of one element may have any stride. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return shape.includes(0);
    expected *= shape[axis]!;
  }
  return true;
}

/** Strides of Fortran order, in elements. */
export function fortranStrides(shape: readonly number[]): number[] {
  let stride = 1;
  return shape.map((length) => {
    const own = stride;
    stride *= length;
    return own;
  });
}

export interface Box {
  starts: number[];
  lengths: number[];
}

/** Splits a stretch of C order into boxes. */
export function* boxes(shape: readonly number[], first: number, count: number, head: number[] = []): Generator<Box> {
  if (count === 0) return;
  const axis = head.length;
  if (axis === shape.length) {
    yield { starts: head, lengths: head.map(() => 1) };
    return;
  }
  const inner = elementCount(shape.slice(axis + 1));
  const rest = shape.slice(axis + 1);
  let at = first;
  const end = first + count;
  while (at < end) {
    const index = Math.floor(at / inner);
    const within = at - index * inner;
    const whole = within === 0 ? Math.floor((end - at) / inner) : 0;
    if (whole > 0) {
      yield { starts: [...head, index, ...rest.map(() => 0)], lengths: [...head.map(() => 1), whole, ...rest] };
      at += whole * inner;
    } else {
      const taken = Math.min(inner - within, end - at);
      yield* boxes(shape, within, taken, [...head, index]);
      at += taken;
    }
  }
}

/** Elements of a stretch of C order from where they stand: nearby ones are read together, far ones one by one. */
function gather(file: ByteSource, start: number, shape: readonly number[], strides: readonly number[], size: number, first: number, count: number): Uint8Array {
  const out = new Uint8Array(count * size);
  let at = 0;
  for (const box of boxes(shape, first, count)) {
    const order = fortranStrides(box.lengths.toReversed()).toReversed();
    copyBox(file, start, strides, size, box, order, out, at);
    at += elementCount(box.lengths);
  }
  return out;
}

function copyBox(file: ByteSource, start: number, strides: readonly number[], size: number, { starts, lengths }: Box, order: readonly number[], out: Uint8Array, at: number): void {
  const wanted = elementCount(lengths);
  const span = lengths.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, 1);
  if (wanted > 1 && span * size > Math.max(65536, 4 * wanted * size)) {
    let axis = 0;
    for (let i = 1; i < lengths.length; i++) if ((lengths[i]! - 1) * strides[i]! > (lengths[axis]! - 1) * strides[axis]!) axis = i;
    const half = Math.floor(lengths[axis]! / 2);
    copyBox(file, start, strides, size, { starts, lengths: lengths.with(axis, half) }, order, out, at);
    copyBox(file, start, strides, size, { starts: starts.with(axis, starts[axis]! + half), lengths: lengths.with(axis, lengths[axis]! - half) }, order, out, at + half * order[axis]!);
    return;
  }
  const origin = starts.reduce((sum, index, axis) => sum + index * strides[axis]!, 0);
  const bytes = file.read(start + origin * size, span * size);
  const index = lengths.map(() => 0);
  let from = 0;
  let to = at;
  for (let i = 0; i < wanted; i++) {
    for (let byte = 0; byte < size; byte++) out[to * size + byte] = bytes[from * size + byte]!;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      to += order[axis]!;
      if (++index[axis]! < lengths[axis]!) break;
      from -= strides[axis]! * lengths[axis]!;
      to -= order[axis]! * lengths[axis]!;
      index[axis] = 0;
    }
  }
}

/** How many elements a block has. */
export function blockLength(type: ElementType): number {
  return Math.max(1, Math.floor(blockBytes / type.bytes));
}

/** All numbers in C order, block by block; complex numbers are two each. */
export function* numberBlocks(tensor: CheckpointTensor): Generator<{ first: number; values: Numbers }> {
  const type = tensor.element;
  if (!type) {
    tensor.read(0, 0);
    return;
  }
  const length = blockLength(type);
  for (let first = 0; first < tensor.count; first += length)
    yield { first, values: decode(tensor.read(first, Math.min(length, tensor.count - first)), type) };
}

/** All values as float32. Throws `reference.unreadable` also above 1 GiB. */
export function readFloat32(tensor: CheckpointTensor): Float32Array {
  if (tensor.count * 4 > 2 ** 30)
    throw new UnitscopeError('reference.unreadable', `The tensor ${tensor.name} has more than 1 GiB; it is not read whole.`);
  const values = new Float32Array(tensor.count * (tensor.element?.parts ?? 1));
  for (const { first, values: block } of numberBlocks(tensor)) values.set(block, first * (tensor.element?.parts ?? 1));
  return values;
}

/** All values of an integer tensor, exactly. Throws RangeError for other tensors than int64 and uint64. */
export function readBigInts(tensor: CheckpointTensor): BigInt64Array | BigUint64Array {
  const { buffer } = new Uint8Array(tensor.read(0, tensor.count));
  if (tensor.dtype === 'int64') return new BigInt64Array(buffer);
  if (tensor.dtype === 'uint64') return new BigUint64Array(buffer);
  throw new RangeError(`${tensor.dtype} is no 64-bit integer`);
}
