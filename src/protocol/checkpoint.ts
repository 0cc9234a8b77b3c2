import { z } from 'zod';

/** Checkpoints: files of named tensors without a graph. Their numbers stay in the file; these types say what is there. */

/** Content that is no tensor (epoch, hyper-parameters, optimizer state), as plain data to show. */
export interface TreeNode {
  key: string;
  /** "dict", "list", "tensor", "number", "text", "object", … */
  kind: string;
  /** Its value in short, at most 300 characters. */
  text: string;
  /** Children in all; more than are listed where the listing was cut. */
  size?: number;
  children?: TreeNode[];
}

/** Children `from` up to, not including, `from + count` of the entry that is reached by taking the child of each index in turn. */
export interface TreeRequest {
  path: string;
  at: number[];
  from: number;
  count: number;
}

export interface TreePage {
  children: TreeNode[];
  /** Children in all. */
  size: number;
}

export interface CheckpointWarning {
  /** `code`: loading the file in Python could run code. `unread`: something in it is not read. */
  kind: 'code' | 'unread';
  text: string;
  /** The names that the file wants of Python, for `code`. */
  globals?: string[];
}

/** A tensor that shares memory with others, or does not lie in it from end to end. */
export interface TensorView {
  /** In elements, one an axis. */
  strides: number[];
  /** In elements of the storage. */
  offset: number;
  storage: string;
  storageBytes: number;
  /** Tensors in the file that use the storage, this one included. */
  sharedBy: number;
}

/** Tensors as columns: some checkpoints have tens of thousands. */
export interface TensorColumns {
  names: string[];
  /** Element types that occur, and which of them each tensor has. */
  dtypes: string[];
  dtype: Int32Array;
  /** Number of axes of each tensor, and the lengths of all axes one after the other. */
  ranks: Int32Array;
  dims: Float64Array;
  /** Of the elements, without anything else in their storage. */
  bytes: Float64Array;
  /** By place. */
  views: [number, TensorView][];
  /** Why values are not read, by place. */
  problems: [number, string][];
}

export interface CheckpointSummary {
  path: string;
  format: string;
  /** Of the file, or of all files of a sharded checkpoint, in bytes. */
  size: number;
  tensors: TensorColumns;
  totals: { tensors: number; elements: number; bytes: number; byDtype: { dtype: string; tensors: number; elements: number; bytes: number }[] };
  tree: TreeNode;
  warnings: CheckpointWarning[];
  /** Files beside an index that it names; of other checkpoints none. */
  parts: string[];
}

export interface TensorPlace {
  path: string;
  tensor: string;
}

/** NaN elements count in `nans` alone; infinite ones in `infs`, `min` and `max`. Complex numbers count as two numbers. */
export interface TensorStatistics {
  count: number;
  /** Over finite elements; null where there are none, or where they are all NaN. */
  mean: number | null;
  /** Of the population (divided by the number). */
  std: number | null;
  min: number | null;
  max: number | null;
  /** Over finite elements. */
  l2: number;
  zeros: number;
  nans: number;
  infs: number;
  /** Finite elements in equal bins from `low` to `high`, both included. */
  histogram: { low: number; high: number; counts: Float64Array };
  /** L2 norm of each slice along axis 0, over finite elements; empty for scalars and above 65,536 units. */
  unitNorms: Float64Array;
}

/** Tensors of the same file with one number, or one for each place on the axis; null: scale 1, zero point 0. */
export const dequantizationSchema = z.object({ scale: z.string().nullable(), zero: z.string().nullable(), axis: z.number().int().min(0) });
export type Dequantization = z.infer<typeof dequantizationSchema>;

export const sliceRequestSchema = z.object({
  path: z.string(),
  tensor: z.string(),
  /** `plane`: rows and columns are the two axes, all others at an index. `filters`: [O, I, kH, kW], the first O at most `most`, or what they stand for. */
  what: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('plane'),
      rows: z.number().int().min(0),
      columns: z.number().int().min(0),
      at: z.array(z.number().int().min(0)),
      /** First row and column, and how many; longer planes are cut. */
      from: z.tuple([z.number().int().min(0), z.number().int().min(0)]).default([0, 0]),
      size: z.tuple([z.number().int().min(1), z.number().int().min(1)]).default([1024, 1024]),
    }),
    z.object({ kind: z.literal('filters'), first: z.number().int().min(0).default(0), most: z.number().int().min(1).default(256), dequantize: dequantizationSchema.optional() }),
  ]),
});
export type SliceRequest = z.input<typeof sliceRequestSchema>;

/** Values in C order. */
export interface TensorSlice {
  /** [rows, columns], or [O, I, kH, kW]. */
  shape: number[];
  values: Float32Array;
  /** Of finite values; null where there are none. */
  range: [number, number] | null;
}

export type TensorState = 'same' | 'changed' | 'new' | 'gone' | 'reshaped' | 'unread';

/** How W' (of the later checkpoint) differs from W; numbers are null where they are not defined. */
export interface TensorChange {
  name: string;
  /** What the tensor is called in each file, where that is another name. */
  names: [string | null, string | null];
  state: TensorState;
  shape: number[];
  /** ||W' - W|| / ||W||; infinite where W is zero and W' is not. */
  relative: number | null;
  cosine: number | null;
  maxAbs: number | null;
  /** ||W'_u - W_u|| of each slice along axis 0; empty above 65,536 units. */
  units: Float64Array;
  /** Why it is `unread`. */
  problem?: string;
}

export interface CheckpointStep {
  paths: [string, string];
  tensors: TensorChange[];
  /** Beginnings that one file's names have and the other's do not. */
  prefixes: [string[], string[]];
  /** Over all tensors that are in both with one shape: ||W' - W|| / ||W||. */
  relative: number | null;
}

/** One step for each pair of neighbours. */
export interface CheckpointComparison {
  steps: CheckpointStep[];
}

export interface CheckpointProgress {
  /** In bytes. */
  done: number;
  total: number;
}

export interface JoinRequest {
  checkpoint: string;
  model: string;
  /** The checkpoint that the model was exported from. */
  original?: string;
}

/** How a graph's weight is made from a checkpoint's tensors. */
export type JoinRule = 'name' | 'transposed' | 'folded' | 'unchanged';

export interface JoinMatch {
  initializer: string;
  shape: number[];
  tensors: string[];
  how: JoinRule;
  /** In words, for the person. */
  note: string;
  /** Of a folded BatchNorm. */
  eps?: number;
}

/** Which weights of a graph a checkpoint gives. Nothing runs before it is looked at. */
export interface JoinPlan {
  matched: JoinMatch[];
  unmatched: { initializer: string; shape: number[]; why: string }[];
  /** Tensors of the checkpoint that no weight of the graph takes. */
  unused: string[];
  /** Beginning of the checkpoint's names that the graph does not have. */
  prefix: string;
}
