import { signal, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';

/** An answer that outlives the part of the page that shows it, and stays while the next one is on its way. */
export class Remote<T> {
  private readonly answer = signal<T | null>(null);
  private readonly busy = signal(false);
  private readonly failure = signal<UnitscopeError | null>(null);
  private abort: AbortController | undefined;
  private asked: string | null = null;
  readonly value: ReadonlySignal<T | null> = this.answer;
  readonly loading: ReadonlySignal<boolean> = this.busy;
  /** Why there is no newer answer; gone when one comes. */
  readonly error: ReadonlySignal<UnitscopeError | null> = this.failure;

  /**
   * Asks, unless this very question is answered or on its way already; what was asked before is given up.
   * @param fetch may show a first answer before the whole one
   */
  ask(question: string, fetch: (signal: AbortSignal, show: (first: T) => void) => Promise<T>): void {
    if (question === this.asked) return;
    this.cancel();
    this.asked = question;
    const abort = (this.abort = new AbortController());
    this.busy.value = true;
    const show = (first: T): void => {
      if (!abort.signal.aborted) this.answer.value = first;
    };
    fetch(abort.signal, show).then(
      (value) => {
        if (abort.signal.aborted) return;
        this.answer.value = value;
        this.failure.value = null;
        this.busy.value = false;
      },
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        this.busy.value = false;
        this.failure.value = isCancelled(thrown) ? null : toUnitscopeError(thrown);
      },
    );
  }

  /** Gives up what is asked for; the last answer stays. */
  cancel(): void {
    this.abort?.abort();
    if (this.busy.peek()) this.asked = null;
    this.busy.value = false;
  }

  /** The next `ask` asks in any case. */
  expire(): void {
    this.asked = null;
  }

  /** What was answered is of something else. */
  clear(): void {
    this.cancel();
    this.expire();
    this.answer.value = null;
    this.failure.value = null;
  }
}
