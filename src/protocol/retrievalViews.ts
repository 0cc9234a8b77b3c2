/** The contract between the extension and the retrieval panel. */
import * as z from 'zod';
import type { Stimulus, ValueCounts } from './dataset';
import type { Method } from './method';
import { pools } from './rdm';
import {
  metrics,
  queryImageSchema,
  retrievalFilterSchema,
  retrievalQuerySchema,
  tableAddressSchema,
  type Embedding,
  type PublishedTable,
  type TableAddress,
  type RetrievalFilter,
  type LocalAnswer,
  type LocalRequestInput,
  type QualityProgress,
  type QualityReport,
  type QualityRequestInput,
  type QueryImageInput,
  type RetrievalAnswer,
  type RetrievalQuery,
  type RetrievalQueryInput,
  type RetrievalRanks,
  type RetrievalRequestInput,
} from './retrieval';
import type { Picture, StimulusPicture } from './patches';
import type { SessionHostContract, SessionViewContract } from './views';

/** What is searched for and how; remembered with the model. */
export const retrievalSettingsSchema = z.object({
  /** By its files: what is remembered may meet other images. */
  query: retrievalQuerySchema.nullable().default(null),
  /** Null: the one to begin with. */
  layer: z.string().nullable().default(null),
  /** Another layer, whose ranking stands beside the first one's. */
  second: z.string().nullable().default(null),
  pool: z.enum(pools).default('mean'),
  whiten: z.number().int().min(1).optional(),
  l2: z.boolean().default(false),
  metric: z.enum(metrics).default('cosine'),
  filter: retrievalFilterSchema.prefault({}),
  approximate: z.boolean().default(false),
  /** A published table that is searched in place of the images' own embeddings; layer and transforms are those that it was made with. */
  index: tableAddressSchema.nullable().default(null),
  /** Similar regions of other images instead of similar images. */
  local: z.boolean().default(false),
  /** Layers of the report on quality. Empty: all primary ones. */
  qualityLayers: z.array(z.string()).default([]),
});
export type RetrievalSettings = z.infer<typeof retrievalSettingsSchema>;

export const noFilter: RetrievalFilter = { labels: [], where: [], otherClasses: false };

export const retrievalViews = ['results', 'quality', 'region', 'paste'] as const;

/** What a command asks the panel to show. */
export const retrievalShowSchema = z.object({
  view: z.enum(retrievalViews),
  /** The image that a box is drawn on. */
  image: queryImageSchema.optional(),
  /** What an image is pasted for: to be searched for, or to draw a box on. */
  paste: z.enum(['similar', 'region']).optional(),
});
export type RetrievalShow = z.infer<typeof retrievalShowSchema>;

/** A query that was asked before. */
export const pastQuerySchema = z.object({
  /** By its files. */
  query: retrievalQuerySchema,
  title: z.string(),
  layer: z.string().nullable(),
});
export type PastQuery = z.infer<typeof pastQuerySchema>;

/** The commands that ask for a query. */
export const queryCommands = {
  similar: 'findSimilarImages',
  region: 'findSimilarToRegion',
  unit: 'findImagesForUnit',
  between: 'findImagesBetween',
  combine: 'combineImages',
  repeat: 'repeatQuery',
  published: 'searchPublished',
} as const;
export type QueryCommand = keyof typeof queryCommands;

interface Steps {
  done: number;
  total: number;
}

/** Searches carry their whole question: settings may have changed on the way. They fail with `embedding.missing` until `prepare`. */
export interface RetrievalHostContract extends SessionHostContract {
  settings: Method<null, RetrievalSettings>;
  'settings.changed': Method<RetrievalSettings, null>;
  /** Makes the embeddings of these settings, in the session's recording. */
  prepare: Method<RetrievalSettings, null>;
  search: Method<RetrievalRequestInput, RetrievalAnswer, Steps>;
  ranks: Method<{ request: RetrievalRequestInput; indices: number[] }, RetrievalRanks>;
  local: Method<LocalRequestInput, LocalAnswer, Steps>;
  quality: Method<QualityRequestInput, QualityReport, QualityProgress>;

  /** Asks for a query in VS Code's own pickers. */
  'query.ask': Method<{ how: QueryCommand }, null>;
  /** Searches for something else; the answer comes as `settings.set`. */
  'query.set': Method<RetrievalQuery, null>;
  /** An image that was pasted becomes a file, and a query. */
  'query.paste': Method<{ mime: string; data: Uint8Array; paste: 'similar' | 'region' }, null>;
  'layers.choose': Method<null, null>;

  stimuli: Method<{ indices: number[] }, Stimulus[]>;
  /** The stimulus whose file this is; null: none. */
  find: Method<{ path: string }, Stimulus | null>;
  /** What the published table holds that is searched. */
  table: Method<{ table: TableAddress }, PublishedTable>;
  picture: Method<{ index: number; size: number }, StimulusPicture>;
  /** An image file as it is: its size is what the page measures. */
  file: Method<{ path: string }, Pick<Picture, 'mime' | 'data'>>;
  /** The values of a manifest column, most frequent first. */
  column: Method<{ column: string }, ValueCounts>;
  /** The address that stimulus paths start at, for what is dragged out of the page. */
  root: Method<null, string>;
  'stimulus.open': Method<{ index: number }, null>;

  'export.csv': Method<null, null>;
  'export.command': Method<null, null>;
  'export.embeddings': Method<null, null>;
  publish: Method<null, null>;
}

/** What the extension tells the panel, besides the state of the session. */
export interface RetrievalViewContract extends SessionViewContract {
  /** A command has changed what is chosen. */
  'settings.set': Method<RetrievalSettings, null>;
  'view.show': Method<RetrievalShow, null>;
}

/** A stimulus' context in a webview's own menu, for the commands of `webview/context`. */
export interface StimulusMenuContext {
  webviewSection: 'stimulus';
  unitscopeModel: string;
  unitscopeStimulus: number;
  preventDefaultContextMenuItems: true;
}

/** A unit's context in the patches panel's menu; the patches in it are stimuli besides. */
export interface UnitMenuContext {
  webviewSection: 'unit';
  unitscopeModel: string;
  unitscopeLayer: string;
  unitscopeUnit: number;
  preventDefaultContextMenuItems: true;
}

export function unitMenu(modelUri: string, layer: string, unit: number): string {
  const context: UnitMenuContext = {
    webviewSection: 'unit',
    unitscopeModel: modelUri,
    unitscopeLayer: layer,
    unitscopeUnit: unit,
    preventDefaultContextMenuItems: true,
  };
  return JSON.stringify(context);
}

/** The context of a pair of stimuli: row and column of an RDM. */
export interface PairMenuContext {
  webviewSection: 'pair';
  unitscopeModel: string;
  unitscopePair: [row: number, column: number];
  preventDefaultContextMenuItems: true;
}

export function pairMenu(modelUri: string, pair: [row: number, column: number]): string {
  const context: PairMenuContext = { webviewSection: 'pair', unitscopeModel: modelUri, unitscopePair: pair, preventDefaultContextMenuItems: true };
  return JSON.stringify(context);
}

/** Goes into `data-vscode-context` of whatever shows a stimulus. */
export function stimulusMenu(modelUri: string, index: number): string {
  const context: StimulusMenuContext = {
    webviewSection: 'stimulus',
    unitscopeModel: modelUri,
    unitscopeStimulus: index,
    preventDefaultContextMenuItems: true,
  };
  return JSON.stringify(context);
}

export function embeddingOf({ pool, whiten, l2 }: RetrievalSettings, layer: string): Embedding {
  return { layer, pool, l2, ...(whiten === undefined ? {} : { whiten }) };
}

/** The images of a query, in the order in which its answer tells their boxes. */
export function imagesOf(query: RetrievalQueryInput): QueryImageInput[] {
  switch (query.kind) {
    case 'images':
      return query.terms.map(({ image }) => image);
    case 'between':
      return query.images;
    case 'unit':
      return [];
  }
}

/** The question of settings to a layer. Null: nothing is searched for yet. */
export function requestOf(settings: RetrievalSettings, layer: string): RetrievalRequestInput | null {
  const { query, metric, filter, approximate, index } = settings;
  if (!query) return null;
  const request = { query, embedding: embeddingOf(settings, layer), metric, filter };
  return query.kind === 'unit' ? request : { ...request, approximate, ...(index ? { index } : {}) };
}

/** The question for similar regions. Null: the query is not one image with a box. */
export function localRequestOf({ query, metric, filter }: RetrievalSettings, layer: string): LocalRequestInput | null {
  if (query?.kind !== 'images' || query.terms.length !== 1) return null;
  const { image } = query.terms[0]!;
  return image.box ? { layer, image, metric, filter } : null;
}

/** A query of one image. */
export function similarTo(image: QueryImageInput): RetrievalQuery {
  return retrievalQuerySchema.parse({ kind: 'images', terms: [{ image }] });
}

/** Query in words: names are those of its images. */
export function queryTitle(query: RetrievalQuery, names: readonly string[]): string {
  const name = (at: number): string => names[at] ?? '?';
  switch (query.kind) {
    case 'unit':
      return `Unit ${query.unit}`;
    case 'between':
      return `Between ${name(0)} and ${name(1)}`;
    case 'images':
      return query.terms
        .map(({ image, weight }, at) => `${weight < 0 ? '− ' : at > 0 ? '+ ' : ''}${name(at)}${image.box ? ' (region)' : ''}`)
        .join(' ');
  }
}
