/** RDMs and their comparison: what the engine answers about the geometry of layers. */
import * as z from 'zod';
import type { ScanOutcome } from './scan';

/** How a layer's activation of one stimulus becomes a vector: all of it, or each unit's mean or maximum over positions. */
export const pools = ['flatten', 'mean', 'max'] as const;
export type Pool = (typeof pools)[number];

export const rdmMeasures = ['correlation', 'euclidean', 'sqeuclidean/P', 'cosine', 'mahalanobis', 'crossnobis'] as const;
export type RdmMeasure = (typeof rdmMeasures)[number];

export const rdmComparisons = [
  'rho-a',
  'spearman',
  'pearson',
  'tau-a',
  'tau-b',
  'cosine',
  'whitened-cosine',
  'whitened-pearson',
  'cka',
  'cka-unbiased',
] as const;
export type RdmComparison = (typeof rdmComparisons)[number];

/** CKA compares embeddings, not RDMs: references without embeddings have none. */
export function needsEmbeddings(comparison: RdmComparison): boolean {
  return comparison === 'cka' || comparison === 'cka-unbiased';
}

/** Which stimuli, in dataset order: those of some classes, of some values of a manifest column, or a random sample of these. */
export const stimulusSelectionSchema = z.object({
  /** Empty: all classes. */
  labels: z.array(z.string()).default([]),
  where: z.object({ column: z.string(), values: z.array(z.string()) }).optional(),
  sample: z.object({ count: z.number().int().min(3), seed: z.number().int().default(0) }).optional(),
});
export type StimulusSelection = z.infer<typeof stimulusSelectionSchema>;

/** What an RDM is made of, but for the layer. */
export const rdmRecipeSchema = z.object({
  pool: z.enum(pools).default('flatten'),
  measure: z.enum(rdmMeasures).default('correlation'),
  stimuli: stimulusSelectionSchema.prefault({}),
  /** Mahalanobis and crossnobis: `.npy` file with the precision matrix [P, P] of the features. */
  precision: z.string().optional(),
  /** Crossnobis: manifest column that says which repetition a stimulus belongs to; its conditions are the labels. */
  folds: z.string().optional(),
});
export type RdmRecipe = z.infer<typeof rdmRecipeSchema>;

export const rdmRequestSchema = rdmRecipeSchema.extend({ layers: z.array(z.string()).min(1) });
export type RdmRequest = z.infer<typeof rdmRequestSchema>;

export interface RdmEstimate {
  stimuli: number;
  /** Layers whose RDM is not there yet. */
  layers: number;
  /** Images that have to be run through the model. */
  images: number;
  seconds: number;
  /** Bytes of activations that have to be written to the disk meanwhile. */
  bytes: number;
}

export type RdmOutcome = ScanOutcome;

/** An RDM's layer, and how far it is. */
export type RdmLayer =
  | { layer: string; state: 'missing' }
  | { layer: string; state: 'failed'; message: string }
  | {
      layer: string;
      state: 'ready';
      /** Features P of an embedding. */
      features: number;
      /** 257 quantiles of the dissimilarities of distinct stimuli, 0/256 to 256/256. */
      quantiles: Float32Array;
    };

/** What the rows of the RDMs are, and the RDMs that there are. */
export interface RdmSet {
  /** For each row its stimulus; for crossnobis the first stimulus of its condition. */
  indices: Int32Array;
  /** Path of the stimulus, or the name of the condition. */
  names: string[];
  labels: (string | null)[];
  layers: RdmLayer[];
}

/** Rows in the order of the dataset, by class, by the value of a manifest column, by name, or clustered. */
export const rdmOrderSchema = z.union([
  z.object({ by: z.enum(['dataset', 'label', 'name', 'cluster']) }),
  z.object({ by: z.literal('column'), column: z.string() }),
]);
export type RdmOrder = z.infer<typeof rdmOrderSchema>;

export interface RdmArrangement {
  /** Row of the set at each place. */
  rows: Int32Array;
  /** Runs of places with the same class or value; empty where the order has none. */
  groups: { name: string | null; from: number; to: number }[];
  /**
   * Average linkage, for `cluster` only: N - 1 merges, lowest first, as SciPy numbers them: clusters below N are places,
   * cluster N + k is the k-th merge.
   */
  tree: { left: Int32Array; right: Int32Array; height: Float32Array } | null;
}

/** A part of an RDM as a picture: mean dissimilarity of the pairs under each pixel. */
export interface RdmImage {
  width: number;
  height: number;
  /** Row-major. */
  values: Float32Array;
}

export const baselines = ['pixels', 'luminance', 'colour'] as const;
export type Baseline = (typeof baselines)[number];

/** What layers are compared with. */
export const referenceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    path: z.string(),
    /** One of several RDMs in the file; default: all of them. */
    entry: z.string().optional(),
  }),
  /** 0 within a class and 1 between classes; `column` null: the labels. */
  z.object({ kind: z.literal('categories'), column: z.string().nullable().default(null) }),
  z.object({ kind: z.literal('baseline'), baseline: z.enum(baselines) }),
  /** A layer of another model, or of this one with the weights of a checkpoint, over the same images. */
  z.object({
    kind: z.literal('model'),
    model: z.string(),
    layer: z.string(),
    checkpoint: z.string().optional(),
  }),
]);
export type Reference = z.infer<typeof referenceSchema>;

/** An RDM found in a file. */
export interface ReferenceEntry {
  name: string;
  stimuli: number;
  /** Names of its stimuli, where the file has them. */
  names: string[] | null;
}

export interface ReferenceValue {
  layer: string;
  /** Null where it is not defined: one of both does not vary. */
  value: number | null;
  /** 95 % bootstrap interval over stimuli. */
  interval: [low: number, high: number] | null;
}

/** How far a comparison is; `result` is it without the intervals, which take longest. */
export interface RsaProgress {
  done: number;
  total: number;
  result?: RsaResult;
}

/** One reference RDM against the layers. A file with several RDMs gives several. */
export interface ReferenceResult {
  name: string;
  /** Place of its reference in the question. */
  from: number;
  /** Why there are no values, in a sentence. */
  problem: string | null;
  values: ReferenceValue[];
}

export interface RsaResult {
  comparison: RdmComparison;
  /** Layers with an RDM, in the order of the question. */
  layers: string[];
  /** [L, L], row-major; NaN where it is not defined. */
  matrix: Float64Array;
  /** Second-order MDS: a point for each layer, then for each reference without a problem: [L + R, 2]. */
  map: Float64Array;
  references: ReferenceResult[];
  /** References without a problem with each other: [R, R]. */
  between: Float64Array;
  /** Over RDMs from files, where there are several: what a perfect model would reach. */
  ceiling: { lower: number; upper: number; references: number } | null;
  /** Bootstrap samples behind each interval. */
  resamples: number;
}

export const layoutMethods = ['mds', 'pca', 'tsne', 'umap'] as const;
export type LayoutMethod = (typeof layoutMethods)[number];

/** Stimuli of a layer as points: [N, 2]. */
export interface RdmLayout {
  points: Float32Array;
  /** What the axes or the fit are worth, in a phrase: "Kruskal stress 0.21", "24 % and 11 % of variance". */
  quality: string;
}

export type RdmFormat = 'npy' | 'csv';

export interface RdmExportFiles {
  /** Absolute paths, `rdm.json` first. */
  files: string[];
  /** Layers that have no RDM, and references without values, each with the reason. */
  problems: string[];
}
