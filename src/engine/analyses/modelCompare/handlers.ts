import type { EngineContract } from '../../../protocol/engine';
import type { Handlers } from '../../../protocol/method';
import type { WorkerPool } from '../../runtime/pool';
import type { Studies } from '../../study/studies';
import { tensorNames } from '../../model/modelTensors';
import { compareModels } from './compare';
import { findDefaults } from './defaults';
import type { Side } from './side';

/** Two models node by node; see the README. */
export function modelCompareHandlers(services: () => { compute: Pick<WorkerPool, 'call'>; studies: Studies }): Handlers<Pick<EngineContract, 'model.compare'>> {
  return {
    'model.compare': async ({ paths }, { signal, report }) => {
      const { compute, studies } = services();
      const sideOf = async (path: string): Promise<Side> => {
        const [{ model, summary }, opened] = [await studies.models.open(path), await studies.models.graph(path)];
        const { graph, nodes } = opened;
        return { model, summary, graph, nodes, isDefault: await findDefaults(model, opened), samples: new Map(await compute.call('checkpoint.samples', { path }, { signal })), names: tensorNames(model) };
      };
      const [a, b] = [await sideOf(paths[0]), await sideOf(paths[1])];
      return await compareModels(a, b, (pairs) =>
        pairs.length === 0 ? Promise.resolve([]) : compute.call('checkpoint.pairs', { before: paths[0], after: paths[1], pairs }, { signal, onProgress: report }),
      );
    },
  };
}
