/** The contract between the extension and the RDM panel. */
import * as z from 'zod';
import type { Method } from './method';
import {
  layoutMethods,
  rdmComparisons,
  rdmOrderSchema,
  rdmRecipeSchema,
  referenceSchema,
  type LayoutMethod,
  type RdmArrangement,
  type RdmImage,
  type RdmLayout,
  type RdmOrder,
  type RdmRecipe,
  type RdmSet,
  type RsaProgress,
  type RsaResult,
} from './rdm';
import type { Box, StimulusPicture } from './patches';
import type { SessionHostContract, SessionViewContract } from './views';

export const rdmColours = ['viridis', 'cividis', 'magma', 'grey'] as const;
export type RdmColours = (typeof rdmColours)[number];

/** What is chosen in the panel; remembered with the model. */
export const rdmSettingsSchema = z.object({
  /** In the order of the graph. */
  layers: z.array(z.string()).default([]),
  recipe: rdmRecipeSchema.prefault({}),
  order: rdmOrderSchema.default({ by: 'label' }),
  /** Colours follow the rank of a dissimilarity among all, or its value. */
  scale: z.enum(['percentile', 'value']).default('percentile'),
  colours: z.enum(rdmColours).default('viridis'),
  layout: z.enum(layoutMethods).default('mds'),
  thumbnails: z.boolean().default(true),
  comparison: z.enum(rdmComparisons).default('rho-a'),
  references: z.array(referenceSchema).default([]),
});
export type RdmSettings = z.infer<typeof rdmSettingsSchema>;

interface OfRecipe {
  recipe: RdmRecipe;
}

export type RdmView = 'rdm' | 'layers' | 'compare';

/**
 * Calls that read one RDM say of which recipe: settings may have changed on the way. They fail with `rdm.missing` where it is not
 * computed. `set` and `compare` are of the settings as they are.
 */
export interface RdmHostContract extends SessionHostContract {
  settings: Method<null, RdmSettings>;
  'settings.changed': Method<RdmSettings, null>;
  /** Computes what is missing of the settings given, after a confirmation where it would take long. */
  compute: Method<RdmSettings, null>;
  /** Asks for layers to show, in VS Code's own picker; the answer comes as `settings.set`. */
  'layers.choose': Method<null, null>;
  /** Asks for which stimuli; likewise. */
  'stimuli.choose': Method<null, null>;
  /** Asks for what the measure needs (a precision matrix, a column of folds); likewise. */
  'measure.choose': Method<{ measure: 'mahalanobis' | 'crossnobis' }, null>;
  /** Asks for a reference: a file, a category model, a baseline, another model; likewise. */
  'reference.add': Method<null, null>;

  set: Method<null, RdmSet>;
  arrange: Method<OfRecipe & { layer: string; order: RdmOrder }, RdmArrangement>;
  /** Part of an RDM, its rows and columns in the order of `rows`: `region` is x, y, width, height in cells. */
  image: Method<OfRecipe & { layer: string; rows: Int32Array; region: Box; size: number }, RdmImage>;
  /** Dissimilarity of pairs of rows in layers: [layers][pairs]; NaN where a layer has no RDM. */
  pairs: Method<OfRecipe & { layers: string[]; pairs: [number, number][] }, Float32Array[]>;
  compare: Method<null, RsaResult, RsaProgress>;
  layout: Method<OfRecipe & { layer: string; method: LayoutMethod }, RdmLayout, { done: number; total: number }>;
  /** Values of a manifest column, one a row of the set. */
  column: Method<OfRecipe & { column: string }, (string | null)[]>;
  picture: Method<{ index: number; size: number }, StimulusPicture>;
  'stimuli.open': Method<{ indices: number[] }, null>;

  'export.data': Method<null, null>;
  /** A picture that the view has drawn. */
  'export.picture': Method<{ name: string; mime: 'image/png' | 'image/svg+xml'; data: Uint8Array }, null>;
  'export.python': Method<{ view: RdmView; layer: string | null }, null>;
  'export.command': Method<null, null>;
}

/** What the extension tells the panel, besides the state of the session. */
export interface RdmViewContract extends SessionViewContract {
  /** A command has changed what is chosen. */
  'settings.set': Method<RdmSettings, null>;
  /** Shows one of the panel's views: a command asked for it. */
  'view.show': Method<{ view: RdmView; layer: string | null }, null>;
}
