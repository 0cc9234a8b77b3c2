import type { ReadonlySignal } from '@preact/signals';

/** Lets whoever runs now run again when a signal changes, though its value is not needed. */
export function follow(signal: ReadonlySignal<unknown>): void {
  signal.valueOf();
}
