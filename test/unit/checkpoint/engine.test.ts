import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { checkpointHandlers } from '../../../src/engine/checkpoint/handlers';
import { guarded, type CallTask } from '../../../src/engine/checkpoint/guard';
import { checkpointTasks } from '../../../src/engine/checkpoint/tasks';
import { openModel } from '../../../src/engine/model/summary';
import { WorkerPool } from '../../../src/engine/runtime/pool';
import { cancelled } from '../../../src/protocol/errors';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { refuses, temporaryFolder } from '../dataset/fixtures';
import { fixture, never, sample } from './fixtures';

/** The engine's methods, with tasks run here instead of in a worker process. */
describe('What the engine answers about checkpoints', () => {
  const folder = temporaryFolder();
  const cache = mkdtempSync(join(tmpdir(), 'unitscope-cache-'));
  after(() => rmSync(cache, { recursive: true, force: true }));
  const handlers = checkpointHandlers((method, params, options) => {
    const run = checkpointTasks[method] as (params: unknown, context: unknown) => never;
    return Promise.resolve(run(params, { signal: options.signal, report: options.onProgress ?? (() => undefined) }));
  }, () => cache);
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

  it('makes a joined model that can be opened, or says why not', async () => {
    const request = { model: sample('scopenet.onnx'), checkpoint: sample('checkpoints/midway.pt') };
    const { path } = await handlers['checkpoint.openJoined'](request, context<unknown>());
    assert.equal(basename(path), 'scopenet with midway.pt.onnx');
    assert.equal(openModel(path).summary.layers.length, openModel(request.model).summary.layers.length);
    await refuses(Promise.resolve(handlers['checkpoint.openJoined']({ ...request, checkpoint: fixture('folded-a.pt') }, context<unknown>())), 'usage', /choose a checkpoint of this model/);
  });

  it('notices that a file beside an index has changed', async () => {
    const files = ['model.safetensors.index.json', 'model-1-of-2.safetensors', 'model-2-of-2.safetensors'];
    for (const name of files) await copyFile(fixture(name), join(folder(), name));
    const path = join(folder(), files[0]!);
    const open = async () => (await handlers['checkpoint.open']({ path }, context<unknown>())).tensors.names.length;
    const before = await open();
    const shard = join(folder(), files[1]!);
    // Another shard of one tensor less: what the index still lists of it is said to be missing.
    const header = Buffer.from('{}      ');
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    await writeFile(shard, Buffer.concat([length, header]));
    await utimes(shard, new Date(), new Date(Date.now() + 5000));
    assert.ok((await open()) < before);
  });

  describe('of HDF5 files that come to no end', () => {
    const message = /^data\.h5 cannot be read as a checkpoint: reading it does not come to an end, as with damaged HDF5 files; copy or download it again\.$/;
    const path = fixture('data.h5');
    const tensor = 'x';
    let ended = 0;
    const stuck: CallTask = (_method, _params, { signal }) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => {
          ended++;
          reject(cancelled());
        }),
      );
    const impatient = checkpointHandlers(stuck, () => cache, { silence: 50, numbers: 50 });
    const original = path;
    const model = sample('scopenet.onnx');
    const calls: Record<string, () => unknown> = {
      opening: () => impatient['checkpoint.open']({ path }, context<never>()),
      'its tree': () => impatient['checkpoint.tree']({ path, at: [], from: 0, count: 1 }, context<never>()),
      statistics: () => impatient['checkpoint.statistics']({ path, tensor }, context()),
      slices: () => impatient['checkpoint.slice']({ path, tensor, what: { kind: 'filters' } }, context<never>()),
      exporting: () => impatient['checkpoint.exportTensor']({ path, tensor, file: join(folder(), 'x.npy') }, context<never>()),
      comparing: () => impatient['checkpoint.compare']({ paths: [sample('checkpoints/init.pt'), path] }, context()),
      'a plan': () => impatient['checkpoint.join']({ checkpoint: sample('checkpoints/init.pt'), model, original }, context<never>()),
      joining: () => impatient['checkpoint.openJoined']({ checkpoint: path, model }, context<never>()),
    };
    for (const [what, run] of Object.entries(calls))
      it(`${what} is given up, and the work ended`, async () => {
        ended = 0;
        await refuses(Promise.resolve(run()), 'reference.unreadable', message);
        assert.equal(ended, 1);
      });

    it('what gets on is not given up, and cancelling is no damage', async () => {
      const slow: CallTask = async (_method, _params, options) => {
        const { signal, onProgress } = options as { signal: AbortSignal; onProgress: (progress: unknown) => void };
        for (let done = 0; done < 8 && !signal.aborted; done++) {
          await setTimeout(50);
          onProgress({ done, total: 8 });
        }
        if (signal.aborted) throw cancelled();
        return { steps: [] } as never;
      };
      await checkpointHandlers(slow, () => cache, { silence: 200, numbers: 1 })['checkpoint.statistics']({ path, tensor }, context());
      const own = new AbortController();
      const given = guarded([path], own.signal, (signal) => stuck('checkpoint.open', { path }, { signal }));
      own.abort();
      await refuses(given, 'cancelled', /./);
    });

    it('a real one is: the process that hangs is ended, and the next file opens', async function () {
      this.timeout(60_000);
      const hanging = await readFile(fixture('model.weights.h5'));
      hanging[2057] = 51; // in the heap of the root group: the library loops without reading
      const file = join(folder(), 'data.h5');
      await writeFile(file, hanging);
      const pool = new WorkerPool(workerSpawner(() => undefined, { script: resolve('dist/worker.js') }), 1, 1);
      try {
        const real = checkpointHandlers((method, params, options) => pool.call(method, params, options), () => cache, { silence: 3000, numbers: 3000 });
        assert.ok((await real['checkpoint.open']({ path: fixture('latest.h5') }, context<never>())).totals.tensors > 0);
        await refuses(Promise.resolve(real['checkpoint.open']({ path: file }, context<never>())), 'reference.unreadable', message);
        assert.ok((await real['checkpoint.open']({ path: fixture('model.weights.h5') }, context<never>())).totals.tensors > 0);
      } finally {
        pool.dispose();
      }
    });
  });
});
