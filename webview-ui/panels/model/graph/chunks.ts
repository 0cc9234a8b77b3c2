import type { Cost, GraphNode, GraphScope, ModelGraph } from '../../../../src/protocol/graph';
import type { Dim } from '../../../../src/protocol/model';

/** Nodes and modules directly in one scope beyond which they are drawn in chunks that open. */
export const manyInScope = 4000;

/** A graph whose crowded scopes hold chunks: scopes of our own, after the graph's. */
export interface ChunkedGraph {
  graph: ModelGraph;
  /** Place of the first chunk in `graph.scopes`. */
  firstChunk: number;
  /** Of each chunk, its first node: what it is called after. */
  chunkStart: number[];
}

/** One of the things directly in a scope: a node, or a module with all that is in it. */
interface Child {
  /** Its first node in the order of computation. */
  first: number;
  nodes: number[];
  scope: number | null;
}

/**
 * Exporters that keep no modules leave thousands of nodes in one scope. Such a scope is cut into about √n runs of the order of computation, where the fewest values cross, so that
 * a chain of blocks is cut between blocks and chunks of equal blocks are recognised as alike. Values lead from earlier chunks to later ones only.
 */
export function withChunks(graph: ModelGraph, isHidden: (node: GraphNode) => boolean): ChunkedGraph {
  const direct = new Int32Array(graph.scopes.length);
  for (const node of graph.nodes) if (!isHidden(node)) direct[node.scope]!++;
  for (const { parent } of graph.scopes) if (parent >= 0) direct[parent]!++;
  const crowded = graph.scopes.flatMap((_, scope) => (direct[scope]! > manyInScope ? [scope] : []));
  const firstChunk = graph.scopes.length;
  if (crowded.length === 0) return { graph, firstChunk, chunkStart: [] };
  const scopes = graph.scopes.map((scope): GraphScope => ({ ...scope }));
  const nodes = [...graph.nodes];
  const chunkStart: number[] = [];
  for (const scope of crowded) {
    const children = childrenOf(graph, scope, isHidden);
    const cuts = cutsOf(graph, children);
    const chunks = cuts.map((from, at) => children.slice(from, cuts[at + 1]));
    const repeats = repeatsOf(graph, chunks, scopes);
    chunks.forEach((chunk, at) => {
      const { body, path } = graph.scopes[scope]!;
      const inside = chunk.flatMap((child) => child.nodes);
      const made = scopes.push({ body, path, parent: scope, nodes: inside.length, cost: costOf(graph, inside), repeats: repeats[at]! }) - 1;
      chunkStart.push(chunk[0]!.first);
      for (const child of chunk)
        if (child.scope === null) nodes[child.first] = { ...nodes[child.first]!, scope: made };
        else scopes[child.scope]!.parent = made;
    });
  }
  return { graph: { ...graph, nodes, scopes }, firstChunk, chunkStart };
}

function childrenOf(graph: ModelGraph, scope: number, isHidden: (node: GraphNode) => boolean): Child[] {
  const children: Child[] = [];
  const ofScope = new Map<number, Child>();
  graph.nodes.forEach((node, at) => {
    if (isHidden(node) || node.body !== graph.scopes[scope]!.body) return;
    let within = node.scope;
    if (within === scope) {
      children.push({ first: at, nodes: [at], scope: null });
      return;
    }
    while (within >= 0 && graph.scopes[within]!.parent !== scope) within = graph.scopes[within]!.parent;
    if (within < 0) return;
    const known = ofScope.get(within);
    if (known) known.nodes.push(at);
    else {
      const child = { first: at, nodes: [at], scope: within };
      ofScope.set(within, child);
      children.push(child);
    }
  });
  return children;
}

/** Where chunks begin: each is between the wanted length and twice as long, and ends where the fewest values go on. */
function cutsOf(graph: ModelGraph, children: readonly Child[]): number[] {
  const childOf = new Map<number, number>();
  children.forEach(({ nodes }, child) => nodes.forEach((node) => childOf.set(node, child)));
  const made = new Map<number, number>();
  const last = new Map<number, number>();
  children.forEach(({ nodes }, child) => {
    for (const node of nodes) for (const value of graph.nodes[node]!.outputs) if (value >= 0) made.set(value, child);
  });
  for (const [node, child] of childOf) for (const value of graph.nodes[node]!.inputs) if ((last.get(value) ?? -1) < child) last.set(value, child);
  // Values that go on behind each child.
  const crossing = new Int32Array(children.length + 1);
  for (const [value, from] of made) {
    const to = last.get(value) ?? from;
    if (to <= from) continue;
    crossing[from]!++;
    crossing[to]!--;
  }
  for (let at = 1; at < crossing.length; at++) crossing[at]! += crossing[at - 1]!;
  const wanted = Math.ceil(Math.sqrt(children.length));
  const cuts = [0];
  for (let from = 0; children.length - from > 2 * wanted; ) {
    let best = from + wanted;
    for (let next = best; next < from + 2 * wanted; next++) if (crossing[next - 1]! < crossing[best - 1]!) best = next;
    cuts.push(best);
    from = best;
  }
  return cuts;
}

/** A number that chunks of the same operators, wiring and shapes share, and that no scope has; null where a chunk is the only one of its kind. */
function repeatsOf(graph: ModelGraph, chunks: readonly Child[][], scopes: readonly GraphScope[]): (number | null)[] {
  const shape = (value: number): string => (graph.values[value]!.shape ?? ['?']).map((dim: Dim) => dim ?? '?').join('x');
  const signature = (chunk: readonly Child[]): string => {
    const own = new Map<number, number>();
    const parts: string[] = [];
    for (const { nodes } of chunk)
      for (const at of nodes) {
        const { op, domain, inputs, outputs } = graph.nodes[at]!;
        const taken = inputs.map((value) => (value < 0 ? '-' : (own.get(value) ?? (graph.values[value]!.kind === 'initializer' ? shape(value) : 'in'))));
        for (const value of outputs) if (value >= 0) own.set(value, own.size);
        parts.push(`${domain}.${op}(${taken.join()})${outputs.map((value) => (value < 0 ? '-' : shape(value))).join()}`);
      }
    return parts.join(';');
  };
  const alike = new Map<string, number[]>();
  chunks.forEach((chunk, at) => {
    const key = signature(chunk);
    const known = alike.get(key);
    if (known) known.push(at);
    else alike.set(key, [at]);
  });
  let next = 1 + scopes.reduce((most, { repeats }) => Math.max(most, repeats ?? -1), -1);
  const repeats = chunks.map((): number | null => null);
  for (const places of alike.values()) {
    if (places.length < 2) continue;
    for (const place of places) repeats[place] = next;
    next++;
  }
  return repeats;
}

/** Weights that several of the nodes take count once. */
function costOf(graph: ModelGraph, nodes: readonly number[]): Cost {
  const sum: Cost = { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 };
  const seen = new Set<number>();
  for (const at of nodes) {
    const { cost, inputs } = graph.nodes[at]!;
    let again = 0;
    for (const value of new Set(inputs)) {
      const one = graph.values[value];
      if (one?.kind !== 'initializer') continue;
      if (seen.has(value)) again += (one.shape ?? []).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
      seen.add(value);
    }
    sum.parameters += Math.max(0, cost.parameters - again);
    sum.macs += cost.macs;
    sum.activationBytes += cost.activationBytes;
    sum.unknown += cost.unknown;
  }
  return sum;
}
