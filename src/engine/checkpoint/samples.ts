import type { Checkpoint } from './checkpoint';
import { isUnreadable } from './problem';
import { breathe } from './statistics';

/** Tensors of fewer elements are often alike by chance: zeros, ones, scales. */
const fewest = 16;
/** Elements that are looked at in the beginning, the middle and the end of a tensor. */
const sampled = 8;
/** Bytes of a tensor that has to be decoded whole for a few of its numbers. */
const mostDecoded = 2 ** 20;

/**
 * A few numbers of each tensor as text, by its name: weights that training made are told apart by them. Tensors of which the data
 * is missing, is all the same, or takes long to get at are left out. Throws `cancelled`.
 */
export async function sampleTensors({ tensors }: Checkpoint, signal: AbortSignal): Promise<[string, string][]> {
  const samples: [string, string][] = [];
  for (const [at, tensor] of tensors.entries()) {
    if (at % 64 === 0) await breathe(signal);
    const { name, dtype, shape, count, bytes: size, element, decodedWhole = false } = tensor;
    if (element === null || count < fewest || (decodedWhole && size > mostDecoded)) continue;
    const places = [0, Math.floor((count - sampled) / 2), count - sampled];
    try {
      const bytes = Buffer.concat(places.map((first) => tensor.read(first, sampled)));
      if (bytes.some((byte) => byte !== bytes[0])) samples.push([name, `${dtype} ${shape.join()} ${bytes.toString('base64')}`]);
    } catch (error) {
      if (!isUnreadable(error)) throw error; // comparing its numbers says what is wrong with it
    }
  }
  return samples;
}
