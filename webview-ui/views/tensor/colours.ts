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
