import type { SliceRequest, TensorSlice } from '../../protocol/checkpoint';
import { sliceRequestSchema } from '../../protocol/checkpoint';
import { UnitscopeError } from '../../protocol/errors';
import { decode } from './elements';
import { unread } from './statistics';
import { elementCount, type CheckpointTensor } from './tensor';

/** Values that are given at once. */
const mostValues = 4 * 2 ** 20;

/**
 * Part of a tensor as float32, to draw: a plane, or filters. Longer requests are cut to 4 million values; of complex numbers
 * the real part is given. Throws `usage` where the tensor has no such part, `reference.unreadable` where values are not read.
 */
export function tensorSlice(tensor: CheckpointTensor, request: SliceRequest['what']): TensorSlice {
  const what = sliceRequestSchema.shape.what.parse(request);
  if (!tensor.element) throw unread(tensor);
  return what.kind === 'plane' ? plane(tensor, what.rows, what.columns, what.at, what.from, what.size) : filters(tensor, what.first, what.most);
}

function filters(tensor: CheckpointTensor, first: number, most: number): TensorSlice {
  const { shape } = tensor;
  if (shape.length !== 4) throw wrong(tensor, 'is no convolution of two dimensions: filters have the shape [O, I, kH, kW]');
  const [units, ...rest] = shape as [number, ...number[]];
  const each = elementCount(rest);
  const from = Math.min(first, units);
  const count = Math.min(most, units - from, each === 0 ? 0 : Math.max(1, Math.floor(mostValues / each)));
  if (each > mostValues) throw wrong(tensor, 'has filters of more than 4 million values');
  return sliceOf([count, ...rest], real(tensor, from * each, count * each));
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
    const values = real(tensor, first + i * stride, (count - 1) * stride + 1);
    for (let k = 0; k < count; k++) into[i + k] = values[k * stride]!;
  }
}

function real(tensor: CheckpointTensor, first: number, count: number): Float32Array {
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
