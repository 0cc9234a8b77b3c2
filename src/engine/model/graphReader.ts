import type { Dim } from '../../protocol/model';
import { UnitscopeError } from '../../protocol/errors';
import type { ByteSource } from '../io/rangedFile';
import { standardDomain, type AttributeValue, type OnnxGraph, type OnnxNode, type SparseTensorRef, type TensorRef, type ValueInfo } from './graph';
import { readMapEntry, type Field } from './protobuf';
import { dtypeName, readTensorRef } from './tensorRef';

export interface ReadContext {
  source: ByteSource;
  /** Folder that names of external data files are relative to. */
  folder: string;
  /** How many more nodes, values, tensors and attributes are accepted: a bound on memory. */
  partsLeft: number;
}

/** Reads a GraphProto; a second one of the same message is merged into the first. */
export function readGraph(field: Field, context: ReadContext, first?: OnnxGraph): OnnxGraph {
  const graph = first ?? {
    name: '',
    docString: '',
    nodes: [],
    inputs: [],
    outputs: [],
    valueInfos: new Map<string, ValueInfo>(),
    initializers: new Map<string, TensorRef>(),
    sparseInitializers: new Map<string, SparseTensorRef>(),
    range: field.range,
    payload: field.payload,
  };
  for (const part of field.fields()) {
    count(context);
    switch (part.no) {
      case 1: graph.nodes.push(readNode(part, context, graph.nodes.length)); break;
      case 2: graph.name = part.string(); break;
      case 5: keep(graph.initializers, readTensorRef(part, context)); break;
      case 10: graph.docString = part.string(); break;
      case 11: graph.inputs.push(readValueInfo(part)); break;
      case 12: graph.outputs.push(readValueInfo(part)); break;
      case 13: keep(graph.valueInfos, readValueInfo(part)); break;
      case 15: keep(graph.sparseInitializers, readSparseTensor(part, context)); break;
    }
  }
  return graph;
}

export function readNode(field: Field, context: ReadContext, index: number): OnnxNode {
  const node: OnnxNode = {
    index,
    name: '',
    op: '',
    domain: '',
    overload: '',
    inputs: [],
    outputs: [],
    attributes: new Map(),
    metadata: new Map(),
    range: field.range,
  };
  for (const part of field.fields()) {
    count(context);
    switch (part.no) {
      case 1: node.inputs.push(part.string()); break;
      case 2: node.outputs.push(part.string()); break;
      case 3: node.name = part.string(); break;
      case 4: node.op = part.string(); break;
      case 5: {
        const [name, value] = readAttribute(part, context);
        node.attributes.set(name, value);
        break;
      }
      case 7: node.domain = part.string(); break;
      case 8: node.overload = part.string(); break;
      case 9: readMapEntry(part, node.metadata); break;
    }
  }
  node.domain = standardDomain(node.domain);
  return node;
}

export function readAttribute(field: Field, context: ReadContext): [string, AttributeValue] {
  let name = '';
  let reference = '';
  let type = 0;
  const scalar = { int: 0, float: 0, string: '' };
  const lists = { ints: [] as number[], floats: [] as number[], strings: [] as string[] };
  const tensors: TensorRef[] = [];
  const graphs: OnnxGraph[] = [];
  let sparse: SparseTensorRef | undefined;
  for (const part of field.fields()) {
    count(context);
    switch (part.no) {
      case 1: name = part.string(); break;
      case 2: scalar.float = part.float(); type ||= 1; break;
      case 3: scalar.int = part.int(); type ||= 2; break;
      case 4: scalar.string = part.string(); type ||= 3; break;
      case 5: tensors.push(readTensorRef(part, context)); type ||= 4; break;
      case 6: graphs.push(readGraph(part, context)); type ||= 5; break;
      case 7: append(lists.floats, part.floats()); type ||= 6; break;
      case 8: append(lists.ints, part.ints()); type ||= 7; break;
      case 9: lists.strings.push(part.string()); type ||= 8; break;
      case 10: tensors.push(readTensorRef(part, context)); type ||= 9; break;
      case 11: graphs.push(readGraph(part, context)); type ||= 10; break;
      case 20: type = part.int(); break;
      case 22: sparse = readSparseTensor(part, context); type ||= 11; break;
      case 21: reference = part.string(); break;
    }
  }
  if (reference !== '') return [name, { type: 'reference', value: reference }];
  return [name, attributeValue(type, scalar, lists, tensors, graphs, sparse)];
}

/** By AttributeProto.AttributeType; files of IR version 1 lack it, so the reader takes it from the field that is present. */
function attributeValue(
  type: number,
  scalar: { int: number; float: number; string: string },
  lists: { ints: number[]; floats: number[]; strings: string[] },
  tensors: TensorRef[],
  graphs: OnnxGraph[],
  sparse: SparseTensorRef | undefined,
): AttributeValue {
  const [tensor] = tensors;
  const [graph] = graphs;
  switch (type) {
    case 1: return { type: 'float', value: scalar.float };
    case 2: return { type: 'int', value: scalar.int };
    case 3: return { type: 'string', value: scalar.string };
    case 4: return tensor ? { type: 'tensor', value: tensor } : { type: 'other', value: null };
    case 5: return graph ? { type: 'graph', value: graph } : { type: 'other', value: null };
    case 6: return { type: 'floats', value: lists.floats };
    case 7: return { type: 'ints', value: lists.ints };
    case 8: return { type: 'strings', value: lists.strings };
    case 9: return { type: 'tensors', value: tensors };
    case 10: return { type: 'graphs', value: graphs };
    case 11: return sparse ? { type: 'sparse_tensor', value: sparse } : { type: 'other', value: null };
    default: return { type: 'other', value: null };
  }
}

/** Not `push(...values)`: a packed list may be longer than a call's argument list. */
function append(list: number[], values: readonly number[]): void {
  for (const value of values) list.push(value);
}

function readValueInfo(field: Field): ValueInfo {
  const value: ValueInfo = { name: '', dtype: '', dims: null, range: field.range };
  for (const part of field.fields()) {
    if (part.no === 1) value.name = part.string();
    else if (part.no === 2) readType(part, value);
  }
  return value;
}

function readType(field: Field, value: ValueInfo): void {
  for (const part of field.fields()) {
    switch (part.no) {
      case 1: readTensorType(part, value); break;
      case 4: value.dtype = 'sequence'; break;
      case 5: value.dtype = 'map'; break;
      case 7: value.dtype = 'opaque'; break;
      case 8: value.dtype = 'sparse'; break;
      case 9: value.dtype = 'optional'; break;
    }
  }
}

function readTensorType(field: Field, value: ValueInfo): void {
  for (const part of field.fields()) {
    if (part.no === 1) value.dtype = dtypeName(part.int());
    else if (part.no === 2) {
      value.dims = [];
      for (const dim of part.fields()) if (dim.no === 1) value.dims.push(readDim(dim));
    }
  }
}

function readDim(field: Field): Dim {
  let dim: Dim = null;
  for (const part of field.fields()) {
    // Some exporters write 0 or -1 for "any".
    if (part.no === 1) dim = part.int() > 0 ? part.int() : null;
    else if (part.no === 2) dim = part.string() || null;
  }
  return dim;
}

function readSparseTensor(field: Field, context: ReadContext): SparseTensorRef {
  const dims: number[] = [];
  let values: TensorRef | undefined;
  for (const part of field.fields()) {
    if (part.no === 1) values = readTensorRef(part, context);
    else if (part.no === 3) append(dims, part.ints());
  }
  if (values === undefined) {
    throw new UnitscopeError('model.unreadable', `${context.source.name} has a sparse tensor without values: export it again.`);
  }
  return { name: values.name, dims, values, range: field.range };
}

function keep<T extends { name: string }>(map: Map<string, T>, value: T): void {
  map.set(value.name, value);
}

function count(context: ReadContext): void {
  if (--context.partsLeft >= 0) return;
  throw new UnitscopeError('model.unreadable', `${context.source.name} has more parts than Unitscope reads: it is damaged or not meant for inference.`);
}
