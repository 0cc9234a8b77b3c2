import { setImmediate } from 'node:timers/promises';
import { UnitscopeError } from '../../protocol/errors';
import { ActivationWriter } from '../store/activations';
import { baselineFeatures, baselineVector, rgbJob } from './baselines';
import { batches, type Batch } from './batches';
import type { Question } from './job';
import type { Runner } from './runner';
import type { ActivationChunk, ScanChunkResult } from './workerContract';

/** A run's activations take no more than this many bytes. */
const runBytes = 128e6;

/**
 * Writes the whole activations of the layers, or the baselines, for the images of a chunk: each batch as soon as it has run.
 * @param open gives the session for a question
 */
export async function recordActivations(
  { job, what, images, file }: ActivationChunk,
  open: (question: Question) => Promise<Runner>,
  signal: AbortSignal,
  report: (progress: { done: number }) => void,
): Promise<ScanChunkResult> {
  const layers =
    what.kind === 'layers'
      ? what.taps.map(({ name, features }) => ({ key: name, features }))
      : what.baselines.map((baseline) => ({ key: `baseline:${baseline}`, features: baselineFeatures(baseline, job) }));
  const perImage = layers.reduce((sum, { features }) => sum + features * 4, 0);
  const batch = job.input.batch ?? Math.max(1, Math.min(job.batch, Math.floor(runBytes / perImage)));
  const skipped: ScanChunkResult['skipped'] = [];
  const writer = await ActivationWriter.create(file, layers);
  let done = 0;
  try {
    for await (const read of batches(what.kind === 'layers' ? { ...job, batch } : rgbJob(job), images, signal)) {
      skipped.push(...read.skipped);
      if (read.images.length === 0) continue;
      const parts =
        what.kind === 'layers'
          ? await layerRows(await open({ kind: 'activations', taps: what.taps }), read, layers, job.model)
          : read.images.map((_, i) => {
              const size = read.pixels.length / read.images.length;
              const pixels = read.pixels.subarray(i * size, (i + 1) * size);
              return what.baselines.map((baseline) => baselineVector(baseline, pixels, job));
            });
      for (const [i, image] of read.images.entries()) await writer.append(image.identity, parts[i]!);
      done += read.images.length;
      report({ done: done + skipped.length });
      await setImmediate();
    }
    await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  return { done, skipped, left: images.length - done - skipped.length };
}

/** For each image the activations of the layers, views of what the session gave. */
async function layerRows(
  runner: Runner,
  { pixels, images }: Batch,
  layers: { key: string; features: number }[],
  model: string,
): Promise<Float32Array[][]> {
  const results = await runner.run(pixels, images.length);
  const data = layers.map(({ key, features }, i) => {
    const values = results[runner.outputs[i]!]!.data as Float32Array;
    if (values.length % features !== 0 || values.length < features * images.length)
      throw new UnitscopeError(
        'model.failed',
        `${model} gives ${values.length} numbers in layer ${key} for ${images.length} images instead of ${features} each.`,
      );
    return values;
  });
  return images.map((_, i) => layers.map(({ features }, layer) => data[layer]!.subarray(i * features, (i + 1) * features)));
}
