import assert from 'node:assert/strict';
import { decodeImage, openImage } from '../../../src/engine/dataset/decode';
import { cut, toGrey, type Raster } from '../../../src/engine/dataset/raster';
import { resample } from '../../../src/engine/dataset/resample';
import { nativeStep, resizeImage } from '../../../src/engine/dataset/resize';
import { resampleNames } from '../../../src/protocol/preprocess';
import { difference, fixture, goldenBytes, manifest, random } from './fixtures';

function noise(width: number, height: number, channels: 1 | 3, seed = 1): Raster {
  const next = random(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => Math.floor(next() * 256));
  return { data, width, height, channels };
}

describe('resampling', () => {
  for (const entry of manifest.resize) {
    const { file, filter, width, height, channels, tolerance } = entry;
    const title = `${filter} ${file} to ${width} x ${height}${channels === 1 ? ' grey' : ''}`;
    it(`${title}: our filter is Pillow's to the bit`, async () => {
      const image = await decodeImage(fixture(file));
      const result = resample(channels === 1 ? toGrey(image) : image, { width, height }, filter);
      assert.deepEqual(difference(result.data, goldenBytes(entry, channels)), { mean: 0, most: 0 });
    });
    it(`${title}: with libvips' help within ${tolerance}/255`, async () => {
      const source = await openImage(fixture(file));
      const result = await resizeImage(source, { width, height }, filter, { x: 0, y: 0, width, height }, channels);
      const { mean, most } = difference(result.data, goldenBytes(entry, channels));
      assert(mean <= tolerance && most < 32, `mean ${mean}, most ${most}`);
    });
  }

  for (const file of ['rgba.png', 'grey-alpha.png', 'grey16.png', 'rgb16.png', 'cmyk.jpg', 'alpha.webp', '32.bmp']) {
    it(`resizes ${file} after it has become RGB, as Pillow does`, async () => {
      const size = { width: 12, height: 8 };
      const result = await resizeImage(await openImage(fixture(file)), size, 'bilinear', { x: 0, y: 0, ...size }, 3);
      const expected = resample(await decodeImage(fixture(file)), size, 'bilinear');
      assert(difference(result.data, expected.data).mean < 0.6);
    });
  }

  it('takes every way of resizing', () => {
    const size = { width: 224, height: 224 };
    const step = (filter: Parameters<typeof nativeStep>[0], width: number, height: number) => {
      const found = nativeStep(filter, { width, height }, size);
      return found ? (found.size.width === 224 ? 'libvips' : 'reduced') : 'ours';
    };
    assert.equal(step('bilinear', 500, 375), 'libvips');
    assert.equal(step('lanczos', 448, 224), 'libvips');
    assert.equal(step('bicubic', 32, 32), 'ours');
    assert.equal(step('bilinear', 228, 300), 'ours');
    assert.equal(step('bilinear', 1000, 1000), 'ours');
    assert.equal(step('hamming', 500, 375), 'ours');
    assert.equal(step('bilinear', 4000, 3000), 'reduced');
    assert.equal(step('box', 4000, 3000), 'ours');
    assert.equal(step('nearest', 500, 375), 'ours');
  });

  it('changes nothing at the same size', () => {
    const image = noise(13, 7, 3);
    for (const filter of resampleNames) assert.equal(resample(image, image, filter).data, image.data);
  });

  it('computes only the window asked for, exactly as within the whole', () => {
    const next = random(4);
    for (const filter of resampleNames) {
      for (let i = 0; i < 30; i++) {
        const side = () => 1 + Math.floor(next() * 40);
        const image = noise(side(), side(), next() < 0.5 ? 1 : 3, i);
        const size = { width: side(), height: side() };
        const x = Math.floor(next() * size.width);
        const y = Math.floor(next() * size.height);
        const window = {
          x,
          y,
          width: 1 + Math.floor(next() * (size.width - x)),
          height: 1 + Math.floor(next() * (size.height - y)),
        };
        const part = resample(image, size, filter, window);
        const expected = cut(resample(image, size, filter), window);
        assert.deepEqual(
          Array.from(part.data),
          Array.from(expected.data),
          `${filter} ${JSON.stringify({ size, window })}`,
        );
      }
    }
  });

  it('keeps a flat colour flat, and the extremes in range', () => {
    for (const filter of resampleNames) {
      for (const level of [0, 1, 254, 255]) {
        const flat: Raster = { data: new Uint8Array(17 * 11 * 3).fill(level), width: 17, height: 11, channels: 3 };
        for (const size of [
          { width: 5, height: 29 },
          { width: 40, height: 3 },
        ]) {
          assert(
            resample(flat, size, filter).data.every((value) => value === level),
            `${filter} ${level}`,
          );
        }
      }
    }
  });

  it('cuts the same window natively as from the whole', async () => {
    const source = await openImage(fixture('large.jpg'));
    const size = { width: 240, height: 180 };
    const window = { x: 30, y: 0, width: 180, height: 180 };
    const part = await resizeImage(source, size, 'bilinear', window, 3);
    const whole = await resizeImage(source, size, 'bilinear', { x: 0, y: 0, ...size }, 3);
    assert.equal(difference(part.data, cut(whole, window).data).most, 0);
  });

  it('turns a rotated photograph before it resizes natively', async () => {
    const size = { width: 12, height: 8 };
    const window = { x: 0, y: 0, ...size };
    const upright = await resizeImage(await openImage(fixture('exif-1.jpg')), size, 'bilinear', window, 3);
    for (let orientation = 2; orientation <= 8; orientation++) {
      const turned = await resizeImage(
        await openImage(fixture(`exif-${orientation}.jpg`)),
        size,
        'bilinear',
        window,
        3,
      );
      assert(difference(turned.data, upright.data).mean < 4, `orientation ${orientation}`);
    }
  });
});
