import assert from 'node:assert/strict';
import sharp from 'sharp';
import { decodeImage } from '../../../src/engine/dataset/decode';
import { cutPicture, cutPictures } from '../../../src/engine/dataset/picture';
import { cut } from '../../../src/engine/dataset/raster';
import type { Picture } from '../../../src/protocol/patches';
import { difference, fixture, refuses } from './fixtures';

const pixels = async (picture: Picture): Promise<Buffer> => {
  const { data, info } = await sharp(picture.data).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [picture.width, picture.height, 3]);
  return data;
};

describe('cutPictures', () => {
  it('cuts small boxes without loss, in the order asked for', async () => {
    const image = await decodeImage(fixture('middle.jpg'));
    const windows = [
      { x: 100, y: 90, width: 60, height: 30 },
      { x: 0, y: 0, width: 1, height: 1 },
    ];
    const pictures = await cutPictures(
      fixture('middle.jpg'),
      windows.map(({ x, y, width, height }) => [x, y, width, height]),
      64,
    );
    for (const [i, window] of windows.entries()) {
      assert.equal(pictures[i]!.mime, 'image/png');
      assert.equal(difference(await pixels(pictures[i]!), cut(image, window).data).most, 0);
    }
  });

  it('says how large the whole image is, whatever part of it the picture shows', async () => {
    const { width, height } = await decodeImage(fixture('large.jpg'));
    for (const box of [undefined, [100, 50, 200, 200] as [number, number, number, number]])
      assert.deepEqual((await cutPicture(fixture('large.jpg'), box, 64)).original, [width, height]);
  });

  it('shrinks so that no side is longer than the size, and never enlarges', async () => {
    const size = async (box: [number, number, number, number] | undefined, most: number) => {
      const { width, height } = await cutPicture(fixture('large.jpg'), box, most);
      return [width, height];
    };
    assert.deepEqual(await size([10, 10, 300, 200], 150), [150, 100]);
    assert.deepEqual(await size([10, 10, 100, 300], 150), [50, 150]);
    assert.deepEqual(await size([10, 10, 30, 20], 150), [30, 20]);
    assert.deepEqual(await size(undefined, 100), [100, 75]);
    assert.deepEqual(await size(undefined, 4000), [512, 384]);
    assert.deepEqual(await size([0, 0, 512, 1], 8), [8, 1]);
  });

  it('keeps colours in large pictures, at a fraction of the size', async () => {
    const picture = await cutPicture(fixture('large.jpg'), [100, 50, 200, 200], 224);
    assert.equal(picture.mime, 'image/jpeg');
    const expected = cut(await decodeImage(fixture('large.jpg')), { x: 100, y: 50, width: 200, height: 200 });
    assert(difference(await pixels(picture), expected.data).mean < 3);
    assert(picture.data.length < 200 * 200);
  });

  it('shows the whole picture the same by either way of shrinking', async () => {
    const [whole] = await cutPictures(fixture('large.jpg'), [[0, 0, 512, 384]], 48);
    const [again] = await cutPictures(
      fixture('large.jpg'),
      [
        [0, 0, 512, 384],
        [0, 0, 9, 9],
      ],
      48,
    );
    assert(difference(await pixels(whole!), await pixels(again!)).mean < 3);
  });

  it('applies the EXIF orientation, and reads BMP and alpha', async () => {
    const upright = await pixels(await cutPicture(fixture('exif-1.jpg'), [0, 0, 6, 4], 99));
    for (let orientation = 2; orientation <= 8; orientation++) {
      const turned = await pixels(await cutPicture(fixture(`exif-${orientation}.jpg`), [0, 0, 6, 4], 99));
      assert(difference(turned, upright).mean < 5, `orientation ${orientation}`);
    }
    const red = [255, 0, 0];
    for (const file of ['24.bmp', 'rgba.png', '32.bmp', 'alpha.webp']) {
      assert.deepEqual(Array.from(await pixels(await cutPicture(fixture(file), [1, 1, 1, 1], 9))), red, file);
    }
  });

  it('clips boxes, rounds them outwards, and refuses those outside', async () => {
    const { width, height } = await cutPicture(fixture('rgb.png'), [-5, 10.5, 10.2, 99], 99);
    assert.deepEqual([width, height], [6, 6]);
    await refuses(
      cutPicture(fixture('rgb.png'), [24, 0, 5, 5], 99),
      'usage',
      /The box 24,0,5,5 lies outside .+rgb\.png \(24 x 16\)\.$/,
    );
    await refuses(cutPicture(fixture('bomb.png'), undefined, 99), 'image.unreadable', /megapixels/);
  });
});
