import type { CallOptions, Client } from '../../protocol/method';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { WorkerContract } from './workerContract';

/** A worker process as the engine sees it. */
export interface WorkerHandle extends Client<WorkerContract> {
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a worker process; `threads` decode images in it. */
export type SpawnWorker = (options: { threads: number }) => WorkerHandle;

/** How long a cancelled call may take before its worker is killed: a run that hangs cannot be stopped otherwise. */
const grace = 10_000;

/**
 * A number of worker processes that are started when first needed and replaced when they die.
 * A call that loses its worker fails with `worker.stopped`, or with `cancelled` where that was meant; the next one finds a
 * new worker. A pool that was disposed of cancels every call.
 */
export class WorkerPool {
  private readonly workers: ({ handle: WorkerHandle; busy: number } | null)[];
  private disposed = false;

  constructor(
    private readonly spawn: SpawnWorker,
    readonly size: number,
    private readonly threads: number,
  ) {
    this.workers = new Array<null>(size).fill(null);
  }

  /** Calls the given worker, or the least busy one. */
  async call<K extends keyof WorkerContract>(
    method: K,
    params: WorkerContract[K]['params'],
    options: CallOptions<WorkerContract[K]['progress']> & { worker?: number } = {},
  ): Promise<WorkerContract[K]['result']> {
    const slot = this.slot(options.worker ?? this.leastBusy());
    const { signal } = options;
    let timer: NodeJS.Timeout | undefined;
    const killLater = (): void => {
      timer = setTimeout(() => slot.handle.kill(), grace);
    };
    signal?.addEventListener('abort', killLater);
    slot.busy++;
    try {
      return await slot.handle.call(method, params, options);
    } catch (error) {
      if (!(error instanceof UnitscopeError) || error.code !== 'engine.stopped') throw error;
      if (this.disposed || signal?.aborted) throw cancelled();
      const doing = 'job' in params ? `ran ${params.job.model}` : 'computed';
      throw new UnitscopeError('worker.stopped', `The process that ${doing} ended unexpectedly; the machine may be short of memory for it.`, { cause: error });
    } finally {
      slot.busy--;
      clearTimeout(timer);
      signal?.removeEventListener('abort', killLater);
    }
  }

  private slot(at: number): { handle: WorkerHandle; busy: number } {
    if (this.disposed) throw cancelled();
    const known = this.workers[at];
    if (known) return known;
    const fresh = { handle: this.spawn({ threads: this.threads }), busy: 0 };
    this.workers[at] = fresh;
    void fresh.handle.ended.then(() => {
      if (this.workers[at] === fresh) this.workers[at] = null;
    });
    return fresh;
  }

  private leastBusy(): number {
    let best = 0;
    for (let i = 1; i < this.size; i++) if ((this.workers[i]?.busy ?? 0) < (this.workers[best]?.busy ?? 0)) best = i;
    return best;
  }

  dispose(): void {
    this.disposed = true;
    for (const worker of this.workers) worker?.handle.kill();
  }
}
