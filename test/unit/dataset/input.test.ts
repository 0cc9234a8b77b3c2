import assert from 'node:assert/strict';
import { join } from 'node:path';
import sharp from 'sharp';
import { decodeImage } from '../../../src/engine/dataset/decode';
import { readPreprocessorConfig } from '../../../src/engine/dataset/huggingface';
import { InputMaker } from '../../../src/engine/dataset/input';
import { toGrey } from '../../../src/engine/dataset/raster';
import { resample } from '../../../src/engine/dataset/resample';
import { preprocessSchema } from '../../../src/protocol/preprocess';
import { difference, fixture, goldenFloats, manifest, refuses, temporaryFolder } from './fixtures';

const rgb = { channels: 3, layout: 'NCHW' } as const;

describe('InputMaker', () => {
  for (const { config, shape, offset } of manifest.processors) {
    const name = String(config.image_processor_type ?? config.feature_extractor_type);
    it(`gives what Hugging Face's ${name} gives for ${JSON.stringify(config.size)}`, async () => {
      const read = readPreprocessorConfig(config);
      const expected = goldenFloats(offset, shape[0] * shape[1] * shape[2]);
      const maker = new InputMaker(read, rgb, [shape[1], shape[2]]);
      const { values } = await maker.load(fixture('middle.jpg'));
      // transformers rounds to single precision between its steps.
      assert(difference(values, expected).most < 1e-4, `most ${difference(values, expected).most}`);
    });
  }

  const squeezeNet = preprocessSchema.parse({
    size: { height: 22, width: 24 },
    resample: 2,
    do_rescale: false,
    image_mean: [104, 117, 123],
    image_std: [1, 2, 1],
    channel_order: 'BGR',
  });

  it("orders channels as the model wants them, with mean and std in the model's order", async () => {
    const image = resample(await decodeImage(fixture('small.jpg')), { width: 24, height: 22 }, 'bilinear');
    const planar = await new InputMaker(squeezeNet, rgb, [22, 24]).load(fixture('small.jpg'));
    const interleaved = await new InputMaker(squeezeNet, { channels: 3, layout: 'NHWC' }, [22, 24]).load(
      fixture('small.jpg'),
    );
    const area = 22 * 24;
    const mean = [104, 117, 123];
    const std = [1, 2, 1];
    for (let i = 0; i < area; i++) {
      for (let channel = 0; channel < 3; channel++) {
        const sample = planar.values[channel * area + i]!;
        assert.equal(interleaved.values[3 * i + channel], sample);
        assert(Math.abs(sample * std[channel]! + mean[channel]! - image.data[3 * i + 2 - channel]!) <= 12);
      }
    }
    const blue = (image.data[2]! - 104) / 1;
    assert(Math.abs(planar.values[0]! - blue) <= 3);
  });

  it('writes several images into one batch', async () => {
    const maker = new InputMaker(squeezeNet, rgb, [22, 24]);
    const files = ['small.jpg', 'middle.jpg', 'rgba.png'].map(fixture);
    const batch = new Float32Array(maker.size * 3 + 1).fill(7);
    await Promise.all(files.map((file, i) => maker.load(file, batch, i * maker.size)));
    for (const [i, file] of files.entries()) {
      const { values } = await maker.load(file);
      assert.deepEqual(batch.subarray(i * maker.size, (i + 1) * maker.size), values);
    }
    assert.equal(batch.at(-1), 7);
    await assert.rejects(maker.load(files[0]!, batch, 2 + 2 * maker.size), RangeError);
  });

  it("makes grey inputs with Pillow's luma", async () => {
    const config = preprocessSchema.parse({
      size: { height: 15, width: 20 },
      do_normalize: false,
      do_rescale: false,
      resample: 4,
    });
    const { values } = await new InputMaker(config, { channels: 1, layout: 'NCHW' }, [15, 20]).load(
      fixture('small.jpg'),
    );
    const expected = resample(toGrey(await decodeImage(fixture('small.jpg'))), { width: 20, height: 15 }, 'box');
    assert.deepEqual(values, Float32Array.from(expected.data));
  });

  it('pads with zeros before it normalises', async () => {
    const config = preprocessSchema.parse({
      do_resize: false,
      do_center_crop: true,
      crop_size: 40,
      do_rescale: false,
      image_mean: 10,
      image_std: 5,
    });
    const { values, geometry } = await new InputMaker(config, rgb, [40, 40]).load(fixture('rgb.png'));
    assert.deepEqual(geometry.crop, { x: -8, y: -12, width: 40, height: 40 });
    const image = await decodeImage(fixture('rgb.png'));
    for (let y = 0; y < 40; y++) {
      for (let x = 0; x < 40; x++) {
        const inside = x >= 8 && x < 32 && y >= 12 && y < 28;
        const sample = inside ? image.data[3 * ((y - 12) * 24 + x - 8)]! : 0;
        assert.equal(values[y * 40 + x], Math.fround((sample - 10) / 5));
      }
    }
  });

  it('refuses an image that comes out in another size', async () => {
    const config = preprocessSchema.parse({ do_resize: false });
    const maker = new InputMaker(config, rgb, [16, 25]);
    await refuses(
      maker.load(fixture('rgb.png')),
      'image.unreadable',
      /rgb\.png gives an input of 16 x 24 pixels, but the model takes 16 x 25/,
    );
  });
});

describe('a strip of an image', () => {
  const folder = temporaryFolder();
  it('is cropped without computing what is cut away', async () => {
    const file = join(folder(), 'strip.png');
    await sharp({ create: { width: 20_000, height: 2, channels: 3, background: '#336699' } })
      .png()
      .toFile(file);
    const config = preprocessSchema.parse({
      size: 224,
      do_center_crop: true,
      crop_size: 224,
      do_rescale: false,
      do_normalize: false,
    });
    const started = performance.now();
    const { values, geometry } = await new InputMaker(config, rgb, [224, 224]).load(file);
    assert.equal(geometry.resized.width, 2_240_000);
    assert.deepEqual([values[0], values[224 * 224], values.at(-1)], [0x33, 0x66, 0x99]);
    assert(performance.now() - started < 2000);
  });
});
