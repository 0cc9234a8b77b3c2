/** The contracts between the extension and the pages about checkpoints. */
import { z } from 'zod';
import type {
  CheckpointComparison,
  CheckpointProgress,
  CheckpointSummary,
  JoinPlan,
  SliceRequest,
  TensorSlice,
  TensorState,
  TensorStatistics,
  TreeNode,
} from './checkpoint';
import type { Method } from './method';
import type { Resource } from './views';

/** What the editor of a checkpoint shows of its file. */
export interface CheckpointState {
  uri: string;
  name: string;
  /** Grows when the file was read again: fetch the summary anew. */
  revision: number;
  file: Resource<null>;
  engine: { state: 'running' } | { state: 'stopped'; message: string };
}

/** Messages to webviews are JSON but for typed arrays: what may be infinite travels in one. NaN: not defined. */
export interface ShownStatistics extends Pick<TensorStatistics, 'count' | 'zeros' | 'nans' | 'infs' | 'unitNorms'> {
  /** Mean, standard deviation, least, greatest, L2 norm. */
  numbers: Float64Array;
  /** Edges of the histogram. */
  range: Float64Array;
  counts: Float64Array;
}

/** What is asked about one file: the editor's, or one of a comparison. */
export interface SliceContract {
  slice: Method<{ file: number; tensor: string; what: SliceRequest['what'] }, TensorSlice>;
}

/** What is asked about a tensor of the one file that a page is about. */
export interface StatisticsContract {
  statistics: Method<{ tensor: string }, ShownStatistics, { done: number; total: number }>;
}

export interface CheckpointHostContract extends SliceContract, StatisticsContract {
  ready: Method<null, CheckpointState>;
  summary: Method<null, CheckpointSummary>;
  tree: Method<{ at: number[]; from: number; count: number }, { children: TreeNode[]; size: number }>;
  /** For commands that are called without a tensor. */
  'tensor.select': Method<{ tensor: string | null }, null>;
  'tensor.export': Method<{ tensor: string }, null>;
  'tensor.copyName': Method<{ tensor: string }, null>;
  'tensor.copyPython': Method<{ tensor: string }, null>;
  compare: Method<null, null>;
  visualize: Method<null, null>;
  reload: Method<null, null>;
  'engine.restart': Method<null, null>;
  'log.show': Method<null, null>;
}

export interface CheckpointViewContract {
  'checkpoint.changed': Method<CheckpointState, null>;
}

/** A tensor's context in the webview's own menu, for the commands of `webview/context`. */
export interface TensorMenuContext {
  webviewSection: 'tensor';
  unitscopeCheckpoint: string;
  unitscopeTensor: string;
  preventDefaultContextMenuItems: true;
}

/** One step of a comparison; numbers that are not defined are NaN. */
export interface ShownStep {
  names: string[];
  /** Of tensors with another name in one of the files, by place. */
  renamed: [number, [string | null, string | null]][];
  states: TensorState[];
  shapes: number[][];
  relative: Float64Array;
  cosine: Float64Array;
  maxAbs: Float64Array;
  problems: [number, string][];
  prefixes: [string[], string[]];
  /** Over all tensors that are in both. */
  total: number | null;
}

export interface ComparedFiles {
  /** Pages keep them in their persisted state: by them they are restored when the window is reloaded. */
  uris: string[];
  /** Short, but no two alike. */
  names: string[];
}

export interface CheckpointCompareHostContract extends SliceContract {
  ready: Method<null, ComparedFiles>;
  compare: Method<null, ShownStep[], CheckpointProgress & { step: number; steps: number }>;
  /** ||W' - W|| of each unit of a tensor, one array a step. */
  units: Method<{ name: string }, Float64Array[]>;
  open: Method<{ file: number }, null>;
  swap: Method<null, null>;
  'log.show': Method<null, null>;
}

export interface CheckpointCompareViewContract {
  /** The files have changed, or others are compared: ask again. */
  'files.changed': Method<ComparedFiles, null>;
}

/** URIs of what a joined model is made of; `original`: the checkpoint that the model was exported from. */
export const joinedOfSchema = z.object({ checkpoint: z.string(), model: z.string(), original: z.string().optional() });
export type JoinedOf = z.infer<typeof joinedOfSchema>;

export interface JoinedFiles extends JoinedOf {
  names: { checkpoint: string; model: string; original?: string };
}

export interface CheckpointJoinHostContract {
  ready: Method<null, JoinedFiles>;
  plan: Method<null, JoinPlan>;
  'model.choose': Method<null, null>;
  'original.choose': Method<null, null>;
  'original.leave': Method<null, null>;
  /** Makes the joined model and opens it in its editor. */
  open: Method<null, null>;
  'log.show': Method<null, null>;
}

export interface CheckpointJoinViewContract {
  'files.changed': Method<JoinedFiles, null>;
}

const nan = (value: number | null): number => value ?? NaN;

export function shownStatistics({ mean, std, min, max, l2, histogram, count, zeros, nans, infs, unitNorms }: TensorStatistics): ShownStatistics {
  const numbers = Float64Array.from([mean, std, min, max, l2], nan);
  return { count, zeros, nans, infs, unitNorms, numbers, range: Float64Array.of(histogram.low, histogram.high), counts: histogram.counts };
}

export function shownSteps({ steps }: CheckpointComparison): ShownStep[] {
  return steps.map(({ tensors, prefixes, relative }) => ({
    names: tensors.map(({ name }) => name),
    renamed: tensors.flatMap(({ names: [a, b] }, at): ShownStep['renamed'] => (a !== null && b !== null && a !== b ? [[at, [a, b]]] : [])),
    states: tensors.map(({ state }) => state),
    shapes: tensors.map(({ shape }) => shape),
    relative: Float64Array.from(tensors, (tensor) => nan(tensor.relative)),
    cosine: Float64Array.from(tensors, (tensor) => nan(tensor.cosine)),
    maxAbs: Float64Array.from(tensors, (tensor) => nan(tensor.maxAbs)),
    problems: tensors.flatMap(({ problem }, at): ShownStep['problems'] => (problem === undefined ? [] : [[at, problem]])),
    prefixes,
    total: relative !== null && Number.isFinite(relative) ? relative : null,
  }));
}
