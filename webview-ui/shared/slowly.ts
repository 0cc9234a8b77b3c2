import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { follow } from './follow';

/** A number that is passed on at most once every `pause` milliseconds. */
export function slowly(fast: ReadonlySignal<number>, pause = 1000): ReadonlySignal<number> {
  const slow = signal(fast.peek());
  let timer: number | undefined;
  let at = -Infinity;
  effect(() => {
    follow(fast);
    timer ??= window.setTimeout(
      () => {
        timer = undefined;
        at = performance.now();
        slow.value = fast.peek();
      },
      Math.max(0, at + pause - performance.now()),
    );
  });
  return slow;
}
