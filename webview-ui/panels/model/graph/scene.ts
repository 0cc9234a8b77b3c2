import { splitLabel } from '../../../shared/format';
import type { CompoundContainer, CompoundRequest } from './compound';
import { bodyPrefix, type GraphIndex } from './graphIndex';

/** What one box stands for. */
export type SceneThing =
  | { kind: 'node'; node: number }
  | { kind: 'scope'; scope: number }
  /** One of several subgraphs of an open node. */
  | { kind: 'body'; body: number }
  /** Where a value comes into a body or leaves it. */
  | { kind: 'value'; value: number; role: 'input' | 'output' };

export type SceneBox = SceneThing & {
  key: string;
  /** The open box around it, -1 where it is the drawing. */
  parent: number;
  depth: number;
  /** Whether it shows what is inside, and whether it could. */
  open: boolean;
  openable: boolean;
  label: string;
  /** Place in the order of computation. */
  order: number;
};

/** A value on its way from one box to another, neither of which is open (but for values that a box itself takes). */
export interface SceneLink {
  from: number;
  to: number;
  value: number;
  segments: number[];
}

/** The part of links within one container; links that run alike share it. */
export interface SceneSegment {
  container: number;
  edge: number;
  /** Boxes at its ends; -1 at the border of the container. */
  from: number;
  to: number;
  /** Whether it begins at a box that makes its values, and ends at one that takes them: not where a box is passed through. */
  starts: boolean;
  ends: boolean;
  values: number[];
  links: number[];
}

export interface Scene {
  boxes: SceneBox[];
  links: SceneLink[];
  segments: SceneSegment[];
  containers: CompoundContainer[];
  boxOfKey: Map<string, number>;
  /** Of each box, the links that leave it and that come in. */
  out: number[][];
  into: number[][];
}

interface Instance {
  parent: Instance | null;
  body: number;
  /** Of each node of the body, the box that shows it. */
  box: Map<number, number>;
  inputs: Map<number, number>;
  /** The boxes of the body's outputs, in their order. */
  arrivals: number[];
  /** Of an open node, by value: the boxes in it where its outputs arrive. */
  openOutputs: Map<number, number[]>;
}

/** The boxes and edges that are on show when the scopes of these keys are open. */
export function buildScene(index: GraphIndex, expanded: ReadonlySet<string>): Scene {
  return new SceneBuilder(index, expanded).build();
}

class SceneBuilder {
  private readonly boxes: SceneBox[] = [];
  private readonly links: SceneLink[] = [];
  private readonly known = new Set<string>();

  constructor(
    private readonly index: GraphIndex,
    private readonly expanded: ReadonlySet<string>,
  ) {}

  build(): Scene {
    if (this.index.graph.bodies.length > 0) this.body(0, -1, '', null);
    const { boxes, links } = this;
    const out: number[][] = boxes.map(() => []);
    const into: number[][] = boxes.map(() => []);
    links.forEach(({ from, to }, link) => {
      out[from]!.push(link);
      into[to]!.push(link);
    });
    return { boxes, links, out, into, ...segmentsOf(boxes, links), boxOfKey: new Map(boxes.map(({ key }, box) => [key, box])) };
  }

  private add(thing: SceneThing, parent: number, key: string, label: string, order: number, openable = false): number {
    const open = thing.kind === 'body' || (openable && this.expanded.has(key));
    const depth = parent < 0 ? 0 : this.boxes[parent]!.depth + 1;
    return this.boxes.push({ ...thing, key, parent, depth, open, openable, label, order }) - 1;
  }

  private body(body: number, parent: number, prefix: string, around: Instance | null): Instance {
    const { graph, bodyScope, bodyNodes } = this.index;
    const { inputs, outputs } = graph.bodies[body]!;
    const instance: Instance = { parent: around, body, box: new Map(), inputs: new Map(), arrivals: [], openOutputs: new Map() };
    for (const value of inputs) {
      const { name, kind } = graph.values[value]!;
      if (kind === 'initializer') continue;
      instance.inputs.set(value, this.add({ kind: 'value', value, role: 'input' }, parent, `${prefix}i:${body}:${name}`, name, -1));
    }
    if (bodyScope[body]! >= 0) this.scope(bodyScope[body]!, parent, prefix, instance);
    instance.arrivals = outputs.map((value) =>
      this.add({ kind: 'value', value, role: 'output' }, parent, `${prefix}o:${body}:${graph.values[value]!.name}`, graph.values[value]!.name, graph.nodes.length),
    );
    for (const at of bodyNodes[body]!) {
      const box = instance.box.get(at);
      if (box === undefined) continue;
      const node = graph.nodes[at]!;
      if (this.boxes[box]!.open) {
        this.intoOpen(at, box, instance);
        continue;
      }
      node.inputs.forEach((value, at) => {
        if (node.inputs.indexOf(value) === at) this.link(value, box, instance);
      });
      for (const value of this.index.captures.get(at) ?? []) this.link(value, box, instance);
    }
    outputs.forEach((value, at) => this.link(value, instance.arrivals[at]!, instance));
    return instance;
  }

  /** Boxes of what is in a scope. */
  private scope(scope: number, parent: number, prefix: string, instance: Instance): void {
    const { index } = this;
    const { graph } = index;
    const path = graph.scopes[scope]!.path.length;
    for (const child of index.scopeScopes[scope]!) {
      const end = index.endOfChain(child);
      const label = graph.scopes[end]!.path.slice(path).join('.');
      const [only, ...more] = graph.scopes[end]!.nodes > 8 ? [] : index.nodesIn(end);
      if (only !== undefined && more.length === 0) {
        this.node(only, parent, prefix, instance, withScope(label, splitLabel(graph.nodes[only]!).name));
        continue;
      }
      if (index.scopeNodes[end]!.length === 0 && index.scopeScopes[end]!.length === 0) continue;
      const key = prefix + index.scopeKeys[end]!;
      const box = this.add({ kind: 'scope', scope: end }, parent, key, label, index.scopeFirst[end]!, true);
      if (this.boxes[box]!.open) this.scope(end, box, prefix, instance);
      else for (const node of index.nodesIn(end)) instance.box.set(node, box);
    }
    for (const node of index.scopeNodes[scope]!) this.node(node, parent, prefix, instance, splitLabel(graph.nodes[node]!).name);
  }

  private node(at: number, parent: number, prefix: string, instance: Instance, label: string): void {
    const { index } = this;
    const { bodies, outputs } = index.graph.nodes[at]!;
    const key = prefix + index.nodeKeys[at]!;
    const box = this.add({ kind: 'node', node: at }, parent, key, label, at, bodies.length > 0);
    instance.box.set(at, box);
    if (!this.boxes[box]!.open) return;
    for (const value of outputs) if (value >= 0) instance.openOutputs.set(value, []);
  }

  /** What is in an open node, and how its inputs and outputs lead into it. */
  private intoOpen(at: number, box: number, instance: Instance): void {
    const { graph } = this.index;
    const { bodies, inputs, outputs, op } = graph.nodes[at]!;
    const taken = new Set<number>();
    for (const body of bodies) {
      const several = bodies.length > 1;
      const { key } = this.boxes[box]!;
      const { owner, name } = graph.bodies[body]!;
      const around = several ? this.add({ kind: 'body', body }, box, `${key}>b:${body}`, owner?.attribute ?? name, body) : box;
      const inner = this.body(body, around, bodyPrefix(key, body), instance);
      graph.bodies[body]!.inputs.forEach((value, place) => {
        const outer = inputs[place];
        const pill = inner.inputs.get(value);
        if (outer === undefined || pill === undefined) return;
        taken.add(place);
        this.link(outer, pill, instance);
      });
      // A loop's body tells first whether to go on.
      const shift = op === 'Loop' ? 1 : 0;
      outputs.forEach((value, place) => {
        const arrival = inner.arrivals[place + shift];
        if (value >= 0 && arrival !== undefined) instance.openOutputs.get(value)?.push(arrival);
      });
    }
    inputs.forEach((value, place) => {
      if (!taken.has(place)) this.link(value, box, instance);
    });
  }

  private link(value: number, to: number, instance: Instance): void {
    if (value < 0) return;
    for (const from of this.sources(value, instance)) {
      if (from === to) continue;
      // Only a box that stands for several nodes takes a value twice.
      if (this.boxes[to]!.kind === 'scope') {
        const key = `${from} ${to} ${value}`;
        if (this.known.has(key)) continue;
        this.known.add(key);
      }
      this.links.push({ from, to, value, segments: [] });
    }
  }

  private sources(value: number, instance: Instance): number[] {
    for (let at: Instance | null = instance; at; at = at.parent) {
      const input = at.inputs.get(value);
      if (input !== undefined) return [input];
      const box = at.box.get(this.index.producer[value]!);
      if (box === undefined) continue;
      const inside = at.openOutputs.get(value);
      return inside && inside.length > 0 ? inside : [box];
    }
    return [];
  }
}

/** The name of a scope with one node in it says more than the node's, unless that repeats it. */
function withScope(scope: string, label: string): string {
  return label.startsWith(scope) || /^\W*$/.test(label) ? label : scope;
}

function segmentsOf(
  boxes: readonly SceneBox[],
  links: SceneLink[],
): { segments: SceneSegment[]; containers: CompoundContainer[] } {
  const containers: CompoundContainer[] = [{ box: -1, items: [], orders: [], entries: 0, exits: 0, edges: [] }];
  const containerOf = new Map<number, number>([[-1, 0]]);
  const place = new Int32Array(boxes.length);
  boxes.forEach(({ open }, box) => {
    if (open) containerOf.set(box, containers.push({ box, items: [], orders: [], entries: 0, exits: 0, edges: [] }) - 1);
  });
  boxes.forEach(({ parent, order }, box) => {
    const around = containers[containerOf.get(parent)!]!;
    place[box] = around.items.push(box) - 1;
    around.orders.push(order);
  });
  // Ports of each container, by value.
  const entries = containers.map(() => new Map<number, number>());
  const exits = containers.map(() => new Map<number, number>());
  const port = (ports: Map<number, number>, value: number): number => {
    const known = ports.get(value) ?? ports.size;
    ports.set(value, known);
    return known;
  };
  interface Draft extends SceneSegment {
    fromPort: number;
    toPort: number;
  }
  const drafts: Draft[] = [];
  const known = new Map<number | string, number>();
  const add = (container: number, from: number, to: number, value: number, starts: boolean, ends: boolean, link: number): void => {
    const { box } = containers[container]!;
    const fromPort = from === box ? port(entries[container]!, value) : starts ? -1 : port(exits[containerOf.get(from)!]!, value);
    const toPort = to === box ? port(exits[container]!, value) : ends ? -1 : port(entries[containerOf.get(to)!]!, value);
    const key = fromPort === -1 && toPort === -1 ? from * boxes.length + to : `${from} ${fromPort} ${to} ${toPort} ${container}`;
    let at = known.get(key);
    if (at === undefined) {
      const outside = (end: number): number => (end === box ? -1 : end);
      at = drafts.push({ container, edge: -1, from: outside(from), to: outside(to), starts, ends, values: [], links: [], fromPort, toPort }) - 1;
      known.set(key, at);
    }
    const segment = drafts[at]!;
    if (!segment.values.includes(value)) segment.values.push(value);
    segment.links.push(link);
    links[link]!.segments.push(at);
  };
  links.forEach(({ from, to, value }, link) => {
    if (boxes[from]!.parent === boxes[to]!.parent) {
      add(containerOf.get(boxes[from]!.parent)!, from, to, value, true, true, link);
      return;
    }
    let a = from;
    let b = to;
    let starts = true;
    let ends = true;
    const lower: [container: number, from: number, to: number, starts: boolean, ends: boolean][] = [];
    const inside = (box: number, around: number): boolean => {
      for (let at = box; at >= 0; at = boxes[at]!.parent) if (at === around) return true;
      return false;
    };
    // An open box can take a value itself, or be the source of what is in it.
    while (boxes[a]!.parent !== boxes[b]!.parent) {
      const deepA = boxes[a]!.depth;
      const deepB = boxes[b]!.depth;
      if (deepA >= deepB && !inside(b, a)) {
        const up = boxes[a]!.parent;
        add(containerOf.get(up)!, a, up, value, starts, false, link);
        starts = false;
        a = up;
      } else if (!inside(a, b)) {
        const up = boxes[b]!.parent;
        lower.push([containerOf.get(up)!, up, b, false, ends]);
        ends = false;
        b = up;
      } else break;
    }
    if (a !== b && boxes[a]!.parent === boxes[b]!.parent) add(containerOf.get(boxes[a]!.parent)!, a, b, value, starts, ends, link);
    for (const [container, start, end, s, e] of lower.reverse()) add(container, start, end, value, s, e, link);
  });
  containers.forEach((container, at) => {
    container.entries = entries[at]!.size;
    container.exits = exits[at]!.size;
  });
  const segments = drafts.map((draft): SceneSegment => {
    const { fromPort, toPort, ...segment } = draft;
    const container = containers[segment.container]!;
    const vertex = (end: number, ports: number, first: number): number => (end === -1 ? first + ports : place[end]!);
    segment.edge =
      container.edges.push({
        from: vertex(segment.from, fromPort, container.items.length),
        to: vertex(segment.to, toPort, container.items.length + container.entries),
        fromPort: segment.from === -1 ? -1 : fromPort,
        toPort: segment.to === -1 ? -1 : toPort,
      }) - 1;
    return segment;
  });
  return { segments, containers };
}

/** What the layout worker is asked for a scene whose boxes have these sizes. */
export function layoutRequest(scene: Scene, sizes: readonly (readonly [number, number])[], horizontal: boolean): CompoundRequest {
  return {
    horizontal,
    width: Float64Array.from(sizes, ([width]) => width),
    height: Float64Array.from(sizes, ([, height]) => height),
    containers: scene.containers,
  };
}
