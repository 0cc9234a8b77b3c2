import type { CheckpointProgress, CheckpointStep } from '../../protocol/checkpoint';
import type { EngineContract } from '../../protocol/engine';
import { UnitscopeError } from '../../protocol/errors';
import type { Handlers } from '../../protocol/method';
import { trimCache } from '../store/trim';
import { guarded, joinedModel, usualLimits, type CallTask } from './guard';
import { KeptCheckpoints } from './kept';
import { isHdf5File } from './open';
import { joinPlan } from './reweigh';
import { summarize } from './summary';
import { pageOf } from './tasks';

type CheckpointMethods = { [K in keyof EngineContract as K extends `checkpoint.${string}` ? K : never]: EngineContract[K] };

/**
 * What the engine answers about checkpoints. Headers are read here, but for those of HDF5 files; numbers in worker processes.
 * All work on HDF5 files has a limit.
 */
export function checkpointHandlers(call: CallTask, cache: () => string, limits = usualLimits): Handlers<CheckpointMethods> {
  const kept = new KeptCheckpoints(4);
  const { silence, numbers } = limits;

  const step = (before: string, after: string, signal: AbortSignal, report: (progress: CheckpointProgress) => void): Promise<CheckpointStep> =>
    guarded(
      [before, after],
      signal,
      (stop, gotOn) => {
        const onProgress = (progress: CheckpointProgress): void => {
          gotOn();
          report(progress);
        };
        return call('checkpoint.step', { before, after }, { signal: stop, onProgress });
      },
      silence,
    );

  return {
    'checkpoint.open': ({ path }, { signal }) =>
      isHdf5File(path) ? guarded([path], signal, (stop) => call('checkpoint.open', { path }, { signal: stop }), silence) : kept.use(path, summarize),
    'checkpoint.tree': (request, { signal }) =>
      isHdf5File(request.path) ? guarded([request.path], signal, (stop) => call('checkpoint.tree', request, { signal: stop }), silence) : pageOf(kept, request),
    'checkpoint.statistics': (place, { signal, report }) =>
      guarded(
        [place.path],
        signal,
        (stop, gotOn) => {
          const onProgress = (progress: { done: number; total: number }): void => {
            gotOn();
            report(progress);
          };
          return call('checkpoint.statistics', place, { signal: stop, onProgress });
        },
        silence,
      ),
    'checkpoint.slice': (request, { signal }) => guarded([request.path], signal, (stop) => call('checkpoint.slice', request, { signal: stop }), silence),
    'checkpoint.exportTensor': (request, { signal }) => guarded([request.path], signal, (stop) => call('checkpoint.export', request, { signal: stop }), numbers),
    'checkpoint.compare': async ({ paths }, { signal, report }) => {
      if (paths.length < 2) throw new UnitscopeError('usage', 'A comparison needs two checkpoints or more; choose another one.');
      const steps: CheckpointStep[] = [];
      for (let i = 1; i < paths.length; i++) steps.push(await step(paths[i - 1]!, paths[i]!, signal, (progress) => report({ ...progress, step: i, steps: paths.length - 1 })));
      return { steps };
    },
    'checkpoint.join': (request, { signal }) => {
      const { checkpoint, model, original } = request;
      const files = [checkpoint, ...(original === undefined ? [] : [original])];
      if (!files.some(isHdf5File)) return joinPlan(model, checkpoint, original);
      return guarded(files, signal, (stop) => call('checkpoint.join', request, { signal: stop }), silence);
    },
    'checkpoint.openJoined': async (request, { signal }) => {
      const path = await joinedModel(call, { ...request, cache: cache() }, signal, limits);
      await trimCache(cache());
      return { path };
    },
  };
}
