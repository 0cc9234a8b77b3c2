/** Top-activating patches: what the engine answers about the units of one layer. */

/** x, y, width and height in pixels of the original image (EXIF orientation applied). */
export type Box = [x: number, y: number, width: number, height: number];

export const unitOrders = ['unit', 'score', 'selectivity'] as const;
export type UnitOrder = (typeof unitOrders)[number];

export interface RankedStimulus {
  index: number;
  score: number;
}

export interface UnitRow {
  unit: number;
  /** Class selectivity index over unit scores, 0 to 1, and the preferred class; null without two labelled classes. */
  selectivity: number | null;
  preferred: string | null;
  top: RankedStimulus[];
}

export interface UnitTable {
  /** Units of the layer, and stimuli with scores so far. */
  units: number;
  scanned: number;
  total: number;
  /** Rows `offset` to `offset + rows.length` in the order asked for. */
  offset: number;
  rows: UnitRow[];
  failure: string | null;
}

export interface UnitTableQuery {
  layer: string;
  order: UnitOrder;
  descending: boolean;
  /** Only stimuli of these classes are ranked. Empty: all. */
  labels: string[];
  top: number;
  offset: number;
  count: number;
}

export interface PatchRequest {
  unit: number;
  index: number;
}

/** Where a unit fired most in a stimulus. */
export interface PatchPlace {
  /** Row and column on the layer's grid; [token, 0] for tokens, [0, 0] for dense layers. */
  position: [number, number];
  box: Box;
}

/** An encoded image. */
export interface Picture {
  mime: string;
  data: Uint8Array;
  width: number;
  height: number;
}

/** A stimulus or a box of it as a picture, and the size of the whole image: boxes are in pixels of that. */
export interface StimulusPicture extends Picture {
  original: [width: number, height: number];
}

export interface Patch extends PatchPlace {
  picture: Picture;
}

export interface UnitDetail {
  unit: number;
  layer: string;
  top: (RankedStimulus & { path: string; label: string | null })[];
  /** Counts of scores in equal bins between `range[0]` and `range[1]`. */
  histogram: { range: [number, number]; counts: number[] };
  /** Mean, minimum and maximum score per class, by descending mean. */
  classes: { label: string; count: number; mean: number; min: number; max: number }[];
  mean: number;
  standardDeviation: number;
  selectivity: number | null;
  preferred: string | null;
}

/** One unit of a layer in two models over the same stimuli: the model's own, then the other's. Both histograms have the same bins. */
export interface UnitPair {
  units: [UnitDetail, UnitDetail];
  /** Stimuli with a score in both, and Pearson's correlation of their scores; null where a model's do not vary. */
  stimuli: number;
  correlation: number | null;
}

/** A unit's activation over the layer's grid, and which part of the original image the grid covers. */
export interface ActivationMap {
  rows: number;
  columns: number;
  /** Row-major. */
  values: Float32Array;
  /** Box in the original image that the centres of the outermost cells, plus half a stride each way, span. */
  extent: Box;
  place: PatchPlace;
}
