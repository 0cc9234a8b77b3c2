import type { TensorSlice } from '../../../src/protocol/checkpoint';
import type { GaborFit } from '../../../src/protocol/graph';
import { paint } from './colours';

/** What of a filter is drawn: its channels as red, green and blue (by place), one of them in grey, or the norm over all. */
export type Shown = { kind: 'colour'; channels: readonly [number, number, number] } | { kind: 'channel'; channel: number } | { kind: 'norm' };

/** A filter, by its place in a slice. */
export interface FilterAt {
  slice: TensorSlice;
  place: number;
}

type Read = (pixel: number) => readonly number[];

function reader({ shape, values }: TensorSlice, at: number, shown: Shown): Read {
  const [, channels, height, width] = shape as [number, number, number, number];
  const size = height * width;
  const value = (of: number, pixel: number): number => values[(at * channels + of) * size + pixel]!;
  if (shown.kind === 'colour') return (pixel) => shown.channels.map((of) => value(of, pixel));
  if (shown.kind === 'channel') return (pixel) => [value(shown.channel, pixel)];
  return (pixel) => {
    let sum = 0;
    for (let of = 0; of < channels; of++) sum += value(of, pixel) ** 2;
    return [Math.sqrt(sum)];
  };
}

/** The largest finite magnitude of what is drawn of a filter; 0 where there is none. */
function magnitude(slice: TensorSlice, at: number, shown: Shown): number {
  const read = reader(slice, at, shown);
  const size = slice.shape[2]! * slice.shape[3]!;
  let most = 0;
  for (let pixel = 0; pixel < size; pixel++) for (const value of read(pixel)) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}

/** How what is drawn of filters is scaled: each by its own largest magnitude, or all by that of the strongest, which these are among. By 1 where all is zero. */
export function limitsOf(filters: readonly FilterAt[], shown: Shown, jointly: boolean): (slice: TensorSlice, at: number) => number {
  if (!jointly) return (slice, at) => magnitude(slice, at, shown) || 1;
  const limit = filters.reduce((most, { slice, place }) => Math.max(most, magnitude(slice, place, shown)), 0) || 1;
  return () => limit;
}

/** One filter, grey where it is zero (Zeiler and Fergus); norms from black. What is no number stands out. */
export function filterPixels(slice: TensorSlice, at: number, shown: Shown, limit: number): ImageData {
  const [height, width] = slice.shape.slice(2) as [number, number];
  const read = reader(slice, at, shown);
  const picture = new ImageData(width, height);
  const level = (value: number): number => (shown.kind === 'norm' ? (255 * value) / limit : 127.5 * (1 + value / limit));
  for (let pixel = 0; pixel < height * width; pixel++) {
    const values = read(pixel);
    const odd = values.find((value) => !Number.isFinite(value));
    if (odd !== undefined) {
      paint(odd, limit, picture.data, 4 * pixel);
      continue;
    }
    for (let of = 0; of < 3; of++) picture.data[4 * pixel + of] = level(values[values.length === 1 ? 0 : of]!);
    picture.data[4 * pixel + 3] = 255;
  }
  return picture;
}

/** Filters as a grid, a pixel apart. */
export function mosaicPixels(slice: TensorSlice, columns: number, shown: Shown, limitOf: (slice: TensorSlice, at: number) => number): ImageData {
  const [units, , height, width] = slice.shape as [number, number, number, number];
  const picture = new ImageData(columns * (width + 1) - 1, Math.ceil(units / columns) * (height + 1) - 1);
  for (let unit = 0; unit < units; unit++) {
    const { data } = filterPixels(slice, unit, shown, limitOf(slice, unit));
    const [left, top] = [(unit % columns) * (width + 1), Math.floor(unit / columns) * (height + 1)];
    for (let y = 0; y < height; y++) picture.data.set(data.subarray(4 * y * width, 4 * (y + 1) * width), 4 * ((top + y) * picture.width + left));
  }
  return picture;
}

/** The pattern of a fit in grey, without its constant, several pixels for each of the filter's. */
export function gaborPixels({ orientation, frequency, phase, centre, sigma }: GaborFit, height: number, width: number, finer = 4): ImageData {
  const picture = new ImageData(width * finer, height * finer);
  const angle = (orientation * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  for (let row = 0; row < height * finer; row++)
    for (let column = 0; column < width * finer; column++) {
      const dx = (column + 0.5) / finer - 0.5 - centre[0];
      const dy = (row + 0.5) / finer - 0.5 - centre[1];
      const u = dx * cosine - dy * sine;
      const v = dx * sine + dy * cosine;
      const value = Math.exp(-0.5 * ((u / sigma[0]) ** 2 + (v / sigma[1]) ** 2)) * Math.cos(2 * Math.PI * frequency * u + phase);
      picture.data.set([127.5 * (1 + value), 127.5 * (1 + value), 127.5 * (1 + value), 255], 4 * (row * width * finer + column));
    }
  return picture;
}
