import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { elementType } from '../../../src/engine/checkpoint/elements';
import { sparseTensor } from '../../../src/engine/checkpoint/formats/onnxSparse';
import { stridedTensor, type CheckpointTensor } from '../../../src/engine/checkpoint/tensor';
import { RangedFile } from '../../../src/engine/io/rangedFile';
import type { TensorRef } from '../../../src/engine/model/graph';
import { fields } from '../../../src/engine/model/protobuf';
import { readTensorRef } from '../../../src/engine/model/tensorRef';
import { tensor } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from '../dataset/fixtures';

describe('Sparse tensors of ONNX models', () => {
  const folder = temporaryFolder();

  function sparse(dims: number[], places: number[], values: ArrayLike<number>): CheckpointTensor {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.LengthDelimited).bytes(tensor('float32', [values.length], values).tensor);
    writer.tag(2, WireType.LengthDelimited).bytes(tensor('int64', [places.length], places).tensor);
    const path = join(folder(), 'sparse.bin');
    writeFileSync(path, new BinaryWriter().tag(15, WireType.LengthDelimited).bytes(writer.finish()).finish());
    const file = RangedFile.open(path);
    const [whole] = fields(file, 0, file.size);
    const [first] = whole!.fields();
    const dense = (name: string, { dims: shape, dtype, data }: TensorRef): CheckpointTensor => {
      assert.ok(data.kind === 'raw');
      return stridedTensor({ name, shape }, { source: () => file, start: data.offset, type: elementType(dtype) });
    };
    const range = { start: 0, end: file.size };
    return sparseTensor('w', { name: 'w', dims, range, values: readTensorRef(first!, { source: file, folder: folder() }) }, { file, folder: folder() }, dense);
  }

  const numbers = (bytes: Uint8Array): number[] => [...new Float32Array(new Uint8Array(bytes).buffer)];

  it('values stand at their places, in whatever order the file has them', () => {
    const made = sparse([3, 4], [9, 2, 11, 0], [1, 2, 3, 4]);
    assert.deepEqual(numbers(made.read(0, 12)), [4, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 3]);
    assert.deepEqual(numbers(made.read(2, 8)), [2, 0, 0, 0, 0, 0, 0, 1]);
    assert.deepEqual(numbers(made.read(3, 6)), [0, 0, 0, 0, 0, 0]);
  });

  it('a stretch costs what stands in it, not all values of the tensor', () => {
    const count = 200_000;
    const made = sparse([2 ** 30], Array.from({ length: count }, (_, i) => i * 1000), new Float32Array(count).fill(1));
    made.read(0, 1);
    const start = performance.now();
    for (let i = 0; i < 3000; i++) assert.equal(numbers(made.read(i * 1000, 1))[0], 1);
    // All values each time take 600 million steps: several seconds.
    assert.ok(performance.now() - start < 1000);
  });

  it('a shape that nobody can go through is listed, not read', () => {
    const made = sparse([2 ** 20, 2 ** 20], [3], [1]);
    assert.equal(made.problem, 'of sparse tensors up to 2147483648 elements, zeros included, are read');
    assert.throws(() => made.read(0, 1), /The values of the tensor w are not read: of sparse tensors up to/);
    assert.equal(sparse([2 ** 31], [3], [1]).problem, null);
  });
});
