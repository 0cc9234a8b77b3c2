import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { decodeImage } from '../../../src/engine/dataset/decode';
import { openDataset } from '../../../src/engine/dataset/dataset';
import { geometryOf } from '../../../src/engine/dataset/geometry';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { openModel } from '../../../src/engine/model/summary';
import { place } from '../../../src/engine/analyses/patches/place';
import { tapOf } from '../../../src/engine/runtime/tap';
import { describeAt } from '../../../src/engine/study/inputShapes';
import type { Box } from '../../../src/protocol/patches';
import { fetchActivations, unitMaxima } from '../../fixtures/bruteForce';
import { temporaryFolder } from '../../fixtures/imageFolder';
import { seeded } from '../../fixtures/random';

/** Whether the box of a patch holds what the unit saw there, and nothing else: by changing pixels. */
describe('the box of a patch', function () {
  this.timeout(120_000);
  const at = temporaryFolder();

  it('holds every pixel that the unit saw at that position, and only those', async () => {
    const random = seeded(11);
    const model = resolve('samples/scopenet/scopenet.onnx');
    const opened = await describeAtSample(model);
    const { summary, preprocess, input, inputSize } = opened;
    const dataset = await openDataset({ path: resolve('samples/images') });
    const layers = summary.layers.filter((layer) => layer.primary && layer.receptiveField?.kind !== 'global');
    assert.ok(layers.length >= 8, `${layers.length} layers with a local field`);
    const fetch = await fetchActivations(model, input, inputSize, preprocess, layers.map((layer) => layer.name));

    let tried = 0;
    let whole = 0;
    for (const [number, layer] of layers.entries()) {
      const tap = tapOf(layer);
      for (let sample = 0; sample < 4; sample++) {
        const index = Math.floor(random() * dataset.stimuli.length);
        const original = await decodeImage(dataset.file(index));
        const before = (await fetch(dataset.file(index))).get(layer.name)!;
        const alive = unitMaxima(before, tap.unitAxis).map((found, unit) => ({ unit, ...found })).filter(({ score }) => score > 0.05);
        const { unit, at: position, score } = alive[Math.floor(random() * alive.length)]!;
        const { box } = place(tap, layer.receptiveField, position, geometryOf(preprocess, original));
        const value = async (change: 'outside' | 'inside'): Promise<number> => {
          const file = at(`${number}-${sample}-${change}.png`);
          const data = repaint(original.data, original.width, box, change, random);
          await sharp(data, { raw: { width: original.width, height: original.height, channels: 3 } }).png().toFile(file);
          const map = (await fetch(file)).get(layer.name)!;
          return map.data[unit * tap.grid[0] * tap.grid[1] + position]!;
        };
        const where = `${layer.name} unit ${unit} box ${box.join()}`;
        const tolerance = 1e-4 * Math.max(1, score); // another session may add up in another order
        if (box[2] === original.width && box[3] === original.height) whole++;
        else assert.ok(Math.abs((await value('outside')) - score) <= tolerance, `${where}: pixels outside matter`);
        assert.ok(Math.abs((await value('inside')) - score) > 10 * tolerance, `${where}: pixels inside do not matter`);
        tried++;
      }
    }
    assert.ok(tried - whole >= 20, `${tried} boxes, ${whole} of them the whole image`);
  });
});

async function describeAtSample(model: string): Promise<{
  summary: Awaited<ReturnType<typeof describeAt>>['summary'];
  preprocess: Awaited<ReturnType<typeof resolvePreprocess>>['config'];
  input: Parameters<typeof describeAt>[1];
  inputSize: [number, number];
}> {
  const asRead = openModel(model).summary;
  assert.ok('input' in asRead.image);
  const { config, inputSize } = await resolvePreprocess(asRead);
  const { summary } = await describeAt(model, asRead.image.input, inputSize!, () => Promise.reject(new Error('all shapes are known')));
  return { summary, preprocess: config, input: asRead.image.input, inputSize: inputSize! };
}

/** The image with random pixels outside, or inside, the box. */
function repaint(data: Uint8Array | Uint8ClampedArray, width: number, [x, y, w, h]: Box, where: 'outside' | 'inside', random: () => number): Buffer {
  const result = Buffer.from(data);
  for (let i = 0; i < result.length; i++) {
    const column = Math.floor(i / 3) % width;
    const row = Math.floor(i / 3 / width);
    const inside = column >= x && column < x + w && row >= y && row < y + h;
    if (inside === (where === 'inside')) result[i] = Math.floor(random() * 256);
  }
  return result;
}
