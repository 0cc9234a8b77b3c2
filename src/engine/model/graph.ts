import type { Dim } from '../../protocol/model';
import type { ByteRange } from './protobuf';

/** An ONNX file without its weights: they stay where they are, behind `TensorRef`s. */
export interface OnnxModel {
  path: string;
  /** Of the file itself, in bytes. */
  size: number;
  irVersion: number;
  producerName: string;
  producerVersion: string;
  domain: string;
  docString: string;
  /** Version by domain; the domain of the standard operators is "". */
  opsets: Map<string, number>;
  metadata: Map<string, string>;
  graph: OnnxGraph;
  /** Model-local functions by `functionKey`. */
  functions: Map<string, OnnxFunction>;
}

export interface OnnxGraph {
  name: string;
  docString: string;
  nodes: OnnxNode[];
  /** All of them, in file order; `requiredInputs` leaves out those with a default value. */
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  valueInfos: Map<string, ValueInfo>;
  initializers: Map<string, TensorRef>;
  sparseInitializers: Map<string, SparseTensorRef>;
  /** The graph's field in the enclosing message, with and without tag and length. */
  range: ByteRange;
  payload: ByteRange;
}

export interface OnnxNode {
  /** Position in the file's list of nodes. */
  index: number;
  name: string;
  op: string;
  /** "" for standard operators, however the file spells it. */
  domain: string;
  /** Which of several functions of one name is called; "" as a rule. */
  overload: string;
  /** "" stands for an optional input or output that is left out. */
  inputs: string[];
  outputs: string[];
  attributes: Map<string, AttributeValue>;
  metadata: Map<string, string>;
  /** The whole field in the file, tag and length included; likewise below. */
  range: ByteRange;
}

export type AttributeValue =
  | { type: 'int' | 'float'; value: number }
  | { type: 'string'; value: string }
  | { type: 'ints' | 'floats'; value: number[] }
  | { type: 'strings'; value: string[] }
  | { type: 'tensor'; value: TensorRef }
  | { type: 'tensors'; value: TensorRef[] }
  | { type: 'graph'; value: OnnxGraph }
  | { type: 'graphs'; value: OnnxGraph[] }
  /** The value of an attribute of the enclosing function. */
  | { type: 'reference'; value: string }
  | { type: 'sparse_tensor'; value: SparseTensorRef }
  /** Types and lists of sparse tensors: nothing that Unitscope looks into. */
  | { type: 'other'; value: null };

export interface ValueInfo {
  name: string;
  /** "float32", …; "sequence", "map", "optional" or "sparse" for what is no dense tensor; "" when not declared. */
  dtype: string;
  /** Null when the rank is not declared. */
  dims: Dim[] | null;
  range: ByteRange;
}

/** Where a tensor's numbers are. */
export interface TensorRef {
  name: string;
  dims: number[];
  dtype: string;
  elementCount: number;
  data: TensorData;
  /** The payload of a small tensor (raw bytes, or the whole TensorProto when typed), so that nothing has to be read again. */
  inline: Uint8Array | null;
  range: ByteRange;
}

export type TensorData =
  /** Little-endian elements at this place in the model's file. */
  | { kind: 'raw'; offset: number; length: number }
  /** In the typed fields of the TensorProto whose payload is this range. */
  | { kind: 'typed'; range: ByteRange }
  /** Little-endian elements in another file, which lies in the model's folder or below. */
  | { kind: 'external'; file: string; offset: number; length: number };

export interface SparseTensorRef {
  name: string;
  dims: number[];
  values: TensorRef;
  range: ByteRange;
}

export interface OnnxFunction {
  name: string;
  domain: string;
  overload: string;
  docString: string;
  inputs: string[];
  outputs: string[];
  /** Attributes that a call may leave out, with their values. */
  defaults: Map<string, AttributeValue>;
  nodes: OnnxNode[];
  opsets: Map<string, number>;
}

/** "ai.onnx" is another spelling of the standard operators' domain. */
export function standardDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

export function functionKey(domain: string, name: string, overload = ''): string {
  return `${standardDomain(domain)}:${name}:${overload}`;
}

/** The model-local function that a node calls; undefined for operators. */
export function calledFunction(model: OnnxModel, { domain, op, overload }: OnnxNode): OnnxFunction | undefined {
  return model.functions.size === 0 ? undefined : model.functions.get(functionKey(domain, op, overload));
}

/** Graph inputs that a caller has to feed: up to IR version 3 every initializer is listed as an input too. */
export function requiredInputs(graph: OnnxGraph): ValueInfo[] {
  return graph.inputs.filter(({ name }) => !graph.initializers.has(name) && !graph.sparseInitializers.has(name));
}

/** Whether a tensor of this element type holds floating-point numbers. */
export function isFloat(dtype: string): boolean {
  return dtype.startsWith('float') || dtype === 'bfloat16';
}

export function intAttribute(node: OnnxNode, name: string): number | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'int' ? attribute.value : undefined;
}

export function floatAttribute(node: OnnxNode, name: string): number | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'float' ? attribute.value : undefined;
}

export function stringAttribute(node: OnnxNode, name: string): string | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'string' ? attribute.value : undefined;
}

export function intsAttribute(node: OnnxNode, name: string): number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'ints' ? attribute.value : undefined;
}

export function floatsAttribute(node: OnnxNode, name: string): number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'floats' ? attribute.value : undefined;
}

export function tensorAttribute(node: OnnxNode, name: string): TensorRef | undefined {
  const attribute = node.attributes.get(name);
  return attribute?.type === 'tensor' ? attribute.value : undefined;
}

/** Graphs inside a node: the branches of an If, the body of a Loop or Scan. */
export function subgraphs(node: OnnxNode): OnnxGraph[] {
  const graphs: OnnxGraph[] = [];
  if (node.attributes.size === 0) return graphs;
  for (const attribute of node.attributes.values()) {
    if (attribute.type === 'graph') graphs.push(attribute.value);
    else if (attribute.type === 'graphs') graphs.push(...attribute.value);
  }
  return graphs;
}
