/** What the engine tells about a model without running it. */

/** A dimension: known, symbolic ("batch"), or unknown. */
export type Dim = number | string | null;

export interface ValueSummary {
  name: string;
  /** ONNX element type in lower case: "float32", "float16", "uint8", … */
  dtype: string;
  shape: Dim[];
}

export type LayerKind =
  | 'convolution'
  | 'activation'
  | 'pooling'
  | 'normalization'
  | 'dense'
  | 'merge' // Add, Concat, Mul, …
  | 'attention' // MatMul or Softmax between activations
  | 'reshape' // the same numbers in another arrangement, or dropout
  | 'other';

/**
 * The input region that one position of a layer sees, in pixels of the model's input.
 * Position (y, x) sees rows `offset[0] + y * stride[0]` up to, not including, that plus `size[0]`; columns likewise.
 * Its centre is `offset + y * stride + (size - 1) / 2` (Araujo, Norris and Sim, Distill 2019).
 */
export interface ReceptiveField {
  /** Height and width. */
  size: [number, number];
  stride: [number, number];
  offset: [number, number];
  /** `exact`: every pixel of the box is seen; `upper-bound`: some are not; `global`: the whole input. */
  kind: 'exact' | 'upper-bound' | 'global';
}

/** One tensor value of the graph. */
export interface Layer {
  /** The ONNX value name. */
  name: string;
  /** Module path to group by, outermost first: ["layer1", "0"]. */
  group: string[];
  /** Name within its group: "conv1 · Conv". */
  label: string;
  /** The operator that makes the value, and its node's name ("" where the file has none). */
  op: string;
  node: string;
  kind: LayerKind;
  dtype: string;
  /** Activation shape, batch first. */
  shape: Dim[];
  /** Which axis counts units, and how many there are (null: not known before the model has run). */
  unitAxis: number;
  units: number | null;
  /** The axes of `shape` over which a unit's position runs, row-major. Empty for [N, D]. */
  positionAxes: number[];
  /** False when axis 0 is not the batch (windows folded into it): such a layer runs one image at a time. */
  batched: boolean;
  receptiveField: ReceptiveField | null;
  /** Elements of the node's initializers. */
  parameters: number;
  /** Scanned when no layers are named: all but values that only feed an activation function or are another's copy. */
  primary: boolean;
}

export interface ImageInput {
  name: string;
  dtype: 'float32' | 'float16' | 'uint8' | 'float64';
  layout: 'NCHW' | 'NHWC';
  /** Fixed batch size, or null when any is allowed. */
  batch: number | null;
  channels: 1 | 3;
  /** Null where symbolic: preprocessing decides. */
  height: number | null;
  width: number | null;
}

export interface ModelSummary {
  path: string;
  format: 'onnx';
  /** Bytes of the file itself, and of external data files beside it. */
  size: number;
  externalData: { file: string; size: number | null }[];
  producer: string;
  irVersion: number;
  /** Domain ("" is ai.onnx) and version. */
  opsets: { domain: string; version: number }[];
  metadata: Record<string, string>;
  docString: string;
  graphName: string;
  nodeCount: number;
  /** Elements of all floating-point initializers. */
  parameters: number;
  inputs: ValueSummary[];
  outputs: ValueSummary[];
  /** The one image input, or why the model cannot be driven by one image. */
  image: { input: ImageInput } | { problem: string };
  layers: Layer[];
}
