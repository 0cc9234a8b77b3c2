import assert from 'node:assert/strict';
import { copyFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeptCheckpoints } from '../../../src/engine/checkpoint/kept';
import { checkpointTasks } from '../../../src/engine/checkpoint/tasks';
import { isCheckpoint, withCheckpoint } from '../../../src/engine/checkpoint/open';
import { readFloat32 } from '../../../src/engine/checkpoint/tensor';
import { modelTensors, tensorNames } from '../../../src/engine/model/modelTensors';
import { readModel } from '../../../src/engine/model/onnx';
import { OnnxBuilder, tensor } from '../../fixtures/onnxBuilder';
import { refuses, temporaryFolder } from '../dataset/fixtures';
import { fixture, isSentence, never, sample, tensorOf } from './fixtures';

describe('Weights of ONNX models', () => {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder(), name);

  it('any stretch of a tensor is as the whole has it', async () => {
    await withCheckpoint(fixture('tensors.onnx'), ({ tensors }) => {
      const readable = tensors.filter(({ element }) => element !== null);
      assert.equal(readable.length, tensors.length - 1);
      for (const one of readable) {
        const { bytes } = one.element!;
        const whole = Buffer.from(one.read(0, one.count));
        for (const [first, count] of [[0, 1], [1, one.count - 1], [Math.floor(one.count / 2), 1], [one.count, 0]] as const)
          assert.deepEqual(Buffer.from(one.read(first, count)), whole.subarray(first * bytes, (first + count) * bytes), `${one.name} from ${first}`);
      }
    });
  });

  it('says what it does not read', async () => {
    await withCheckpoint(fixture('tensors.onnx'), (checkpoint) => {
      assert.equal(tensorOf(checkpoint, 'words').problem, 'it holds texts');
      assert.throws(() => tensorOf(checkpoint, 'words').read(0, 1), /The values of the tensor words are not read: it holds texts\./);
    });
    const short = new OnnxBuilder().initializer('w', 'float32', [4, 4], [1, 2, 3]).node('Identity', ['w'], ['y']).output('y', 'float32', [4, 4]).write(file('short.onnx'));
    await withCheckpoint(short, (checkpoint) => assert.equal(tensorOf(checkpoint, 'w').problem, 'the file has 12 of its 64 bytes'));
  });

  it('a model opens without its external data; reading that says which file is missing or cut off', async () => {
    await copyFile(fixture('tensors.onnx'), file('tensors.onnx'));
    const read = (): Promise<Uint8Array> => withCheckpoint(file('tensors.onnx'), (checkpoint) => tensorOf(checkpoint, 'external').read(0, 4));
    await assert.rejects(read(), /tensors\.bin does not exist/);
    await copyFile(fixture('tensors.bin'), file('tensors.bin'));
    assert.equal((await read()).length, 16);
    await truncate(file('tensors.bin'), 70);
    await assert.rejects(read(), /tensors\.bin is truncated/);
  });

  it('a model with external data is opened once, and again when one of its files changes', async () => {
    await copyFile(fixture('tensors.onnx'), file('kept.onnx'));
    await copyFile(fixture('tensors.bin'), file('tensors.bin'));
    const kept = new KeptCheckpoints(2);
    const seen = new Set<unknown>();
    const use = (): Promise<number> =>
      kept.use(file('kept.onnx'), (checkpoint) => {
        seen.add(checkpoint);
        return tensorOf(checkpoint, 'external').read(0, 4).length;
      });
    for (let i = 0; i < 5; i++) await use();
    assert.equal(seen.size, 1);
    await utimes(file('tensors.bin'), 1, 1);
    for (let i = 0; i < 3; i++) await use();
    assert.equal(seen.size, 2);
    await utimes(file('kept.onnx'), 1, 1);
    for (let i = 0; i < 3; i++) await use();
    assert.equal(seen.size, 3);
  });

  it('names are unique, stay those of main-graph initializers, and are found by tensor', () => {
    const branch = new OnnxBuilder().initializer('w', 'float32', [1]).node('Identity', ['w'], ['out']).output('out', 'float32', [1]);
    const path = new OnnxBuilder()
      .input('c', 'bool', [])
      .initializer('w', 'float32', [2])
      .node('If', ['c'], ['y'], { then_branch: branch.asAttribute(), else_branch: branch.asAttribute() }, { name: 'same' })
      .node('If', ['c'], ['z'], { then_branch: branch.asAttribute(), else_branch: branch.asAttribute() }, { name: 'same' })
      .node('ConstantOfShape', ['s'], ['unnamed'], { value: tensor('float32', [1], [3]) })
      .output('y', 'float32', [1])
      .write(file('names.onnx'));
    const model = readModel(path);
    const names = modelTensors(model).map(({ name }) => name);
    assert.deepEqual(names, ['w', 'same.then_branch/w', 'same.else_branch/w', 'same.then_branch/w (2)', 'same.else_branch/w (2)', 'unnamed.value']);
    assert.equal(tensorNames(model).get(model.graph.initializers.get('w')!), 'w');
  });

  it('the methods on checkpoints work on models', async () => {
    const context = { signal: never, report: () => undefined };
    const names = await withCheckpoint(sample('scopenet.onnx'), ({ tensors }) => tensors.filter(({ shape }) => shape.length === 4).map(({ name }) => name));
    const place = { path: sample('scopenet.onnx'), tensor: names[0]! };
    const { count, unitNorms } = await checkpointTasks['checkpoint.statistics'](place, context);
    const slice = await checkpointTasks['checkpoint.slice']({ ...place, what: { kind: 'filters' } }, context);
    assert.equal(count, slice.values.length);
    const each = count / unitNorms.length;
    const norm = Math.sqrt(slice.values.subarray(0, each).reduce((sum, value) => sum + value * value, 0));
    assert.ok(Math.abs(unitNorms[0]! - norm) < 1e-6 * norm);
    await checkpointTasks['checkpoint.export']({ ...place, file: file('w.npy') }, context);
    await withCheckpoint(file('w.npy'), ({ tensors: [written] }) => assert.deepEqual(readFloat32(written!), slice.values));
    const step = await checkpointTasks['checkpoint.step']({ before: place.path, after: place.path }, context);
    assert.ok(step.tensors.length > 10 && step.tensors.every(({ state }) => state === 'same'));
  });

  it('a model is still no checkpoint to those that ask, and a damaged one is told in a sentence', async () => {
    assert.equal(isCheckpoint(sample('scopenet.onnx')), false);
    await writeFile(file('broken.onnx'), Buffer.from([0x08, 0x0a, 0x3a, 0xff, 0x7f]));
    const error: unknown = await withCheckpoint(file('broken.onnx'), () => null).then(() => null, (thrown: unknown) => thrown);
    isSentence(error, 'broken.onnx');
    await refuses(withCheckpoint(file('none.onnx'), () => null), 'reference.unreadable', /none\.onnx does not exist/);
  });
});
