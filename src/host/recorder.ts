import { isCancelled, toUnitscopeError } from '../protocol/errors';
import type { DeviceInUse, ScanOutcome, ScanProgress } from '../protocol/scan';
import type { ScanState } from '../protocol/views';
import type { Wish } from './scanWish';

type Scan = (wish: Wish, signal: AbortSignal, onProgress: (progress: ScanProgress) => void) => Promise<ScanOutcome>;

interface Recording {
  abort: AbortController;
  wish: Wish;
  finished: Promise<void>;
}

const preparing: ScanProgress = {
  phase: 'preparing',
  done: 0,
  total: 0,
  cached: 0,
  skipped: 0,
  imagesPerSecond: null,
  secondsLeft: null,
  device: null,
};

/** The recordings of one session, one at a time. Failures become state. */
export class Recorder {
  state: ScanState = { state: 'idle' };
  inUse: DeviceInUse | null = null;
  private running: Recording | undefined;

  constructor(
    private readonly scan: Scan,
    private readonly changed: () => void,
  ) {}

  /** Waits for what is being recorded; that is enough where it is the same. Who cancels it means those that wait, too. */
  async record(wish: Wish): Promise<void> {
    while (this.running) {
      const before = this.running;
      await before.finished;
      if (before.abort.signal.aborted || JSON.stringify(before.wish) === JSON.stringify(wish)) return;
    }
    const mine: Recording = { abort: new AbortController(), wish, finished: Promise.resolve() };
    this.running = mine;
    mine.finished = this.run(mine);
    await mine.finished;
  }

  private async run(mine: Recording): Promise<void> {
    const { signal } = mine.abort;
    const current = (): boolean => this.running === mine;
    let last = preparing;
    this.show({ state: 'running', progress: preparing });
    let end: ScanState;
    try {
      const outcome = await this.scan(mine.wish, signal, (progress) => {
        last = progress;
        if (!current()) return;
        this.inUse = progress.device ?? this.inUse;
        this.show({ state: 'running', progress });
      });
      if (current()) this.inUse = outcome.device ?? this.inUse;
      end = { state: 'done', outcome };
    } catch (error) {
      const { code, message } = toUnitscopeError(error);
      // An engine that stopped is told of elsewhere; here it matters that the recording can be resumed.
      const stopped = isCancelled(error) || code === 'engine.stopped';
      if (stopped) end = last.phase !== 'preparing' ? { state: 'cancelled', progress: last } : { state: 'idle' };
      else end = { state: 'failed', code, message };
    }
    if (!current()) return;
    this.running = undefined;
    this.show(end);
  }

  private show(state: ScanState): void {
    this.state = state;
    this.changed();
  }

  cancel(): void {
    this.running?.abort.abort();
  }

  /** Forgets what was recorded: other choices were made. */
  reset(): void {
    this.cancel();
    this.running = undefined;
    this.inUse = null;
    this.state = { state: 'idle' };
  }
}
