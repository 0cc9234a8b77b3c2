import assert from 'node:assert/strict';
import type { Engine } from '../../../src/engine/engine';
import type { Study } from '../../../src/protocol/scan';
import { refuses } from '../dataset/fixtures';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { smallNet } from '../../fixtures/smallNet';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { testEngine } from '../../fixtures/testEngine';
import { sample } from '../checkpoint/fixtures';

const quiet = { signal: new AbortController().signal, report: () => undefined };

describe('A unit in two models', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  let engine: Engine;
  let study: Study;

  before(async () => {
    await writeImages(at('images'), ['ant', 'bee', 'cat'], 6);
    smallNet().write(at('net.onnx'));
    smallNet(12).write(at('wide.onnx'));
    new OnnxBuilder().input('image', 'float32', ['batch', 3, 24, 24]).node('Neg', ['image'], ['relu'], {}, { name: '/Neg' }).output('relu', 'float32', ['batch', 3, 24, 24]).write(at('other.onnx'));
    study = { model: at('net.onnx'), dataset: { path: at('images') }, device: 'cpu', unitAxes: {} };
    engine = testEngine(at('cache'));
  });
  after(() => engine.dispose());

  const scan = (model: string): Promise<unknown> => Promise.resolve(engine.handlers['study.scan']({ study: { ...study, model } }, quiet));
  const compare = async (other: string, unit = 2, layer = 'relu') => await engine.handlers['patches.compareUnit']({ study, other, layer, unit, top: 5 }, quiet);

  it('has the numbers that each has alone, and histograms with the same bins', async () => {
    const dataset = { path: sample('../images') };
    study = { ...study, model: sample('scopenet.onnx'), dataset };
    const { path } = await engine.handlers['checkpoint.openJoined']({ model: study.model, checkpoint: sample('checkpoints/midway.pt') }, quiet);
    const layer = '/top/relu/Relu_output_0';
    for (const model of [study.model, path]) await scan(model);
    const { units, stimuli, correlation } = await engine.handlers['patches.compareUnit']({ study, other: path, layer, unit: 4, top: 720 }, quiet);
    const scores = units.map(({ top }) => new Map(top.map(({ index, score }) => [index, score])));
    assert.equal(stimuli, 720);
    for (const [i, model] of [study.model, path].entries()) {
      const alone = await engine.handlers['patches.unit']({ study: { ...study, model }, layer, unit: 4, top: 720 }, quiet);
      assert.deepEqual({ ...units[i]!, histogram: null }, { ...alone, histogram: null });
      // Counted anew, from the scores.
      const { range: [low, high], counts } = units[i]!.histogram;
      const counted = counts.map(() => 0);
      for (const score of scores[i]!.values()) counted[Math.min(counts.length - 1, Math.floor(((score - low) / (high - low)) * counts.length))]!++;
      assert.deepEqual(counts, counted);
    }
    assert.deepEqual(units[0].histogram.range, units[1].histogram.range);
    assert.notDeepEqual(units[0].top.slice(0, 5), units[1].top.slice(0, 5));
    const [x, y] = [Array.from(scores[0]!.values()), Array.from(scores[0]!.keys(), (index) => scores[1]!.get(index)!)];
    const mean = (of: number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
    const cov = (a: number[], b: number[]): number => mean(a.map((value, i) => value * b[i]!)) - mean(a) * mean(b);
    assert.ok(Math.abs(correlation! - cov(x, y) / Math.sqrt(cov(x, x) * cov(y, y))) < 1e-9);
  });

  it('correlates with itself, and is refused where the other has no such unit', async () => {
    study = { ...study, model: at('net.onnx'), dataset: { path: at('images') } };
    await scan(study.model);
    const { correlation } = await compare(study.model);
    assert.ok(Math.abs(correlation! - 1) < 1e-12);
    await scan(at('wide.onnx'));
    await refuses(compare(at('wide.onnx')), 'usage', /wide\.onnx has 12 units in relu, not 8; choose a model of the same architecture\.$/);
    await refuses(compare(at('other.onnx'), 2, 'conv'), 'usage', /other\.onnx has no layer conv; choose a model of the same architecture\.$/);
  });
});
