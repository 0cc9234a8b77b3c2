import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Engine } from '../../../src/engine/engine';
import type { SpawnWorker } from '../../../src/engine/runtime/pool';
import type { LayerSparsity } from '../../../src/protocol/graph';
import type { Study } from '../../../src/protocol/scan';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';

/** The probe itself is held against layers fetched whole in runtime/probes.test.ts. */
describe('sparsity of layers', function () {
  this.timeout(60_000);
  const at = temporaryFolder();
  const context = { signal: new AbortController().signal, report: () => undefined };

  it('of those that are recorded, on images spread over the dataset, measured once', async () => {
    await writeImages(at('images'), ['some', 'more'], 40);
    // Pixels are positive: the first two units see them with a weight below 0, the third with one above.
    const model = new OnnxBuilder()
      .input('image', 'float32', ['batch', 3, 24, 24])
      .initializer('w', 'float32', [3, 3, 1, 1], [-1, -1, -1, -2, -1, 0, 1, 1, 1])
      .initializer('b', 'float32', [3], [-0.5, -0.5, 9])
      .node('Conv', ['image', 'w', 'b'], ['conv'])
      .node('Relu', ['conv'], ['relu'])
      .output('relu', 'float32', ['batch', 3, 24, 24])
      .write(at('net.onnx'));
    const preprocess = { do_resize: false, resample: 2, do_center_crop: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false, image_mean: 0, image_std: 1, channel_order: 'RGB' as const };
    const study: Study = { model, dataset: { path: at('images') }, device: 'cpu', unitAxes: {}, preprocess };
    const asked: string[] = [];
    const spawn: SpawnWorker = (options) => {
      const worker = workerSpawner(() => undefined, { script: resolve('dist/worker.js') })(options);
      return { ...worker, call: (method, params, rest) => (asked.push(method), worker.call(method, params, rest)) };
    };
    const sparsity = async (engine: Engine): Promise<LayerSparsity[]> => await engine.handlers['model.sparsity']({ study }, context);
    let engine = new Engine({ cache: at('cache'), workers: 2 }, spawn, () => undefined);
    try {
      assert.deepEqual(await sparsity(engine), []);
      assert.deepEqual(asked, [], 'nothing runs where nothing is recorded');
      await engine.handlers['study.scan']({ study }, context);
      const [relu, ...others] = await sparsity(engine);
      assert.deepEqual(others, [], 'the convolution only feeds the rectifier and was not recorded');
      assert.equal(relu!.layer, 'relu');
      assert.equal(relu!.images, 32);
      assert.ok(Math.abs(relu!.share - 2 / 3) < 1e-6, `${relu!.share}`);
      await engine.handlers['study.scan']({ study, layers: ['conv'] }, context);
      assert.deepEqual((await sparsity(engine)).map(({ layer, share }) => [layer, share]), [['conv', 0], ['relu', relu!.share]]);
      const pieces = asked.filter((method) => method === 'sparsity').length;
      assert.equal(pieces, 8, '32 images, 8 at a time, for each of two layers');
      await sparsity(engine);
      engine.dispose();
      engine = new Engine({ cache: at('cache'), workers: 2 }, spawn, () => undefined);
      assert.equal((await sparsity(engine)).length, 2);
      assert.equal(asked.filter((method) => method === 'sparsity').length, pieces, 'kept with the recording');
      await writeFile(at('images', 'broken.png'), 'no image');
      await engine.handlers['study.scan']({ study }, context);
      assert.deepEqual(await sparsity(engine), await sparsity(engine));
      assert.equal(asked.filter((method) => method === 'sparsity').length, pieces, 'an image that cannot be decoded is not tried');
      const given = new AbortController();
      given.abort();
      await assert.rejects(Promise.resolve(engine.handlers['model.sparsity']({ study }, { ...context, signal: given.signal })), { code: 'cancelled' });
    } finally {
      engine.dispose();
    }
  });
});
