/** What the model editor's page asks about weights. */
import type { CheckpointSummary, Dequantization } from './checkpoint';
import type { SliceContract, StatisticsContract } from './checkpointViews';
import type { GaborFit } from './graph';
import type { Method } from './method';

export interface WeightsHostContract extends SliceContract, StatisticsContract {
  /** All tensors that the model holds, by the names of `GraphValue.tensor`. */
  weights: Method<null, CheckpointSummary>;
  gabor: Method<{ tensor: string; dequantize?: Dequantization }, GaborFit[], { done: number; total: number }>;
  'tensor.export': Method<{ tensor: string }, null>;
  'tensor.copyName': Method<{ tensor: string }, null>;
  'tensor.copyPython': Method<{ tensor: string }, null>;
  /** Shows a unit's patches. */
  'unit.show': Method<{ layer: string; unit: number }, null>;
}

export interface WeightsViewContract {
  /** A command asks for the weights of a layer, or, without one, of the model. */
  'weights.show': Method<{ layer: string | null }, null>;
}
