import { UnitscopeError } from '../../protocol/errors';
import { InputMaker } from '../dataset/input';
import type { ImageFile, Job } from './job';

export interface Batch {
  /** The images that could be read, and their pixels one after another, ready for the model. */
  images: ImageFile[];
  pixels: Float32Array;
  skipped: { index: number; reason: string }[];
}

/**
 * Decodes images ahead of their use: while one batch is inferred, the next ones are decoded by libuv's threads.
 * At most `ahead` batches are held, so memory does not grow with the number of images.
 */
export async function* batches(
  job: Job,
  images: ImageFile[],
  signal: AbortSignal,
  ahead = 2,
): AsyncGenerator<Batch, void, void> {
  const maker = new InputMaker(job.preprocess, job.input, job.inputSize);
  const queue: Promise<Batch>[] = [];
  let next = 0;
  const fill = (): void => {
    while (queue.length < ahead && next < images.length && !signal.aborted) {
      const batch = decode(maker, images.slice(next, next + job.batch));
      batch.catch(() => undefined); // awaited below, in order
      queue.push(batch);
      next += job.batch;
    }
  };
  fill();
  for (let first = queue.shift(); first; first = queue.shift()) {
    fill();
    yield await first;
    if (signal.aborted) return;
    fill();
  }
}

async function decode(maker: InputMaker, images: ImageFile[]): Promise<Batch> {
  const size = maker.size;
  const pixels = new Float32Array(images.length * size);
  const reasons = await Promise.all(
    images.map(async (image, i) => {
      try {
        await maker.load(image.path, pixels, i * size);
        return null;
      } catch (error) {
        if (error instanceof UnitscopeError && error.code === 'image.unreadable') return error.message;
        throw error;
      }
    }),
  );
  const good: ImageFile[] = [];
  const skipped: Batch['skipped'] = [];
  reasons.forEach((reason, i) => {
    if (reason !== null) {
      skipped.push({ index: images[i]!.index, reason });
      return;
    }
    if (good.length < i) pixels.copyWithin(good.length * size, i * size, (i + 1) * size);
    good.push(images[i]!);
  });
  return { images: good, pixels: pixels.subarray(0, good.length * size), skipped };
}
