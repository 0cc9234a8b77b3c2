import type { RdmColours } from '../../../src/protocol/rdmViews';
import { colourTable } from './colours';
import { shareBelow } from './quantiles';

/** How dissimilarities become shares of the colour map: by their rank among all, or linearly between two values. */
export interface HeatScale {
  by: 'percentile' | 'value';
  colours: RdmColours;
  /** Of the dissimilarities of distinct stimuli, at equal shares. */
  quantiles: Float32Array;
  /** Ends of the value scale. */
  range: readonly [low: number, high: number];
}

/** What is not a number, or not known. */
const blank = [128, 128, 128] as const;

/** Where on the colour map a dissimilarity is, 0 to 1. */
export function heatShare({ by, quantiles, range }: HeatScale, value: number): number {
  if (by === 'percentile') return shareBelow(quantiles, value);
  const [low, high] = range;
  return high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0;
}

/**
 * Dissimilarities as opaque RGBA. Values: [height, width], row-major. `rows` says which row and column of square values
 * stands at each place, where they are to be arranged otherwise.
 */
export function paintHeat(
  values: Float32Array,
  width: number,
  scale: HeatScale,
  rows?: Int32Array,
): Uint8ClampedArray<ArrayBuffer> {
  const height = width === 0 ? 0 : values.length / width;
  const colours = colourTable(scale.colours);
  const pixels = new Uint8ClampedArray(values.length * 4);
  for (let y = 0; y < height; y++) {
    const from = (rows ? rows[y]! : y) * width;
    for (let x = 0; x < width; x++) {
      const value = values[from + (rows ? rows[x]! : x)]!;
      const to = (y * width + x) * 4;
      if (Number.isNaN(value)) {
        pixels.set(blank, to);
      } else {
        const at = Math.round(heatShare(scale, value) * 255) * 3;
        pixels[to] = colours[at]!;
        pixels[to + 1] = colours[at + 1]!;
        pixels[to + 2] = colours[at + 2]!;
      }
      pixels[to + 3] = 255;
    }
  }
  return pixels;
}

/** The ends of one value scale for several RDMs. */
export function commonRange(quantiles: readonly Float32Array[]): [low: number, high: number] {
  let low = Infinity;
  let high = -Infinity;
  for (const one of quantiles) {
    low = Math.min(low, one[0]!);
    high = Math.max(high, one[one.length - 1]!);
  }
  return low <= high ? [low, high] : [0, 1];
}
