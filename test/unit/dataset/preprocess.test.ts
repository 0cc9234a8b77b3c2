import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePreprocess, resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import type { ImageInput, ModelSummary } from '../../../src/protocol/model';
import { preprocessSchema } from '../../../src/protocol/preprocess';
import { refuses, temporaryFolder } from './fixtures';

const rgb224: ImageInput = {
  name: 'x',
  dtype: 'float32',
  layout: 'NCHW',
  batch: null,
  channels: 3,
  height: 224,
  width: 224,
};

describe('resolvePreprocess', () => {
  const folder = temporaryFolder();
  const model = (input: Partial<ImageInput> = {}, metadata: Record<string, string> = {}) =>
    ({
      path: join(folder(), 'net.onnx'),
      metadata,
      image: { input: { ...rgb224, ...input } },
    }) as unknown as ModelSummary;
  const put = (name: string, content: unknown) =>
    writeFile(join(folder(), name), typeof content === 'string' ? content : JSON.stringify(content));
  const square = (side: number) => ({ height: side, width: side });
  const vit = { image_processor_type: 'ViTImageProcessor', size: square(224), resample: 2 };

  it('takes the user, the files, the metadata, a guess, in this order', async () => {
    const metadata = {
      'Image.NominalPixelRange': 'Normalized_0_1',
      preprocessor_config: JSON.stringify({ ...vit, resample: 0 }),
    };
    const user = preprocessSchema.parse({ size: square(224), resample: 5 });
    await put('preprocessor_config.json', { ...vit, resample: 1 });
    await put('net.preprocessor_config.json', { ...vit, resample: 3 });
    const found = async (config = user as typeof user | undefined, keep = metadata) => {
      const {
        source,
        config: { resample },
        note,
      } = await resolvePreprocess(model({}, keep), config);
      return { source, resample, note };
    };
    assert.deepEqual(await found(), { source: 'user', resample: 5, note: 'Set by you for this model.' });
    assert.deepEqual(
      await resolvePreprocess(model({}, metadata)).then(({ source, note, config }) => [source, note, config.resample]),
      ['file', `From ${join(folder(), 'net.preprocessor_config.json')}.`, 3],
    );
  });

  it('reads the metadata where there is no file: our key first, then ONNX image properties', async () => {
    const image = { 'Image.BitmapPixelFormat': 'Bgr8', 'Image.NominalPixelRange': 'NominalRange_0_255' };
    const own = await resolvePreprocess(model({}, { ...image, preprocessor_config: JSON.stringify(vit) }));
    assert.deepEqual([own.source, own.config.channel_order], ['metadata', 'RGB']);
    const { source, config, note, inputSize } = await resolvePreprocess(model({}, image));
    assert.deepEqual(
      [source, config.channel_order, config.do_rescale, config.do_normalize],
      ['metadata', 'BGR', false, false],
    );
    assert.deepEqual(config.size, square(224));
    assert.deepEqual(inputSize, [224, 224]);
    assert.match(note, /Image\.BitmapPixelFormat and Image\.NominalPixelRange/);
  });

  it('follows every nominal range', async () => {
    const ends = async (range: string) => {
      const { config: c } = await resolvePreprocess(model({}, { 'Image.NominalPixelRange': range }));
      return [0, 255].map((sample) => {
        const value = sample * (c.do_rescale ? c.rescale_factor : 1);
        return c.do_normalize ? (value - (c.image_mean as number)) / (c.image_std as number) : value;
      });
    };
    assert.deepEqual(await ends('NominalRange_0_255'), [0, 255]);
    assert.deepEqual(await ends('Normalized_0_1'), [0, 1]);
    assert.deepEqual(await ends('Normalized_1_1'), [-1, 1]);
    assert.deepEqual((await ends('NominalRange_16_235')).map(Math.round), [16, 235]);
  });

  it('looks above a folder named onnx, where exports keep models', async () => {
    await put('preprocessor_config.json', vit);
    await mkdir(join(folder(), 'onnx'));
    const below = { ...model(), path: join(folder(), 'onnx', 'model.onnx') };
    assert.equal((await resolvePreprocess(below)).source, 'file');
    await mkdir(join(folder(), 'other'));
    assert.equal((await resolvePreprocess({ ...below, path: join(folder(), 'other', 'model.onnx') })).source, 'guess');
  });

  it('guesses, and says from what', async () => {
    const guessed = async (input: Partial<ImageInput>) => {
      const { source, config, note, inputSize } = await resolvePreprocess(model(input));
      assert.equal(source, 'guess');
      assert.match(note, /^Guessed from the .+\.$/);
      const { do_rescale, do_normalize, do_center_crop } = config;
      return [inputSize, do_rescale, do_normalize, do_center_crop];
    };
    assert.deepEqual(await guessed({}), [[224, 224], true, true, true]);
    assert.deepEqual(await guessed({ height: null, width: null }), [[224, 224], true, true, true]);
    assert.deepEqual(await guessed({ height: 32, width: 32 }), [[32, 32], true, false, false]);
    assert.deepEqual(await guessed({ channels: 1, height: 128, width: 128 }), [[128, 128], true, false, false]);
    assert.deepEqual(await guessed({ dtype: 'uint8' }), [[224, 224], false, false, false]);
    assert.deepEqual(await guessed({ height: 256, width: 512 }), [[256, 512], true, true, false]);
  });

  it('fills in open sizes from the model', async () => {
    const resolved = await resolvePreprocess(
      model({ height: 99, width: 77 }),
      preprocessSchema.parse({ do_center_crop: true }),
    );
    assert.deepEqual(resolved.config.size, { height: 99, width: 77 });
    assert.deepEqual(resolved.config.crop_size, { height: 99, width: 77 });
    assert.deepEqual(resolved.inputSize, [99, 77]);
  });

  it('leaves the size open where model and preprocessing do', async () => {
    const free = model({ height: null, width: null });
    assert.equal((await resolvePreprocess(free, preprocessSchema.parse({ size: 64 }))).inputSize, null);
    assert.deepEqual(
      (await resolvePreprocess(free, preprocessSchema.parse({ size: { height: 64, width: 32 } }))).inputSize,
      [64, 32],
    );
  });

  it('accepts images that have the size already', async () => {
    const resolved = await resolvePreprocess(
      model({ height: 32, width: 32 }),
      preprocessSchema.parse({ do_resize: false }),
    );
    assert.deepEqual(resolved.inputSize, [32, 32]);
  });

  it('refuses a size that is not the model’s, with both', async () => {
    await put('preprocessor_config.json', { ...vit, size: square(384) });
    await refuses(
      resolvePreprocess(model()),
      'preprocess.invalid',
      /preprocessor_config\.json makes inputs of 384 x 384 pixels, but the model takes 224 x 224; set size to that\.$/,
    );
    await refuses(
      resolvePreprocess(model(), preprocessSchema.parse({ size: 224 })),
      'preprocess.invalid',
      /^The preprocessing set for .+net\.onnx makes inputs whose size depends on the image, but the model takes 224 x 224; set do_center_crop/,
    );
  });

  it('refuses means that do not fit the channels, and a deviation of 0', async () => {
    const user = preprocessSchema.parse({ size: square(28) });
    const grey = model({ channels: 1, height: 28, width: 28 });
    await refuses(
      resolvePreprocess(grey, user),
      'preprocess.invalid',
      /has 3 values of image_mean, but the model takes one channel; give one value/,
    );
    assert.equal((await resolvePreprocess(grey, { ...user, do_normalize: false })).source, 'user');
    await refuses(
      resolvePreprocess(model({ height: 28, width: 28 }), { ...user, image_std: [1, 0, 1] }),
      'preprocess.invalid',
      /image_std of 0/,
    );
  });

  it('says what is wrong with a file, in one sentence naming the field', async () => {
    const wrong = async (content: unknown, message: RegExp) => {
      await put('preprocessor_config.json', content);
      await refuses(resolvePreprocess(model()), 'preprocess.invalid', message);
    };
    await wrong('{', /preprocessor_config\.json is not valid JSON/);
    await wrong('[]', /preprocessor_config\.json is not usable/);
    await wrong({ ...vit, resample: 'bicubic' }, /has an unusable "resample": expected number, received string\.$/);
    await wrong(
      { ...vit, size: { longest_edge: 800 } },
      /unusable "size": it must be a number, \[height, width\], \{height, width\} or \{shortest_edge\}/,
    );
    await wrong({ ...vit, size: { shortest_edge: 800, longest_edge: 1333 } }, /unusable "size"/);
    await wrong({ ...vit, size: 0 }, /unusable "size"/);
    await wrong({ ...vit, image_mean: 'imagenet' }, /unusable "image_mean"/);
  });

  it('refuses a model without an image input', async () => {
    const text = { ...model(), image: { problem: 'net.onnx takes text.' } };
    await refuses(resolvePreprocess(text), 'model.unsupported', /^net\.onnx takes text\.$/);
  });
});

describe("Hugging Face's files", () => {
  const read = (content: unknown) => parsePreprocess(JSON.stringify(content), 'file.json');

  it('know what one number means', () => {
    assert.deepEqual(read({ feature_extractor_type: 'ViTFeatureExtractor', size: 224 }).size, {
      height: 224,
      width: 224,
    });
    assert.deepEqual(read({ feature_extractor_type: 'CLIPFeatureExtractor', size: 224 }).size, { shortest_edge: 224 });
    assert.deepEqual(read({ size: 224 }).size, { height: 224, width: 224 });
    assert.deepEqual(read({ size: 256, do_center_crop: true, crop_size: 224 }).size, { shortest_edge: 256 });
    assert.deepEqual(read({ size: [224, 192] }).size, { height: 224, width: 192 });
  });

  it('stretch for ConvNeXt from 384 on and crop below', () => {
    const large = read({
      image_processor_type: 'ConvNextImageProcessor',
      size: { shortest_edge: 384 },
      crop_pct: 0.875,
    });
    assert.deepEqual([large.size, large.do_center_crop], [{ height: 384, width: 384 }, false]);
    const small = read({
      image_processor_type: 'ConvNextImageProcessorFast',
      size: { shortest_edge: 224 },
      crop_pct: 0.875,
    });
    assert.deepEqual(
      [small.size, small.do_center_crop, small.crop_size],
      [{ shortest_edge: 256 }, true, { height: 224, width: 224 }],
    );
  });

  it('may be nested, hold nulls and a byte order mark', () => {
    const nested = {
      processor_class: 'CLIPProcessor',
      image_processor: { image_processor_type: 'CLIPImageProcessor', size: 30, crop_size: null },
    };
    const config = parsePreprocess(`\uFEFF${JSON.stringify(nested)}`, 'file.json');
    assert.deepEqual(
      [config.size, config.crop_size, config.resample],
      [{ shortest_edge: 30 }, { height: 224, width: 224 }, 3],
    );
    assert.equal(read({ size: 10, do_normalize: null, image_mean: null, resample: null }).resample, 2);
  });
});
