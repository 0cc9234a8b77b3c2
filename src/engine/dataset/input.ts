import { UnitscopeError } from '../../protocol/errors';
import type { ImageInput } from '../../protocol/model';
import { resampleNames, type PreprocessConfig } from '../../protocol/preprocess';
import { openImage } from './decode';
import { geometryOf, type Geometry } from './geometry';
import type { Raster, Size, Window } from './raster';
import { resizeImage } from './resize';

export interface LoadedInput {
  geometry: Geometry;
  /** What was passed in, or a fresh array: one image in the model's layout, without the batch axis. */
  values: Float32Array;
}

/** Makes model inputs of image files: decode, resize, crop, rescale, normalise, order channels. */
export class InputMaker {
  /** Numbers that an image takes. */
  readonly size: number;
  /** The model's value for each 8-bit sample, per channel of the model: indexing beats arithmetic, and is exact. */
  private readonly values: Float32Array[];

  /** `inputSize` is height and width, as resolved: see `resolvePreprocess`. */
  constructor(
    private readonly config: PreprocessConfig,
    private readonly input: Pick<ImageInput, 'channels' | 'layout'>,
    private readonly inputSize: readonly [height: number, width: number],
  ) {
    this.size = inputSize[0] * inputSize[1] * input.channels;
    this.values = Array.from({ length: input.channels }, (_, channel) => valueTable(config, channel));
  }

  /**
   * Reads one image into `into` from `offset` on (default: a fresh array), as float32 planes (NCHW) or interleaved
   * (NHWC). Several may be loaded at once: decoding runs on other threads. Throws `image.unreadable`, also when the
   * image comes out in another size than the model's.
   */
  async load(file: string, into = new Float32Array(this.size), offset = 0): Promise<LoadedInput> {
    if (into.length < offset + this.size)
      throw new RangeError(`${this.size} values do not fit in ${into.length} from ${offset} on`);
    const source = await openImage(file);
    const geometry = geometryOf(this.config, source);
    const { resized, crop, input } = geometry;
    const [height, width] = this.inputSize;
    if (input.height !== height || input.width !== width) {
      throw new UnitscopeError(
        'image.unreadable',
        `${file} gives an input of ${input.height} x ${input.width} pixels, but the model takes ${height} x ${width}; switch do_resize or do_center_crop on.`,
      );
    }
    const window = overlap(crop, resized);
    const filter = resampleNames[this.config.resample]!;
    const image = await resizeImage(source, resized, filter, window, this.input.channels);
    this.write(image, { x: window.x - crop.x, y: window.y - crop.y, ...input }, into, offset);
    return { geometry, values: into };
  }

  /** Writes an image into an input at (x, y); the rest of the input is padding: samples of 0. */
  private write(image: Raster, place: Window, into: Float32Array, offset: number): void {
    const { channels, layout } = this.input;
    const area = place.width * place.height;
    const planar = layout === 'NCHW';
    const padded = image.width * image.height < area;
    const { data } = image;
    for (let channel = 0; channel < channels; channel++) {
      const values = this.values[channel]!;
      const from = this.config.channel_order === 'BGR' ? channels - 1 - channel : channel;
      const start = offset + (planar ? channel * area : channel);
      const step = planar ? 1 : channels;
      if (padded) for (let i = 0, o = start; i < area; i++, o += step) into[o] = values[0]!;
      for (let y = 0, p = from; y < image.height; y++) {
        let o = start + ((place.y + y) * place.width + place.x) * step;
        for (let x = 0; x < image.width; x++, p += channels, o += step) into[o] = values[data[p]!]!;
      }
    }
  }
}

/** The value of a list that has one for all channels, or one each. */
const channelOf = (values: number | number[], channel: number): number =>
  typeof values === 'number' ? values : values[values.length === 1 ? 0 : channel]!;

/** (sample * rescale_factor - mean) / std for the samples 0..255, in double precision, then float32. */
function valueTable(config: PreprocessConfig, channel: number): Float32Array {
  const factor = config.do_rescale ? config.rescale_factor : 1;
  const normalize = config.do_normalize;
  const mean = normalize ? channelOf(config.image_mean, channel) : 0;
  const std = normalize ? channelOf(config.image_std, channel) : 1;
  return Float32Array.from({ length: 256 }, (_, sample) => (sample * factor - mean) / std);
}

/** The part of the resized image inside the crop, at least one pixel. */
function overlap(crop: Window, { width, height }: Size): Window {
  const x = Math.max(0, crop.x);
  const y = Math.max(0, crop.y);
  return {
    x,
    y,
    width: Math.min(width, crop.x + crop.width) - x,
    height: Math.min(height, crop.y + crop.height) - y,
  };
}
