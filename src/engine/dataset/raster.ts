/** A decoded image: 8 bits a sample, rows from the top, samples interleaved (RGB, or one grey sample a pixel). */
export interface Raster {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
  channels: 1 | 3;
}

export interface Size {
  width: number;
  height: number;
}

/** A rectangle in whole pixels. */
export interface Window extends Size {
  x: number;
  y: number;
}

export const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

/**
 * RGB to luma as Pillow's `convert("L")` does it: ITU-R 601 weights (0.299, 0.587, 0.114) in 16 fractional bits,
 * rounded. Equal channels keep their value.
 */
export function toGrey(image: Raster): Raster {
  if (image.channels === 1) return image;
  const { data, width, height } = image;
  const grey = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    grey[i] = (data[p]! * 19595 + data[p + 1]! * 38470 + data[p + 2]! * 7471 + 0x8000) >> 16;
  }
  return { data: grey, width, height, channels: 1 };
}

/**
 * CMYK samples (0 is no ink) to RGB as Pillow's `convert("RGB")` does it, without colour profiles:
 * (255 - K) - (255 - K) * ink / 255, the quotient rounded.
 */
export function cmykToRgb(cmyk: Uint8Array, width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, p = 0; p < data.length; i += 4, p += 3) {
    const white = 255 - cmyk[i + 3]!;
    for (let c = 0; c < 3; c++) data[p + c] = white - Math.round((cmyk[i + c]! * white) / 255);
  }
  return { data, width, height, channels: 3 };
}

/** Part of an image, copied. */
export function cut(image: Raster, { x, y, width, height }: Window): Raster {
  const { data, channels } = image;
  const out = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * image.width + x) * channels;
    out.set(data.subarray(start, start + width * channels), row * width * channels);
  }
  return { data: out, width, height, channels };
}
