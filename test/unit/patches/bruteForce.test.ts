import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { openDataset } from '../../../src/engine/dataset/dataset';
import { parsePreprocess, resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { openModel } from '../../../src/engine/model/summary';
import type { Box } from '../../../src/protocol/patches';
import type { PreprocessConfig } from '../../../src/protocol/preprocess';
import { fetchActivations, unitMaxima } from '../../fixtures/bruteForce';
import { testEngine } from '../../fixtures/testEngine';

interface PatchesFile {
  layers: {
    name: string;
    receptiveField: { size: number[]; stride: number[]; offset: number[]; kind: string };
    units: { unit: number; top: { image: string; index: number; score: number; position: number[]; box: Box }[] }[];
  }[];
}

/** Two scores this close (relative to the larger) may change places: a probe's session adds up in another order. */
const relative = 1e-4;

describe('patches against brute force', function () {
  this.timeout(600_000);
  let out: string;
  before(async () => (out = await mkdtemp(join(tmpdir(), 'unitscope-brute-'))));
  after(async () => await rm(out, { recursive: true }));

  it('sample: indices, scores, positions and boxes of every unit of every layer', async () => {
    const { units } = await compare({ model: 'samples/scopenet/scopenet.onnx', images: 'samples/images', limit: 160 });
    assert.ok(units > 100, `${units} units`);
  });

  it('SqueezeNet over ImageNet photographs', async function () {
    const data = resolve('../shared/data');
    if (!process.env.UNITSCOPE_SLOW_TESTS || !existsSync(data)) this.skip(); // minutes; run by hand
    const preprocess = parsePreprocess(
      JSON.stringify({
        size: { height: 224, width: 224 }, resample: 1, do_rescale: false, image_mean: [104, 117, 123],
        image_std: [1, 1, 1], channel_order: 'BGR',
      }),
      'the data README',
    );
    await compare({ model: join(data, 'squeezenet.onnx'), images: join(data, 'imagenet200'), preprocess });
  });

  async function compare(what: { model: string; images: string; limit?: number; preprocess?: PreprocessConfig }): Promise<{ units: number }> {
    const top = 9;
    const study = {
      model: resolve(what.model), dataset: { path: resolve(what.images), limit: what.limit }, preprocess: what.preprocess,
      device: 'cpu' as const, unitAxes: {},
    };
    const engine = testEngine(join(out, 'cache'));
    const file = join(out, 'patches.json');
    try {
      const outcome = await engine.handlers['study.scan']({ study }, quiet);
      assert.equal(outcome.skipped.length, 0);
      await engine.handlers['patches.export']({ study, layers: outcome.layers, top, file }, quiet);
    } finally {
      engine.dispose();
    }
    const ours = JSON.parse(await readFile(file, 'utf8')) as PatchesFile;

    const { summary } = openModel(study.model);
    assert.ok('input' in summary.image);
    const preprocess = await resolvePreprocess(summary, what.preprocess);
    const size = preprocess.inputSize!;
    const dataset = await openDataset(study.dataset);
    const names = summary.layers.filter((layer) => layer.primary).map((layer) => layer.name);
    assert.deepEqual(ours.layers.map((layer) => layer.name), names);
    const fetch = await fetchActivations(study.model, summary.image.input, size, preprocess.config, names);
    const axes = new Map(summary.layers.map((layer) => [layer.name, layer]));
    const reference = new Map<string, { score: number; at: number }[][]>(names.map((name) => [name, []]));
    const columns = new Map<string, number>();
    for (const { index } of dataset.stimuli)
      for (const [name, layer] of await fetch(dataset.file(index))) {
        const axis = axes.get(name)!.unitAxis;
        reference.get(name)!.push(unitMaxima(layer, axis));
        const positions = layer.dims.filter((_, i) => i !== 0 && i !== axis);
        columns.set(name, positions.length < 2 ? 1 : positions.at(-1)!);
      }

    const originals = await Promise.all(dataset.stimuli.map(({ index }) => sharp(dataset.file(index)).metadata()));

    let units = 0;
    for (const layer of ours.layers)
      for (const { unit, top: found } of layer.units) {
        units++;
        const scores = reference.get(layer.name)!.map((image, index) => ({ index, ...image[unit]! }));
        const expected = scores.toSorted((a, b) => b.score - a.score || a.index - b.index).slice(0, top);
        assert.equal(found.length, expected.length);
        found.forEach((patch, rank) => {
          const where = `${layer.name} unit ${unit} rank ${rank}`;
          const wanted = expected[rank]!;
          const tolerance = relative * Math.max(Math.abs(wanted.score), 1e-3);
          assert.ok(Math.abs(patch.score - wanted.score) <= tolerance, `${where}: ${patch.score} and ${wanted.score}`);
          const same = scores[patch.index]!;
          // Another stimulus may stand here only when its score is the same within the tolerance.
          if (patch.index !== wanted.index) assert.ok(Math.abs(same.score - wanted.score) <= tolerance, `${where}: index`);
          const width = columns.get(layer.name)!;
          const at = patch.position[0]! * width + patch.position[1]!;
          if (at !== same.at) assert.fail(`${where}: position ${at}, not ${same.at}`);
          assert.deepEqual(patch.box, boxOf(layer.receptiveField, patch.position, size, originals[patch.index]!), where);
        });
      }
    return { units };
  }

  const quiet = { signal: new AbortController().signal, report: () => undefined };
});

/** The formula of the definition, for images that are stretched to the input's size or have it: no crop. */
function boxOf(
  field: PatchesFile['layers'][number]['receptiveField'],
  position: number[],
  inputSize: [number, number],
  original: { width?: number; height?: number },
): Box {
  const span = (axis: 0 | 1, length: number): [number, number] => {
    const whole = field.kind === 'global';
    const start = whole ? 0 : field.offset[axis]! + position[axis]! * field.stride[axis]!;
    const end = whole ? inputSize[axis] : start + field.size[axis]!;
    const scale = length / inputSize[axis];
    const low = Math.max(0, Math.floor(start * scale + 1e-6));
    const high = Math.min(length, Math.ceil(end * scale - 1e-6));
    return [low, high - low];
  };
  const [y, height] = span(0, original.height!);
  const [x, width] = span(1, original.width!);
  return [x, y, width, height];
}
