import type { Dequantization, SliceRequest, TensorSlice } from '../../protocol/checkpoint';
import { sliceRequestSchema } from '../../protocol/checkpoint';
import { UnitscopeError } from '../../protocol/errors';
import { decode } from './elements';
import { unread } from './statistics';
import { elementCount, type CheckpointTensor } from './tensor';

/** Values that are given at once. */
const mostValues = 4 * 2 ** 20;

/**
 * Part of a tensor as float32, to draw: a plane, or filters. Longer requests are cut to 4 million values; of complex numbers
 * the real part is given. Filters of whole numbers can be asked for as what they stand for, (number − zero point) × scale (ONNX, DequantizeLinear), with `find` for the
 * tensors of scale and zero point. Throws `usage` where the tensor has no such part, `reference.unreadable` where values are not read.
 */
export function tensorSlice(tensor: CheckpointTensor, request: SliceRequest['what'], find: (name: string) => CheckpointTensor = nothing): TensorSlice {
  const what = sliceRequestSchema.shape.what.parse(request);
  if (!tensor.element) throw unread(tensor);
  return what.kind === 'plane' ? plane(tensor, what.rows, what.columns, what.at, what.from, what.size) : filters(tensor, what.first, what.most, what.dequantize ? dequantizer(tensor, what.dequantize, find) : null);
}

function filters(tensor: CheckpointTensor, first: number, most: number, real: ((value: number, at: number) => number) | null): TensorSlice {
  const { shape } = tensor;
  if (shape.length !== 4) throw wrong(tensor, 'is no convolution of two dimensions: filters have the shape [O, I, kH, kW]');
  const [units, ...rest] = shape as [number, ...number[]];
  const each = elementCount(rest);
  const from = Math.min(first, units);
  const count = Math.min(most, units - from, each === 0 ? 0 : Math.max(1, Math.floor(mostValues / each)));
  if (each > mostValues) throw wrong(tensor, 'has filters of more than 4 million values');
  const values = realParts(tensor, from * each, count * each);
  return sliceOf([count, ...rest], real ? values.map((value, at) => real(value, from * each + at)) : values);
}

/** What the whole number at a place in C order stands for. */
function dequantizer(tensor: CheckpointTensor, { scale, zero, axis }: Dequantization, find: (name: string) => CheckpointTensor): (value: number, at: number) => number {
  const { shape } = tensor;
  const length = shape[axis];
  const inner = elementCount(shape.slice(axis + 1));
  const read = (name: string | null, otherwise: number): Float32Array => {
    if (name === null) return Float32Array.of(otherwise);
    const of = find(name);
    const count = elementCount(of.shape);
    if (length === undefined || (count !== 1 && count !== length)) throw wrong(of, `has not one number for each of the ${length ?? 0} places on the axis ${axis} of ${tensor.name}`);
    if (!of.element) throw unread(of);
    return realParts(of, 0, count);
  };
  const [scales, zeros] = [read(scale, 1), read(zero, 0)];
  const of = (numbers: Float32Array, at: number): number => numbers[numbers.length === 1 ? 0 : Math.floor(at / inner) % length!]!;
  return (value, at) => (value - of(zeros, at)) * of(scales, at);
}

function nothing(name: string): never {
  throw new UnitscopeError('internal', `There is no tensor ${name} to read here.`);
}

function plane(tensor: CheckpointTensor, rows: number, columns: number, at: readonly number[], from: readonly [number, number], size: readonly [number, number]): TensorSlice {
  const { shape } = tensor;
  if (rows >= Math.max(1, shape.length) || columns >= Math.max(1, shape.length) || (rows === columns && shape.length > 1))
    throw wrong(tensor, `has no plane of the axes ${rows} and ${columns}`);
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  // A vector is one row.
  const row = shape.length < 2 ? { length: 1, stride: 0 } : { length: shape[rows]!, stride: strides[rows]! };
  const column = shape.length === 0 ? { length: 1, stride: 0 } : { length: shape[shape.length < 2 ? 0 : columns]!, stride: strides[shape.length < 2 ? 0 : columns]! };
  let origin = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape.length < 2 || axis === rows || axis === columns) continue;
    const index = at[axis] ?? 0;
    if (index >= shape[axis]!) throw wrong(tensor, `has no index ${index} on the axis ${axis}`);
    origin += index * strides[axis]!;
  }
  const width = Math.max(0, Math.min(size[1], column.length - from[1], mostValues));
  const height = width === 0 ? 0 : Math.max(0, Math.min(size[0], row.length - from[0], Math.floor(mostValues / width)));
  const values = new Float32Array(height * width);
  for (let r = 0; r < height; r++) readLine(tensor, origin + (from[0] + r) * row.stride + from[1] * column.stride, column.stride, values.subarray(r * width, (r + 1) * width));
  return sliceOf([height, width], values);
}

/** Elements `stride` apart: neighbours are read together. */
function readLine(tensor: CheckpointTensor, first: number, stride: number, into: Float32Array): void {
  const together = Math.max(1, Math.floor(65_536 / Math.max(1, stride)));
  for (let i = 0; i < into.length; i += together) {
    const count = Math.min(together, into.length - i);
    const values = realParts(tensor, first + i * stride, (count - 1) * stride + 1);
    for (let k = 0; k < count; k++) into[i + k] = values[k * stride]!;
  }
}

function realParts(tensor: CheckpointTensor, first: number, count: number): Float32Array {
  const type = tensor.element!;
  const values = decode(tensor.read(first, count), type);
  if (type.parts === 1) return Float32Array.from(values);
  return Float32Array.from({ length: count }, (_, i) => values[2 * i]!);
}

function sliceOf(shape: number[], values: Float32Array): TensorSlice {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { shape, values, range: low <= high ? [low, high] : null };
}

function wrong(tensor: CheckpointTensor, what: string): UnitscopeError {
  return new UnitscopeError('usage', `The tensor ${tensor.name} [${tensor.shape.join(', ')}] ${what}.`);
}
