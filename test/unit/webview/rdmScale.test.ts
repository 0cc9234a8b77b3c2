import assert from 'node:assert/strict';
import { categoryColour, classColour, colourAt, colourTable, noClassColour, oklch } from '../../../webview-ui/panels/rdm/colours';
import { commonRange, heatShare, paintHeat, type HeatScale } from '../../../webview-ui/panels/rdm/heat';
import { ordinal, percentileText, shareBelow } from '../../../webview-ui/panels/rdm/quantiles';
import { announceProgress, describeProgress, describeStop } from '../../../webview-ui/views/scanText';

const even = Float32Array.from({ length: 257 }, (_, at) => at / 256);

describe('Scale of an RDM', () => {
  it('gives the share of dissimilarities below a value', () => {
    for (const value of [0, 0.1, 0.25, 0.6, 1]) assert.ok(Math.abs(shareBelow(even, value) - value) < 1e-6, String(value));
    assert.equal(shareBelow(even, -1), 0);
    assert.equal(shareBelow(even, 2), 1);
    assert.equal(shareBelow(even, NaN), 0);
    const squares = Float32Array.from({ length: 257 }, (_, at) => (at / 256) ** 2);
    assert.ok(Math.abs(shareBelow(squares, 0.25) - 0.5) < 1e-3);
  });

  it('puts ties in the middle of theirs, as a category model has them', () => {
    // A quarter of the pairs within classes (0), the others between (1).
    const categories = Float32Array.from({ length: 257 }, (_, at) => (at < 64 ? 0 : 1));
    assert.ok(Math.abs(shareBelow(categories, 0) - 0.125) < 0.01);
    assert.ok(Math.abs(shareBelow(categories, 1) - 0.625) < 0.01);
    assert.ok(shareBelow(categories, 0.5) > 0.24 && shareBelow(categories, 0.5) < 0.26);
    const constant = new Float32Array(257).fill(3);
    assert.equal(shareBelow(constant, 3), 0.5);
  });

  it('reads as percentiles', () => {
    assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 50, 92, 100].map(ordinal), [
      '1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '50th', '92nd', '100th',
    ]);
    assert.equal(percentileText(even, 0.71), '71st percentile');
  });

  it('agrees with the published colour maps', () => {
    // matplotlib 3.11, colormaps[name].colors * 255, at five places
    const published = {
      viridis: { 8: [71, 13, 96], 40: [69, 55, 129], 100: [42, 118, 142], 200: [112, 207, 87], 250: [241, 229, 29] },
      cividis: { 8: [0, 40, 91], 40: [39, 62, 110], 100: [101, 104, 112], 200: [196, 180, 104], 250: [252, 226, 54] },
      magma: { 8: [3, 3, 18], 40: [41, 17, 90], 100: [137, 40, 129], 200: [253, 152, 105], 250: [252, 244, 182] },
    };
    for (const [name, places] of Object.entries(published)) {
      const table = colourTable(name as keyof typeof published);
      for (const [at, colour] of Object.entries<number[]>(places))
        colour.forEach((value, channel) => {
          const own = table[Number(at) * 3 + channel]!;
          assert.ok(Math.abs(own - value) <= 11, `${name} ${at}: ${own} instead of ${value}`);
        });
    }
    assert.equal(colourAt('viridis', 0), '#440154');
    assert.equal(colourAt('viridis', 1), '#fde725');
    assert.equal(colourAt('grey', 0.5), '#808080');
  });

  it('grows lighter all the way, so that it is read without colour, too', () => {
    for (const name of ['viridis', 'cividis', 'magma', 'grey'] as const) {
      const table = colourTable(name);
      let last = -1;
      for (let at = 0; at < 256; at += 5) {
        const [red, green, blue] = [table[at * 3]!, table[at * 3 + 1]!, table[at * 3 + 2]!];
        const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        assert.ok(light > last, `${name} at ${at}`);
        last = light;
      }
    }
  });

  it('gives every class a colour of its own', () => {
    assert.equal(classColour(0), '#e69f00');
    assert.equal(categoryColour(-1), noClassColour);
    const colours = Array.from({ length: 60 }, (_, index) => classColour(index));
    assert.equal(new Set(colours).size, 60);
    for (const colour of colours) assert.match(colour, /^#[0-9a-f]{6}$/);
  });

  it('converts OKLCH as its author does', () => {
    // White, black, and the sRGB primaries' OKLCH of B. Ottosson's page
    assert.deepEqual(oklch(1, 0, 0).map(Math.round), [255, 255, 255]);
    assert.deepEqual(oklch(0, 0, 0).map(Math.round), [0, 0, 0]);
    assert.deepEqual(oklch(0.62796, 0.25768, 29.234).map(Math.round), [255, 0, 0]);
    assert.deepEqual(oklch(0.45201, 0.31321, 264.052).map(Math.round), [0, 0, 255]);
  });

  it('paints an RDM in an order, by rank or by value', () => {
    const values = Float32Array.from([0, 1, 4, 1, 0, 9, 4, 9, 0]);
    const scale: HeatScale = { by: 'value', colours: 'grey', quantiles: Float32Array.from([1, 4, 9]), range: [0, 9] };
    const red = (pixels: Uint8ClampedArray): number[] => Array.from({ length: 9 }, (_, at) => pixels[at * 4]!);
    assert.deepEqual(red(paintHeat(values, 3, scale)), [0, 28, 113, 28, 0, 255, 113, 255, 0]);
    assert.deepEqual(red(paintHeat(values, 3, scale, Int32Array.from([2, 0, 1]))), [0, 113, 255, 113, 0, 28, 255, 28, 0]);
    assert.deepEqual(red(paintHeat(values, 3, { ...scale, by: 'percentile' })), [0, 0, 128, 0, 0, 255, 128, 255, 0]);
    assert.equal(paintHeat(Float32Array.from([NaN]), 1, scale)[0], 128);
    assert.equal(heatShare({ ...scale, range: [5, 5] }, 5), 0);
    assert.deepEqual(commonRange([Float32Array.from([1, 4, 9]), Float32Array.from([-2, 3])]), [-2, 9]);
    assert.deepEqual(commonRange([]), [0, 1]);
  });

  it('says how far the RDMs are', () => {
    const progress = { phase: 'computing' as const, done: 3, total: 16, cached: 0, skipped: 0, imagesPerSecond: null, secondsLeft: null, device: null };
    assert.equal(describeProgress(progress), 'Computing: 3 of 16 layers (18 %)');
    assert.equal(announceProgress(progress), 'Computing 16 layers.');
    assert.equal(describeStop(progress), 'Stopped at 3 of 16 layers.');
    assert.equal(describeStop({ ...progress, phase: 'scanning', done: 640, total: 2000 }), 'Stopped at 640 of 2,000 images.');
  });
});
