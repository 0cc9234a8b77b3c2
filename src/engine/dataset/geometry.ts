import type { Box } from '../../protocol/patches';
import type { PreprocessConfig } from '../../protocol/preprocess';
import type { Size, Window } from './raster';

/** An area in pixels of the model's input: x0, y0 up to, not including, x1, y1. May be fractional or outside. */
export type Region = [x0: number, y0: number, x1: number, y1: number];

/** How one image's pixels become the model's input pixels: resize, then crop. */
export interface Geometry {
  /** EXIF orientation applied. */
  original: Size;
  resized: Size;
  /** In pixels of the resized image; what lies outside it is padded with zeros. */
  crop: Window;
  /** The model's input: the size of the crop. */
  input: Size;
  /** The part of the original image under a region of the input. */
  toOriginal: (region: Region) => Box;
}

export function shortestEdge(edge: number, { width, height }: Size): Size {
  const long = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: edge, height: long } : { width: long, height: edge };
}

function resizedSize(config: PreprocessConfig, original: Size): Size {
  const { size } = config;
  if (!config.do_resize || size === undefined) return original;
  if (typeof size === 'number') return shortestEdge(size, original);
  if ('shortest_edge' in size) return shortestEdge(size.shortest_edge, original);
  return { width: size.width, height: size.height };
}

function cropSize(config: PreprocessConfig): Size | null {
  const size = config.crop_size;
  if (!config.do_center_crop || size === undefined) return null;
  return typeof size === 'number' ? { width: size, height: size } : { width: size.width, height: size.height };
}

/**
 * Resize and crop of an image of the given size, with the formulas of Hugging Face's `get_resize_output_image_size`
 * (the long side is `int(edge * long / short)`) and `center_crop` (the corner is `(size - crop) // 2`, and what is
 * missing is padded with zeros).
 */
export function geometryOf(config: PreprocessConfig, original: Size): Geometry {
  const resized = resizedSize(config, original);
  const input = cropSize(config) ?? resized;
  const x = Math.floor((resized.width - input.width) / 2);
  const y = Math.floor((resized.height - input.height) / 2);
  return {
    original,
    resized,
    crop: { x, y, ...input },
    input,
    toOriginal: ([x0, y0, x1, y1]) => {
      const [left, width] = spanOf(x0 + x, x1 + x, resized.width, original.width);
      const [top, height] = spanOf(y0 + y, y1 + y, resized.height, original.height);
      return [left, top, width, height];
    },
  };
}

/**
 * The height and width of the input where every image gets the same: the crop's, or a fixed resize's. Null when it
 * depends on the image.
 */
export function fixedInputSize(config: PreprocessConfig): [height: number, width: number] | null {
  const crop = cropSize(config);
  if (crop) return [crop.height, crop.width];
  const { size } = config;
  if (!config.do_resize || typeof size !== 'object' || !('height' in size)) return null;
  return [size.height, size.width];
}

/** Positions nearer than this to a whole pixel are on it: scales such as 500 / 224 are not exact in binary. */
const tolerance = 1e-6;

/**
 * A span of the resized axis as start and length in whole pixels of the original one: rounded outwards, clipped, at
 * least one pixel (one wholly in the padding becomes the nearest edge pixel).
 */
function spanOf(from: number, to: number, resized: number, original: number): [start: number, length: number] {
  const low = Math.floor((from * original) / resized + tolerance);
  const high = Math.ceil((to * original) / resized - tolerance);
  const start = Math.min(Math.max(low, 0), original - 1);
  const end = Math.max(start + 1, Math.min(high, original));
  return [start, end - start];
}
