import type { ImageSource, NativeKernel } from './decode';
import { sameSize, toGrey, type Raster, type Size, type Window } from './raster';
import { resample, type ResampleFilter } from './resample';

const kernels: Partial<Record<ResampleFilter, NativeKernel>> = {
  bilinear: 'linear',
  bicubic: 'cubic',
  lanczos: 'lanczos3',
};

interface NativeStep {
  size: Size;
  kernel: NativeKernel;
}

/**
 * What libvips may do of a resize so that the result stays within a mean difference of 1/255 of Pillow's:
 * - everything, when each axis keeps its length or shrinks by 1.1 to 4 (0.1 to 0.4 of 1/255 on photographs). Below, its
 *   subpixel positions are too coarse; from 4 on it averages blocks first; enlarging, it sits half a pixel aside;
 * - a first reduction to five times the size, when each axis shrinks by 8 or more, with our own filter for the rest
 *   (0.1 to 0.2). Box has hard edges that this would soften, and nearest picks single pixels.
 * Null: nothing; our own filter agrees to the bit. test/unit/dataset holds both against pictures made by Pillow.
 */
export function nativeStep(filter: ResampleFilter, from: Size, to: Size): NativeStep | null {
  const across = from.width / to.width;
  const down = from.height / to.height;
  const kernel = kernels[filter];
  const close = (factor: number) => factor === 1 || (factor >= 1.1 && factor < 4);
  if (kernel && close(across) && close(down)) return { size: to, kernel };
  if (filter === 'box' || filter === 'nearest' || Math.min(across, down) < 8) return null;
  const reduce = (length: number, factor: number) => Math.round(length / Math.min(3.9, factor / 5));
  return { size: { width: reduce(from.width, across), height: reduce(from.height, down) }, kernel: 'cubic' };
}

/**
 * Decodes an image and resizes it to `size` as Pillow does, RGB or grey: to the bit where our own filter does all of
 * it, to a mean difference well below 1/255 where libvips helps. Returns the part `window` of the result. Throws
 * `image.unreadable`.
 */
export async function resizeImage(
  source: ImageSource,
  size: Size,
  filter: ResampleFilter,
  window: Window,
  channels: 1 | 3,
): Promise<Raster> {
  const step = source.resized && !sameSize(source, size) ? nativeStep(filter, source, size) : null;
  if (!source.resized || !step) {
    const image = await source.raster();
    return resample(channels === 1 ? toGrey(image) : image, size, filter, window);
  }
  const final = sameSize(step.size, size);
  const image = await source.resized({ ...step, shrinkOnLoad: !final, window: final ? window : undefined });
  const converted = channels === 1 ? toGrey(image) : image;
  return final ? converted : resample(converted, size, filter, window);
}
