import assert from 'node:assert/strict';
import fs, { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { Engine } from '../../../src/engine/engine';
import type { SpawnWorker, WorkerHandle } from '../../../src/engine/runtime/pool';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { UnitscopeError } from '../../../src/protocol/errors';
import type { UnitTable, UnitTableQuery } from '../../../src/protocol/patches';
import type { ScanOutcome, ScanProgress, Study } from '../../../src/protocol/scan';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { smallNet } from '../../fixtures/smallNet';

const spawnReal = workerSpawner(() => undefined, { script: resolve('dist/worker.js') });

describe('scan of a study', function () {
  this.timeout(60_000);
  const at = temporaryFolder();
  let spawned: WorkerHandle[] = [];
  let engine: Engine;
  let caches = 0;
  let study: Study;
  const classes = ['cats', 'dogs', 'eels'];

  const watched: SpawnWorker = (options) => {
    const worker = spawnReal(options);
    spawned.push(worker);
    return worker;
  };
  const start = (cache: string, spawn = watched): Engine => new Engine({ cache, workers: 2 }, spawn, () => undefined);
  const scan = async (signal = new AbortController().signal, report: (p: ScanProgress) => void = () => undefined, layers?: string[]): Promise<ScanOutcome> =>
    await engine.handlers['study.scan']({ study, layers }, { signal, report });
  const query = (change: Partial<UnitTableQuery> = {}): UnitTableQuery => ({
    layer: 'relu', order: 'unit', descending: false, labels: [], top: 9, offset: 0, count: 100, ...change,
  });
  const context = { signal: new AbortController().signal, report: () => undefined };
  const table = async (change?: Partial<UnitTableQuery>): Promise<UnitTable> =>
    await engine.handlers['patches.table']({ study, query: query(change) }, context);

  before(async () => {
    await writeImages(at('images'), classes, 20);
    smallNet().write(at('net.onnx'));
    smallNet(48).write(at('slow.onnx'));
    smallNet(8, true).write(at('poison.onnx'));
    smallNet()
      .node('Mystery', ['relu'], ['strange'], {}, { domain: 'example.org' })
      .output('strange', 'float32', ['batch', 8, 24, 24])
      .write(at('mystery.onnx'));
  });
  beforeEach(async () => {
    const folder = at(`case${caches++}`);
    await cp(at('images'), join(folder, 'images'), { recursive: true, preserveTimestamps: true });
    study = { model: at('net.onnx'), dataset: { path: join(folder, 'images') }, device: 'cpu', unitAxes: {} };
    spawned = [];
    engine = start(join(folder, 'cache'));
  });
  afterEach(() => engine.dispose());

  it('records every primary layer in one pass, and then answers from the store', async () => {
    const first = await scan();
    assert.deepEqual(first.layers, ['relu', 'mix', 'pool', 'logits']);
    assert.equal(first.done, 60);
    assert.equal(first.cached, 0);
    assert.deepEqual(first.device, { name: 'cpu', workers: 2, fallback: undefined });
    const before = spawned.length;
    const again = await scan();
    assert.equal(again.cached, 60);
    assert.equal(spawned.length, before);

    // Another engine on the same cache starts no worker at all.
    const cache = engine.cache;
    engine.dispose();
    spawned = [];
    engine = start(cache);
    assert.equal((await scan()).cached, 60);
    assert.equal((await table()).scanned, 60);
    assert.equal(spawned.length, 0);
  });

  it('records a layer that is not primary by itself', async () => {
    await scan();
    const outcome = await scan(undefined, undefined, ['conv']);
    assert.deepEqual(outcome.layers, ['conv']);
    assert.equal((await table({ layer: 'conv' })).scanned, 60);
    assert.equal((await table({ layer: 'relu' })).scanned, 60);
  });

  it('re-scans one image when one image changed, and none when the dataset moved', async () => {
    await scan();
    await sharp({ create: { width: 24, height: 24, channels: 3, background: '#fff' } }).png().toFile(join(study.dataset.path, 'cats', '003.png'));
    assert.equal((await scan()).cached, 59);
    const moved = `${study.dataset.path}-moved`;
    await rename(study.dataset.path, moved);
    study = { ...study, dataset: { path: moved } };
    assert.equal((await scan()).cached, 60);
    await rm(join(moved, 'dogs', '000.png'));
    const fewer = await scan();
    assert.equal(fewer.total, 59);
    assert.equal(fewer.cached, 59);
  });

  it('ranks by score, falling, lower index first, over all images or over classes', async () => {
    await scan();
    const all = await table();
    assert.equal(all.units, 8);
    for (const { top } of all.rows) {
      assert.equal(top.length, 9);
      for (let i = 1; i < top.length; i++) {
        const [a, b] = [top[i - 1]!, top[i]!];
        assert.ok(a.score > b.score || (a.score === b.score && a.index < b.index));
      }
    }
    const dogs = await table({ labels: ['dogs'] });
    assert.equal(dogs.scanned, 20);
    assert.equal(dogs.total, 20);
    assert.ok(dogs.rows.every(({ top }) => top.every(({ index }) => index >= 20 && index < 40)));
    const byScore = (await table({ order: 'score', descending: true })).rows.map(({ top }) => top[0]!.score);
    assert.deepEqual(byScore, byScore.toSorted((a, b) => b - a));
    const bySelectivity = (await table({ order: 'selectivity', descending: true })).rows.map((row) => row.selectivity!);
    assert.deepEqual(bySelectivity, bySelectivity.toSorted((a, b) => b - a));
    const page = await table({ order: 'score', descending: true, offset: 2, count: 3 });
    assert.deepEqual(page.rows.map(({ top }) => top[0]!.score), byScore.slice(2, 5));
    await assert.rejects(table({ top: 51 }), { code: 'usage' });
  });

  it('keeps what it has when it is cancelled, and goes on from there', async () => {
    study = { ...study, model: at('slow.onnx') };
    const abort = new AbortController();
    let asked = 0;
    const running = scan(abort.signal, ({ done }) => {
      if (done >= 8 && !abort.signal.aborted) {
        asked = performance.now();
        abort.abort();
      }
    });
    await assert.rejects(running, { code: 'cancelled' });
    const took = performance.now() - asked;
    assert.ok(took < 5000, `${took} ms to stop`); // a batch takes far less; the machine may be busy
    const { scanned } = await table();
    assert.ok(scanned > 0 && scanned < 60, `${scanned} images kept`);
    const rest = await scan();
    assert.equal(rest.done, 60);
    assert.ok(rest.cached >= scanned);
    assert.equal((await table()).scanned, 60);
  });

  it('goes on when a worker is killed', async () => {
    study = { ...study, model: at('slow.onnx') };
    let killed = false;
    const outcome = await scan(undefined, ({ done }) => {
      if (done >= 8 && !killed) {
        killed = true;
        spawned.at(-1)!.kill();
      }
    });
    assert.ok(killed);
    assert.equal(outcome.done, 60);
    assert.equal((await table()).scanned, 60);
  });

  it('leaves out the one image that ends the process which decodes it', async () => {
    engine.dispose();
    const fragile: SpawnWorker = (options) => {
      const worker = spawnReal(options);
      return {
        ...worker,
        call: (method, params, rest) => {
          if (method === 'scan' && 'images' in params && params.images.some(({ index }) => index === 17)) worker.kill();
          return worker.call(method, params, rest);
        },
      };
    };
    engine = start(engine.cache, fragile);
    const outcome = await scan();
    assert.deepEqual(outcome.skipped.map(({ index }) => index), [17]);
    assert.match(outcome.skipped[0]!.reason, /ends the process/);
    assert.equal(outcome.done, 59);
  });

  it('skips, counts and names images that cannot be read', async () => {
    await writeFile(join(study.dataset.path, 'cats', '001.png'), '');
    await writeFile(join(study.dataset.path, 'cats', '002.png'), 'this is text');
    await truncate(join(study.dataset.path, 'eels', '005.png'), 700);
    const outcome = await scan();
    assert.deepEqual(outcome.skipped.map(({ path }) => path), ['cats/001.png', 'cats/002.png', 'eels/005.png']);
    assert.equal(outcome.done, 57);
    for (const { reason, path } of outcome.skipped) assert.ok(reason.includes(path), reason);
    assert.equal((await table()).scanned, 57);
  });

  it('skips all copies of an image that cannot be read', async () => {
    for (const path of ['cats/001.png', 'dogs/002.png', 'eels/003.png']) await writeFile(join(study.dataset.path, path), 'this is text');
    const { skipped, done } = await scan();
    assert.deepEqual(skipped.map(({ index, path }) => [index, path]), [[1, 'cats/001.png'], [22, 'dogs/002.png'], [43, 'eels/003.png']]);
    for (const { reason, path } of skipped) assert.ok(reason.includes(path), reason);
    assert.equal(done, 57);
  });

  it('succeeds again when one layer cannot run, and fails when that one is all there is', async () => {
    study = { ...study, model: at('mystery.onnx') };
    for (const cached of [0, 60]) {
      const outcome = await scan();
      assert.deepEqual([outcome.layers, outcome.done, outcome.cached], [['relu', 'mix', 'pool', 'logits'], 60, cached]);
      assert.deepEqual(outcome.failedLayers.map(({ layer }) => layer), ['strange']);
    }
    await assert.rejects(scan(undefined, undefined, ['strange']), { code: 'model.failed', message: /Mystery/ });
  });

  it('warns of folders that cannot be listed, and looks at the others', async () => {
    const { readdir } = fs;
    const refuse = () => Promise.reject(Object.assign(new Error('not allowed'), { code: 'EACCES' })); // root may list all
    fs.readdir = ((path: string, options: object) => (path.includes('dogs') ? refuse() : readdir(path, options))) as typeof readdir;
    const warnings: string[] = [];
    engine.dispose();
    engine = new Engine({ cache: engine.cache, workers: 2 }, watched, (level, message) => level === 'warn' && warnings.push(message));
    try {
      assert.equal((await scan()).total, 40);
    } finally {
      fs.readdir = readdir;
    }
    assert.deepEqual(warnings, [`The folder ${join(study.dataset.path, 'dogs')} cannot be read, so its images are left out; check its permissions.`]);
  });

  it('lists a layer that is named twice once', async () => {
    assert.deepEqual((await scan(undefined, undefined, ['relu', 'pool', 'relu'])).layers, ['relu', 'pool']);
  });

  it('writes as many patches as there are images, when more are asked for', async () => {
    await scan(undefined, undefined, ['pool']);
    const file = join(engine.cache, 'patches.json');
    await engine.handlers['patches.export']({ study, layers: ['pool'], top: 1e9, file }, context);
    const { layers } = JSON.parse(await readFile(file, 'utf8')) as { layers: { units: { top: unknown[] }[] }[] };
    assert.ok(layers[0]!.units.every(({ top }) => top.length === 60));
  });

  it('reports a layer with NaN and ranks the others', async () => {
    const { config } = await engine.handlers['preprocess.resolve']({ model: at('poison.onnx') }, context);
    // The square root of what is darker than the mean is NaN.
    study = { ...study, model: at('poison.onnx'), preprocess: { ...config, do_normalize: true, image_mean: 0.5, image_std: 1 } };
    await scan();
    const { failure, rows } = await table({ layer: 'poisoned' });
    assert.match(failure!, /poisoned has NaN or infinite activations \(first seen on .*\.png\)/);
    assert.deepEqual(rows, []);
    assert.equal((await table()).failure, null);
    const file = join(engine.cache, 'patches.json');
    const { failed, units } = await engine.handlers['patches.export']({ study, top: 3, file }, context);
    assert.deepEqual(failed.map(({ layer }) => layer), ['poisoned']);
    assert.equal(units, 8 + 8 + 8 + 4);
  });

  it('says in one sentence what is wrong with a model, a dataset or a layer, and works after it', async () => {
    const good = study;
    const sentence = async (change: Partial<Study>, layers?: string[]): Promise<UnitscopeError> => {
      study = { ...good, ...change };
      const error = await scan(undefined, undefined, layers).then(() => assert.fail('no error'), (e: unknown) => e);
      assert.ok(error instanceof UnitscopeError, String(error));
      assert.ok(!error.message.includes('\n'));
      return error;
    };
    await cp(at('net.onnx'), at('short.onnx'));
    await truncate(at('short.onnx'), 900);
    assert.equal((await sentence({ model: at('short.onnx') })).code, 'model.unreadable');
    await writeFile(at('empty.onnx'), '');
    assert.equal((await sentence({ model: at('empty.onnx') })).code, 'model.unreadable');
    assert.equal((await sentence({ model: resolve('test/fixtures/models/text_and_image.onnx') })).code, 'model.unsupported');
    await mkdir(at('texts'));
    await writeFile(at('texts', 'a.txt'), 'a');
    assert.equal((await sentence({ dataset: { path: at('texts') } })).code, 'dataset.empty');
    assert.equal((await sentence({ dataset: { path: at('nowhere') } })).code, 'dataset.unreadable');
    assert.equal((await sentence({}, ['nothing'])).code, 'model.unknownLayer');
    assert.equal((await sentence({ unitAxes: { relu: 7 } }, ['relu'])).code, 'layer.failed');
    study = good;
    assert.equal((await scan()).done, 60);
  });

  it('counts units along another axis when told so', async () => {
    study = { ...study, unitAxes: { relu: 2 } };
    await scan();
    assert.equal((await table()).units, 24);
    // Rows are units now, so a position is no place in the image: the patch is all of it.
    const { top } = (await table()).rows[5]!;
    const map = await engine.handlers['patches.activation']({ study, layer: 'relu', unit: 5, index: top[0]!.index }, context);
    assert.deepEqual([map.place.box, map.extent], [[0, 0, 24, 24], [0, 0, 24, 24]]);
  });

  it('keeps results of other preprocessing apart', async () => {
    await scan();
    study = { ...study, preprocess: undefined };
    const before = (await readdir(join(engine.cache, 'recordings'))).length;
    const resolved = await engine.handlers['preprocess.resolve']({ model: study.model }, context);
    study = { ...study, preprocess: { ...resolved.config, image_mean: 0.1 } };
    assert.equal((await scan()).cached, 0);
    assert.equal((await readdir(join(engine.cache, 'recordings'))).length, before + 1);
  });
});
