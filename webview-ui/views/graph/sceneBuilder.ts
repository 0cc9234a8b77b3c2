import { splitLabel } from '../../shared/format';
import { bodyPrefix, type GraphIndex } from './graphIndex';
import type { Scene, SceneBox, SceneLink, SceneThing } from './scene';
import { segmentsOf } from './segments';

interface Instance {
  parent: Instance | null;
  body: number;
  /** Of each node of the body, the box that shows it. */
  box: Map<number, number>;
  inputs: Map<number, number>;
  /** The boxes of the body's outputs, in their order; -1 where the file names none. */
  arrivals: number[];
  /** Of an open node, by value: the boxes in it where its outputs arrive. */
  openOutputs: Map<number, number[]>;
}

const last = new WeakMap<GraphIndex, { expanded: ReadonlySet<string>; scene: Scene }>();

/** The boxes and edges that are on show when the scopes of these keys are open. The last one asked for is kept: a set is not to be changed afterwards. */
export function sceneOf(index: GraphIndex, expanded: ReadonlySet<string>): Scene {
  const known = last.get(index);
  if (known?.expanded === expanded) return known.scene;
  const scene = buildScene(index, expanded);
  last.set(index, { expanded, scene });
  return scene;
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
      value < 0 ? -1 : this.add({ kind: 'value', value, role: 'output' }, parent, `${prefix}o:${body}:${graph.values[value]!.name}`, graph.values[value]!.name, graph.nodes.length),
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
      const label = index.scopeLabel(end, path);
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
    const box = this.add({ kind: 'node', node: at }, parent, key, label, index.order[at]!, bodies.length > 0);
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
        if (value >= 0 && arrival !== undefined && arrival >= 0) instance.openOutputs.get(value)?.push(arrival);
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
