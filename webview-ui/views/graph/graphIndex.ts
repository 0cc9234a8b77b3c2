import type { GraphNode, GraphValue, ModelGraph } from '../../../src/protocol/graph';
import { splitLabel } from '../../shared/format';
import { withChunks } from './chunks';

let graphs = 0;

/** What is asked of a graph again and again. Nodes, values, scopes and bodies by place in the graph's own lists. */
export class GraphIndex {
  /** The node that makes each value, -1 for what comes from outside. */
  readonly producer: Int32Array;
  /** The nodes that use each value themselves, once each. */
  readonly consumers: number[][];
  /** Of each scope: the scopes and nodes directly in it. */
  readonly scopeScopes: number[][];
  readonly scopeNodes: number[][];
  /** The graph, with chunks where a scope is crowded. */
  readonly graph: ModelGraph;
  /** Of each body: its own scope, and all its nodes. */
  readonly bodyScope: Int32Array;
  readonly bodyNodes: number[][];
  /** Of each body, the node that it is met in first on the way from the main graph; -1: of the main graph, and where no way leads. */
  readonly holder: Int32Array;
  /** Values of the bodies around that the subgraphs inside a node use, at any depth. */
  readonly captures: ReadonlyMap<number, number[]>;
  /** Place of each node in the order of computation: what nothing feeds stands right before it is used, wherever the file has it. */
  readonly order: Int32Array;
  /** Place of the first node of each scope in that order. */
  readonly scopeFirst: Int32Array;
  /** Names that stay the same when the file is read again. */
  readonly nodeKeys: string[];
  readonly scopeKeys: string[];
  readonly nodeOfLayer: ReadonlyMap<string, number>;
  /** Scopes that are built alike, by their number. */
  readonly alike: ReadonlyMap<number, number[]>;

  private readonly firstChunk: number;
  private readonly chunkStart: readonly number[];

  /** Tells graphs apart: what was fetched for a node of one is of no other. */
  readonly serial = ++graphs;

  constructor(given: ModelGraph) {
    ({ graph: this.graph, firstChunk: this.firstChunk, chunkStart: this.chunkStart } = withChunks(given, isConstant));
    const { nodes, values, scopes, bodies } = this.graph;
    this.producer = new Int32Array(values.length).fill(-1);
    this.consumers = values.map(() => []);
    this.scopeScopes = scopes.map(() => []);
    this.scopeNodes = scopes.map(() => []);
    this.bodyScope = new Int32Array(bodies.length).fill(-1);
    this.bodyNodes = bodies.map(() => []);
    this.scopeFirst = new Int32Array(scopes.length).fill(nodes.length);
    const alike = new Map<number, number[]>();
    scopes.forEach(({ parent, body, repeats }, scope) => {
      if (parent >= 0) this.scopeScopes[parent]!.push(scope);
      else this.bodyScope[body] = scope;
      if (repeats === null) return;
      const known = alike.get(repeats);
      if (known) known.push(scope);
      else alike.set(repeats, [scope]);
    });
    this.alike = alike;
    const layers = new Map<string, number>();
    nodes.forEach((node, at) => {
      for (const value of node.outputs) if (value >= 0) this.producer[value] = at;
      for (const value of new Set(node.inputs)) if (value >= 0) this.consumers[value]!.push(at);
      this.bodyNodes[node.body]!.push(at);
      if (node.layer !== null) layers.set(node.layer, at);
      if (!isConstant(node)) this.scopeNodes[node.scope]!.push(at);
    });
    this.nodeOfLayer = layers;
    this.nodeKeys = unique(
      nodes.map((node) => `n:${node.body}:${node.name === '' ? (values[node.outputs.find((value) => value >= 0) ?? -1]?.name ?? node.op) : node.name}`),
    );
    this.scopeKeys = scopes.map(({ body, path }, scope) => (this.isChunk(scope) ? `c:${this.nodeKeys[this.chunkStart[scope - this.firstChunk]!]!}` : `s:${body}:${path.join('/')}`));
    this.holder = this.findHolders();
    this.captures = this.findCaptures();
    this.order = this.findOrder();
    nodes.forEach(({ scope }, at) => {
      for (let around = scope; around >= 0 && this.scopeFirst[around]! > this.order[at]!; around = scopes[around]!.parent) this.scopeFirst[around] = this.order[at]!;
    });
  }

  /** How many modules are built like this one, itself included; one that only wraps another of them is the same. 0: it is alone. */
  copies(scope: number): number {
    const { scopes } = this.graph;
    const { repeats } = scopes[scope]!;
    return repeats === null ? 0 : this.alike.get(repeats)!.filter((one) => scopes[scopes[one]!.parent]?.repeats !== repeats).length;
  }

  /** Whether a scope is a run of nodes that were put into one box here, and no module of the network. */
  isChunk(scope: number): boolean {
    return scope >= this.firstChunk;
  }

  /** What a scope is called in the one that it is in, which has a path of this length. */
  scopeLabel(scope: number, length: number): string {
    if (this.isChunk(scope)) return `${splitLabel(this.graph.nodes[this.chunkStart[scope - this.firstChunk]!]!).name} …`;
    return this.graph.scopes[scope]!.path.slice(length).join('.');
  }

  /** Boxes that a scope shows when it is opened. */
  boxesIn(scope: number): number {
    const shown = this.scopeScopes[scope]!.filter((child) => this.scopeNodes[this.endOfChain(child)]!.length + this.scopeScopes[this.endOfChain(child)]!.length > 0);
    return shown.length + this.scopeNodes[scope]!.length;
  }

  /** Whether a way leads from the main graph to a node: not to one of a function that nothing calls. */
  isReached(node: number): boolean {
    const { body } = this.graph.nodes[node]!;
    return body === 0 || this.holder[body]! >= 0;
  }

  /** The node whose box shows a node: of a constant, the first that uses it; null where none does. */
  shownAs(node: number): number | null {
    if (!this.isReached(node)) return null;
    const one = this.graph.nodes[node]!;
    if (!isConstant(one)) return node;
    return one.outputs.flatMap((value) => this.consumers[value] ?? []).find((consumer) => !isConstant(this.graph.nodes[consumer]!)) ?? null;
  }

  /** The last of a chain of scopes that hold nothing but one scope: it stands for all. */
  endOfChain(scope: number): number {
    const [only, ...more] = this.scopeScopes[scope]!;
    return only !== undefined && more.length === 0 && this.scopeNodes[scope]!.length === 0 ? this.endOfChain(only) : scope;
  }

  /** Nodes in a scope, at any depth, without constants. */
  nodesIn(scope: number): number[] {
    return [...this.scopeNodes[scope]!, ...this.scopeScopes[scope]!.flatMap((child) => this.nodesIn(child))];
  }

  /** Scopes around a node or scope within its body, the outermost first, without the body's own. */
  scopesAround(scope: number): number[] {
    const around: number[] = [];
    for (let at = scope; at >= 0 && this.graph.scopes[at]!.parent >= 0; at = this.graph.scopes[at]!.parent) around.unshift(at);
    return around;
  }

  /** Inputs of a node that come with the file: its weights. */
  weightsOf(node: GraphNode): GraphValue[] {
    return node.inputs.flatMap((at) => {
      const value = this.graph.values[at];
      return value?.kind === 'initializer' ? [value] : [];
    });
  }

  /**
   * Exporters put copies of weights that several modules share at the beginning of the file, those of the last module first: a module
   * begins where it is fed.
   */
  private findOrder(): Int32Array {
    const { nodes, values } = this.graph;
    const fed = new Uint8Array(nodes.length);
    const isFed = (value: number, at: number): boolean => {
      if (value < 0 || values[value]!.kind === 'initializer') return false;
      const producer = this.producer[value]!;
      return producer < 0 || producer >= at || fed[producer] === 1;
    };
    nodes.forEach(({ inputs }, at) => {
      const isFedHere = (value: number): boolean => isFed(value, at);
      if (inputs.some(isFedHere) || this.captures.get(at)?.some(isFedHere)) fed[at] = 1;
    });
    const use = Int32Array.from(nodes.keys());
    for (let at = nodes.length - 1; at >= 0; at--) {
      if (fed[at] === 1) continue;
      let first = Infinity;
      for (const value of nodes[at]!.outputs)
        for (const user of this.consumers[value] ?? []) if (user > at && nodes[user]!.body === nodes[at]!.body) first = Math.min(first, use[user]!);
      if (first < Infinity) use[at] = first;
    }
    const order = new Int32Array(nodes.length);
    [...nodes.keys()].sort((a, b) => use[a]! - use[b]! || a - b).forEach((node, place) => (order[node] = place));
    return order;
  }

  private findHolders(): Int32Array {
    const { nodes, bodies } = this.graph;
    const holder = new Int32Array(bodies.length).fill(-1);
    const reached = bodies.length > 0 ? [0] : [];
    for (const body of reached)
      for (const node of this.bodyNodes[body]!)
        for (const inner of nodes[node]!.bodies) {
          if (inner === 0 || holder[inner]! >= 0) continue;
          holder[inner] = node;
          reached.push(inner);
        }
    return holder;
  }

  private findCaptures(): Map<number, number[]> {
    const { nodes, bodies } = this.graph;
    const found = new Map<number, number[]>();
    // Bodies come after the nodes that hold them, and inner nodes of inner bodies after those.
    const ofBody = new Map<number, number[]>();
    const used = (body: number): number[] => {
      const known = ofBody.get(body);
      if (known) return known;
      ofBody.set(body, []); // a function that calls itself is refused elsewhere
      const own = new Set(bodies[body]!.inputs);
      const outside = new Set<number>();
      const note = (value: number): void => {
        if (value < 0 || own.has(value)) return;
        const producer = this.producer[value]!;
        if (producer >= 0 ? nodes[producer]!.body !== body : this.graph.values[value]!.kind === 'input') outside.add(value);
      };
      for (const at of this.bodyNodes[body]!) {
        nodes[at]!.inputs.forEach(note);
        for (const inner of nodes[at]!.bodies) if (bodies[inner]!.kind === 'subgraph') used(inner).forEach(note);
      }
      bodies[body]!.outputs.forEach(note);
      const list = [...outside];
      ofBody.set(body, list);
      return list;
    };
    nodes.forEach(({ bodies: inner }, at) => {
      const values = new Set(inner.filter((body) => bodies[body]!.kind === 'subgraph').flatMap(used));
      if (values.size > 0) found.set(at, [...values]);
    });
    return found;
  }
}

/** Constants are shown where they are used, as weights are. */
export function isConstant({ op, domain }: GraphNode): boolean {
  return op === 'Constant' && domain === '';
}

/** What the keys of boxes within a body of an open node begin with. */
export function bodyPrefix(holderKey: string, body: number): string {
  return `${holderKey}>${body}>`;
}

function unique(keys: string[]): string[] {
  const seen = new Map<string, number>();
  return keys.map((key) => {
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    return before === 0 ? key : `${key}#${before}`;
  });
}
