import type { Method } from '../../protocol/method';
import type { LayoutMethod, RdmComparison, RdmLayout } from '../../protocol/rdm';
import type { GaborFit } from '../../protocol/graph';
import type { EmbeddingSource } from './embeddings';
import type { GaborTask } from './gabor/task';
import type { SearchContract } from './searchContract';

/** The measures that an RDM of embeddings can have; see `rdm.ts` of this folder. */
export type Distance = 'correlation' | 'cosine' | 'euclidean' | 'sqeuclidean/P';

export interface RdmTask {
  source: EmbeddingSource;
  distance: Distance;
  /** Where to write the RDM: see `store/rdmFile.ts`. */
  file: string;
  /** Bytes that it may take, about. */
  budget: number;
  /** Threads of the matrix product. */
  threads: number;
}

/** Rows for which the distance is not defined; nothing is written then. */
export interface RdmFault {
  kind: 'constant' | 'zero' | 'not-finite';
  rows: number[];
}

export interface MahalanobisTask {
  source: EmbeddingSource;
  file: string;
  /** [P, P], row-major, symmetric; null: the identity. */
  precision: Float64Array | null;
  /** Crossnobis: condition and fold of each row. */
  partition: { conditions: Int32Array; folds: Int32Array } | null;
}

export interface CompareTask {
  comparison: RdmComparison;
  /** RDM files of the layers, and condensed RDMs of the references. */
  files: string[];
  references: Float32Array[];
  /** References that are several measurements of one thing. */
  measured: number[];
  /** Of the map. */
  seed: number;
}

export interface CompareAnswer {
  /** Layers and then references with each other: [L + R, L + R]. */
  matrix: Float64Array;
  ceiling: { lower: number; upper: number } | null;
  /** [L + R, 2] */
  map: Float64Array;
}

export interface BootstrapTask {
  comparison: RdmComparison;
  files: string[];
  reference: Float32Array;
  seed: number;
}

/** 95 % intervals of the layers' similarity to the reference; none where the comparison has no bootstrap. */
export interface BootstrapAnswer {
  intervals: ([number, number] | null)[];
  resamples: number;
}

interface Steps {
  done: number;
  total: number;
}

/** What worker processes compute from what has been recorded; none of it runs a model. */
export interface ComputeContract extends SearchContract {
  'compute.rdm': Method<RdmTask, RdmFault | null, { share: number }>;
  'compute.mahalanobis': Method<MahalanobisTask, RdmFault | null>;
  'compute.compare': Method<CompareTask, CompareAnswer, Steps>;
  'compute.bootstrap': Method<BootstrapTask, BootstrapAnswer, Steps>;
  'compute.layout': Method<{ file: string; method: LayoutMethod; seed: number }, RdmLayout, Steps>;
  'compute.gabor': Method<GaborTask, GaborFit[], Steps>;
  'compute.linkage': Method<
    { file: string },
    { left: Int32Array; right: Int32Array; height: Float32Array; order: Int32Array }
  >;
}
