import type {
  CheckpointProgress,
  CheckpointStep,
  CheckpointSummary,
  JoinPlan,
  JoinRequest,
  SliceRequest,
  TensorChange,
  TensorPlace,
  TensorSlice,
  TensorStatistics,
  TreePage,
  TreeRequest,
} from '../../protocol/checkpoint';
import type { Method } from '../../protocol/method';

/** What worker processes do with checkpoints: all that goes through numbers. */
export interface CheckpointTasks {
  /** Of HDF5 files only: a damaged one can keep their library busy for ever, and a process can be ended. */
  'checkpoint.open': Method<{ path: string }, CheckpointSummary>;
  'checkpoint.tree': Method<TreeRequest, TreePage>;
  'checkpoint.join': Method<JoinRequest, JoinPlan>;
  /** Writes a model with a checkpoint's weights into the cache; its path. */
  'checkpoint.reweigh': Method<JoinRequest & { cache: string }, string>;
  'checkpoint.statistics': Method<TensorPlace, TensorStatistics, { done: number; total: number }>;
  'checkpoint.slice': Method<SliceRequest, TensorSlice>;
  'checkpoint.export': Method<TensorPlace & { file: string }, { dtype: string }>;
  /** See `sampleTensors`. */
  'checkpoint.samples': Method<{ path: string }, [string, string][]>;
  /** Tensors by name in each, in the order asked for. */
  'checkpoint.pairs': Method<{ before: string; after: string; pairs: [string, string][] }, TensorChange[], CheckpointProgress>;
  'checkpoint.step': Method<{ before: string; after: string }, CheckpointStep, CheckpointProgress>;
}
