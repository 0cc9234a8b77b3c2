import { cancelled, UnitscopeError } from '../../../src/protocol/errors';
import type { CompoundRequest, CompoundResult } from './compound';
import type { LayoutAnswer } from './layoutWorker';
import source from './layoutWorker?worker';

let address: string | undefined;

/** Lays out in a worker. Aborting ends the worker: a layout that is superseded costs no more time. */
export function layOutInWorker(request: CompoundRequest, signal: AbortSignal): Promise<CompoundResult> {
  address ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(address);
  return new Promise<CompoundResult>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(cancelled()));
    worker.onmessage = ({ data }: MessageEvent<LayoutAnswer>) => {
      if ('result' in data) resolve(data.result);
      else reject(new UnitscopeError('internal', `The graph could not be laid out: ${data.problem}`));
    };
    worker.onerror = (event) => reject(new UnitscopeError('internal', `The graph could not be laid out: ${event.message}`));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
