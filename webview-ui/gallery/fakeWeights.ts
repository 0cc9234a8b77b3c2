import type { TensorSlice } from '../../src/protocol/checkpoint';
import { UnitscopeError } from '../../src/protocol/errors';
import type { GaborFit, ModelGraph } from '../../src/protocol/graph';
import type { Handlers } from '../../src/protocol/method';
import type { WeightsHostContract } from '../../src/protocol/weightViews';
import type { Asked } from './fakeSession';
import { checkpointSummary, statisticsOf, weights } from './fixtures/checkpoints';
import { gaborFilters, gaborFits } from './fixtures/filters';

/** Answers about weights as the extension would. `trouble`: fits that never come, or that the engine refuses. */
export function fakeWeights(read: () => ModelGraph, asked: Asked, trouble: 'waiting' | 'refused' | null): Handlers<WeightsHostContract> {
  const shapeOf = (tensor: string): number[] => (read().values.find((value) => value.tensor === tensor)?.shape ?? []).map(Number);
  const note =
    (method: string) =>
    (params: unknown): null => {
      asked.push([method, params]);
      return null;
    };
  return {
    weights: () => {
      const named = new Map(read().values.flatMap(({ tensor, shape, dtype }) => (tensor === null ? [] : [[tensor, [tensor, (shape ?? []).map(Number), dtype] as [string, number[], string]] as const])));
      return checkpointSummary([...named.values()], { path: '/models/resnet18.onnx', format: 'ONNX' });
    },
    statistics: ({ tensor }) => statisticsOf(tensor, shapeOf(tensor).reduce((product, length) => product * length, 1), 0),
    slice: ({ tensor, what }): TensorSlice => {
      asked.push(['slice', { tensor, what }]);
      const shape = shapeOf(tensor);
      if (what.kind === 'plane') {
        const cut = shape.length < 2 ? [1, shape[0] ?? 1] : [Math.min(128, shape[what.rows]!), Math.min(128, shape[what.columns]!)];
        return { shape: cut, values: weights(tensor, cut[0]! * cut[1]!), range: [-0.2, 0.2] };
      }
      const [units, channels, height, width] = shape as [number, number, number, number];
      const from = what.first ?? 0;
      const cut = [Math.max(0, Math.min(what.most ?? 256, units - from)), channels, height, width];
      return { shape: cut, values: gaborFilters(cut, from), range: [-1, 1] };
    },
    gabor: async ({ tensor }, { report, signal }): Promise<GaborFit[]> => {
      asked.push(['gabor', { tensor }]);
      if (trouble === 'refused') throw new UnitscopeError('worker.stopped', 'The process that computed ended unexpectedly; the machine may be short of memory for it.');
      if (trouble === 'waiting') {
        report({ done: 24, total: 64 });
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new UnitscopeError('cancelled', 'Cancelled.'))));
      }
      return gaborFits(shapeOf(tensor));
    },
    'tensor.export': note('tensor.export'),
    'tensor.copyName': note('tensor.copyName'),
    'tensor.copyPython': note('tensor.copyPython'),
    'unit.show': note('unit.show'),
  };
}
