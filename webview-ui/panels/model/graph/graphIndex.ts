import type { GraphNode, GraphValue, ModelGraph } from '../../../../src/protocol/graph';

/** What is asked of a graph again and again. Nodes, values, scopes and bodies by place in the graph's own lists. */
export class GraphIndex {
  /** The node that makes each value, -1 for what comes from outside. */
  readonly producer: Int32Array;
  /** The nodes that use each value themselves, once each. */
  readonly consumers: number[][];
  /** Of each scope: the scopes and nodes directly in it. */
  readonly scopeScopes: number[][];
  readonly scopeNodes: number[][];
  /** Of each body: its own scope, and all its nodes. */
  readonly bodyScope: Int32Array;
  readonly bodyNodes: number[][];
  /** Values of the bodies around that the subgraphs inside a node use, at any depth. */
  readonly captures: ReadonlyMap<number, number[]>;
  /** First node of each scope, in the order of computation. */
  readonly scopeFirst: Int32Array;
  /** Names that stay the same when the file is read again. */
  readonly nodeKeys: string[];
  readonly scopeKeys: string[];
  readonly nodeOfLayer: ReadonlyMap<string, number>;
  /** Scopes that are built alike, by their number. */
  readonly alike: ReadonlyMap<number, number[]>;

  constructor(readonly graph: ModelGraph) {
    const { nodes, values, scopes, bodies } = graph;
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
      if (repeats !== null) alike.set(repeats, [...(alike.get(repeats) ?? []), scope]);
    });
    this.alike = alike;
    const layers = new Map<string, number>();
    nodes.forEach((node, at) => {
      for (const value of node.outputs) if (value >= 0) this.producer[value] = at;
      for (const value of new Set(node.inputs)) if (value >= 0) this.consumers[value]!.push(at);
      this.bodyNodes[node.body]!.push(at);
      if (node.layer !== null) layers.set(node.layer, at);
      if (!isConstant(node)) this.scopeNodes[node.scope]!.push(at);
      for (let scope = node.scope; scope >= 0 && this.scopeFirst[scope]! > at; scope = scopes[scope]!.parent)
        this.scopeFirst[scope] = at;
    });
    this.nodeOfLayer = layers;
    this.nodeKeys = unique(
      nodes.map((node) => `n:${node.body}:${node.name === '' ? (values[node.outputs.find((value) => value >= 0) ?? -1]?.name ?? node.op) : node.name}`),
    );
    this.scopeKeys = scopes.map(({ body, path }) => `s:${body}:${path.join('/')}`);
    this.captures = this.findCaptures();
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
