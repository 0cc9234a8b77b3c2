/** Retrieval: what the engine answers about which stimuli a layer holds to be similar. */
import * as z from 'zod';
import type { ValueCounts } from './dataset';
import type { Method } from './method';
import type { Box } from './patches';
import { pools } from './rdm';
import type { LayerFailure, ScanOutcome, ScanProgress, Study } from './scan';

/** How a layer's activation of an image becomes its embedding. */
export const embeddingSchema = z.object({
  /** ONNX value name. */
  layer: z.string().min(1),
  pool: z.enum(pools).default('mean'),
  /** Whiten: project on so many principal components of the dataset, each scaled to variance 1. Before `l2`. */
  whiten: z.number().int().min(1).optional(),
  /** Scale every embedding to length 1. A silent one stays 0. */
  l2: z.boolean().default(false),
});
export type Embedding = z.infer<typeof embeddingSchema>;
export type EmbeddingInput = z.input<typeof embeddingSchema>;

export const metrics = ['cosine', 'euclidean'] as const;
export type Metric = (typeof metrics)[number];

const boxSchema = z.tuple([z.number(), z.number(), z.number().positive(), z.number().positive()]);

/** An image of the dataset by its index, or any image file by its path; whole, or a box of it in its original pixels. */
export const queryImageSchema = z
  .object({
    index: z.number().int().min(0).optional(),
    /** Absolute. */
    path: z.string().min(1).optional(),
    box: boxSchema.optional(),
    /** Enlarges the box about its centre by this factor; what reaches outside the image is cut off. */
    context: z.number().min(1).max(100).default(1),
  })
  .refine(({ index, path }) => (index === undefined) !== (path === undefined), { message: 'A query is an index or a path.' });
export type QueryImage = z.infer<typeof queryImageSchema>;
export type QueryImageInput = z.input<typeof queryImageSchema>;

export const weights = [1, -1] as const;

/** What is searched for. */
export const retrievalQuerySchema = z.discriminatedUnion('kind', [
  /** One image, or sums and differences of up to three: A - B + C. Embeddings have length 1 before they are added for cosine. */
  z.object({
    kind: z.literal('images'),
    terms: z
      .array(z.object({ image: queryImageSchema, weight: z.union([z.literal(1), z.literal(-1)]).default(1) }))
      .min(1)
      .max(3),
  }),
  /** Near the middle of two: nearest to the mean of both embeddings, of length 1 each for cosine. */
  z.object({ kind: z.literal('between'), images: z.tuple([queryImageSchema, queryImageSchema]) }),
  /** Stimuli by a unit's highest activation. `distance` is then minus that score; pool, metric and transforms do not matter. */
  z.object({ kind: z.literal('unit'), unit: z.number().int().min(0) }),
]);
export type RetrievalQuery = z.infer<typeof retrievalQuerySchema>;
export type RetrievalQueryInput = z.input<typeof retrievalQuerySchema>;

const whereSchema = z.object({ column: z.string(), values: z.array(z.string()) });

/** Which stimuli may be found. All conditions have to hold. */
export const retrievalFilterSchema = z.object({
  /** Empty: all classes. */
  labels: z.array(z.string()).default([]),
  /** Manifest columns with one of some values. */
  where: z.array(whereSchema).default([]),
  /** Only the nearest stimulus of each class, without the class of the query (the first term's) where that is known. */
  otherClasses: z.boolean().default(false),
  /** A manifest column that splits the dataset, and the part to search in; null: all parts but the query's own (the first term's). */
  domain: z.object({ column: z.string(), value: z.string().nullable() }).optional(),
});
export type RetrievalFilter = z.infer<typeof retrievalFilterSchema>;

/** A table of embeddings outside the store: a folder or an address such as `s3://bucket/path`, and the table's name. */
export const tableAddressSchema = z.object({ uri: z.string().min(1), table: z.string().min(1) });
export type TableAddress = z.infer<typeof tableAddressSchema>;

export const retrievalRequestSchema = z.object({
  query: retrievalQuerySchema,
  embedding: embeddingSchema,
  metric: z.enum(metrics).default('cosine'),
  filter: retrievalFilterSchema.prefault({}),
  /** Results `from` up to `from + count` of the ranking. */
  from: z.number().int().min(0).default(0),
  count: z.number().int().min(1).max(100_000).default(50),
  /** Search an approximate index (HNSW), which is built where it is missing. A filter that is too narrow for it makes the search exact. */
  approximate: z.boolean().default(false),
  /** Search a published table instead of the dataset's own embeddings. `approximate` then uses the table's own index, where it has one. */
  index: tableAddressSchema.optional(),
});
export type RetrievalRequest = z.infer<typeof retrievalRequestSchema>;
export type RetrievalRequestInput = z.input<typeof retrievalRequestSchema>;

export interface RetrievalResult {
  /** Dataset index; null for one of a published table that this dataset does not have. */
  index: number | null;
  /** Relative to the dataset's root, with "/". */
  path: string;
  label: string | null;
  distance: number;
}

/** What could have been ranked and is not, in stimuli. */
export interface LeftOut {
  /** The query's own images. */
  query: number;
  /** By the filter; for `otherClasses` also those that are not the nearest of their class. */
  filter: number;
  /** Cosine: embeddings of length 0, which have no angle. */
  silent: number;
  /** Embeddings with numbers that are not finite. */
  notFinite: number;
  /** Images that cannot be read. */
  unreadable: number;
}

/** How good an approximate index was just now: the share of the k nearest that it found for sampled stimuli as queries. */
export interface MeasuredRecall {
  recall: number;
  k: number;
  queries: number;
}

export interface RetrievalAnswer {
  /** In order: nearest first, the lower dataset index first where distances are equal. */
  results: RetrievalResult[];
  /** Length of the whole ranking; of an approximate one, of what was found. */
  total: number;
  leftOut: LeftOut;
  /** Of the search alone: the query's embedding was known by then, and the index in memory or open. */
  milliseconds: number;
  exact: boolean;
  /** For an approximate search. */
  recall: MeasuredRecall | null;
  /** For each image of the query the box that was used, context included, in whole original pixels; null: the whole image. */
  boxes: (Box | null)[];
}

/** Where some images stand in the ranking of a request (its `from` and `count` do not matter). */
export interface RetrievalRanks {
  /** 1 is the nearest; 0: not in the ranking. One a stimulus asked for. */
  ranks: Int32Array;
  /** NaN where not in the ranking. */
  distances: Float64Array;
  total: number;
}

/** A position or box of an image, of which similar regions of other images are searched in a spatial layer. */
export const localRequestSchema = z.object({
  layer: z.string().min(1),
  /** Its box is the region; without a box, `position` is. `context` does not matter. */
  image: queryImageSchema,
  /** Row and column on the layer's grid. */
  position: z.tuple([z.number().int().min(0), z.number().int().min(0)]).optional(),
  metric: z.enum(metrics).default('cosine'),
  filter: retrievalFilterSchema.prefault({}),
  from: z.number().int().min(0).default(0),
  count: z.number().int().min(1).max(100_000).default(50),
});
export type LocalRequest = z.infer<typeof localRequestSchema>;
export type LocalRequestInput = z.input<typeof localRequestSchema>;

/** A window of a layer's grid and what its positions' receptive fields cover of the original image. */
export interface GridWindow {
  /** Row and column of its first position. */
  position: [number, number];
  /** The cells: what the grid's strides cover, clipped to the image, in whole original pixels. */
  box: Box;
  /** All that the window's positions see. */
  field: Box;
}

export interface LocalResult extends RetrievalResult, GridWindow {
  index: number;
}

export interface LocalAnswer {
  results: LocalResult[];
  total: number;
  leftOut: LeftOut;
  milliseconds: number;
  /** Rows and columns of the window. */
  window: [number, number];
  /** The layer's grid. */
  grid: [number, number];
  /** Where the query's window lies in its image. */
  query: GridWindow;
}

/** Embeddings of several layers. */
export const embeddingsSchema = z.object({
  layers: z.array(z.string()).min(1),
  pool: z.enum(pools).default('mean'),
  whiten: z.number().int().min(1).optional(),
  l2: z.boolean().default(false),
});
export type Embeddings = z.infer<typeof embeddingsSchema>;
export type EmbeddingsInput = z.input<typeof embeddingsSchema>;

export const qualityRequestSchema = embeddingsSchema.extend({ metric: z.enum(metrics).default('cosine') });
export type QualityRequest = z.infer<typeof qualityRequestSchema>;
export type QualityRequestInput = z.input<typeof qualityRequestSchema>;

/**
 * How well a layer's neighbours are of the same class, each stimulus with a label and a classmate being the query once and
 * never its own neighbour. Shares from 0 to 1.
 */
export interface LayerQuality {
  layer: string;
  features: number;
  /** Stimuli that were queries: labelled, not alone in their class, with an embedding that can be ranked. */
  queries: number;
  /** Labelled stimuli that could be found. */
  candidates: number;
  classes: number;
  /** Share of queries with at least one classmate among the 1, 5 and 10 nearest. */
  recallAt1: number;
  recallAt5: number;
  recallAt10: number;
  /** Mean over queries of the average precision of the whole ranking. */
  meanAveragePrecision: number;
  /** Share of queries whose class is that of the nearest, or of most of the 10 nearest (ties: the class of the nearest among them). */
  knn1: number;
  knn10: number;
  /** Classes of queries, and of their nearest neighbour where it is another; most frequent first. */
  confusions: { label: string; taken: string; count: number }[];
  /** Labelled stimuli without a ranking: silent or not finite. */
  leftOut: number;
}

export interface QualityReport {
  /** In the order asked for. */
  layers: LayerQuality[];
  failedLayers: LayerFailure[];
}

export interface QualityProgress {
  /** Layers done, and in all. */
  done: number;
  total: number;
  /** The report so far, after each layer. */
  report?: QualityReport;
}

/** The `.npy` file [stimuli, features] of float32, and the `.json` file beside it that says what its rows are. */
export interface EmbeddingFiles {
  file: string;
  index: string;
  rows: number;
  features: number;
}

export interface PublishOutcome {
  rows: number;
  added: number;
  changed: number;
  deleted: number;
  /** The table's version, as LanceDB counts. */
  version: number;
}

/** What a published table holds, and how its embeddings were made. */
export interface PublishedTable {
  rows: number;
  embedding: Embedding;
  labels: ValueCounts;
  /** Manifest columns, by their own names. */
  columns: { name: string; values: ValueCounts }[];
}

interface Steps {
  done: number;
  total: number;
}

/** The engine's methods for retrieval: `EngineContract` has them all. Every one may be cancelled. */
export interface RetrievalContract {
  /**
   * Looks at the disk and makes sure that the store has the embeddings: records what is missing, appends it, drops images
   * that are gone. What is there already costs nothing. The others throw `embedding.missing` where this is needed first.
   */
  'retrieval.prepare': Method<{ study: Study; embeddings: EmbeddingsInput }, ScanOutcome, ScanProgress>;
  /** Progress: an approximate index is being built. */
  'retrieval.query': Method<{ study: Study; request: RetrievalRequestInput }, RetrievalAnswer, Steps>;
  'retrieval.ranks': Method<{ study: Study; request: RetrievalRequestInput; indices: number[] }, RetrievalRanks>;
  /** Records whole activations of the layer where they are missing, then compares. */
  'retrieval.local': Method<{ study: Study; request: LocalRequestInput }, LocalAnswer, Steps>;
  /** Prepares each layer, then measures it. */
  'retrieval.quality': Method<{ study: Study; request: QualityRequestInput }, QualityReport, QualityProgress>;
  /** Writes `file` (.npy) and beside it `file.json`. */
  'retrieval.export': Method<{ study: Study; embedding: EmbeddingInput; file: string }, EmbeddingFiles, Steps>;
  /** Brings a Lance table up to date with the embeddings; installs LanceDB first where it is missing. */
  'retrieval.publish': Method<{ study: Study; embedding: EmbeddingInput; to: TableAddress }, PublishOutcome, Steps>;
  /** Names of the tables at an address. */
  'retrieval.tables': Method<{ uri: string }, string[]>;
  /** Throws `reference.unreadable` for a table that another model or preprocessing has made, or another program. */
  'retrieval.table': Method<{ study: Study; table: TableAddress }, PublishedTable>;
}
