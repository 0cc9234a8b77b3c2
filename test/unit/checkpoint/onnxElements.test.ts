import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import assert from 'node:assert/strict';
import { typedTensor } from '../../../src/engine/checkpoint/formats/onnxElements';
import type { CheckpointTensor } from '../../../src/engine/checkpoint/tensor';

/** A tensor whose numbers are in the field `no` of a TensorProto. */
function typed(dtype: string, count: number, width: number, no: number, payload: Uint8Array): CheckpointTensor {
  const message = new BinaryWriter().tag(no, WireType.LengthDelimited).bytes(payload).finish();
  const read = (offset: number, length: number): Uint8Array => message.subarray(offset, offset + length);
  const source = { name: 'a.onnx', size: message.length, read, peek: (offset: number) => message.subarray(offset) };
  return typedTensor({ name: 'w', shape: [count], dtype, bytes: count * width }, { start: 0, end: message.length }, () => source);
}

describe('Typed fields of ONNX tensors', () => {
  it('are decoded into as many elements as the shape says', () => {
    const payload = new BinaryWriter();
    for (const value of [-1, 200, 3, 99]) payload.int32(value);
    const bytes = payload.finish();
    assert.deepEqual([...typed('uint8', 3, 1, 5, bytes).read(0, 3)], [255, 200, 3]);
    assert.deepEqual([...new Int32Array(new Uint8Array(typed('int32', 4, 4, 5, bytes).read(0, 4)).buffer)], [-1, 200, 3, 99]);
    assert.throws(() => typed('int32', 5, 4, 5, bytes).read(0, 1), /a\.onnx cannot be read as a checkpoint: the tensor w has 4 of its 5 values; export or download it again\./);
  });

  it('a shape beyond what the file can hold is told', () => {
    assert.throws(() => typed('int32', 2 ** 24, 4, 5, new Uint8Array(10)).read(0, 1), /the tensor w has 0 of its 16777216 values/);
    assert.throws(() => typed('int64', 2 ** 50, 8, 7, new Uint8Array(10)).read(0, 1), /too long to be written in typed fields; save it with raw data/);
  });

  it('are refused above 64 MiB, but for packed floats, which are read where they stand', () => {
    const long = new Uint8Array(2 ** 26 + 4);
    assert.throws(() => typed('uint8', 2 ** 26 + 4, 1, 5, long).read(0, 1), /a\.onnx cannot be read as a checkpoint: the tensor w is too long to be written in typed fields; save it with raw data\./);
    assert.deepEqual([...typed('float32', 2 ** 24 + 1, 4, 4, long).read(2 ** 24, 1)], [0, 0, 0, 0]);
  });
});
