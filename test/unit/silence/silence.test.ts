import assert from 'node:assert/strict';
import type { Engine } from '../../../src/engine/engine';
import { silenceOf } from '../../../src/engine/analyses/silence/silence';
import type { Tap } from '../../../src/engine/runtime/tap';
import { Population } from '../../../src/engine/store/population';
import { Recording } from '../../../src/engine/store/recording';
import { writeSegment } from '../../../src/engine/store/segment';
import type { Study } from '../../../src/protocol/scan';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { testEngine } from '../../fixtures/testEngine';

describe('silence of units', function () {
  this.timeout(60_000);
  const at = temporaryFolder();
  const tap: Tap = { name: 'a', key: 'a#1', dtype: 'float32', rank: 2, unitAxis: 1, units: 2, positionAxes: [], batched: true, features: 2, grid: [1, 1] };
  const population = new Population(['a', 'b', 'c'].map((path, index) => ({ index, path, label: null })), ['1', '2', '1']);

  it('is the share of units and distinct stimuli whose maximum is exactly 0, of this dataset alone', async () => {
    const recording = await Recording.open(at('shares'), {});
    const record = async (images: string[], scores: number[], key = tap.key): Promise<void> => {
      const path = recording.newSegmentPath();
      await writeSegment(path, images, [{ key, units: 2, scores: Float32Array.from(scores) }]);
      await recording.add(path);
    };
    assert.deepEqual(await silenceOf(recording, tap, population), { share: 0, images: 0 });
    await record(['1', 'elsewhere'], [0, 0, 5, 0]); // rows are units: 0 and 5 on image 1
    await record(['1'], [0, 0]); // the same image again
    await record(['2'], [0, 0], 'another layer');
    assert.deepEqual(await silenceOf(recording, tap, population), { share: 0.5, images: 1 });
    await record(['2'], [-0.5, NaN]);
    assert.deepEqual(await silenceOf(recording, tap, population), { share: 0.25, images: 2 });
    assert.deepEqual(await silenceOf(recording, tap, population, 1), { share: 0.5, images: 1 }, 'some are enough');
  });

  it('of a scanned model: dead units are silent, others are not', async () => {
    await writeImages(at('images'), ['some'], 6);
    // The first two units see pixels, which are positive, with a weight below 0, the third with one above.
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
    const context = { signal: new AbortController().signal, report: () => undefined };
    const engine: Engine = testEngine(at('cache'));
    try {
      assert.deepEqual(await engine.handlers['model.silence']({ study }, context), []);
      await engine.handlers['study.scan']({ study }, context);
      assert.deepEqual(await engine.handlers['model.silence']({ study }, context), [{ layer: 'relu', share: 2 / 3, images: 6 }]);
      const graph = await engine.handlers['model.graph']({ path: model }, context);
      assert.deepEqual(graph.nodes.map(({ layer, cost }) => [layer, cost.macs]), [['conv', 24 * 24 * 9], ['relu', 0]]);
      const node = await engine.handlers['model.node']({ path: model, node: 1 }, context);
      assert.equal(node.documentation?.op, 'Relu');
      const other = await engine.handlers['model.graph']({ path: model, inputs: { image: [2, 3, 10, 10] } }, context);
      assert.deepEqual(other.nodes.map(({ cost }) => cost.macs), [2 * 10 * 10 * 9, 0]);
      assert.deepEqual(await engine.handlers['model.node']({ path: model, inputs: { image: [2, 3, 10, 10] }, node: 1 }, context), node);
    } finally {
      engine.dispose();
    }
  });
});
