import type { Method } from '../../protocol/method';
import type { MeasuredRecall, Metric } from '../../protocol/retrieval';
import type { EmbeddingHeader } from '../store/embeddingFile';
import type { EmbeddingSource } from './embeddings';
import type { Candidates } from './searchRank';

/** Gathers embeddings from where they were recorded, or from a file of them, into a new one. */
export interface PackTask {
  source: EmbeddingSource;
  /** One a row. */
  identities: string[];
  content: string;
  file: string;
}

/** Whitens and normalises a file of embeddings into another one. */
export interface TransformTask {
  from: string;
  whiten: number | null;
  l2: boolean;
  content: string;
  file: string;
  threads: number;
}

/** A table of LanceDB, whose package is installed in a folder. */
export interface LanceTable {
  module: string;
  uri: string;
  table: string;
}

/** One image of a query. */
export interface QueryPart {
  /** For sentences. */
  name: string;
  weight: number;
  /** Embedding as it was recorded, [inputs], or already transformed, [features]. */
  vector: Float32Array;
  transformed: boolean;
}

export interface SearchTask {
  /** File of embeddings. */
  file: string;
  metric: Metric;
  parts: QueryPart[];
  /** File of embeddings by whose transform raw vectors are transformed; null: they stay. */
  transform: string | null;
  /** Length 1 afterwards. */
  l2: boolean;
  candidates: Candidates;
  /** Rows of the ranking that are wanted, from the first. */
  count: number;
  /** Bytes that vectors may take in memory. */
  budget: number;
  threads: number;
  /** An index to search instead of all rows: a file (`search.build`), or the own one of the table that the rows are from. */
  approximate: { file: string } | { table: LanceTable } | null;
}

export interface SearchAnswer {
  rows: Int32Array;
  distances: Float64Array;
  total: number;
  silent: number;
  notFinite: number;
  milliseconds: number;
  exact: boolean;
  recall: MeasuredRecall | null;
}

export interface QualityTask {
  file: string;
  metric: Metric;
  /** Class of each row; below 0: none. */
  classes: Int32Array;
  budget: number;
  threads: number;
}

export interface QualityAnswer {
  features: number;
  queries: number;
  candidates: number;
  leftOut: number;
  recallAt1: number;
  recallAt5: number;
  recallAt10: number;
  meanAveragePrecision: number;
  knn1: number;
  knn10: number;
  /** Class, class of the nearest neighbour, count; most frequent first. */
  confusions: [number, number, number][];
}

export interface LocalTask {
  /** Whole activations, flat, one a row. */
  source: EmbeddingSource;
  shape: ActivationShape;
  /** Unit by unit, [units]: the mean over the query's window. */
  query: Float64Array;
  /** Rows and columns. */
  window: [number, number];
  metric: Metric;
}

/** How a flat activation is laid out: [outer, units, inner], positions row-major over (outer, inner). */
export interface ActivationShape {
  outer: number;
  units: number;
  inner: number;
  grid: [number, number];
}

/** For each row the best window: NaN and -1 where there is none (silent or not finite). */
export interface LocalBest {
  distances: Float64Array;
  /** Row-major index of its first position. */
  positions: Int32Array;
  /** 0: has one; 1: silent; 2: not finite. */
  faults: Uint8Array;
}

export interface LancePublishTask extends LanceTable {
  file: string;
  /** One a row of the file. */
  paths: string[];
  labels: (string | null)[];
  indices: number[];
  columns: { name: string; values: (string | null)[] }[];
  metadata: Record<string, string>;
}

/** A version of one table. */
export interface TableVersion {
  version: number;
  id: string;
}

/** What a table's rows are, by ascending index, then path. */
export interface LanceCatalogue extends TableVersion {
  rows: number;
  features: number;
  paths: string[];
  labels: (string | null)[];
  identities: string[];
  columns: { name: string; values: (string | null)[] }[];
  metadata: Record<string, string>;
  /** Whether it has an index of its own for vectors. */
  indexed: boolean;
}

interface Share {
  share: number;
}

export interface SearchContract {
  'search.pack': Method<PackTask, EmbeddingHeader, Share>;
  'search.transform': Method<TransformTask, EmbeddingHeader, Share>;
  'search.rank': Method<SearchTask, SearchAnswer>;
  /** Places of some rows in the whole ranking, from 1; 0: not in it. */
  'search.places': Method<{ task: SearchTask; of: Int32Array }, { places: Int32Array; distances: Float64Array; total: number }>;
  'search.quality': Method<QualityTask, QualityAnswer, Share>;
  'search.local': Method<LocalTask, LocalBest, Share>;
  'search.build': Method<{ file: string; metric: Metric; index: string; threads: number }, null, Share>;
  'lance.publish': Method<LancePublishTask, { rows: number; added: number; changed: number; deleted: number; version: number }, Share>;
  'lance.tables': Method<Pick<LanceTable, 'module' | 'uri'>, string[]>;
  /** Null: its version is still the one that is known. */
  'lance.catalogue': Method<{ table: LanceTable; known: TableVersion | null }, LanceCatalogue | null>;
  /** Copies a table's vectors into a file, in the order of the catalogue. */
  'lance.fetch': Method<{ table: LanceTable; version: TableVersion; file: string }, null, Share>;
}
