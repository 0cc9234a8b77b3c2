import { shownStatistics } from '../protocol/checkpointViews';
import type { Handlers } from '../protocol/method';
import type { WeightsHostContract } from '../protocol/weightViews';
import type { EngineClient } from '../host/engineClient';
import type { ModelSession } from '../host/modelSession';
import { run } from './sessionHandlers';

/** What the model editor's page may ask about weights. */
export function weightHandlers(session: ModelSession, engine: EngineClient): Handlers<WeightsHostContract> {
  const path = (): string => session.localPath();
  return {
    weights: (_, { signal }) => engine.call('checkpoint.open', { path: path() }, { signal }),
    statistics: async ({ tensor }, { signal, report }) => shownStatistics(await engine.call('checkpoint.statistics', { path: path(), tensor }, { signal, onProgress: report })),
    slice: ({ tensor, what }, { signal }) => engine.call('checkpoint.slice', { path: path(), tensor, what }, { signal }),
    gabor: (filters, { signal, report }) => engine.call('model.gabor', { path: path(), ...filters }, { signal, onProgress: report }),
    'tensor.export': (tensor) => run('exportWeight', session, tensor),
    'tensor.copyName': (tensor) => run('copyWeightName', session, tensor),
    'tensor.copyPython': (tensor) => run('copyWeightAsPython', session, tensor),
    'unit.show': ({ layer, unit }) => run('showUnit', session, { unit }, layer),
  };
}
