import assert from 'node:assert/strict';
import { filterPixels, limitsOf, mosaicPixels } from '../../../webview-ui/views/tensor/filterPixels';

/** Node has none. */
class Pixels {
  readonly data: Uint8ClampedArray;
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8ClampedArray(4 * width * height);
  }
}

describe('Filters side by side', () => {
  const slice = { shape: [3, 1, 1, 2], values: Float32Array.of(-1, 0.5, 0.1, -0.05, 0, NaN), range: [-1, 0.5] as [number, number] };
  const shown = { kind: 'channel', channel: 0 } as const;
  const filters = [0, 1, 2].map((place) => ({ slice, place }));
  const global = globalThis as { ImageData?: unknown };
  const before = global.ImageData;
  beforeEach(() => (global.ImageData = Pixels));
  afterEach(() => (global.ImageData = before));

  const greys = (jointly: boolean): number[] => {
    const { data, width } = mosaicPixels(slice, 2, shown, limitsOf(filters, shown, jointly));
    assert.equal(width, 5);
    return [0, 1, 3, 4].map((x) => data[4 * x]!);
  };

  it('each has its own scale, or all that of the strongest', () => {
    const limitOf = limitsOf(filters, shown, false);
    assert.deepEqual(filters.map(({ place }) => Math.round(1000 * limitOf(slice, place)) / 1000), [1, 0.1, 1]);
    assert.deepEqual(greys(false), [0, 191, 255, 64]);
    assert.deepEqual(greys(true), [0, 191, 140, 121]);
  });

  it('a filter that is all zero sets no scale for the others', () => {
    const weak = { ...slice, shape: [2, 1, 1, 2], values: Float32Array.of(0, 0, 0.05, -0.025) };
    const both = [0, 1].map((place) => ({ slice: weak, place }));
    assert.equal(limitsOf(both, shown, true)(weak, 1), Math.fround(0.05));
    assert.equal(limitsOf(both, shown, false)(weak, 0), 1);
    assert.equal(limitsOf(both.slice(0, 1), shown, true)(weak, 0), 1);
    const { data } = mosaicPixels(weak, 2, shown, limitsOf(both, shown, true));
    assert.deepEqual([0, 1, 3, 4].map((x) => data[4 * x]), [128, 128, 255, 64]);
  });

  it('a mosaic has the pixels that each filter has alone, and shows what is no number', () => {
    const limit = (): number => 1;
    const { data, width, height } = mosaicPixels(slice, 2, shown, limit);
    assert.deepEqual([width, height], [5, 3]);
    assert.deepEqual(data.slice(4 * 2 * width, 4 * (2 * width + 2)), filterPixels(slice, 2, shown, 1).data);
    assert.deepEqual([...data.slice(4 * (2 * width + 1), 4 * (2 * width + 2))], [255, 214, 0, 255]);
  });
});
