import type { GraphBody } from '../../../protocol/graph';
import { align, between, once, rising } from './align';
import { Wiring, type Side } from './side';
import { contextsOf, Interned, signaturesOf, type Signatures } from './signatures';

/** Partners of nodes: by place in the one graph and in the other, -1 for none. */
export interface Match {
  ofA: Int32Array;
  ofB: Int32Array;
  wiring: [Wiring, Wiring];
  /** Bodies that were paired, by place in each graph. */
  bodies: readonly (readonly [number, number])[];
}

/**
 * Pairs the nodes of two graphs, body by body: by node names, by names of outputs and of weights, by weights that are the same, by
 * all that leads to a node or follows it, by names that end in a digit, then between those by the longest common sequence of like nodes, of nodes with the same operator,
 * and last by what stands in the same place.
 */
export function matchGraphs(a: Side, b: Side): Match {
  const interned = new Interned();
  const wiring: Match['wiring'] = [new Wiring(a.graph), new Wiring(b.graph)];
  const matcher = new Matcher(a, b, wiring, [signaturesOf(a, interned), signaturesOf(b, interned)], interned);
  const bodies = pairBodies(a.graph.bodies, b.graph.bodies);
  // The list grows: bodies inside of nodes are paired when their nodes are.
  for (const [bodyA, bodyB] of bodies) {
    for (const [nodeA, nodeB] of matcher.match(bodyA, bodyB)) {
      for (const inner of a.graph.nodes[nodeA]!.bodies) {
        const owner = a.graph.bodies[inner]!.owner;
        const partner = owner && b.graph.nodes[nodeB]!.bodies.find((other) => b.graph.bodies[other]!.owner?.attribute === owner.attribute && !bodies.some(([, taken]) => taken === other));
        if (partner !== null && partner !== undefined) bodies.push([inner, partner]);
      }
    }
  }
  return { ofA: matcher.ofA, ofB: matcher.ofB, wiring, bodies };
}

/** The main graphs, and functions of one name. */
function pairBodies(a: readonly GraphBody[], b: readonly GraphBody[]): [number, number][] {
  const pairs: [number, number][] = [[0, 0]];
  for (const [at, { kind, name }] of a.entries()) {
    const other = kind === 'function' ? b.findIndex((body) => body.kind === 'function' && body.name === name) : -1;
    if (other >= 0) pairs.push([at, other]);
  }
  return pairs;
}

type Key = (side: 0 | 1, node: number) => string | null;

class Matcher {
  readonly ofA: Int32Array;
  readonly ofB: Int32Array;

  constructor(
    private readonly a: Side,
    private readonly b: Side,
    private readonly wiring: Match['wiring'],
    private readonly signatures: [Signatures, Signatures],
    private readonly interned: Interned,
  ) {
    this.ofA = new Int32Array(a.graph.nodes.length).fill(-1);
    this.ofB = new Int32Array(b.graph.nodes.length).fill(-1);
  }

  /** Pairs the nodes of two bodies; returns the pairs. */
  match(bodyA: number, bodyB: number): [number, number][] {
    const nodesA = placesIn(this.a, bodyA);
    const nodesB = placesIn(this.b, bodyB);
    const sides = [this.a, this.b] as const;
    const { signatures } = this;
    const names: Key[] = [(side, node) => sides[side].graph.nodes[node]!.name || null, (side, node) => this.outputName(sides[side], node), (side, node) => this.weightName(sides[side], node)];
    for (const name of names) this.byName(nodesA, nodesB, name, false);
    this.byNumber(nodesA, nodesB, (side, node) => (signatures[side].weights[node]! < 0 ? null : signatures[side].weights[node]!));
    for (const direction of ['before', 'after'] as const) {
      const contexts = [this.contexts(0, nodesA, direction), this.contexts(1, nodesB, direction)] as const;
      this.byNumber(nodesA, nodesB, (side, node) => contexts[side].get(node)!);
    }
    for (const name of names) this.byName(nodesA, nodesB, name, true);
    this.inOrder(nodesA, nodesB, 'own');
    this.inOrder(nodesA, nodesB, 'op');
    this.inPlace(nodesA);
    return nodesA.flatMap((node): [number, number][] => (this.ofA[node]! >= 0 ? [[node, this.ofA[node]!]] : []));
  }

  /** A pair is called by its node of the first graph. */
  private contexts(side: 0 | 1, nodes: readonly number[], direction: 'before' | 'after'): Map<number, number> {
    const pairOf = (node: number): number => (side === 1 ? this.ofB[node]! : this.ofA[node]! < 0 ? -1 : node);
    return contextsOf(side === 0 ? this.a : this.b, this.wiring[side], nodes, this.signatures[side].own, direction, pairOf, this.interned);
  }

  private outputName({ graph }: Side, node: number): string | null {
    const { outputs } = graph.nodes[node]!;
    return outputs[0] === undefined || outputs[0] < 0 ? null : graph.values[outputs[0]]!.name;
  }

  private weightName({ graph }: Side, node: number): string | null {
    const weight = graph.nodes[node]!.inputs.find((value) => value >= 0 && graph.values[value]!.kind === 'initializer');
    return weight === undefined ? null : graph.values[weight]!.name;
  }

  private free(nodes: readonly number[], side: 0 | 1): number[] {
    const taken = side === 0 ? this.ofA : this.ofB;
    return nodes.filter((node) => taken[node]! < 0);
  }

  private take(nodeA: number, nodeB: number): void {
    this.ofA[nodeA] = nodeB;
    this.ofB[nodeB] = nodeA;
  }

  /**
   * Pairs nodes whose name is the same and unique in both. Names that end in a digit come from exporters that count: they are taken by themselves, only for nodes that are
   * alike, and when nothing else tells, since one node more moves all of them.
   */
  private byName(nodesA: readonly number[], nodesB: readonly number[], nameOf: Key, counted: boolean): void {
    const interned = new Interned();
    const number = (side: 0 | 1, node: number): number | null => {
      const text = nameOf(side, node);
      return text === null || /\d$/.test(text) !== counted ? null : interned.of(text);
    };
    const kind = counted ? 'own' : 'op';
    this.byNumber(nodesA, nodesB, number, (nodeA, nodeB) => this.signatures[0][kind][nodeA] === this.signatures[1][kind][nodeB]);
  }

  private byNumber(nodesA: readonly number[], nodesB: readonly number[], key: (side: 0 | 1, node: number) => number | null, fits: (nodeA: number, nodeB: number) => boolean = () => true): void {
    const keyed = (nodes: readonly number[], side: 0 | 1): { nodes: number[]; places: Map<number, number> } => {
      const of = this.free(nodes, side).filter((node) => key(side, node) !== null);
      return { nodes: of, places: once(of.map((node) => key(side, node)!)) };
    };
    const [left, right] = [keyed(nodesA, 0), keyed(nodesB, 1)];
    for (const [number, at] of left.places) {
      const other = right.places.get(number) ?? -1;
      if (at >= 0 && other >= 0 && fits(left.nodes[at]!, right.nodes[other]!)) this.take(left.nodes[at]!, right.nodes[other]!);
    }
  }

  /** Between the pairs that rise in both: the longest common sequence of what is left. */
  private inOrder(nodesA: readonly number[], nodesB: readonly number[], kind: 'own' | 'op'): void {
    const placesB = new Map(nodesB.map((node, at) => [node, at]));
    const fixed = rising(nodesA.flatMap((node, at): [number, number][] => (this.ofA[node]! >= 0 ? [[at, placesB.get(this.ofA[node]!)!]] : [])));
    for (const [fromA, toA, fromB, toB] of between(fixed, 0, nodesA.length, 0, nodesB.length)) {
      const left = this.free(nodesA.slice(fromA, toA), 0);
      const right = this.free(nodesB.slice(fromB, toB), 1);
      if (left.length === 0 || right.length === 0) continue;
      const keysA = left.map((node) => this.signatures[0][kind][node]!);
      const keysB = right.map((node) => this.signatures[1][kind][node]!);
      for (const [i, j] of align(keysA, keysB)) this.take(left[i]!, right[j]!);
    }
  }

  /** A node that was replaced: alone without a partner behind a paired node, as the other is behind its partner, and before paired ones. */
  private inPlace(nodesA: readonly number[]): void {
    const lone = (side: 0 | 1, from: number): number => {
      const { graph } = side === 0 ? this.a : this.b;
      const followers = new Set(graph.nodes[from]!.outputs.flatMap((value) => (this.wiring[side].users.get(value) ?? []).map(({ node }) => node)));
      const free = this.free([...followers], side);
      return free.length === 1 ? free[0]! : -1;
    };
    const leads = (side: 0 | 1, node: number): number[] => {
      const { graph } = side === 0 ? this.a : this.b;
      return graph.nodes[node]!.outputs.flatMap((value) => (this.wiring[side].users.get(value) ?? []).map((use) => use.node));
    };
    for (const before of nodesA) {
      const partner = this.ofA[before]!;
      if (partner < 0) continue;
      const [nodeA, nodeB] = [lone(0, before), lone(1, partner)];
      if (nodeA < 0 || nodeB < 0) continue;
      const next = leads(1, nodeB);
      if (leads(0, nodeA).some((node) => this.ofA[node]! >= 0 && next.includes(this.ofA[node]!))) this.take(nodeA, nodeB);
    }
  }
}

function placesIn({ graph }: Side, body: number): number[] {
  return [...graph.nodes.keys()].filter((node) => graph.nodes[node]!.body === body);
}
