import type { CheckpointComparison } from '../../protocol/checkpoint';
import type { EngineContract } from '../../protocol/engine';
import { UnitscopeError } from '../../protocol/errors';
import type { Handlers } from '../../protocol/method';
import { trimCache } from '../store/trim';
import { guarded, joinedModel, type CallTask } from './guard';
import { KeptCheckpoints } from './kept';
import { isHdf5File } from './open';
import { joinPlan } from './reweigh';
import { summarize } from './summary';
import { pageOf } from './tasks';

type CheckpointMethods = { [K in keyof EngineContract as K extends `checkpoint.${string}` ? K : never]: EngineContract[K] };

/** What the engine answers about checkpoints. Headers are read here, but for those of HDF5 files; numbers in worker processes. */
export function checkpointHandlers(call: CallTask, cache: () => string): Handlers<CheckpointMethods> {
  const kept = new KeptCheckpoints(4);
  return {
    'checkpoint.open': ({ path }, { signal }) =>
      isHdf5File(path) ? guarded([path], signal, (stop) => call('checkpoint.open', { path }, { signal: stop })) : kept.use(path, summarize),
    'checkpoint.tree': (request, { signal }) =>
      isHdf5File(request.path) ? guarded([request.path], signal, (stop) => call('checkpoint.tree', request, { signal: stop })) : pageOf(kept, request),
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
      return guarded(files, signal, (stop) => call('checkpoint.join', request, { signal: stop }));
    },
    'checkpoint.openJoined': async (request, { signal }) => {
      const path = await joinedModel(call, { ...request, cache: cache() }, signal);
      await trimCache(cache());
      return { path };
    },
  };
}
