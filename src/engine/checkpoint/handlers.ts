import { basename } from 'node:path';
import type { CheckpointComparison } from '../../protocol/checkpoint';
import type { EngineContract } from '../../protocol/engine';
import { isCancelled, UnitscopeError } from '../../protocol/errors';
import type { CallOptions, Handlers, Method } from '../../protocol/method';
import type { CheckpointTasks } from './contract';
import { KeptCheckpoints } from './kept';
import { isHdf5File } from './open';
import { unreadable } from './problem';
import { joinPlan } from './reweigh';
import { summarize } from './summary';
import { pageOf } from './tasks';

type CheckpointMethods = { [K in keyof EngineContract as K extends `checkpoint.${string}` ? K : never]: EngineContract[K] };

/** How a task gets to a worker process. */
export type CallTask = <K extends keyof CheckpointTasks>(
  method: K,
  params: CheckpointTasks[K]['params'],
  options: CheckpointTasks[K] extends Method<unknown, unknown, infer Progress> ? CallOptions<Progress> : never,
) => Promise<CheckpointTasks[K]['result']>;

/** How long reading the structure of an HDF5 file may take; workers may be busy with something else first. */
const deadline = 60_000;

/** Work on files that may never end: it is given up, and its process ended, after a minute. */
async function within<T>(files: readonly string[], signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(deadline);
  try {
    return await work(AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (!isCancelled(error) || signal.aborted || !timeout.aborted) throw error;
    throw unreadable(files.map((file) => basename(file)).join(' or '), 'reading it does not come to an end, as with damaged HDF5 files', 'copy or download it again', error);
  }
}

/** What the engine answers about checkpoints. Headers are read here, but for those of HDF5 files; numbers in worker processes. */
export function checkpointHandlers(call: CallTask): Handlers<CheckpointMethods> {
  const kept = new KeptCheckpoints(4);
  return {
    'checkpoint.open': ({ path }, { signal }) =>
      isHdf5File(path) ? within([path], signal, (stop) => call('checkpoint.open', { path }, { signal: stop })) : kept.use(path, summarize),
    'checkpoint.tree': (request, { signal }) =>
      isHdf5File(request.path) ? within([request.path], signal, (stop) => call('checkpoint.tree', request, { signal: stop })) : pageOf(kept, request),
    'checkpoint.statistics': (place, { signal, report }) => call('checkpoint.statistics', place, { signal, onProgress: report }),
    'checkpoint.slice': (request, { signal }) => call('checkpoint.slice', request, { signal }),
    'checkpoint.exportTensor': (request, { signal }) => call('checkpoint.export', request, { signal }),
    'checkpoint.compare': async ({ paths }, { signal, report }) => {
      if (paths.length < 2) throw new UnitscopeError('usage', 'A comparison needs two checkpoints or more; choose another one.');
      const steps: CheckpointComparison['steps'] = [];
      for (let i = 1; i < paths.length; i++) {
        const onProgress = ({ done, total }: { done: number; total: number }): void => report({ done, total, step: i, steps: paths.length - 1 });
        steps.push(await call('checkpoint.step', { before: paths[i - 1]!, after: paths[i]! }, { signal, onProgress }));
      }
      return { steps };
    },
    'checkpoint.join': (request, { signal }) => {
      const { checkpoint, model, original } = request;
      const files = [checkpoint, ...(original === undefined ? [] : [original])];
      if (!files.some(isHdf5File)) return joinPlan(model, checkpoint, original);
      return within(files, signal, (stop) => call('checkpoint.join', request, { signal: stop }));
    },
  };
}
