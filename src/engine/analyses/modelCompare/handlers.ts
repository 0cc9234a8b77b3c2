import type { EngineContract } from '../../../protocol/engine';
import type { Handlers } from '../../../protocol/method';
import type { WorkerPool } from '../../runtime/pool';
import type { Studies } from '../../study/studies';
import { withCheckpoint } from '../../checkpoint/open';
import { tensorNames } from '../../model/modelTensors';
import { compareModels } from './compare';
import type { Side } from './side';

/** Two models node by node; see the README. */
export function modelCompareHandlers(services: () => { compute: Pick<WorkerPool, 'call'>; studies: Studies }): Handlers<Pick<EngineContract, 'model.compare'>> {
  return {
    'model.compare': async ({ paths }, { signal, report }) => {
      const { compute, studies } = services();
      const sideOf = async (path: string): Promise<Side> => {
        const [{ model, summary }, { graph, nodes }] = [await studies.model(path), await studies.graph(path)];
        return { model, summary, graph, nodes, samples: await sampleWeights(path), names: tensorNames(model) };
      };
      const [a, b] = [await sideOf(paths[0]), await sideOf(paths[1])];
      return await compareModels(a, b, (pairs) =>
        pairs.length === 0 ? Promise.resolve([]) : compute.call('checkpoint.pairs', { before: paths[0], after: paths[1], pairs }, { signal, onProgress: report }),
      );
    },
  };
}

/** Tensors of fewer elements are often alike by chance: zeros, ones, scales. */
const fewest = 16;
/** Elements that are looked at in the beginning, the middle and the end of a tensor. */
const sampled = 8;

/** A few numbers of each tensor: weights that training made are told apart by them. Data that is missing is left out. */
async function sampleWeights(path: string): Promise<Map<string, string>> {
  return await withCheckpoint(path, ({ tensors }) => {
    const samples = new Map<string, string>();
    for (const tensor of tensors) {
      if (tensor.element === null || tensor.count < fewest) continue;
      const places = [0, Math.floor((tensor.count - sampled) / 2), tensor.count - sampled];
      const bytes = Buffer.concat(places.map((first) => tensor.read(first, sampled)));
      if (bytes.some((byte) => byte !== bytes[0])) samples.set(tensor.name, `${tensor.dtype} ${tensor.shape.join()} ${bytes.toString('base64')}`);
    }
    return samples;
  });
}
