import type { ByteSource } from '../../io/rangedFile';
import type { SparseTensorRef, TensorRef } from '../../model/graph';
import { fields } from '../../model/protobuf';
import { readTensorRef } from '../../model/tensorRef';
import { lazily } from '../files';
import { shown, unreadable } from '../problem';
import { elementCount, isShape, listedTensor, readBigInts, type CheckpointTensor } from '../tensor';

/** Stored values that are read; they and their places are in memory while the tensor is in use. */
const mostStored = 2 ** 22;

/** Elements, zeros included, of a tensor that is read: a few bytes can name any shape, and whoever reads it goes through all. */
const mostDense = 2 ** 31;

/**
 * A sparse tensor: its stored values at their places, zeros elsewhere (onnx.proto, SparseTensorProto). `bytes` are those of the
 * stored values. @param dense makes a tensor of what the sparse one consists of
 */
export function sparseTensor(name: string, { dims: shape, values, range }: SparseTensorRef, { file, folder }: { file: ByteSource; folder: string }, dense: (name: string, ref: TensorRef) => CheckpointTensor): CheckpointTensor {
  const stored = dense(name, values);
  const dtype = `sparse ${stored.dtype}`;
  const type = stored.element;
  const indices = sparseIndices(range, file, folder);
  const listed = (problem: string): CheckpointTensor => listedTensor(name, shape, dtype, stored.bytes, problem);
  if (!isShape(shape)) return listed('it has more axes than are read');
  if (!type) return listed(stored.problem ?? 'its elements are not read');
  if (stored.count > mostStored) return listed(`of sparse tensors up to ${mostStored} stored values are read`);
  if (elementCount(shape) > mostDense) return listed(`of sparse tensors up to ${mostDense} elements, zeros included, are read`);
  if (!indices) return listed('the file does not say where its values stand');
  const contents = lazily(() => sorted(placesOf(name, dense(name, indices), stored.count, shape, file.name), stored.read(0, stored.count), type.bytes));
  return {
    name,
    shape,
    dtype,
    count: elementCount(shape),
    bytes: stored.bytes,
    view: null,
    element: type,
    problem: null,
    decodedWhole: true,
    read(first, length) {
      const { places, numbers } = contents();
      const out = new Uint8Array(length * type.bytes);
      for (let i = firstFrom(places, first); i < places.length && places[i]! < first + length; i++)
        out.set(numbers.subarray(i * type.bytes, (i + 1) * type.bytes), (places[i]! - first) * type.bytes);
      return out;
    },
  };
}

/** Places in ascending order, and the elements that stand there; of several at one place the last one stays last. */
function sorted(places: Float64Array, numbers: Uint8Array, width: number): { places: Float64Array; numbers: Uint8Array } {
  const order = Uint32Array.from(places.keys()).sort((a, b) => places[a]! - places[b]! || a - b);
  const moved = new Uint8Array(numbers.length);
  for (const [to, from] of order.entries()) moved.set(numbers.subarray(from * width, (from + 1) * width), to * width);
  return { places: Float64Array.from(order, (from) => places[from]!), numbers: moved };
}

/** Number of the first place from `least` on. */
function firstFrom(places: Float64Array, least: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The indices of a SparseTensorProto that is a whole field. */
function sparseIndices(range: { start: number; end: number }, source: ByteSource, folder: string): TensorRef | undefined {
  for (const field of fields(source, range.start, range.end))
    for (const part of field.fields()) if (part.no === 2) return readTensorRef(part, { source, folder });
  return undefined;
}

/** Places in C order. Indices are places already, or one row of one index an axis for each value. */
function placesOf(name: string, indices: CheckpointTensor, count: number, shape: readonly number[], file: string): Float64Array {
  const wrong = (what: string): Error => unreadable(file, `the sparse tensor ${shown(name)} ${what}`, 'export it again');
  const rows = indices.shape.length === 2;
  if (indices.dtype !== 'int64' || indices.count !== (rows ? count * shape.length : count)) throw wrong('has other indices than values');
  const numbers = readBigInts(indices);
  const most = elementCount(shape);
  return Float64Array.from({ length: count }, (_, i) => {
    let place = 0;
    if (!rows) place = Number(numbers[i]!);
    else
      for (const [axis, length] of shape.entries()) {
        const index = Number(numbers[i * shape.length + axis]!);
        if (index < 0 || index >= length) throw wrong('has a value outside of its shape');
        place = place * length + index;
      }
    if (place < 0 || place >= most) throw wrong('has a value outside of its shape');
    return place;
  });
}
