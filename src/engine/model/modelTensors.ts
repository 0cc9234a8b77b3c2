import type { OnnxGraph, OnnxModel, OnnxNode, SparseTensorRef, TensorRef } from './graph';

/** A tensor whose numbers a model holds, under a name that no other one of the model has. */
export interface ModelTensor {
  name: string;
  ref: TensorRef | SparseTensorRef;
}

export function isSparse(ref: TensorRef | SparseTensorRef): ref is SparseTensorRef {
  return 'values' in ref;
}

/**
 * All tensors that a model holds, in the order of the file: initializers and tensors in attributes, of the main graph, of the
 * graphs inside nodes and of model-local functions.
 *
 * Names: initializers of the main graph have their own, a Constant is called as the value that it makes, any other attribute
 * NODE.ATTRIBUTE (a node without a name: its first output's). What is inside a node's graph has NODE.ATTRIBUTE/ before it, what
 * is inside a function DOMAIN:FUNCTION/. A name that is taken by then gets " (2)", " (3)", …
 */
export function modelTensors(model: OnnxModel): ModelTensor[] {
  const found: ModelTensor[] = [];
  const taken = new Set<string>();
  const add = (wanted: string, ref: ModelTensor['ref']): void => {
    let name = wanted;
    for (let i = 2; taken.has(name); i++) name = `${wanted} (${i})`;
    taken.add(name);
    found.push({ name, ref });
  };
  const addNode = (node: OnnxNode, prefix: string): void => {
    const own = [node.name, ...node.outputs].find((name) => name !== '') ?? `${node.op}_${node.index}`;
    for (const [attribute, { type, value }] of node.attributes) {
      const place = `${prefix}${own}.${attribute}`;
      if (type === 'tensor' || type === 'sparse_tensor') add(node.op === 'Constant' && node.domain === '' && node.outputs[0] ? prefix + node.outputs[0] : place, value);
      else if (type === 'tensors') value.forEach((ref, i) => add(`${place}[${i}]`, ref));
      else if (type === 'graph') addGraph(value, `${place}/`);
      else if (type === 'graphs') value.forEach((graph, i) => addGraph(graph, `${place}[${i}]/`));
    }
  };
  const addGraph = (graph: OnnxGraph, prefix: string): void => {
    for (const [name, ref] of graph.initializers) add(prefix + name, ref);
    for (const [name, ref] of graph.sparseInitializers) add(prefix + name, ref);
    for (const node of graph.nodes) addNode(node, prefix);
  };
  addGraph(model.graph, '');
  for (const { domain, name, nodes } of model.functions.values()) for (const node of nodes) addNode(node, `${domain}:${name}/`);
  return found;
}

/** The names of `modelTensors` by tensor. */
export function tensorNames(model: OnnxModel): Map<ModelTensor['ref'], string> {
  return new Map(modelTensors(model).map(({ name, ref }) => [ref, name]));
}
