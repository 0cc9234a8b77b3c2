import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { writeNpy } from '../../../src/engine/io/npy';
import { openModel } from '../../../src/engine/model/summary';
import { compareRdms } from '../../../src/engine/numerics/rdmComparisons';
import { rdmRequestSchema } from '../../../src/protocol/rdm';
import { fetchActivations } from '../../fixtures/bruteForce';
import { layers, quiet, rdmStudy } from '../../fixtures/rdms/study';

const data = resolve('../shared/data');

describe('RDMs compared', function () {
  this.timeout(120_000);
  const on = rdmStudy();
  const { at, request, compute, matrix, compare } = on;

  it('compare with each other and with references, each with its problem', async () => {
    await compute();
    const { values } = await matrix('mix');
    const pairs = Float64Array.from({ length: 153 }, () => 0);
    let k = 0;
    for (let i = 0; i < 18; i++) for (let j = i + 1; j < 18; j++) pairs[k++] = values[i * 18 + j]!;
    await writeNpy(at('mix.npy'), [153], 'f8', [pairs]);
    await writeNpy(at('stack.npy'), [2, 153], 'f8', [pairs, pairs.map((value, i) => value + 0.01 * Math.sin(i * i))]);
    await writeNpy(at('small.npy'), [3], 'f8', [Float64Array.of(1, 2, 3)]);
    const result = await compare(
      [
        { kind: 'file', path: at('mix.npy') },
        { kind: 'file', path: at('small.npy') },
        { kind: 'categories', column: null },
        { kind: 'baseline', baseline: 'pixels' },
        { kind: 'baseline', baseline: 'colour' },
        { kind: 'model', model: at('wide.onnx'), layer: 'relu' },
        { kind: 'model', model: at('net.onnx'), layer: 'relu' },
        { kind: 'file', path: at('stack.npy') },
      ],
      { comparison: 'pearson' },
    );
    assert.deepEqual(result.layers, layers);
    assert.equal(result.matrix.length, 25);
    for (let i = 0; i < 5; i++) assert.ok(Math.abs(result.matrix[i * 6]! - 1) < 1e-9);
    const named = (name: string | RegExp) => result.references.find((reference) => (typeof name === 'string' ? reference.name === name : name.test(reference.name)))!;
    const value = (name: string | RegExp, layer: string) => named(name).values.find((v) => v.layer === layer)!;
    assert.ok(Math.abs(value('mix', 'mix').value! - 1) < 1e-6);
    assert.match(named('small.npy').problem ?? named('small').problem!, /3 stimuli.*18 images/);
    assert.ok(Math.abs(value('net.onnx · relu', 'relu').value! - 1) < 1e-9);
    assert.ok(value('wide.onnx · relu', 'relu').value! < 0.9999);
    const { value: conv, interval } = value('Pixels', 'conv');
    assert.ok(conv! > 0.2 && interval![0] < conv! && conv! < interval![1], 'a convolution of noise keeps much of the pixels');
    const categories = Float32Array.from({ length: 153 });
    k = 0;
    for (let i = 0; i < 18; i++) for (let j = i + 1; j < 18; j++) categories[k++] = Math.floor(i / 6) === Math.floor(j / 6) ? 0 : 1;
    assert.ok(Math.abs(value('Classes', 'mix').value! - compareRdms('pearson', pairs, categories, 18)) < 1e-6);
    const usable = result.references.filter(({ problem }) => problem === null);
    assert.equal(usable.length, 8);
    assert.equal(result.between.length, 64);
    assert.equal(result.map.length, 2 * (5 + 8));
    assert.equal(result.ceiling?.references, 3);
    assert.ok(result.ceiling.lower <= result.ceiling.upper && result.ceiling.upper <= 1);
    assert.equal(result.resamples, 1000);
  });

  it('compare by CKA of embeddings, and say of an RDM that it has none', async () => {
    await compute();
    await writeNpy(at('some.npy'), [153], 'f8', [Float64Array.from({ length: 153 }, (_, i) => i)]);
    const result = await compare([{ kind: 'file', path: at('some.npy') }, { kind: 'model', model: at('net.onnx'), layer: 'logits' }], { comparison: 'cka' });
    assert.match(result.references[0]!.problem!, /CKA compares embeddings/);
    const own = result.references[1]!.values.find(({ layer }) => layer === 'logits')!;
    assert.ok(Math.abs(own.value! - 1) < 1e-6);
    // Pooling is linear and so is the last layer: flat -> logits by hand, from fetched activations.
    const { summary } = openModel(on.study.model);
    assert.ok('input' in summary.image);
    const { config, inputSize } = await resolvePreprocess(summary, undefined);
    const fetch = await fetchActivations(on.study.model, summary.image.input, inputSize!, config, ['flat', 'logits']);
    const { names } = await on.engine.handlers['rdm.set']({ study: on.study, request: request() }, quiet);
    const x: number[][] = [];
    const y: number[][] = [];
    for (const name of names) {
      const found = await fetch(at('images', name));
      x.push([...found.get('flat')!.data]);
      y.push([...found.get('logits')!.data]);
    }
    assert.ok(Math.abs(result.matrix[3 * 5 + 4]! - linearCka(x, y)) < 1e-4, `${result.matrix[3 * 5 + 4]} for ${linearCka(x, y)}`);
  });

  it('compare with the same model under the weights of a checkpoint', async () => {
    const [model, checkpoints] = [resolve('samples/scopenet/scopenet-named.onnx'), resolve('samples/scopenet/checkpoints')];
    on.study = { model, dataset: { path: resolve('samples/images'), limit: 60 }, device: 'cpu', unitAxes: {} };
    const [first, last] = ['/stem/relu/Relu_output_0', '/top/relu/Relu_output_0'];
    const asked = rdmRequestSchema.parse({ layers: [first, last] });
    await compute(asked);
    const at = (checkpoint: string, layer: string) => ({ kind: 'model', model, layer, checkpoint: join(checkpoints, checkpoint) });
    const { references } = await compare(
      [at('final.safetensors', last), at('midway.safetensors', last), at('init.safetensors', last), at('final.pt', last), { ...at('final.safetensors', last), model: resolve('samples/scopenet/scopenet.onnx') }],
      { request: asked, comparison: 'pearson' },
    );
    const [final, midway, init, pickle, folded] = references;
    const own = (reference: (typeof references)[number] | undefined) => reference!.values.find(({ layer }) => layer === last)!.value!;
    assert.ok(Math.abs(own(final) - 1) < 1e-5, `the model was exported from it: ${own(final)}`);
    assert.ok(own(final) > own(midway) && own(midway) > own(init) && own(midway) > 0.5, `${own(midway)} ${own(init)}`);
    for (const same of [pickle, folded]) assert.ok(Math.abs(own(same) - 1) < 1e-5, `the same weights, written or joined another way: ${own(same)}`);
  });

  it('of the Kriegeskorte stimuli: SqueezeNet against the IT of monkey and human, which correlate at 0.49', async function () {
    if (!existsSync(data)) this.skip(); // ../shared is not there
    const folder = join(data, 'kriegeskorte92');
    on.study = {
      model: join(data, 'squeezenet.onnx'),
      dataset: { path: join(folder, 'labels.csv') },
      preprocess: { do_resize: true, size: { height: 224, width: 224 }, resample: 1, do_center_crop: false, do_rescale: false, rescale_factor: 1 / 255, do_normalize: true, image_mean: [104, 117, 123], image_std: [1, 1, 1], channel_order: 'BGR' },
      device: 'cpu',
      unitAxes: {},
    };
    const asked = rdmRequestSchema.parse({ layers: ['conv1_2', 'fire4/concat_1', 'fire9/concat_1', 'pool10_1'] });
    assert.deepEqual((await compute(asked)).failedLayers, []);
    const references = [{ kind: 'file', path: join(folder, 'Kriegeskorte_Neuron2008_supplementalData.mat') }];
    const pearson = await compare(references, { request: asked, comparison: 'pearson' });
    assert.deepEqual(pearson.references.map(({ name }) => name), ['mIT_674neurons', 'hITvisStim_316vx']);
    assert.ok(Math.abs(pearson.between[1]! - 0.491) < 0.0005, `${pearson.between[1]}`);
    const { references: found, ceiling } = await compare(references, { request: asked });
    for (const { values } of found) {
      const [first, , late] = values.map(({ value }) => value!);
      assert.ok(late! > first! + 0.1, 'IT resembles late layers more than the first');
    }
    assert.ok(ceiling!.lower < ceiling!.upper);
  });
});

/** ||Y'X||^2 / (||X'X|| ||Y'Y||) of centred features (Kornblith et al. 2019). */
function linearCka(x: number[][], y: number[][]): number {
  const centre = (m: number[][]): number[][] => {
    const mean = m[0]!.map((_, f) => m.reduce((sum, row) => sum + row[f]!, 0) / m.length);
    return m.map((row) => row.map((value, f) => value - mean[f]!));
  };
  const cross = (a: number[][], b: number[][]): number => {
    let sum = 0;
    for (let f = 0; f < a[0]!.length; f++) for (let g = 0; g < b[0]!.length; g++) sum += a.reduce((s, row, i) => s + row[f]! * b[i]![g]!, 0) ** 2;
    return sum;
  };
  const [a, b] = [centre(x), centre(y)];
  return cross(a, b) / Math.sqrt(cross(a, a) * cross(b, b));
}
