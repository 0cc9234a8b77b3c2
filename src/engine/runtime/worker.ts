import { setImmediate } from 'node:timers/promises';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { Dim } from '../../protocol/model';
import type { LayerFailure } from '../../protocol/scan';
import { meanKey, writeSegment } from '../store/segment';
import { batches } from './batches';
import type { ImageFile, Job, Question } from './job';
import { mapOutput, nonZeroOutput, positionOutput, scoreOutputs } from './probes';
import { recordActivations } from './recordActivations';
import { openRunner, type Runner } from './runner';
import type { Tap } from './tap';
import type { ActivationChunk, Preparation, ScanChunk, ScanChunkResult } from './workerContract';

const maxSessions = 4;

/**
 * The work of one worker process: the last few sessions, and the loops that feed them. Opening a session and running it
 * block the process. The loops yield to messages after each run, so that cancelling them takes effect within one batch.
 */
export class Worker {
  private readonly runners = new Map<string, Promise<Runner>>();

  async prepare(job: Job, taps: Tap[]): Promise<Preparation> {
    const failures: LayerFailure[] = [];
    const good = await this.runnable(job, taps, failures);
    if (good.length === 0)
      return { taps: [], failures, batch: 1, sample: { scores: new Float32Array(0), milliseconds: 0 } };
    let batch = job.input.batch ?? job.batch;
    if (good.some((tap) => !tap.batched)) batch = 1;
    const pixels = testPattern(batch * inputSize(job));
    const sample = async (count: number) => await this.scores(job, good, pixels, count);
    if (batch > 1 && job.input.batch === null) {
      try {
        await sample(batch);
      } catch {
        batch = 1; // a graph with the batch baked into a Reshape: fails here and nowhere else, or fails again below
      }
    }
    await sample(batch);
    const start = performance.now();
    const { maximum } = await sample(batch);
    return { taps: good, failures, batch, sample: { scores: maximum, milliseconds: performance.now() - start } };
  }

  /** Halves the taps until those that do not load or run stand alone. */
  private async runnable(job: Job, taps: Tap[], failures: LayerFailure[]): Promise<Tap[]> {
    if (taps.length === 0) return [];
    try {
      await this.scores({ ...job, batch: 1 }, taps, testPattern(inputSize(job)), 1);
      return taps;
    } catch (error) {
      if (!(error instanceof UnitscopeError) || error.code !== 'model.failed') throw error;
      if (taps.length === 1) {
        failures.push({ layer: taps[0]!.name, message: error.message });
        return [];
      }
      const middle = taps.length >> 1;
      return [
        ...(await this.runnable(job, taps.slice(0, middle), failures)),
        ...(await this.runnable(job, taps.slice(middle), failures)),
      ];
    }
  }

  async scan(
    { job, taps, images, segment }: ScanChunk,
    signal: AbortSignal,
    report: (progress: { done: number }) => void,
  ): Promise<ScanChunkResult> {
    const units = taps.reduce((sum, tap) => sum + tap.units, 0);
    const identities: string[] = [];
    const rows: Float32Array[] = [];
    const means: Float32Array[] = [];
    const skipped: ScanChunkResult['skipped'] = [];
    for await (const batch of batches(job, images, signal)) {
      skipped.push(...batch.skipped);
      if (batch.images.length === 0) continue;
      const { maximum, mean } = await this.scores(job, taps, batch.pixels, batch.images.length);
      batch.images.forEach((image, i) => {
        identities.push(image.identity);
        const average = mean.slice(i * units, (i + 1) * units);
        rows.push(ranked(maximum.subarray(i * units, (i + 1) * units), average));
        means.push(average);
      });
      report({ done: identities.length + skipped.length });
      await setImmediate();
    }
    if (identities.length > 0) {
      let first = 0;
      const layers = taps.flatMap(({ key, units: count }) => {
        const from = first;
        first += count;
        return [
          { key, units: count, scores: unitMajor(rows, from, count) },
          { key: meanKey(key), units: count, scores: unitMajor(means, from, count) },
        ];
      });
      await writeSegment(segment, identities, layers);
    }
    return { done: identities.length, skipped, left: images.length - identities.length - skipped.length };
  }

  activations(
    chunk: ActivationChunk,
    signal: AbortSignal,
    report: (progress: { done: number }) => void,
  ): Promise<ScanChunkResult> {
    return recordActivations(chunk, (question) => this.runner(chunk.job, question), signal, report);
  }

  async locate(job: Job, taps: Tap[], images: ImageFile[], signal: AbortSignal): Promise<(Int32Array | null)[]> {
    const units = taps.reduce((sum, tap) => sum + tap.units, 0);
    return await this.rows<Int32Array>(job, { kind: 'positions', taps }, positionOutput, units, images, signal);
  }

  async sparsity(job: Job, taps: Tap[], images: ImageFile[], signal: AbortSignal): Promise<(Float32Array | null)[]> {
    const rows = await this.rows<Float32Array>(job, { kind: 'nonZeros', taps }, nonZeroOutput, taps.length, images, signal);
    return rows.map((row) => row?.map((share) => 1 - share) ?? null);
  }

  /** Rows of a probe's one output, as wide as told, one an image; null where the image cannot be read. */
  private async rows<Row extends Int32Array | Float32Array>(job: Job, question: Question, output: string, width: number, images: ImageFile[], signal: AbortSignal): Promise<(Row | null)[]> {
    const found = new Map<ImageFile, Row>();
    for await (const batch of batches(job, images, signal)) {
      if (batch.images.length === 0) continue;
      const runner = await this.runner(job, question);
      const data = (await runner.run(batch.pixels, batch.images.length))[output]!.data as Row;
      batch.images.forEach((image, i) => found.set(image, data.slice(i * width, (i + 1) * width) as Row));
      await setImmediate();
    }
    if (signal.aborted) throw cancelled();
    return images.map((image) => found.get(image) ?? null);
  }

  async map(job: Job, tap: Tap, unit: number, image: ImageFile, signal: AbortSignal): Promise<Float32Array> {
    const runner = await this.runner(job, { kind: 'map', tap });
    for await (const batch of batches(job, [image], signal)) {
      if (batch.images.length === 0)
        throw new UnitscopeError('image.unreadable', batch.skipped[0]?.reason ?? `${image.path} cannot be read.`);
      const tensor = (await runner.run(batch.pixels, 1, unit))[mapOutput]!;
      return (tensor.data as Float32Array).slice(0, tap.grid[0] * tap.grid[1]);
    }
    throw cancelled();
  }

  /** Runs one blank image and reports what the values look like. */
  async shapes(job: Job, values: string[]): Promise<Record<string, { dims: Dim[]; dtype: string }>> {
    const runner = await openRunner(job, { kind: 'raw', values });
    try {
      const results = await runner.run(new Float32Array(inputSize(job)), 1);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, { dims: [...tensor.dims], dtype: tensor.type }]),
      );
    } finally {
      await runner.release();
    }
  }

  private async scores(
    job: Job,
    taps: Tap[],
    pixels: Float32Array,
    count: number,
  ): Promise<{ maximum: Float32Array; mean: Float32Array }> {
    const runner = await this.runner(job, { kind: 'scores', taps });
    const results = await runner.run(pixels, count);
    const maximum = results[scoreOutputs.maximum]!;
    const mean = results[scoreOutputs.mean]!;
    const units = taps.reduce((sum, tap) => sum + tap.units, 0);
    const rows = job.input.batch ?? count;
    if (maximum.dims[0] !== rows || maximum.dims[1] !== units)
      throw new UnitscopeError(
        'model.failed',
        `${job.model} gives activations of another shape than expected for ${rows} images: [${maximum.dims.join(', ')}] instead of [${rows}, ${units}].`,
      );
    return { maximum: maximum.data as Float32Array, mean: mean.data as Float32Array };
  }

  /** Sessions are kept by question, the least recently used released first. */
  private runner(job: Job, question: Question): Promise<Runner> {
    const key = JSON.stringify([job.model, job.device, job.inputSize, question]);
    let runner = this.runners.get(key);
    this.runners.delete(key);
    if (!runner) {
      runner = openRunner(job, question);
      runner.catch(() => this.runners.delete(key));
    }
    this.runners.set(key, runner);
    for (const [oldest, idle] of this.runners) {
      if (this.runners.size <= maxSessions) break;
      this.runners.delete(oldest);
      void idle.then((r) => r.release());
    }
    return runner;
  }
}

function inputSize(job: Job): number {
  return job.input.channels * job.inputSize[0] * job.inputSize[1];
}

/** Fixed numbers around zero that make every layer respond. */
function testPattern(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7) + Math.sin(i * 0.013));
}

/** What GlobalMaxPool makes of nothing but -Infinity. */
const lowest = -(2 ** 128 - 2 ** 104);

/** A unit with a NaN activation, or whose maximum is infinite, gets NaN for its score: the reader reports it, never ranks it. */
function ranked(maximum: Float32Array, mean: Float32Array): Float32Array {
  const isBad = (value: number, average: number): boolean =>
    Number.isNaN(average) || !Number.isFinite(value) || (value === lowest && average === -Infinity);
  return maximum.map((value, i) => (isBad(value, mean[i]!) ? NaN : value));
}

/** Columns `first` to `first + units` of rows [images][all units], transposed to [units, images]. */
function unitMajor(rows: Float32Array[], first: number, units: number): Float32Array {
  const columns = rows.length;
  const scores = new Float32Array(units * columns);
  rows.forEach((row, column) => {
    for (let unit = 0; unit < units; unit++) scores[unit * columns + column] = row[first + unit]!;
  });
  return scores;
}
