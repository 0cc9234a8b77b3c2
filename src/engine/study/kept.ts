import { isCancelled } from '../../protocol/errors';
import { untilAborted } from '../runtime/untilAborted';

interface Entry<T> {
  made: Promise<T>;
  /** Undefined while it is being made. */
  value?: T;
}

/** The results of the last few questions, by key. Failures are not kept. */
export class Kept<T extends object> {
  private readonly entries = new Map<string, Entry<T>>();

  /** @param busy says of a value that it is in use: it is kept beyond the number */
  constructor(
    private readonly size: number,
    private readonly dispose: (value: T) => void = () => undefined,
    private readonly busy: (value: T) => boolean = () => false,
  ) {}

  async get(key: string, make: () => T | Promise<T>): Promise<T> {
    const entry = this.entries.get(key) ?? this.make(key, make);
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.trim();
    return await entry.made;
  }

  private make(key: string, make: () => T | Promise<T>): Entry<T> {
    const entry: Entry<T> = { made: (async () => await make())() };
    entry.made.then(
      (value) => (entry.value = value),
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    return entry;
  }

  /** Undefined also while it is being made. */
  peek(key: string): T | undefined {
    return this.entries.get(key)?.value;
  }

  has(value: T): boolean {
    return [...this.entries.values()].some((entry) => entry.value === value);
  }

  /** Keeps a value in place of what was kept, which is not disposed of: something else took it over. */
  set(key: string, value: T): void {
    this.entries.delete(key);
    this.entries.set(key, { made: Promise.resolve(value), value });
    this.trim();
  }

  /** Forgets a value without disposing of it. */
  drop(key: string): void {
    this.entries.delete(key);
  }

  /** Disposes of the oldest ones beyond the number. */
  trim(): void {
    let excess = this.entries.size - this.size;
    for (const [key, { value }] of this.entries) {
      if (excess <= 0) return;
      if (!value || this.busy(value)) continue;
      this.entries.delete(key);
      this.dispose(value);
      excess--;
    }
  }

  clear(): void {
    for (const { made } of this.entries.values()) void made.then(this.dispose, () => undefined);
    this.entries.clear();
  }
}

/** An answer that several wait for: when the one that asked first cancels it, another asks anew. */
export async function shared<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (;;) {
    try {
      return await untilAborted(ask(), signal);
    } catch (error) {
      if (!isCancelled(error) || signal?.aborted) throw error;
    }
  }
}
