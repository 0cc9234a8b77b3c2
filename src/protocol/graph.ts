/** A model's graph as it is drawn: every node and value, the bodies they sit in, what they cost. Without weights. */
import type { Dequantization } from './checkpoint';
import type { Dim, LayerKind } from './model';

/** What computing something once takes, at the shapes of the inputs: for one image, unless the file fixes another batch. */
export interface Cost {
  /** Elements of the weights; those that several nodes share count once in a sum. */
  parameters: number;
  /** Multiply-adds of convolutions, matrix products, recurrences and attention, and of nothing else, where they are known. */
  macs: number;
  /** Bytes of the values that are made from what is fed, where they are known. */
  activationBytes: number;
  /** Nodes whose multiply-adds or bytes are not known, since a shape is not: the two sums leave them out. Above 0: write "at least". */
  unknown: number;
}

export interface GraphValue {
  name: string;
  /** "float32", …; "sequence", "map", "optional", "sparse" for what is no dense tensor; "" where not known. */
  dtype: string;
  /** Null: not even the rank is known. */
  shape: Dim[] | null;
  /** Its shape with the sizes that the file leaves open left open, where `shape` follows from assumed ones. */
  open?: Dim[];
  kind: 'input' | 'initializer' | 'computed';
  /** Name for `checkpoint.statistics` and `checkpoint.slice` of the model's path, where the file holds its numbers. */
  tensor: string | null;
}

/** The main graph (the first one), a branch or loop body inside a node, or a model-local function. */
export interface GraphBody {
  kind: 'graph' | 'subgraph' | 'function';
  name: string;
  /** Of a subgraph: the node it sits in and the attribute that holds it ("then_branch"). */
  owner: { node: number; attribute: string } | null;
  /** Values by place in `values`; of outputs -1 where the file names none. */
  inputs: number[];
  outputs: number[];
}

/** Filters that a file holds as whole numbers: they stand for (number − zero point) × scale. */
export interface QuantizedFilters extends Dequantization {
  tensor: string;
}

export interface GraphNode {
  body: number;
  /** By place in `scopes`. */
  scope: number;
  name: string;
  /** Name within its scope, for a person. */
  label: string;
  op: string;
  domain: string;
  kind: LayerKind;
  /** Values by place in `values`, -1 where an optional one is left out. */
  inputs: number[];
  outputs: number[];
  /** Bodies inside it: subgraphs, or the function that it calls. */
  bodies: number[];
  /** The layer that it makes, by name, where it makes one. */
  layer: string | null;
  /** Of a convolution with filters of whole numbers. */
  quantized?: QuantizedFilters;
  /** Of all that is inside, too. */
  cost: Cost;
}

/**
 * A module of the network, after the one that it is in. The first scope of each body is the body itself, with an empty path. Ways may
 * lead out of a scope with scopes inside and in again (a module that is used twice).
 */
export interface GraphScope {
  body: number;
  path: string[];
  /** By place in `scopes`, -1 for a body's own. */
  parent: number;
  /** Nodes inside, at any depth. */
  nodes: number;
  cost: Cost;
  /** Scopes with the same number are built alike: the same operators, attributes, wiring and shapes of weights. Null: no other is. */
  repeats: number | null;
}

export interface ModelGraph {
  bodies: GraphBody[];
  /** In an order in which they can be computed, body by body. Nodes of a cycle, which nothing can run, come last in their body. */
  nodes: GraphNode[];
  values: GraphValue[];
  scopes: GraphScope[];
  total: Cost;
  /** Shapes of inputs that the file leaves open in part, as asked for or assumed; costs and other shapes follow from them. */
  assumed: { input: string; shape: Dim[] }[];
}

/** An attribute as text: numbers and strings whole, lists and tensors cut after a few hundred characters. */
export interface NodeAttribute {
  name: string;
  /** "int", "floats", "tensor", "graph", … */
  type: string;
  text: string;
  /** True where the file leaves it out and the operator's default holds. */
  isDefault: boolean;
  /** What it is for, by the operator's schema. */
  description: string;
  /** Of a tensor: its name for `checkpoint.slice`. */
  tensor: string | null;
}

export interface NodePort {
  /** What the operator calls it: "X", "W", "B". */
  role: string;
  /** By place in `values`; -1 where left out. */
  value: number;
  description: string;
}

/** From the schemas of the ONNX standard, or of ONNX Runtime's own operators, or from the model for a function of its own. */
export interface OperatorDocumentation {
  op: string;
  domain: string;
  /** The version of the operator that the model uses, and all versions of its domain at which it changed. */
  since: number;
  versions: number[];
  /** Markdown. */
  text: string;
  deprecated: boolean;
}

export interface NodeDetail {
  node: number;
  attributes: NodeAttribute[];
  inputs: NodePort[];
  outputs: NodePort[];
  metadata: Record<string, string>;
  docString: string;
  /** Null: no schema that we know has the operator. */
  documentation: OperatorDocumentation | null;
  /** The lines of Python that made the node, innermost last, where the exporter recorded them. */
  source: { file: string; line: number; text: string }[];
}

/** How sparse a layer's activations are. */
export interface LayerSparsity {
  layer: string;
  /** Share of activations (units times positions) that are exactly 0, the mean over stimuli. In [0, 1]. */
  share: number;
  /** Stimuli that it was measured on. */
  images: number;
}

/**
 * A Gabor function fitted to one filter: Gaussian envelope times cosine (Daugman 1985; Jones and Palmer 1987), and a constant. Of
 * a filter with several channels, its first principal colour component is fitted.
 */
export interface GaborFit {
  unit: number;
  /** Of the stripes' normal, in degrees from the horizontal axis, counter-clockwise, in [0, 180). */
  orientation: number;
  /** Cycles a pixel of the filter. */
  frequency: number;
  /** Of the cosine at the centre, along the normal, in radians. */
  phase: number;
  /** Column and row of the centre (the first pixel's is 0); standard deviations across and along the stripes, in pixels. */
  centre: [number, number];
  sigma: [number, number];
  /** Share of the component's variance about its mean that the fit explains, at most 1. */
  r2: number;
  /**
   * Whether orientation and frequency mean something: more than half of the variance is explained, and a Gaussian without
   * stripes leaves at least twice as much unexplained.
   */
  striped: boolean;
}

export type NodeChange = 'equal' | 'changed' | 'added' | 'removed';

export interface NodeDifference {
  what: 'operator' | 'attribute' | 'inputs' | 'outputs' | 'shape' | 'weights';
  /** Name of the attribute, value or tensor. */
  name: string;
  /** As text, "" where there is none; of weights whose numbers differ, what the tensor is called in each model. */
  before: string;
  after: string;
  /** Of weights of one shape: ‖W' - W‖ / ‖W‖ and the cosine of the angle between them; null where they are not defined. */
  relative?: number | null;
  cosine?: number | null;
  /** Why the numbers of weights could not be compared. */
  problem?: string;
}

export interface ModelComparison {
  models: [ModelGraph, ModelGraph];
  /**
   * Each pair of nodes by place in the two graphs; null where one has no partner. In the order of the first; what only the second
   * has stands before what follows it there.
   */
  pairs: { nodes: [number | null, number | null]; change: NodeChange; differences: NodeDifference[] }[];
  /** Differences of the models as wholes: opsets, inputs, outputs, metadata, producer. */
  model: { what: string; before: string; after: string }[];
}
