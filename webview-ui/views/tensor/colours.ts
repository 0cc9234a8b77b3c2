import type { TensorSlice } from '../../../src/protocol/checkpoint';

/** A diverging map from blue over white to red (K. Moreland, "smooth cool warm", public domain): weights have a sign. */
const diverging = [
  [59, 76, 192],
  [98, 130, 234],
  [141, 176, 254],
  [184, 208, 249],
  [221, 221, 221],
  [245, 196, 173],
  [244, 154, 123],
  [222, 96, 77],
  [180, 4, 38],
] as const;

export const divergingGradient = `linear-gradient(to right, ${diverging.map((colour) => `rgb(${colour.join(' ')})`).join(', ')})`;
/** What is no number, and what is infinite, stands out. */
export const notANumber = [255, 214, 0] as const;
export const infinite = [0, 200, 83] as const;

/** The range that colours stand for: as far below zero as above. */
export function symmetric(range: TensorSlice['range']): number {
  return range ? Math.max(Math.abs(range[0]), Math.abs(range[1])) || 1 : 1;
}

export function paint(value: number, limit: number, pixels: Uint8ClampedArray, at: number): void {
  const put = (red: number, green: number, blue: number): void => {
    pixels[at] = red;
    pixels[at + 1] = green;
    pixels[at + 2] = blue;
    pixels[at + 3] = 255;
  };
  if (Number.isNaN(value)) put(...notANumber);
  else if (!Number.isFinite(value)) put(...infinite);
  else {
    const place = ((Math.max(-1, Math.min(1, value / limit)) + 1) / 2) * (diverging.length - 1);
    const low = diverging[Math.floor(place)]!;
    const high = diverging[Math.ceil(place)]!;
    const part = place - Math.floor(place);
    put(low[0] + (high[0] - low[0]) * part, low[1] + (high[1] - low[1]) * part, low[2] + (high[2] - low[2]) * part);
  }
}

/** Rows and columns as pixels. */
export function planePixels({ shape, values }: TensorSlice, limit: number): ImageData {
  const [rows, columns] = shape as [number, number];
  const picture = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) paint(values[i]!, limit, picture.data, 4 * i);
  return picture;
}

/** Filters [O, I, kH, kW] as a grid: in colour where each has three channels, else one channel, in grey around zero. */
export function mosaicPixels({ shape, values }: TensorSlice, { columns, limit, channel }: { columns: number; limit: number; channel: number | null }): ImageData {
  const [units, channels, height, width] = shape as [number, number, number, number];
  const picture = new ImageData(columns * (width + 1) - 1, Math.ceil(units / columns) * (height + 1) - 1);
  const value = (unit: number, of: number, y: number, x: number): number => values[((unit * channels + of) * height + y) * width + x]!;
  const level = (number: number): number => 127.5 * (1 + number / limit);
  for (let unit = 0; unit < units; unit++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const left = (unit % columns) * (width + 1) + x;
        const top = Math.floor(unit / columns) * (height + 1) + y;
        const at = 4 * (top * picture.width + left);
        const shown = channel === null ? [0, 1, 2].map((of) => value(unit, of, y, x)) : [value(unit, channel, y, x)];
        const odd = shown.find((number) => !Number.isFinite(number));
        if (odd !== undefined) paint(odd, limit, picture.data, at);
        else {
          for (let of = 0; of < 3; of++) picture.data[at + of] = level(shown[channel === null ? of : 0]!);
          picture.data[at + 3] = 255;
        }
      }
  return picture;
}
