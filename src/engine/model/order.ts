import { subgraphs, type OnnxGraph, type OnnxNode } from './graph';

/** The values that a node reads, those that its subgraphs take from outside included. */
export function valuesRead(node: OnnxNode): string[] {
  const names = node.inputs.includes('') ? node.inputs.filter((name) => name !== '') : node.inputs;
  const graphs = subgraphs(node);
  return graphs.length === 0 ? names : [...names, ...graphs.flatMap(capturedValues)];
}

/** Graphs do not change once they are read, and those inside one another are asked again at every level. */
const captured = new WeakMap<OnnxGraph, string[]>();

function capturedValues(graph: OnnxGraph): string[] {
  const known = captured.get(graph);
  if (known) return known;
  const own = new Set([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
  for (const node of graph.nodes) for (const name of node.outputs) own.add(name);
  const read = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) for (const name of valuesRead(node)) read.add(name);
  const values = [...read].filter((name) => name !== '' && !own.has(name));
  captured.set(graph, values);
  return values;
}

const orders = new WeakMap<readonly OnnxNode[], readonly OnnxNode[]>();

/**
 * Nodes so that every one comes after those whose outputs it reads. ONNX prescribes this order for files, and files
 * that keep it come out unchanged; ONNX Runtime also takes others. Nodes of a cycle, and what follows from them, are left
 * out: nothing can run them.
 */
export function topologicalOrder(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const known = orders.get(nodes);
  if (known) return known;
  const order = ordered(nodes);
  orders.set(nodes, order);
  return order;
}

function ordered(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const producer = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.outputs) if (name !== '') producer.set(name, node);
  const isSorted = nodes.every((node) => valuesRead(node).every((name) => (producer.get(name)?.index ?? -1) < node.index));
  return isSorted ? nodes : sorted(nodes, producer);
}

function sorted(nodes: readonly OnnxNode[], producer: ReadonlyMap<string, OnnxNode>): OnnxNode[] {
  const waiting = new Map<OnnxNode, number>();
  const readers = new Map<OnnxNode, OnnxNode[]>();
  for (const node of nodes) {
    const sources = new Set(valuesRead(node).map((name) => producer.get(name)).filter((source) => source !== undefined));
    waiting.set(node, sources.size);
    for (const source of sources) {
      const list = readers.get(source);
      if (list) list.push(node);
      else readers.set(source, [node]);
    }
  }
  const ready = nodes.filter((node) => waiting.get(node) === 0);
  // The list grows while it is walked.
  for (const node of ready) {
    for (const reader of readers.get(node) ?? []) {
      const left = waiting.get(reader)! - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  return ready;
}
