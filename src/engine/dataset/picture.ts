import sharp from 'sharp';
import { UnitscopeError } from '../../protocol/errors';
import type { Box, Picture, StimulusPicture } from '../../protocol/patches';
import { openImage } from './decode';
import { cut, sameSize, type Raster, type Size, type Window } from './raster';

/**
 * Pictures up to this area are PNG: small crops are looked at enlarged, where JPEG's blocks show, and cost no more
 * (64 x 64: 11 kB in 0.7 ms). Larger ones are JPEG without chroma subsampling (224 x 224: 26 kB instead of 128 kB).
 */
const mostPngPixels = 64 * 64;

/** Encodes an image small and faithful, resized to `size` first. */
export async function encode(image: Raster, { size }: { size?: Size } = {}): Promise<Picture> {
  const { width, height } = size ?? image;
  let pipeline = sharp(image.data, { raw: { width: image.width, height: image.height, channels: image.channels } });
  if (size && !sameSize(image, size)) pipeline = pipeline.resize(width, height, { fit: 'fill' });
  const png = width * height <= mostPngPixels;
  const encoded = png
    ? pipeline.png({ compressionLevel: 6 })
    : pipeline.jpeg({ quality: 92, chromaSubsampling: '4:4:4' });
  const bytes = await encoded.toBuffer();
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { mime: png ? 'image/png' : 'image/jpeg', data, width, height };
}

/** The largest size with the same shape that has no side longer than `most`; never larger than it is. */
function fitted({ width, height }: Size, most: number): Size {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A box as a window of the image: whole pixels, clipped. Null when nothing is left. */
function windowOf([x, y, width, height]: Box, image: Size): Window | null {
  const left = Math.max(0, Math.floor(x));
  const top = Math.max(0, Math.floor(y));
  const right = Math.min(image.width, Math.ceil(x + width));
  const bottom = Math.min(image.height, Math.ceil(y + height));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/**
 * Cuts boxes (in pixels of the original image, EXIF orientation applied; undefined: all of it) out of an image file
 * with one decoding, and shrinks each so that no side is longer than `size`; nothing is enlarged. In the order of
 * `boxes`. Throws `image.unreadable`, and `usage` for a box outside the image.
 */
export async function cutPictures(file: string, boxes: (Box | undefined)[], size: number): Promise<Picture[]> {
  const source = await openImage(file);
  const windows = boxes.map((box) => {
    const window = windowOf(box ?? [0, 0, source.width, source.height], source);
    if (window) return window;
    throw new UnitscopeError(
      'usage',
      `The box ${String(box)} lies outside ${file} (${source.width} x ${source.height}).`,
    );
  });
  // A small version of a whole large image: the decoder can leave most of the work out.
  const whole = fitted(source, size);
  if (source.resized && windows.every((window) => sameSize(window, source)) && source.width >= 2 * whole.width) {
    const picture = await encode(await source.resized({ size: whole, kernel: 'cubic', shrinkOnLoad: true }));
    return windows.map(() => picture);
  }
  const image = await source.raster();
  return Promise.all(windows.map((window) => encode(cut(image, window), { size: fitted(window, size) })));
}

/** One box, with the size of the image that it is of: see `cutPictures`. */
export async function cutPicture(file: string, box: Box | undefined, size: number): Promise<StimulusPicture> {
  const { width, height } = await openImage(file);
  const [picture] = await cutPictures(file, [box], size);
  return { ...picture!, original: [width, height] };
}
