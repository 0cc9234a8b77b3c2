import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { readModel } from '../../../src/engine/model/onnx';
import { readTensor, TensorReader } from '../../../src/engine/model/tensorData';
import { UnitscopeError } from '../../../src/protocol/errors';
import { OnnxBuilder, type DtypeName } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

describe('readTensor', () => {
  const file = temporaryFolder();

  const plain: [dtype: DtypeName, values: number[], type: string][] = [
    ['float32', [1.5, -2, 3e10], 'Float32Array'],
    ['float64', [1.5, -2, 1e300], 'Float64Array'],
    ['float16', [1.5, -2, 2 ** -24, 65504, 0.0999755859375], 'Float32Array'],
    ['bfloat16', [1.5, -2, 2 ** 100], 'Float32Array'],
    ['int8', [-128, 127, 0], 'Int8Array'],
    ['uint8', [255, 0, 1], 'Uint8Array'],
    ['bool', [1, 0, 1], 'Uint8Array'],
    ['int16', [-32768, 5], 'Int16Array'],
    ['uint16', [65535, 5], 'Uint16Array'],
    ['int32', [-(2 ** 31), 5], 'Int32Array'],
    ['uint32', [2 ** 32 - 1, 5], 'Uint32Array'],
  ];
  for (const [dtype, values, type] of plain) {
    for (const storage of ['raw', 'typed'] as const) {
      it(`reads ${dtype} from ${storage} data`, () => {
        const model = readModel(new OnnxBuilder().initializer('t', dtype, [values.length], values, storage).write(file('t.onnx')));
        const read = readTensor(model, model.graph.initializers.get('t')!);
        assert.deepEqual([read.dims, read.dtype, read.data.constructor.name], [[values.length], dtype, type]);
        assert.deepEqual(Array.from<number | bigint>(read.data), values.map((value) => (type === 'Float32Array' ? Math.fround(value) : value)));
      });
    }
  }

  for (const storage of ['raw', 'typed'] as const) {
    it(`reads 64-bit integers from ${storage} data without loss`, () => {
      const values = [-(2n ** 63n), 2n ** 62n + 1n];
      const model = readModel(
        new OnnxBuilder().initializer('s', 'int64', [2], values, storage).initializer('u', 'uint64', [1], [2n ** 64n - 1n], storage).write(file('t.onnx')),
      );
      assert.deepEqual(readTensor(model, model.graph.initializers.get('s')!).data, BigInt64Array.from(values));
      assert.deepEqual(readTensor(model, model.graph.initializers.get('u')!).data, BigUint64Array.of(2n ** 64n - 1n));
    });
  }

  it('reads tensors too large to be kept in memory, and scalars', () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => i);
    const model = readModel(
      new OnnxBuilder().initializer('large', 'float32', [100, 100], values).initializer('typed', 'float32', [100, 100], values, 'typed').initializer('scalar', 'float32', [], [7]).write(file('t.onnx')),
    );
    const { initializers } = model.graph;
    assert.equal(initializers.get('large')?.inline, null);
    const reader = new TensorReader(model);
    assert.deepEqual(reader.read(initializers.get('large')!).data, values);
    assert.deepEqual(reader.read(initializers.get('typed')!).data, values);
    assert.deepEqual(reader.read(initializers.get('scalar')!), { dims: [], dtype: 'float32', data: Float32Array.of(7) });
    reader.close();
  });

  it('reads external data from its offset, and says when it is missing or short', () => {
    fs.writeFileSync(file('data.bin'), new Uint8Array(Float32Array.of(9, 9, 1, 2).buffer));
    const storage = { location: 'data.bin', offset: 8, length: 8 };
    const model = readModel(
      new OnnxBuilder()
        .initializer('here', 'float32', [2], undefined, storage)
        .initializer('short', 'float32', [4], undefined, storage)
        .initializer('beyond', 'float32', [4], undefined, { location: 'data.bin', offset: 8 })
        .initializer('gone', 'float32', [2], undefined, { location: 'gone.bin' })
        .write(file('t.onnx')),
    );
    const read = (name: string) => readTensor(model, model.graph.initializers.get(name)!);
    assert.deepEqual([...read('here').data], [1, 2]);
    assert.throws(() => read('short'), /^UnitscopeError: t\.onnx has 2 of the 4 elements of tensor "short"/);
    assert.throws(() => read('beyond'), /data\.bin is truncated/);
    assert.throws(() => read('gone'), /gone\.bin does not exist/);
  });

  it('reads no more than it is allowed to', () => {
    const model = readModel(new OnnxBuilder().initializer('t', 'float32', [1000]).write(file('t.onnx')));
    assert.throws(
      () => readTensor(model, model.graph.initializers.get('t')!, 100),
      (error) => error instanceof UnitscopeError && error.code === 'model.unsupported' && error.message.includes('has 4000 bytes'),
    );
  });

  it('names the tensor when data is missing from the model itself', () => {
    for (const storage of ['raw', 'typed'] as const) {
      const model = readModel(new OnnxBuilder().initializer('t', 'float32', [3], [1, 2], storage).write(file('t.onnx')));
      assert.throws(() => readTensor(model, model.graph.initializers.get('t')!), /has 2 of the 3 elements of tensor "t"/);
    }
  });
});
