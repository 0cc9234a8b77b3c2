import assert from 'node:assert/strict';
import { join } from 'node:path';
import { checkpointHandlers } from '../../../src/engine/checkpoint/handlers';
import { checkpointTasks } from '../../../src/engine/checkpoint/tasks';
import { refuses, temporaryFolder } from '../dataset/fixtures';
import { fixture, never, sample } from './fixtures';

/** The engine's methods, with tasks run here instead of in a worker process. */
describe('What the engine answers about checkpoints', () => {
  const folder = temporaryFolder();
  const handlers = checkpointHandlers((method, params, options) => {
    const run = checkpointTasks[method] as (params: unknown, context: unknown) => never;
    return Promise.resolve(run(params, { signal: options.signal, report: options.onProgress ?? (() => undefined) }));
  });
  const context = <T>(report: (value: T) => void = () => undefined) => ({ signal: never, report });

  it('opens, and says more of the tree when asked', async () => {
    const { tensors, totals, warnings } = await handlers['checkpoint.open']({ path: sample('checkpoints/final.pt') }, context<unknown>());
    assert.ok(tensors.names.includes('model_state.head.weight') && totals.tensors > 50);
    assert.deepEqual(warnings, []);
    const page = await handlers['checkpoint.tree']({ path: fixture('training.ckpt'), at: [], from: 2, count: 2 }, context<unknown>());
    assert.deepEqual([page.children.length, page.size], [2, 8]);
  });

  it('computes statistics, slices and files of one tensor', async () => {
    const place = { path: fixture('wrapped.pt'), tensor: 'state_dict.module._orig_mod.conv.weight' };
    const steps: number[] = [];
    const { count, unitNorms } = await handlers['checkpoint.statistics'](place, context<{ done: number; total: number }>(({ done, total }) => steps.push(done / total)));
    assert.deepEqual([count, unitNorms.length, steps.at(-1)], [108, 4, 1]);
    const { shape } = await handlers['checkpoint.slice']({ ...place, what: { kind: 'filters' } }, context<unknown>());
    assert.deepEqual(shape, [4, 3, 3, 3]);
    assert.deepEqual(await handlers['checkpoint.exportTensor']({ ...place, file: join(folder(), 'x.npy') }, context<unknown>()), { dtype: 'float32' });
    await refuses(Promise.resolve(handlers['checkpoint.statistics']({ ...place, tensor: 'no' }, context<unknown>())), 'usage', /has no tensor no; choose one/);
    const quantized = { path: fixture('model.gguf'), tensor: 'q5_1' };
    await refuses(Promise.resolve(handlers['checkpoint.statistics'](quantized, context<unknown>())), 'reference.unreadable', /q5_1 are not read: of quantized tensors only Q8_0 and Q4_0/);
  });

  it('compares a series step by step', async () => {
    const paths = ['init', 'midway', 'final'].map((name) => sample(`checkpoints/${name}.pt`));
    const seen: string[] = [];
    const { steps } = await handlers['checkpoint.compare']({ paths }, context(({ step, steps: all, done, total }: { step: number; steps: number; done: number; total: number }) => seen.push(`${step}/${all} ${done === total}`)));
    assert.deepEqual(steps.map((step) => step.paths), [paths.slice(0, 2), paths.slice(1)]);
    assert.ok(steps.every(({ tensors }) => tensors.some(({ name, relative }) => name === 'model_state.stem.conv.weight' && relative! > 0)));
    assert.ok(seen.includes('1/2 true') && seen.includes('2/2 true'));
    await refuses(Promise.resolve(handlers['checkpoint.compare']({ paths: [paths[0]!] }, context<unknown>())), 'usage', /needs two checkpoints/);
  });

  it('plans how a checkpoint joins a model', async () => {
    const { unmatched, prefix } = await handlers['checkpoint.join']({ model: sample('scopenet.onnx'), checkpoint: sample('checkpoints/midway.pt') }, context<unknown>());
    assert.deepEqual([unmatched, prefix], [[], 'model_state.']);
  });
});
