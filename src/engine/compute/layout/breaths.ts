import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../../../protocol/errors';

/** How a long computation is watched. */
export interface Watch {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/**
 * A function to be called at every step of a long computation: about 20 times a second it reports, lets the event loop turn,
 * and ends the computation with `cancelled` when the signal is aborted.
 */
export function breaths({ signal, onProgress }: Watch): (done: number, total: number) => Promise<void> {
  let last = performance.now();
  return async (done, total) => {
    if (signal?.aborted) throw cancelled();
    if (performance.now() - last < 50) return;
    onProgress?.(done, total);
    await setImmediate();
    last = performance.now();
  };
}
