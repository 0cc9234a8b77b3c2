import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Engine } from '../../../src/engine/engine';
import { readNpy, writeNpy } from '../../../src/engine/io/npy';
import { openModel } from '../../../src/engine/model/summary';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { compareRdms } from '../../../src/engine/numerics/rdmComparisons';
import { isCancelled, UnitscopeError } from '../../../src/protocol/errors';
import { rdmRequestSchema, type RdmImage, type RdmLayer, type RdmRequest, type RsaResult } from '../../../src/protocol/rdm';
import type { ScanProgress, Study } from '../../../src/protocol/scan';
import { fetchActivations } from '../../fixtures/bruteForce';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { smallNet } from '../../fixtures/smallNet';
import { testEngine } from '../../fixtures/testEngine';

const quiet = { signal: new AbortController().signal, report: () => undefined };
const data = resolve('../shared/data');

describe('RDMs', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  let engine: Engine;
  let study: Study;
  let cases = 0;
  const layers = ['conv', 'relu', 'mix', 'flat', 'logits'];
  const request = (change: Partial<RdmRequest> = {}): RdmRequest => rdmRequestSchema.parse({ layers, ...change });
  const compute = async (asked = request(), signal = quiet.signal, report: (p: ScanProgress) => void = () => undefined) =>
    await engine.handlers['rdm.compute']({ study, request: asked }, { signal, report });
  const states = async (asked = request()): Promise<RdmLayer[]> => (await engine.handlers['rdm.set']({ study, request: asked }, quiet)).layers;
  /** The whole matrix of a layer, in the order of the set. */
  const matrix = async (layer: string, asked = request()): Promise<RdmImage> => {
    const { indices } = await engine.handlers['rdm.set']({ study, request: asked }, quiet);
    const rows = indices.map((_, row) => row);
    const region: [number, number, number, number] = [0, 0, rows.length, rows.length];
    return await engine.handlers['rdm.image']({ study, request: asked, layer, rows, region, size: 1000 }, quiet);
  };
  const compare = async (references: unknown[], change: { request?: RdmRequest; comparison?: RsaResult['comparison'] } = {}): Promise<RsaResult> =>
    await engine.handlers['rdm.compare'](
      { study, request: change.request ?? request(), comparison: change.comparison ?? 'rho-a', references: references as never },
      quiet,
    );

  before(async () => {
    await writeImages(at('images'), ['ant', 'bee', 'cat'], 6);
    smallNet().write(at('net.onnx'));
    smallNet(12).write(at('wide.onnx'));
    smallNet(8, true).write(at('poison.onnx'));
  });
  beforeEach(() => {
    study = { model: at('net.onnx'), dataset: { path: at('images') }, device: 'cpu', unitAxes: {} };
    engine = testEngine(at(`cache${cases++}`));
  });
  afterEach(() => engine.dispose());

  for (const pool of ['flatten', 'mean', 'max'] as const)
    it(`are those of activations fetched whole, ${pool}: 1e-5`, async () => {
      const asked = request({ pool });
      await compute(asked);
      const { summary } = openModel(study.model);
      assert.ok('input' in summary.image);
      const { config, inputSize } = await resolvePreprocess(summary, undefined);
      const fetch = await fetchActivations(study.model, summary.image.input, inputSize!, config, layers);
      const { names } = await engine.handlers['rdm.set']({ study, request: asked }, quiet);
      assert.equal(names.length, 18);
      const fetched = [];
      for (const name of names) fetched.push(await fetch(at('images', name)));
      for (const layer of layers) {
        const vectors = fetched.map((image) => pooled(image.get(layer)!, pool));
        const { values } = await matrix(layer, asked);
        for (const [i, a] of vectors.entries())
          for (const [j, b] of vectors.entries()) {
            const expected = i === j ? 0 : 1 - pearson(a, b);
            assert.ok(Math.abs(values[i * 18 + j]! - expected) <= 1e-5 * Math.abs(expected) + 2e-7, `${layer} ${i},${j}: ${values[i * 18 + j]} for ${expected}`);
          }
      }
    });

  it('run the model once for all layers, and not again for another measure, some of the images, or another process', async () => {
    const phases = new Set<string>();
    const first = await compute(request(), quiet.signal, ({ phase }) => phases.add(phase));
    assert.deepEqual([first.done, first.cached, first.failedLayers], [18, 0, []]);
    assert.ok(phases.has('computing'));
    assert.equal((await compute()).seconds < 2, true);
    const cosine = await compute(request({ measure: 'cosine' }));
    assert.equal(cosine.cached, 18);
    const some = await compute(request({ stimuli: { labels: ['ant', 'cat'] } }));
    assert.equal(some.cached, 12);
    assert.equal((await engine.handlers['rdm.set']({ study, request: request({ stimuli: { labels: ['ant', 'cat'] } }) }, quiet)).names.length, 12);
    const { cache } = engine;
    engine.dispose();
    engine = testEngine(cache);
    assert.ok((await states()).every(({ state }) => state === 'ready'));
  });

  it('of pooled activations come from what visualizing a layer has recorded', async () => {
    await engine.handlers['study.scan']({ study }, quiet);
    for (const pool of ['mean', 'max'] as const) {
      const outcome = await compute(request({ pool, layers: ['relu', 'mix'] }));
      assert.deepEqual([outcome.cached, outcome.device], [18, null]);
    }
  });

  it('leave a selection in the order of the dataset: classes, and a sample with a seed', async () => {
    const asked = (seed: number) => request({ stimuli: { labels: ['bee', 'cat'], sample: { count: 5, seed } } });
    const { indices, labels } = await engine.handlers['rdm.set']({ study, request: asked(1) }, quiet);
    assert.deepEqual([...indices], [...indices].sort((a, b) => a - b));
    assert.equal(new Set(indices).size, 5);
    assert.ok(labels.every((label) => label !== 'ant'));
    assert.deepEqual((await engine.handlers['rdm.set']({ study, request: asked(1) }, quiet)).indices, indices);
    assert.notDeepEqual((await engine.handlers['rdm.set']({ study, request: asked(2) }, quiet)).indices, indices);
    await assert.rejects(states(request({ stimuli: { labels: ['none'] } })), (error: UnitscopeError) => error.code === 'usage' && error.message.includes('at least 3 stimuli'));
  });

  it('are arranged by class, name, column and cluster', async () => {
    const rows = ['path,label,size', ...[3, 1, 2].flatMap((n) => [`ant/00${n}.png,ant,${n}`, `bee/00${n}.png,bee,${n * 10}`])];
    await writeFile(at('images', 'list.csv'), rows.join('\n'));
    study = { ...study, dataset: { path: at('images', 'list.csv') } };
    await compute();
    const arrange = async (order: object) => await engine.handlers['rdm.arrange']({ study, request: request(), layer: 'relu', order: order as never }, quiet);
    assert.deepEqual([...(await arrange({ by: 'dataset' })).rows], [0, 1, 2, 3, 4, 5]);
    const byLabel = await arrange({ by: 'label' });
    assert.deepEqual([...byLabel.rows], [0, 2, 4, 1, 3, 5]);
    assert.deepEqual(byLabel.groups, [{ name: 'ant', from: 0, to: 3 }, { name: 'bee', from: 3, to: 6 }]);
    assert.deepEqual([...(await arrange({ by: 'name' })).rows], [2, 4, 0, 3, 5, 1]);
    assert.deepEqual([...(await arrange({ by: 'column', column: 'size' })).rows], [2, 4, 0, 3, 5, 1], 'by number');
    const { rows: clustered, tree } = await arrange({ by: 'cluster' });
    assert.deepEqual([...clustered].sort(), [0, 1, 2, 3, 4, 5]);
    assert.equal(tree?.height.length, 5);
    await assert.rejects(arrange({ by: 'column', column: 'colour' }), (error: UnitscopeError) => error.code === 'usage' && error.message.includes('size'));
  });

  it('are pictures whose pixels are means, and single pairs', async () => {
    await compute();
    const whole = await matrix('relu');
    const rows = Int32Array.from({ length: 18 }, (_, i) => 17 - i);
    const part = await engine.handlers['rdm.image']({ study, request: request(), layer: 'relu', rows, region: [2, 0, 12, 18], size: 6 }, quiet);
    assert.deepEqual([part.width, part.height], [6, 6]);
    let sum = 0;
    for (const x of [4, 5]) for (const y of [3, 4, 5]) sum += whole.values[(17 - y) * 18 + (17 - x)]!;
    assert.ok(Math.abs(part.values[6 + 1]! - sum / 6) < 1e-6);
    const [values, missing] = await engine.handlers['rdm.pairs']({ study, request: request(), layers: ['relu', 'pool'], pairs: [[3, 9], [9, 3], [4, 4]] }, quiet);
    assert.deepEqual([...values!], [whole.values[3 * 18 + 9], whole.values[3 * 18 + 9], 0]);
    assert.ok(missing!.every(Number.isNaN));
  });

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
    const { summary } = openModel(study.model);
    assert.ok('input' in summary.image);
    const { config, inputSize } = await resolvePreprocess(summary, undefined);
    const fetch = await fetchActivations(study.model, summary.image.input, inputSize!, config, ['flat', 'logits']);
    const { names } = await engine.handlers['rdm.set']({ study, request: request() }, quiet);
    const x: number[][] = [];
    const y: number[][] = [];
    for (const name of names) {
      const found = await fetch(at('images', name));
      x.push([...found.get('flat')!.data]);
      y.push([...found.get('logits')!.data]);
    }
    assert.ok(Math.abs(result.matrix[3 * 5 + 4]! - linearCka(x, y)) < 1e-4, `${result.matrix[3 * 5 + 4]} for ${linearCka(x, y)}`);
  });

  for (const method of ['mds', 'pca', 'tsne', 'umap'] as const)
    it(`are laid out by ${method}, the same every time`, async () => {
      await compute();
      const layOut = async () => await engine.handlers['rdm.layout']({ study, request: request(), layer: 'mix', method }, quiet);
      const { points, quality } = await layOut();
      assert.equal(points.length, 36);
      assert.ok(points.every(Number.isFinite) && quality.length > 0);
      assert.deepEqual((await layOut()).points, points);
    });

  it('of a layer that fails leave the others, and it says why; a constant image is named', async () => {
    const { config } = await engine.handlers['preprocess.resolve']({ model: at('poison.onnx') }, quiet);
    // Dark pixels become negative, and their square root no number.
    study = { ...study, model: at('poison.onnx'), preprocess: { ...config, do_normalize: true, image_mean: 0.5, image_std: 1 } };
    const asked = request({ layers: ['relu', 'poisoned'] });
    const outcome = await compute(asked);
    assert.equal(outcome.failedLayers.length, 1);
    assert.match(outcome.failedLayers[0]!.message, /poisoned.*not finite numbers for ant\/000\.png/);
    const [relu, poisoned] = await states(asked);
    assert.equal(relu!.state, 'ready');
    assert.ok(poisoned?.state === 'failed' && poisoned.message.includes('not finite'));
    await assert.rejects(matrix('poisoned', asked), (error: UnitscopeError) => error.code === 'rdm.missing' && error.message.includes('not finite'));
  });

  it('leave out images that cannot be read, whoever asks', async () => {
    await cp(at('images'), at('damaged'), { recursive: true });
    await writeFile(at('damaged', 'bee', '001.png'), 'no image');
    study = { ...study, dataset: { path: at('damaged') } };
    const outcome = await compute();
    assert.deepEqual(outcome.skipped.map(({ path }) => path), ['bee/001.png']);
    const set = await engine.handlers['rdm.set']({ study, request: request() }, quiet);
    assert.equal(set.names.length, 17);
    assert.ok(!set.names.includes('bee/001.png') && set.layers.every(({ state }) => state === 'ready'));
    assert.deepEqual((await compute()).skipped.map(({ path }) => path), ['bee/001.png'], 'told again');
    const [recording] = await readdir(join(engine.cache, 'recordings'));
    await writeFile(join(engine.cache, 'recordings', recording!, 'unusable.json'), '{"');
    assert.equal((await engine.handlers['rdm.set']({ study, request: request() }, quiet)).names.length, 18, 'damage is left out');
  });

  it('are cancelled and go on; the estimate says what is left', async () => {
    const before = await engine.handlers['rdm.estimate']({ study, request: request() }, quiet);
    assert.deepEqual([before.stimuli, before.layers, before.images], [18, 5, 18]);
    assert.equal(before.bytes, 18 * 4 * (3 * 8 * 24 * 24 + 8 + 4));
    const abort = new AbortController();
    await assert.rejects(compute(request(), abort.signal, ({ phase }) => phase === 'computing' && abort.abort()), isCancelled);
    const after = await engine.handlers['rdm.estimate']({ study, request: request() }, quiet);
    assert.deepEqual([after.images, after.bytes], [0, 0]);
    assert.ok((await states()).some(({ state }) => state === 'missing'));
    await compute();
    assert.ok((await states()).every(({ state }) => state === 'ready'));
    assert.equal((await engine.handlers['rdm.estimate']({ study, request: request() }, quiet)).seconds, 0);
  });

  it('survive that activations and RDMs are deleted, damaged, or of an earlier run', async () => {
    await compute();
    const [recording] = await readdir(join(engine.cache, 'recordings'));
    const folder = join(engine.cache, 'recordings', recording!);
    const [file] = await readdir(join(folder, 'rdms'));
    await writeFile(join(folder, 'rdms', file!), 'damage');
    for (const name of await readdir(join(folder, 'activations'))) await writeFile(join(folder, 'activations', name), 'damage');
    assert.equal((await states()).filter(({ state }) => state === 'missing').length, 1);
    await compute();
    assert.ok((await states()).every(({ state }) => state === 'ready'));
    await rm(folder, { recursive: true });
    await compute();
    assert.ok((await states()).every(({ state }) => state === 'ready'));
  });

  it('by Mahalanobis and crossnobis distance, with a precision matrix and folds', async () => {
    const precision = Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 + i / 5 : 0.1));
    await writeNpy(at('precision.npy'), [4, 4], 'f8', [precision]);
    const asked = request({ layers: ['logits'], measure: 'mahalanobis', precision: at('precision.npy') });
    await compute(asked);
    assert.equal((await states(asked))[0]!.state, 'ready');
    const without = await compute(request({ layers: ['logits'], measure: 'mahalanobis' }));
    assert.match(without.failedLayers[0]!.message, /needs a precision matrix/);
    const wrong = request({ layers: ['mix'], measure: 'mahalanobis', precision: at('precision.npy') });
    const { failedLayers } = await compute(wrong);
    assert.match(failedLayers[0]!.message, /precision\.npy holds an array of 4 x 4, but the precision matrix of layer mix is 4608 x 4608/);
    const rows = ['path,label,run', ...['ant', 'bee', 'cat'].flatMap((name) => [0, 1, 2, 3].map((n) => `${name}/00${n}.png,${name},${n % 2}`))];
    await writeFile(at('images', 'runs.csv'), rows.join('\n'));
    study = { ...study, dataset: { path: at('images', 'runs.csv') } };
    const crossed = request({ layers: ['logits'], measure: 'crossnobis', folds: 'run' });
    await compute(crossed);
    const set = await engine.handlers['rdm.set']({ study, request: crossed }, quiet);
    assert.deepEqual(set.names, ['ant', 'bee', 'cat']);
    assert.equal(set.layers[0]!.state, 'ready');
    await assert.rejects(compute(request({ layers: ['logits'], measure: 'crossnobis' })), (error: UnitscopeError) => error.message.includes('Crossnobis needs a manifest column'));
  });

  it('are exported as .npy, .csv and rdm.json', async () => {
    await compute();
    const asked = { study, request: request(), comparison: 'rho-a' as const, references: [{ kind: 'categories' as const, column: null }], folder: at('out'), formats: ['npy' as const, 'csv' as const] };
    const { files, problems } = await engine.handlers['rdm.export'](asked, quiet);
    assert.deepEqual(problems, []);
    assert.equal(files.length, 11);
    const { shape, data: numbers } = await readNpy(at('out', 'relu.npy'));
    assert.deepEqual(shape, [18, 18]);
    const { values } = await matrix('relu');
    assert.deepEqual([...numbers], [...values]);
    const lines = (await readFile(at('out', 'relu.csv'), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 19);
    assert.equal(Number(lines[1]!.split(',')[2]), values[1]);
    const json = JSON.parse(await readFile(files[0]!, 'utf8')) as { images: string[]; rsa: { matrix: number[][] }; references: { name: string; values: unknown[] }[] };
    assert.equal(json.images[0], 'ant/000.png');
    assert.equal(json.rsa.matrix.length, 5);
    assert.deepEqual(json.references.map(({ name, values: all }) => [name, all.length]), [['Classes', 5]]);
    // What was exported is a reference that fits.
    const again = await compare([{ kind: 'file', path: at('out', 'relu.csv') }], { comparison: 'pearson' });
    assert.ok(Math.abs(again.references[0]!.values[1]!.value! - 1) < 1e-9);
  });

  it('compare with the same model under the weights of a checkpoint', async () => {
    const [model, checkpoints] = [resolve('samples/scopenet/scopenet-named.onnx'), resolve('samples/scopenet/checkpoints')];
    study = { model, dataset: { path: resolve('samples/images'), limit: 60 }, device: 'cpu', unitAxes: {} };
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
    study = {
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

function pooled({ dims, data: values }: { dims: readonly number[]; data: Float32Array }, pool: 'flatten' | 'mean' | 'max'): Float64Array {
  if (pool === 'flatten') return Float64Array.from(values);
  const units = dims[1]!;
  const positions = values.length / units;
  return Float64Array.from({ length: units }, (_, unit) => {
    const own = values.subarray(unit * positions, (unit + 1) * positions);
    return pool === 'max' ? Math.max(...own) : own.reduce((sum, value) => sum + value, 0) / positions;
  });
}

function pearson(a: Float64Array, b: Float64Array): number {
  const mean = (v: Float64Array): number => v.reduce((sum, value) => sum + value, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((value, i) => {
    ab += (value - ma) * (b[i]! - mb);
    aa += (value - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}

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
