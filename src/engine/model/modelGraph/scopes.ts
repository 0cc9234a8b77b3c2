import type { OnnxNode } from '../graph';
import { labelOf, scopesOf, type Scope } from '../layers/names';
import type { Bodies, Body } from './bodies';

/** Modules of one body. */
export interface ModuleScope {
  body: number;
  path: string[];
  /** By place, -1 for the body's own. */
  parent: number;
  /** Nodes inside at any depth, by place, in the order of the graph. */
  members: number[];
}

export interface ScopedNode {
  scope: number;
  label: string;
}

/** How many nodes are gone through in all to see whether modules are left and entered again. */
const MOST_STEPS = 20_000_000;

/**
 * The modules of all bodies, outer ones before those inside, and where each node stands. A module with one node is none; neither
 * is one without modules inside whose nodes depend on each other through others, as an activation function that a network uses again and again.
 */
export function moduleScopes(all: Bodies, producer: string): { scopes: ModuleScope[]; nodes: ScopedNode[] } {
  const scopes: ModuleScope[] = [];
  const nodes: ScopedNode[] = [];
  const convexity = new Convexity(all);
  for (const [body, { from, to }] of all.bodies.entries()) {
    const placed = all.nodes.slice(from, to);
    const found = scopesOf(placed.map(({ node }) => ({ node, value: valueOf(node) })), producer);
    const modules = withHelpers(all, all.bodies[body]!, found);
    addBody(all, body, modules, found, convexity, scopes, nodes);
  }
  return { scopes, nodes };
}

function valueOf(node: OnnxNode): string {
  return node.outputs.find((name) => name !== '') ?? '';
}

/**
 * A node that no name places, and that only the nodes of one module read, belongs to that module: what prepares a weight or a shape.
 * One that what is fed to the body flows through belongs to it only as far as what it reads stands there, too: what comes before a module is not of it.
 */
function withHelpers(all: Bodies, body: Body, found: readonly Scope[]): (readonly string[])[] {
  const modules: (readonly string[])[] = found.map((scope) => scope.modules);
  const free = new Set(found.flatMap((scope, i) => (scope.modules.length === 0 ? [body.from + i] : [])));
  placeByReaders(all, body, modules, free);
  const makers = new Map<number, readonly string[]>(body.inputs.map((value) => [value, []])); // by value that carries what is fed
  for (let place = body.from; place < body.to; place++) {
    const { node, inputs, outputs } = all.nodes[place]!;
    const sources = inputs.flatMap((value) => (makers.has(value) ? [makers.get(value)!] : []));
    if (sources.length === 0 || node.op === 'Shape' || node.op === 'Size') continue;
    if (free.delete(place)) {
      const shared = sources.map((source) => commonStart(modules[place - body.from]!, source));
      modules[place - body.from] = shared.reduce((longest, path) => (path.length > longest.length ? path : longest));
    }
    for (const value of outputs) if (value >= 0) makers.set(value, modules[place - body.from]!);
  }
  for (const place of free) modules[place - body.from] = []; // what prepares the weights of a node goes where that went
  placeByReaders(all, body, modules, free);
  return modules;
}

/** Puts free nodes into the module that all nodes that read them share. */
function placeByReaders(all: Bodies, { from, to }: Body, modules: (readonly string[])[], free: ReadonlySet<number>): void {
  const around = new Map<number, readonly string[]>();
  for (let place = to - 1; place >= from; place--) {
    const { inputs, outputs } = all.nodes[place]!;
    if (free.has(place)) {
      const common = outputs.reduce<readonly string[] | null>((shared, value) => {
        const of = around.get(value);
        return of === undefined ? shared : shared === null ? of : commonStart(shared, of);
      }, null);
      if (common !== null) modules[place - from] = common;
    }
    const own = modules[place - from]!;
    for (const value of inputs) if (value >= 0) around.set(value, around.has(value) ? commonStart(around.get(value)!, own) : own);
  }
}

function commonStart(a: readonly string[], b: readonly string[]): readonly string[] {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length === a.length ? a : a.slice(0, length);
}

interface Module {
  path: readonly string[];
  members: number[];
  inner: Map<string, Module>;
}

function addBody(
  all: Bodies,
  body: number,
  modules: readonly (readonly string[])[],
  found: readonly Scope[],
  convexity: Convexity,
  scopes: ModuleScope[],
  nodes: ScopedNode[],
): void {
  const { from } = all.bodies[body]!;
  const root: Module = { path: [], members: [], inner: new Map() };
  for (const [i, path] of modules.entries()) {
    let at = root;
    at.members.push(from + i);
    for (const [depth, name] of path.entries()) {
      let next = at.inner.get(name);
      if (!next) at.inner.set(name, (next = { path: path.slice(0, depth + 1), members: [], inner: new Map() }));
      next.members.push(from + i);
      at = next;
    }
  }
  const add = (module: Module, parent: number): void => {
    const scope = scopes.length;
    scopes.push({ body, path: [...module.path], parent, members: module.members });
    for (const place of module.members) nodes[place] = { scope, label: '' }; // those of modules inside are overwritten
    for (const inner of module.inner.values()) {
      if (inner.members.length > 1 && (inner.inner.size > 0 || convexity.holds(inner.members))) add(inner, scope);
    }
  };
  add(root, -1);
  for (const [i, path] of modules.entries()) {
    const at = nodes[from + i]!;
    const { modules: named, leaf } = found[i]!;
    const rest = named.length > 0 ? path.slice(scopes[at.scope]!.path.length).join('.') : '';
    at.label = labelOf(rest, leaf, all.nodes[from + i]!.node.op);
  }
}

/** Whether nodes can be drawn as one: no way leads out of them and in again. */
class Convexity {
  private readonly producers = new Map<number, number>();
  private steps = 0;

  constructor(private readonly all: Bodies) {
    for (const [place, { outputs }] of all.nodes.entries()) for (const value of outputs) if (value >= 0) this.producers.set(value, place);
  }

  /** @param members by place, ascending: whatever lies on a way between two of them has a place between theirs */
  holds(members: readonly number[]): boolean {
    const [first, last] = [members[0]!, members.at(-1)!];
    if (last - first + 1 === members.length) return true;
    this.steps += last - first;
    if (this.steps > MOST_STEPS) return true;
    const inside = new Set(members);
    const after = new Set<number>(); // nodes outside that depend on nodes inside
    for (let place = first; place <= last; place++) {
      const sources = this.all.nodes[place]!.inputs.map((value) => this.producers.get(value) ?? -1);
      if (inside.has(place)) {
        if (sources.some((source) => after.has(source))) return false;
      } else if (sources.some((source) => inside.has(source) || after.has(source))) after.add(place);
    }
    return true;
  }
}
