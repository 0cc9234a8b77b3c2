import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { SkippedImage } from '../../protocol/dataset';
import type { CallOptions } from '../../protocol/method';
import type { ImageFile, Job } from './job';
import type { WorkerPool } from './pool';
import type { ScanChunkResult } from './workerContract';

/** A chunk takes about this long, so that results come in live and a crash loses little. */
const chunkSeconds = 1.5;
const maxChunk = 256;
/** Chunks under way in each worker: while one is inferred the next is being decoded. */
const lanes = 2;
/** A chunk that ends its worker is halved and tried again; this many ends in all, and the model is to blame. */
const maxCrashes = 24;

export interface ScanProgressCounts {
  /** Images that have been recorded or skipped by this call. */
  done: number;
  imagesPerSecond: number | null;
}

/** What is recorded of a chunk of images, and where its file goes. */
export interface Sink {
  newPath(): string;
  record(images: ImageFile[], path: string, options: ChunkOptions): Promise<ScanChunkResult>;
  /** Takes in a file that has been written. False where it is damaged. */
  add(path: string): Promise<boolean>;
}
export type ChunkOptions = CallOptions<{ done: number }> & { worker: number };

/**
 * Records something of the images: hands out chunks to all workers of the pool and takes in the files that they write.
 * Whatever was recorded before a cancellation or an error stays.
 * @returns images that could not be used
 * @throws cancelled, model.failed
 */
export async function scan(
  pool: WorkerPool,
  job: Job,
  images: ImageFile[],
  sink: Sink,
  signal: AbortSignal,
  onProgress: (counts: ScanProgressCounts) => void,
): Promise<Omit<SkippedImage, 'path'>[]> {
  const queue: ImageFile[][] = []; // pieces of chunks that ended their worker come before the rest
  const suspects: ImageFile[] = []; // single images that were under way when a worker ended: tried alone at the end
  let alone = false;
  const skipped: Omit<SkippedImage, 'path'>[] = [];
  const underWay = new Map<object, number>();
  let next = 0;
  let finished = 0;
  let crashes = 0;
  let failed = false;
  const start = performance.now();
  const rate = (): number | null => {
    const done = finished + [...underWay.values()].reduce((sum, n) => sum + n, 0);
    return done > 0 ? done / ((performance.now() - start) / 1000) : null;
  };
  const progress = (): void => {
    const done = finished + [...underWay.values()].reduce((sum, n) => sum + n, 0);
    onProgress({ done, imagesPerSecond: rate() });
  };

  const take = (): ImageFile[] | null => {
    const piece = queue.pop();
    if (piece) return piece;
    if (next >= images.length) return null;
    const perLane = (rate() ?? 0) / (pool.size * lanes);
    const wanted = Math.max(job.batch, Math.floor((perLane * chunkSeconds) / job.batch) * job.batch);
    const fairShare = Math.ceil((images.length - next) / (pool.size * lanes)); // so that all finish together
    const count = Math.max(1, Math.min(wanted, maxChunk, Math.max(job.batch, fairShare)));
    const chunk = images.slice(next, next + count);
    next += count;
    return chunk;
  };

  const runChunk = async (worker: number, chunk: ImageFile[]): Promise<void> => {
    const path = sink.newPath();
    let result: ScanChunkResult;
    const mark = {};
    try {
      result = await sink.record(chunk, path, {
        worker,
        signal,
        onProgress: ({ done }) => {
          underWay.set(mark, done);
          progress();
        },
      });
    } catch (error) {
      if (!(error instanceof UnitscopeError) || error.code !== 'worker.stopped' || signal.aborted) throw error;
      if (++crashes > maxCrashes)
        throw new UnitscopeError(
          'model.failed',
          `The worker process keeps ending while it runs ${job.model}; the machine may be short of memory for this model.`,
          { cause: error },
        );
      if (chunk.length === 1 && !alone) {
        suspects.push(chunk[0]!);
      } else if (chunk.length === 1) {
        skipped.push({ index: chunk[0]!.index, reason: `${chunk[0]!.path} ends the process that decodes it.` });
        finished++;
      } else {
        queue.push(chunk.slice(chunk.length >> 1), chunk.slice(0, chunk.length >> 1));
      }
      return;
    } finally {
      underWay.delete(mark);
    }
    if (result.done > 0 && !(await sink.add(path)))
      throw new UnitscopeError('internal', `${path} was damaged as it was written; is the disk full?`);
    skipped.push(...result.skipped);
    finished += result.done + result.skipped.length;
    progress();
  };

  const lane = async (worker: number): Promise<void> => {
    for (let chunk = take(); chunk && !failed && !signal.aborted; chunk = take()) {
      try {
        await runChunk(worker, chunk);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const all = Array.from({ length: pool.size * lanes }, (_, i) => lane(i % pool.size));
  const results = await Promise.allSettled(all);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure && !signal.aborted) throw failure.reason;
  alone = true;
  for (const image of suspects) if (!signal.aborted) await runChunk(0, [image]);
  if (signal.aborted) throw cancelled();
  return skipped.sort((a, b) => a.index - b.index);
}
