import assert from 'node:assert/strict';
import { geometryOf } from '../../../src/engine/dataset/geometry';
import type { Raster } from '../../../src/engine/dataset/raster';
import { reach, resample } from '../../../src/engine/dataset/resample';
import { preprocessSchema, resampleNames, type PreprocessConfig } from '../../../src/protocol/preprocess';
import { manifest, random } from './fixtures';

const config = (part: Partial<PreprocessConfig>): PreprocessConfig => preprocessSchema.parse(part);

describe('geometry', () => {
  it("agrees with Hugging Face's resize and centre crop", () => {
    assert(manifest.geometry.length > 30);
    for (const { original, edge, crop, resized, corner } of manifest.geometry) {
      const geometry = geometryOf(config({ size: edge, do_center_crop: true, crop_size: crop }), original);
      const title = JSON.stringify({ original, edge, crop });
      assert.deepEqual(geometry.resized, resized, title);
      assert.deepEqual(geometry.crop, { ...corner, ...crop }, title);
      assert.deepEqual(geometry.input, crop, title);
    }
  });

  it('leaves the size alone without do_resize, and takes heights and widths as given', () => {
    const original = { width: 50, height: 40 };
    assert.deepEqual(geometryOf(config({ do_resize: false, size: 9 }), original).input, original);
    assert.deepEqual(geometryOf(config({ size: { height: 3, width: 8 } }), original).input, { height: 3, width: 8 });
    assert.deepEqual(geometryOf(config({ size: { shortest_edge: 20 } }), original).input, { width: 25, height: 20 });
  });

  it('maps boxes back: outwards, clipped, never empty', () => {
    const { toOriginal } = geometryOf(config({ size: { shortest_edge: 224 }, do_center_crop: true, crop_size: 224 }), {
      width: 500,
      height: 375,
    });
    // Resized to 298 x 224, cropped from x = 37.
    assert.deepEqual(toOriginal([0, 0, 224, 224]), [62, 0, 376, 375]);
    assert.deepEqual(toOriginal([-100, -100, 400, 400]), [0, 0, 500, 375]);
    assert.deepEqual(toOriginal([10, 10, 10, 10]), [78, 16, 1, 1]);
    assert.deepEqual(toOriginal([-90, -90, -80, -80]), [0, 0, 1, 1]);
    assert.deepEqual(toOriginal([300, 300, 310, 310]), [499, 374, 1, 1]);
  });

  it('does not widen boxes for binary fractions', () => {
    const { toOriginal } = geometryOf(config({ size: { height: 224, width: 224 } }), { width: 175, height: 105 });
    assert.equal((140.8 * 175) / 224, 110.00000000000001);
    assert.deepEqual(toOriginal([0, 0, 140.8, 140.8]), [0, 0, 110, 66]);
    assert.deepEqual(toOriginal([140.8, 140.8, 224, 224]), [110, 66, 65, 39]);
  });

  it('knows padding: a crop larger than the picture', () => {
    const geometry = geometryOf(config({ do_resize: false, do_center_crop: true, crop_size: 9 }), {
      width: 4,
      height: 9,
    });
    assert.deepEqual(geometry.crop, { x: -3, y: 0, width: 9, height: 9 });
    assert.deepEqual(geometry.toOriginal([0, 0, 3, 9]), [0, 0, 1, 9]);
    assert.deepEqual(geometry.toOriginal([0, 0, 9, 9]), [0, 0, 4, 9]);
  });

  it('maps no box to less than what the input there is made of', function () {
    this.timeout(10_000);
    const next = random(11);
    const whole = (most: number) => 1 + Math.floor(next() * most);
    for (let i = 0; i < 150; i++) {
      const original = { width: whole(60), height: whole(60) };
      const filter = resampleNames[Math.floor(next() * 6)]!;
      const geometry = geometryOf(
        config(
          next() < 0.5
            ? { size: { width: whole(40), height: whole(40) } }
            : { size: whole(30), do_center_crop: true, crop_size: { height: whole(50), width: whole(50) } },
        ),
        original,
      );
      const { crop, resized, input } = geometry;
      if (resized.width * resized.height > 1e5) continue;
      const at = [Math.floor(next() * input.width), Math.floor(next() * input.height)] as const;
      const region = [at[0], at[1], at[0] + whole(input.width - at[0]), at[1] + whole(input.height - at[1])] as const;
      const [left, top, width, height] = geometry.toOriginal([...region]);
      // The filter's support beyond the box, less the half pixel from an output pixel's edge to its centre.
      const slack = (from: number, to: number) => Math.max(0, reach(filter, from, to) - from / to / 2) + 0.5;
      const [dx, dy] = [slack(original.width, resized.width), slack(original.height, resized.height)];

      const before: Raster = {
        data: new Uint8Array(original.width * original.height).fill(90),
        ...original,
        channels: 1,
      };
      const after: Raster = { ...before, data: Uint8Array.from(before.data) };
      for (let y = 0; y < original.height; y++) {
        for (let x = 0; x < original.width; x++) {
          const inside = x + 1 > left - dx && x < left + width + dx && y + 1 > top - dy && y < top + height + dy;
          if (!inside) after.data[y * original.width + x] = 255;
        }
      }
      const [a, b] = [resample(before, resized, filter), resample(after, resized, filter)];
      for (let y = Math.max(0, region[1] + crop.y); y < Math.min(resized.height, region[3] + crop.y); y++) {
        for (let x = Math.max(0, region[0] + crop.x); x < Math.min(resized.width, region[2] + crop.x); x++) {
          const p = y * resized.width + x;
          assert.equal(b.data[p], a.data[p], JSON.stringify({ filter, original, resized, crop, region, x, y }));
        }
      }
    }
  });
});
