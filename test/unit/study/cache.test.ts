import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, rm, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Engine } from '../../../src/engine/engine';
import type { SpawnWorker, WorkerHandle } from '../../../src/engine/runtime/pool';
import type { HandlerContext } from '../../../src/protocol/method';
import type { ModelSummary } from '../../../src/protocol/model';
import type { UnitTable } from '../../../src/protocol/patches';
import type { ScanOutcome, Study } from '../../../src/protocol/scan';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { netWithWeightsBeside, smallNet } from '../../fixtures/smallNet';

const spawn = workerSpawner(() => undefined, { script: resolve('dist/worker.js') });

describe('what an engine keeps', function () {
  this.timeout(60_000);
  const at = temporaryFolder();
  const context = { signal: new AbortController().signal, report: () => undefined };
  let folder: string;
  let engine: Engine;
  let study: Study;
  let cases = 0;
  before(async () => {
    smallNet().write(at('net.onnx'));
    await writeImages(at('images'), ['a', 'b', 'c'], 20);
  });
  beforeEach(async () => {
    folder = at(`case${cases++}`);
    await cp(at('images'), join(folder, 'images'), { recursive: true, preserveTimestamps: true });
    study = { model: at('net.onnx'), dataset: { path: join(folder, 'images') }, device: 'cpu', unitAxes: {} };
    engine = new Engine({ cache: join(folder, 'cache'), workers: 2 }, spawn, () => undefined);
  });
  afterEach(() => engine.dispose());

  const scan = async (): Promise<ScanOutcome> => await engine.handlers['study.scan']({ study }, context);
  const table = async (of = study, on: HandlerContext<never> = context): Promise<UnitTable> =>
    await engine.handlers['patches.table'](
      { study: of, query: { layer: 'relu', order: 'unit', descending: false, labels: [], top: 3, offset: 0, count: 8 } },
      on,
    );
  /** Begins a scan in another engine whose workers wait in the midst of it: until told to go on, or soon after it is cancelled. */
  const midst = async (): Promise<{ scanning: Promise<ScanOutcome>; goOn: () => void }> => {
    let goOn = (): void => undefined;
    const wait = new Promise<void>((done) => (goOn = done));
    let begin = (): void => undefined;
    const begun = new Promise<void>((done) => (begin = done));
    const waiting: SpawnWorker = (options) => {
      const worker = spawn(options);
      const call: WorkerHandle['call'] = async (method, params, rest) => {
        if (method !== 'scan') return await worker.call(method, params, rest);
        begin();
        await Promise.race([wait, once(rest!.signal!, 'abort').then(() => setTimeout(200))]);
        return await worker.call(method, params, rest);
      };
      return { ...worker, call };
    };
    engine = new Engine({ cache: join(folder, 'cache'), workers: 1 }, waiting, () => undefined);
    const scanning = scan();
    scanning.catch(() => undefined); // the test looks at it later
    await begun;
    return { scanning, goOn };
  };

  it('is rebuilt when the results were deleted by someone else', async () => {
    await scan();
    assert.equal((await table()).scanned, 60);
    await rm(engine.cache, { recursive: true });
    assert.equal((await table()).scanned, 0);
    await engine.handlers['patches.unit']({ study, layer: 'relu', unit: 0, top: 3 }, context);
    const again = await scan();
    assert.equal(again.cached, 0);
    assert.equal(again.done, 60);
    assert.equal((await table()).scanned, 60);
  });

  it('leaves a study alone that is being scanned, however many others are looked at', async () => {
    const { scanning, goOn } = await midst();
    for (const axis of [1, 2, 3]) {
      const other = { ...study, unitAxes: { mix: axis } };
      await table(other);
      await engine.handlers['patches.activation']({ study: other, layer: 'relu', unit: 0, index: 0 }, context);
    }
    await table({ ...study, unitAxes: { conv: 2 } });
    goOn();
    assert.equal((await scanning).done, 60);
  });

  it('is cleared after what runs has been cancelled', async () => {
    const { scanning, goOn } = await midst();
    let ended = false;
    void scanning.catch(() => (ended = true));
    const { bytes } = await engine.handlers['cache.clear']({}, context);
    assert.ok(ended);
    assert.ok(bytes > 0);
    await assert.rejects(scanning, { code: 'cancelled' });
    goOn();
    assert.equal((await scan()).cached, 0);
  });

  it('names the cache folder when it cannot be written to', async () => {
    await writeFile(at('file'), '');
    engine = new Engine({ cache: at('file', 'cache'), workers: 1 }, spawn, () => undefined);
    await assert.rejects(scan(), { code: 'cache.failed', message: new RegExp(`^Results cannot be kept in ${at('file', 'cache')}\\S* \\(ENOTDIR\\); .* --cache\\.$`) });
  });

  it('does not hold for other weights in the file beside the model, nor for none', async () => {
    const { model, weights } = netWithWeightsBeside('weights.bin');
    model.write(join(folder, 'beside.onnx'));
    study = { ...study, model: join(folder, 'beside.onnx') };
    const write = async (scale: number): Promise<void> => {
      await writeFile(join(folder, 'weights.tmp'), weights.map((weight) => scale * weight));
      await rename(join(folder, 'weights.tmp'), join(folder, 'weights.bin'));
    };
    const summary = async (): Promise<ModelSummary> => await engine.handlers['model.open']({ path: study.model }, context);
    assert.deepEqual((await summary()).externalData, [{ file: 'weights.bin', size: null }]);
    await assert.rejects(scan(), /keeps its weights in weights\.bin, which is not there/);
    await write(1);
    assert.equal((await summary()).externalData[0]!.size, weights.byteLength);
    await scan();
    const before = (await table()).rows[0]!.top[0]!.score;
    await write(2);
    assert.equal((await table()).scanned, 0);
    assert.equal((await scan()).cached, 0);
    const after = (await table()).rows[0]!.top[0]!.score;
    assert.ok(before > 0 && Math.abs(after / before - 2) < 1e-5, `${before} became ${after}`);
    await rm(join(folder, 'weights.bin'));
    await assert.rejects(table(), /keeps its weights in weights\.bin, which is not there/);
  });

  it('follows the latest listing of a folder in all answers', async () => {
    await scan();
    const top = (await table()).rows[0]!.top[0]!;
    const path = async (index: number): Promise<string> =>
      (await engine.handlers['dataset.stimuli']({ source: study.dataset, indices: [index] }, context))[0]!.path;
    const winner = await path(top.index);
    await cp(join(study.dataset.path, 'a', '000.png'), join(study.dataset.path, 'a', '!.png'));
    await engine.handlers['dataset.open'](study.dataset, context); // as another model's session does
    const shifted = (await table()).rows[0]!.top;
    assert.ok(shifted.some(({ index }) => index === top.index + 1));
    assert.equal(await path(top.index + 1), winner);
  });

  it('is opened for those that still wait when the one that asked first cancels', async () => {
    const abort = new AbortController();
    const [first, second] = [table(study, { ...context, signal: abort.signal }), table()];
    abort.abort();
    await assert.rejects(first, { code: 'cancelled' });
    assert.equal((await second).total, 60);
  });
});
