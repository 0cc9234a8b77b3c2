import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCheckpoints } from '../../../src/engine/checkpoint/compare';
import { elementType } from '../../../src/engine/checkpoint/elements';
import { exportTensor } from '../../../src/engine/checkpoint/exportTensor';
import { matchNames } from '../../../src/engine/checkpoint/names';
import { withCheckpoint } from '../../../src/engine/checkpoint/open';
import { tensorSlice } from '../../../src/engine/checkpoint/slice';
import { tensorStatistics } from '../../../src/engine/checkpoint/statistics';
import { stridedTensor, type CheckpointTensor } from '../../../src/engine/checkpoint/tensor';
import { readNpy } from '../../../src/engine/io/npy';
import { MemorySource } from '../../../src/engine/io/subSource';
import type { CheckpointStep } from '../../../src/protocol/checkpoint';
import { refuses, temporaryFolder } from '../dataset/fixtures';
import { fixture, never, sample, tensorOf, valuesOf } from './fixtures';

const memory = (shape: number[], values: number[]): CheckpointTensor => {
  const source = new MemorySource('memory', new Uint8Array(Float64Array.from(values).buffer));
  return stridedTensor({ name: 'w', shape }, { source: () => source, start: 0, type: elementType('float64') });
};

describe('Numbers of tensors', () => {
  it('statistics are those of the closed forms', async () => {
    const values = [3, -1, 0, NaN, Infinity, 0, 4, -6];
    const found = await tensorStatistics(memory([4, 2], values), never);
    const finite = values.filter(Number.isFinite);
    const mean = finite.reduce((a, b) => a + b) / finite.length;
    assert.deepEqual({ ...found, histogram: null, unitNorms: null }, {
      count: 8, mean, std: Math.sqrt(finite.reduce((sum, x) => sum + (x - mean) ** 2, 0) / finite.length), min: -6, max: Infinity,
      l2: Math.sqrt(62), zeros: 2, nans: 1, infs: 1, histogram: null, unitNorms: null,
    });
    assert.deepEqual(Array.from(found.unitNorms), [Math.sqrt(10), 0, 0, Math.sqrt(52)]);
    assert.deepEqual([found.histogram.low, found.histogram.high, found.histogram.counts.reduce((a, b) => a + b)], [-6, 4, 6]);
    assert.equal(found.histogram.counts[63], 1);
    const empty = await tensorStatistics(memory([0, 3], []), never);
    assert.deepEqual([empty.mean, empty.min, empty.l2], [null, null, 0]);
    assert.equal((await tensorStatistics(memory([2], [NaN, NaN]), never)).max, null);
  });

  it('statistics over many blocks equal those of one', async () => {
    const values = Array.from({ length: 1_300_000 }, (_, i) => Math.sin(i));
    const found = await tensorStatistics(memory([13, 100_000], values), never);
    assert.ok(Math.abs(found.l2 - Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))) < 1e-8);
    const [third] = [Math.sqrt(values.slice(200_000, 300_000).reduce((sum, x) => sum + x * x, 0))];
    assert.ok(Math.abs(found.unitNorms[2]! - third) < 1e-9);
  });

  it('stop when they are cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await refuses(tensorStatistics(memory([2], [1, 2]), controller.signal), 'cancelled', /Cancelled/);
  });

  it('a slice is a plane of any two axes, or the filters of a convolution', async () => {
    const tensor = memory([2, 3, 4, 5], Array.from({ length: 120 }, (_, i) => i));
    const plane = tensorSlice(tensor, { kind: 'plane', rows: 3, columns: 1, at: [1, 0, 2, 0], from: [1, 1], size: [2, 9] });
    assert.deepEqual(plane.shape, [2, 2]);
    assert.deepEqual(Array.from(plane.values), [60 + 20 + 10 + 1, 60 + 40 + 10 + 1, 60 + 20 + 10 + 2, 60 + 40 + 10 + 2]);
    assert.deepEqual(plane.range, [91, 112]);
    const filters = tensorSlice(tensor, { kind: 'filters', first: 1 });
    assert.deepEqual([filters.shape, filters.values[0], filters.values.length], [[1, 3, 4, 5], 60, 60]);
    assert.deepEqual(Array.from(tensorSlice(memory([3], [1, 2, 3]), { kind: 'plane', rows: 0, columns: 0, at: [] }).values), [1, 2, 3]);
    assert.deepEqual(tensorSlice(memory([], [7]), { kind: 'plane', rows: 0, columns: 0, at: [] }).shape, [1, 1]);
    assert.throws(() => tensorSlice(memory([3], [1, 2, 3]), { kind: 'filters' }), /is no convolution/);
    assert.throws(() => tensorSlice(tensor, { kind: 'plane', rows: 0, columns: 1, at: [0, 0, 9, 0] }), /has no index 9 on the axis 2/);
    await withCheckpoint(sample('checkpoints/final.pt'), (checkpoint) =>
      assert.deepEqual(tensorSlice(tensorOf(checkpoint, 'model_state.stem.conv.weight'), { kind: 'filters' }).shape, [24, 3, 7, 7]),
    );
  });

  describe('exported', () => {
    const folder = temporaryFolder();
    it('keep their element type; bfloat16 becomes float32', async () => {
      await withCheckpoint(fixture('types.pt'), async ({ tensors }) => {
        for (const tensor of tensors) {
          const file = join(folder(), `${tensor.name}.npy`);
          const { dtype } = await exportTensor(tensor, file, never);
          assert.equal(dtype, tensor.dtype === 'bfloat16' ? 'float32' : tensor.dtype);
          await withCheckpoint(file, (again) => {
            assert.equal(again.tensors[0]!.dtype, dtype);
            assert.deepEqual(valuesOf(again.tensors[0]!), valuesOf(tensor));
            if (tensor.dtype === 'int64') assert.deepEqual(Buffer.from(again.tensors[0]!.read(0, 5)), Buffer.from(tensor.read(0, 5)));
          });
        }
      });
      await withCheckpoint(fixture('views.pt'), async (checkpoint) => {
        await exportTensor(tensorOf(checkpoint, 'transposed'), join(folder(), 't.npy'), never);
        assert.deepEqual((await readNpy(join(folder(), 't.npy'))).shape, [6, 4]);
        assert.ok((await readFile(join(folder(), 't.npy'))).length === 128 + 96);
      });
    });
  });
});

describe('Checkpoints compared', () => {
  const compare = (a: string, b: string): Promise<CheckpointStep> =>
    withCheckpoint(a, (before) => withCheckpoint(b, (after) => compareCheckpoints(before, after, never, () => undefined)));

  it('by the closed forms, with names that wrappers changed', async () => {
    const { tensors, prefixes } = await compare(fixture('state-protocol2.pt'), fixture('wrapped.pt'));
    assert.deepEqual(prefixes, [[], ['state_dict.module._orig_mod.']]);
    const changed = tensors.filter(({ state }) => state !== 'same');
    assert.deepEqual(changed.map(({ name }) => name), ['tail.0.bias']);
    const [row] = changed;
    await withCheckpoint(fixture('state-protocol2.pt'), (checkpoint) => {
      const before = valuesOf(tensorOf(checkpoint, 'tail.0.bias'));
      const after = before.map((x) => Math.fround(x + 0.5));
      const norm = (values: number[]) => Math.hypot(...values);
      const change = after.map((x, i) => x - before[i]!);
      assert.ok(Math.abs(row!.relative! - norm(change) / norm(before)) < 1e-12);
      assert.ok(Math.abs(row!.cosine! - before.reduce((sum, x, i) => sum + x * after[i]!, 0) / norm(before) / norm(after)) < 1e-12);
      assert.equal(row!.maxAbs, Math.max(...change));
      assert.deepEqual(Array.from(row!.units), change.map(Math.abs));
    });
  });

  it('of training: changes from start to middle are larger than from middle to end', async () => {
    const first = await compare(sample('checkpoints/init.safetensors'), sample('checkpoints/midway.pt'));
    const second = await compare(sample('checkpoints/midway.pt'), sample('checkpoints/final.safetensors'));
    assert.ok(first.tensors.filter(({ state }) => state === 'changed').length > 50);
    assert.ok(first.tensors.every(({ state }) => state !== 'new' && state !== 'gone'));
    assert.ok(second.relative! > 0 && first.relative! > 0);
  });

  it('says what is new, gone, reshaped or not read', async () => {
    const { tensors } = await compare(fixture('folded-a.pt'), fixture('state-protocol2.pt'));
    const states = new Set(tensors.map(({ state }) => state));
    assert.ok(states.has('new') && states.has('gone'));
    const self = await compare(fixture('model.gguf'), fixture('model.gguf'));
    assert.equal(self.tensors.find(({ name }) => name === 'q5_1')!.state, 'unread');
    assert.equal(self.tensors.find(({ name }) => name === 'f32')!.state, 'same');
  });

  it('names are matched through wrappers and containers, nested too, and none twice', () => {
    const match = (a: string[], b: string[]) => matchNames(a, b).pairs;
    assert.deepEqual(match(['a.w', 'b.w'], ['module.a.w', 'module.b.w']), [['a.w', 'module.a.w'], ['b.w', 'module.b.w']]);
    assert.deepEqual(match(['enc.0.w'], ['enc.module._orig_mod.0.w']), [['enc.0.w', 'enc.module._orig_mod.0.w']]);
    assert.deepEqual(match(['model_state.x.w', 'model_state.y.w', 'epoch'], ['state_dict.model.x.w', 'state_dict.model.y.w']), [['model_state.x.w', 'state_dict.model.x.w'], ['model_state.y.w', 'state_dict.model.y.w']]);
    assert.deepEqual(match(['x', 'module.x'], ['x']), [['x', 'x']]);
    assert.deepEqual(match(['__proto__', 'constructor'], ['module.__proto__', 'module.constructor']).length, 2);
    assert.deepEqual(match(['a.weight', 'b.bias'], ['c.kernel']), []);
  });
});
