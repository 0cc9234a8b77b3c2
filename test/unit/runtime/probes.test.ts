import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { openModel } from '../../../src/engine/model/summary';
import type { ImageFile, Job } from '../../../src/engine/runtime/job';
import { tapOf, type Tap } from '../../../src/engine/runtime/tap';
import { Worker } from '../../../src/engine/runtime/worker';
import { describeAt } from '../../../src/engine/study/inputShapes';
import { Segment } from '../../../src/engine/store/segment';
import { fetchActivations, unitMaxima } from '../../fixtures/bruteForce';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { seeded } from '../../fixtures/random';

const models = resolve('test/fixtures/models');
/** Half floats: on the CPU, ONNX Runtime computes in float32 and rounds only what leaves the graph. */
const precision: Record<string, number> = { float32: 1e-5, float16: 1e-3 };
const never = new AbortController().signal;
const ignore = (): void => undefined;

/** Probes of every layer of a model on a few images, against the layers fetched whole. */
describe('probes', function () {
  this.timeout(60_000);
  let folder: string;
  const images: ImageFile[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unitscope-probes-'));
    const random = seeded(5);
    for (let index = 0; index < 5; index++) {
      const path = join(folder, `${index}.png`);
      // The last image is of one colour, so that whole maps are equal and the first position has to win.
      const pixels = Buffer.from(Uint8Array.from({ length: 24 * 20 * 3 }, () => (index === 4 ? 120 : Math.floor(random() * 256))));
      await sharp(pixels, { raw: { width: 24, height: 20, channels: 3 } }).png().toFile(path);
      images.push({ index, path, identity: index.toString(16).padStart(32, '0') });
    }
  });
  after(async () => await rm(folder, { recursive: true }));

  let sparse = 0;
  async function check(path: string, batch = 3): Promise<{ layers: number; batch: number }> {
    const { summary: asRead } = openModel(path);
    assert.ok('input' in asRead.image, 'problem' in asRead.image ? asRead.image.problem : '');
    const { input } = asRead.image;
    const preprocess = await resolvePreprocess(asRead);
    const inputSize = preprocess.inputSize!;
    const { summary } = await describeAt(path, input, inputSize, () => Promise.reject(new Error('all shapes can be inferred')));
    const { layers } = summary;
    const names = layers.map((layer) => layer.name);
    const fetch = await fetchActivations(path, input, inputSize, preprocess.config, names);
    const fetchedImages = [];
    for (const image of images) fetchedImages.push(await fetch(image.path));
    const worker = new Worker();
    let runBatch = batch;
    for (const batched of [true, false]) {
      const taps = layers.filter((layer) => layer.batched === batched).map((layer) => tapOf(layer));
      if (taps.length === 0) continue;
      const job: Job = { model: path, input, preprocess: preprocess.config, inputSize, device: 'cpu', batch };
      const prepared = await worker.prepare(job, taps);
      assert.deepEqual(prepared.failures, []);
      if (batched) runBatch = prepared.batch;
      const ready = { ...job, batch: prepared.batch };
      const segment = join(folder, `${Math.random()}.seg`);
      const result = await worker.scan({ job: ready, taps, images, segment }, never, ignore);
      assert.deepEqual(result, { done: images.length, skipped: [], left: 0 });
      const written = (await Segment.open(segment))!;
      const positions = await worker.locate(ready, taps, images, never);
      const sparsity = await worker.sparsity(ready, taps, images, never);
      let first = 0;
      for (const [at, tap] of taps.entries()) {
        const scores = (await written.read(tap.key))!;
        for (const [i, image] of images.entries()) {
          const fetched = fetchedImages[i]!.get(tap.name)!;
          const wanted = unitMaxima(fetched, tap.unitAxis);
          assert.equal(wanted.length, tap.units, tap.name);
          const map = await worker.map(ready, tap, tap.units - 1, image, never);
          assert.equal(map.length, tap.grid[0] * tap.grid[1]);
          const zeros = fetched.data.reduce((count, value) => count + Number(value === 0), 0);
          assert.ok(Math.abs(sparsity[i]![at]! - zeros / fetched.data.length) <= 2e-6, `${tap.name} image ${i}: ${sparsity[i]![at]} of its activations are 0, not ${zeros / fetched.data.length}`);
          if (zeros > 0) sparse++;
          wanted.forEach(({ score, at }, unit) => {
            const where = `${tap.name} [${fetched.dims.join()}] unit ${unit} image ${i}`;
            const tolerance = precision[tap.dtype]! * Math.max(1, Math.abs(score));
            assert.ok(Math.abs(scores[unit * images.length + i]! - score) <= tolerance, `${where}: score`);
            const found = positions[i]![first + unit]!;
            // Where another position is as high within rounding, either may come out.
            if (found !== at) assert.ok(Math.abs(valueAt(fetched, tap.unitAxis, unit, found) - score) <= tolerance, `${where}: position ${found} not ${at}`);
            if (unit === tap.units - 1) assert.ok(Math.abs(map[found]! - score) <= tolerance, `${where}: map`);
          });
        }
        first += tap.units;
      }
    }
    return { layers: layers.length, batch: runBatch };
  }

  it('equal the layers fetched whole, for every exporter, layout, type and opset of the fixtures', async () => {
    const files = (await readdir(models)).filter((name) => name.endsWith('.onnx') && !/lfs|text_and_image/.test(name));
    assert.ok(files.length >= 11, `${files.length} fixtures`);
    let layers = 0;
    for (const file of files) layers += (await check(join(models, file))).layers;
    assert.ok(layers > 300, `${layers} layers`);
    assert.ok(sparse > 50, `${sparse} with zeros`);
  });

  for (const opset of [7, 12, 13, 17, 18, 21])
    it(`work in opset ${opset}, whose operators they are made of`, async () => {
      const path = new OnnxBuilder({ opset, irVersion: opset < 9 ? 3 : 8 })
        .input('x', 'float32', ['N', 3, 8, 8])
        .initializer('w', 'float32', [4, 3, 3, 3], numbers(108))
        .node('Conv', ['x', 'w'], ['conv'])
        .node('Relu', ['conv'], ['relu'])
        .node('Transpose', ['relu'], ['nhwc'], { perm: [0, 2, 3, 1] })
        .node('Flatten', ['relu'], ['flat'], { axis: 1 })
        .output('nhwc')
        .output('flat')
        .write(join(folder, `opset${opset}.onnx`));
      assert.deepEqual(await check(path), { layers: 4, batch: 3 });
    });

  it('take the first of equal maxima', async () => {
    const path = new OnnxBuilder()
      .input('x', 'float32', ['N', 3, 20, 24])
      .node('Clip', ['x', 'low', 'high'], ['y']) // saturates: many equal values
      .initializer('low', 'float32', [], [-0.1])
      .initializer('high', 'float32', [], [0.1])
      .output('y')
      .write(join(folder, 'ties.onnx'));
    const { summary } = openModel(path);
    assert.ok('input' in summary.image);
    const preprocess = await resolvePreprocess(summary);
    const fetch = await fetchActivations(path, summary.image.input, preprocess.inputSize!, preprocess.config, ['y']);
    const tap = tapOf(summary.layers[0]!);
    const job: Job = { model: path, input: summary.image.input, preprocess: preprocess.config, inputSize: preprocess.inputSize!, device: 'cpu', batch: 2 };
    const rows = await new Worker().locate(job, [tap], images, never);
    for (const [i, image] of images.entries()) {
      const wanted = unitMaxima((await fetch(image.path)).get('y')!, 1).map(({ at }) => at);
      assert.deepEqual([...rows[i]!], wanted);
    }
  });

  it('mark units with a NaN or infinite activation, and only those', async () => {
    const path = new OnnxBuilder()
      .input('x', 'float32', ['N', 3, 20, 24])
      .node('Log', ['x'], ['log']) // NaN below zero, -Infinity at zero
      .node('Mul', ['x', 'big'], ['scaled'])
      .node('Exp', ['scaled'], ['exp']) // overflows
      .node('Neg', ['exp'], ['minus']) // -Infinity everywhere in the channels that are above zero
      .initializer('big', 'float32', [], [500])
      .output('log')
      .output('minus')
      .write(join(folder, 'nan.onnx'));
    const { summary } = openModel(path);
    assert.ok('input' in summary.image);
    const preprocess = (await resolvePreprocess(summary)).config;
    const normal = { ...preprocess, do_rescale: true, do_normalize: true, image_mean: [0.5, -1, -1], image_std: [1, 1, 1] };
    const taps = summary.layers.map((layer) => tapOf(layer));
    const job: Job = { model: path, input: summary.image.input, preprocess: normal, inputSize: [20, 24], device: 'cpu', batch: 2 };
    const segment = join(folder, 'nan.seg');
    await new Worker().scan({ job, taps, images, segment }, never, ignore);
    const written = (await Segment.open(segment))!;
    const nan = async (layer: string): Promise<boolean[]> => {
      const scores = (await written.read(`${layer}#1`))!;
      return [0, 1, 2].map((unit) => Number.isNaN(scores[unit * images.length]!));
    };
    assert.deepEqual(await nan('log'), [true, false, false]); // only the first channel falls below zero
    assert.deepEqual(await nan('scaled'), [false, false, false]);
    assert.deepEqual(await nan('exp'), [true, true, true]);
    assert.deepEqual(await nan('minus'), [false, true, true]);
  });

  it('run what can run when an operator is unknown to ONNX Runtime', async () => {
    const path = new OnnxBuilder({ opsets: { 'example.org': 1 } })
      .input('x', 'float32', ['N', 3, 20, 24])
      .node('Relu', ['x'], ['good'])
      .node('Sigmoid', ['good'], ['better'])
      .node('Mystery', ['good'], ['bad'], {}, { domain: 'example.org' })
      .valueInfo('bad', 'float32', ['N', 3, 20, 24])
      .node('Tanh', ['bad'], ['worse'])
      .valueInfo('worse', 'float32', ['N', 3, 20, 24])
      .output('worse', 'float32', ['N', 3, 20, 24])
      .write(join(folder, 'mystery.onnx'));
    const { summary } = openModel(path);
    assert.ok('input' in summary.image);
    const preprocess = await resolvePreprocess(summary);
    const taps = summary.layers.map((layer) => tapOf(layer));
    assert.equal(taps.length, 4);
    const job: Job = { model: path, input: summary.image.input, preprocess: preprocess.config, inputSize: [20, 24], device: 'cpu', batch: 2 };
    const prepared = await new Worker().prepare(job, taps);
    assert.deepEqual(prepared.taps.map((tap) => tap.name), ['good', 'better']);
    assert.deepEqual(prepared.failures.map(({ layer }) => layer), ['bad', 'worse']);
    assert.match(prepared.failures[0]!.message, /Mystery/);
    const none = await new Worker().prepare(job, taps.slice(2));
    assert.deepEqual([none.taps, none.failures], [[], prepared.failures]);
  });

  it('find out that a model with a dynamic batch takes one image only', async () => {
    const path = new OnnxBuilder()
      .input('x', 'float32', ['N', 3, 20, 24])
      .node('Relu', ['x'], ['relu'])
      .node('Reshape', ['relu', 'shape'], ['flat'])
      .initializer('shape', 'int64', [2], [1, 1440]) // the batch of the exporter's example, baked in
      .output('flat')
      .write(join(folder, 'baked.onnx'));
    const { summary } = openModel(path);
    assert.ok('input' in summary.image);
    const preprocess = (await resolvePreprocess(summary)).config;
    const job: Job = { model: path, input: summary.image.input, preprocess, inputSize: [20, 24], device: 'cpu', batch: 8 };
    const tap = (name: string): Tap => tapOf({ ...summary.layers.find((layer) => layer.name === name)!, batched: true });
    assert.equal((await new Worker().prepare(job, [tap('relu'), tap('flat')])).batch, 1);
    assert.equal((await new Worker().prepare(job, [tap('relu')])).batch, 8);
  });
});

function valueAt({ dims, data }: { dims: readonly number[]; data: Float32Array }, axis: number, unit: number, at: number): number {
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  return data[(Math.floor(at / inner) * dims[axis]! + unit) * inner + (at % inner)]!;
}

function numbers(count: number): Float32Array {
  const random = seeded(count);
  return Float32Array.from({ length: count }, () => random() - 0.5);
}
