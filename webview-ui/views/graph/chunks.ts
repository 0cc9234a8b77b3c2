import type { Cost, GraphNode, GraphScope, ModelGraph } from '../../../src/protocol/graph';

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
  const made = new Int32Array(graph.values.length).fill(-1);
  const last = new Int32Array(graph.values.length).fill(-1);
  const takers = new Int32Array(graph.values.length);
  children.forEach(({ nodes }, child) => {
    for (const node of nodes) {
      const { inputs, outputs } = graph.nodes[node]!;
      for (const value of outputs) if (value >= 0) made[value] = child;
      for (const value of inputs) {
        if (value < 0) continue;
        takers[value]!++;
        last[value] = Math.max(last[value]!, child);
      }
    }
  });
  // Values that go on behind each child; of as many, those that more is done with come first: what a residual block gives is taken twice.
  const crossing = new Float64Array(children.length + 1);
  made.forEach((from, value) => {
    const to = last[value]!;
    if (from < 0 || to <= from) return;
    const weight = 1 + 0.001 / takers[value]!;
    crossing[from]! += weight;
    crossing[to]! -= weight;
  });
  for (let at = 1; at < crossing.length; at++) crossing[at]! += crossing[at - 1]!;
  const wanted = Math.ceil(Math.sqrt(children.length));
  const cuts = [0];
  for (let from = 0; children.length - from > 2 * wanted; ) {
    let best = from + wanted;
    for (let next = best; next < from + 2 * wanted; next++) if (crossing[next - 1]! < crossing[best - 1]! - 1e-6) best = next;
    cuts.push(best);
    from = best;
  }
  return cuts;
}

/** A number that chunks of the same operators, wiring and shapes share, and that no scope has; null where a chunk is the only one of its kind. */
function repeatsOf(graph: ModelGraph, chunks: readonly Child[][], scopes: readonly GraphScope[]): (number | null)[] {
  // Of each value, the chunk that makes it and its place among what that makes.
  const chunkOf = new Int32Array(graph.values.length).fill(-1);
  const placeOf = new Int32Array(graph.values.length);
  const nodes = chunks.map((chunk) => chunk.flatMap((child) => child.nodes));
  nodes.forEach((inside, chunk) => {
    let place = 0;
    for (const node of inside)
      for (const value of graph.nodes[node]!.outputs)
        if (value >= 0) {
          chunkOf[value] = chunk;
          placeOf[value] = place++;
        }
  });
  const sameShape = (a: number, b: number): boolean => {
    const [one, other] = [graph.values[a]!.shape, graph.values[b]!.shape];
    return one === other || (one !== null && other !== null && one.length === other.length && one.every((dim, axis) => dim === other[axis]));
  };
  const sameInput = (a: number, b: number, chunkA: number, chunkB: number): boolean => {
    if (a < 0 || b < 0) return a === b;
    const inside = chunkOf[a] === chunkA;
    if (inside !== (chunkOf[b] === chunkB)) return false;
    if (inside) return placeOf[a] === placeOf[b];
    const weight = graph.values[a]!.kind === 'initializer';
    return weight === (graph.values[b]!.kind === 'initializer') && (!weight || sameShape(a, b));
  };
  const same = (chunkA: number, chunkB: number): boolean =>
    nodes[chunkA]!.length === nodes[chunkB]!.length &&
    nodes[chunkA]!.every((node, at) => {
      const [a, b] = [graph.nodes[node]!, graph.nodes[nodes[chunkB]![at]!]!];
      return (
        a.op === b.op &&
        a.domain === b.domain &&
        a.inputs.length === b.inputs.length &&
        a.outputs.length === b.outputs.length &&
        a.inputs.every((value, place) => sameInput(value, b.inputs[place]!, chunkA, chunkB)) &&
        a.outputs.every((value, place) => value < 0 === b.outputs[place]! < 0 && (value < 0 || sameShape(value, b.outputs[place]!)))
      );
    });
  const alike: number[][] = [];
  chunks.forEach((_, at) => {
    const known = alike.find(([first]) => same(first!, at));
    if (known) known.push(at);
    else alike.push([at]);
  });
  let next = 1 + scopes.reduce((most, { repeats }) => Math.max(most, repeats ?? -1), -1);
  const repeats = chunks.map((): number | null => null);
  for (const places of alike) {
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
