import { subgraphs, type OnnxGraph, type OnnxNode } from './graph';

/** The values that a node reads, those that its subgraphs take from outside included. */
export function valuesRead(node: OnnxNode): string[] {
  const names = node.inputs.filter((name) => name !== '');
  for (const graph of subgraphs(node)) names.push(...capturedValues(graph));
  return names;
}

function capturedValues(graph: OnnxGraph): string[] {
  const own = new Set([...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]);
  for (const node of graph.nodes) for (const name of node.outputs) own.add(name);
  const read = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) for (const name of valuesRead(node)) read.add(name);
  return [...read].filter((name) => !own.has(name));
}

/**
 * Nodes so that every one comes after those whose outputs it reads. ONNX prescribes this order for files, and files
 * that keep it come out unchanged; ONNX Runtime also takes others. Nodes of a cycle, which nothing can run, come last.
 */
export function topologicalOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
  const producer = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.outputs) if (name !== '') producer.set(name, node);

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

  const result: OnnxNode[] = [];
  const placed = new Set<OnnxNode>();
  // Each pass goes through the file's order; a sorted file needs one, and a freed earlier node is placed at once.
  const place = (first: OnnxNode) => {
    const ready = [first];
    for (let node = ready.pop(); node; node = ready.pop()) {
      result.push(node);
      placed.add(node);
      for (const reader of readers.get(node) ?? []) {
        const left = waiting.get(reader)! - 1;
        waiting.set(reader, left);
        if (left === 0 && reader.index < first.index) ready.push(reader);
      }
    }
  };
  for (const node of nodes) if (!placed.has(node) && waiting.get(node) === 0) place(node);
  for (const node of nodes) if (!placed.has(node)) result.push(node);
  return result;
}
