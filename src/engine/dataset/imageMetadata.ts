import type { ImageInput } from '../../protocol/model';
import type { PreprocessConfig } from '../../protocol/preprocess';

/** Ways in which a sample of 0..255 becomes an input, by ONNX's names of nominal pixel ranges. */
const ranges: Record<string, Partial<PreprocessConfig>> = {
  nominalrange_0_255: { do_rescale: false, do_normalize: false },
  normalized_0_1: { do_rescale: true, rescale_factor: 1 / 255, do_normalize: false },
  normalized_1_1: { do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: 0.5, image_std: 0.5 },
  // 219 steps from 16 on: (sample * 219 / 255 - (-16)) / 1.
  nominalrange_16_235: {
    do_rescale: true,
    rescale_factor: 219 / 255,
    do_normalize: true,
    image_mean: -16,
    image_std: 1,
  },
};

const rangeKey = 'Image.NominalPixelRange';
const formatKey = 'Image.BitmapPixelFormat';

/**
 * Preprocessing from ONNX's standard image metadata ("Image.BitmapPixelFormat", "Image.NominalPixelRange"; ONNX
 * MetadataProps.md). Null when the model has none that is understood. Resizing is to the input's size, as Windows ML
 * does.
 */
export function fromImageMetadata(
  metadata: Record<string, string>,
  input: ImageInput,
): { config: Partial<PreprocessConfig>; keys: string[] } | null {
  const find = (key: string) =>
    Object.entries(metadata)
      .find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
      .trim()
      .toLowerCase();
  const named = find(rangeKey) ?? '';
  const range = Object.hasOwn(ranges, named) ? ranges[named] : undefined;
  const format = /^(gray|rgb|bgr|rgba|bgra)8$/.exec(find(formatKey) ?? '')?.[1];
  if (!range && !format) return null;
  const size = { height: input.height ?? 224, width: input.width ?? 224 };
  const keys = [...(format ? [formatKey] : []), ...(range ? [rangeKey] : [])];
  // Without a range the samples are given as they are, which is what the pixel formats say.
  const values = range ?? ranges.nominalrange_0_255;
  return { config: { size, ...values, channel_order: format?.startsWith('bgr') ? 'BGR' : 'RGB' }, keys };
}
