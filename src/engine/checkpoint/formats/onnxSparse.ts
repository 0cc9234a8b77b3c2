import type { ByteSource } from '../../io/rangedFile';
import type { SparseTensorRef, TensorRef } from '../../model/graph';
import { fields } from '../../model/protobuf';
import { readTensorRef } from '../../model/tensorRef';
import { lazily } from '../files';
import { shown, unreadable } from '../problem';
import { elementCount, isShape, listedTensor, readBigInts, type CheckpointTensor } from '../tensor';

/** Stored values that are read; they and their places are in memory while the tensor is in use. */
const mostStored = 2 ** 22;

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
  if (!indices) return listed('the file does not say where its values stand');
  const contents = lazily(() => ({ places: placesOf(name, dense(name, indices), stored.count, shape, file.name), numbers: stored.read(0, stored.count) }));
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
      for (const [i, place] of places.entries())
        if (place >= first && place < first + length) out.set(numbers.subarray(i * type.bytes, (i + 1) * type.bytes), (place - first) * type.bytes);
      return out;
    },
  };
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
