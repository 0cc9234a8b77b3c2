import type { ImageInput } from '../../protocol/model';
import { preprocessSchema, type PreprocessConfig } from '../../protocol/preprocess';

/** Inputs smaller than this are from datasets such as MNIST or CIFAR, which are not cropped. */
const smallest = 64;

/**
 * What preprocessing a model most likely wants, from nothing but its input's shape and type:
 * - uint8: the pixels as they are (the model normalises by itself);
 * - one channel, or a small picture: the whole image, scaled to 0..1;
 * - else ImageNet's convention: the centre square, scaled to 0..1, normalised with ImageNet's mean and deviation.
 */
export function guess(input: ImageInput): { config: PreprocessConfig; source: 'guess'; note: string } {
  const height = input.height ?? 224;
  const width = input.width ?? 224;
  const area = { height, width };
  const open = input.height === null || input.width === null ? ' (its free sides are taken as 224)' : '';
  const shape = `${input.channels} x ${height} x ${width} ${input.dtype} input${open}`;
  const whole = { size: area, do_center_crop: false };
  if (input.dtype === 'uint8') {
    return answer(
      { ...whole, do_rescale: false, do_normalize: false },
      `Guessed from the ${shape}: the whole image resized, pixels as they are.`,
    );
  }
  if (input.channels === 1 || Math.min(height, width) < smallest) {
    const reason = input.channels === 1 ? 'one channel' : 'a small picture';
    return answer(
      { ...whole, do_normalize: false },
      `Guessed from the ${shape}, ${reason}: the whole image resized and scaled to 0..1.`,
    );
  }
  const centre = height === width ? { size: { shortest_edge: height }, do_center_crop: true, crop_size: area } : whole;
  const part = height === width ? 'the centre square' : 'the whole image resized';
  return answer(
    centre,
    `Guessed from the ${shape}: ${part}, scaled to 0..1 and normalised with ImageNet's mean and deviation.`,
  );
}

const answer = (config: Partial<PreprocessConfig>, note: string) => ({
  config: preprocessSchema.parse(config),
  source: 'guess' as const,
  note,
});
