import type { OnnxNode } from '../graph';
import { activations, convolutions, merges } from './operators';

/** A node, and the value that it is named for. */
export interface Made {
  value: string;
  node: OnnxNode;
}

/** A layer to be named. */
export interface Nameable extends Made {
  primary: boolean;
}

export interface LayerName {
  group: string[];
  label: string;
}

/** Where a node stands in the source program, as far as its names tell. */
export interface Scope {
  /** Modules, outermost first; the last one may hold this node alone. */
  modules: string[];
  /** The operator's name inside its innermost module. */
  leaf: string;
}

const SEPARATOR = ' · ';

/** Modules inside one another; a name with more slashes is none that a person gave. */
const DEEPEST = 50;

/**
 * Groups layers by module and gives each a label that is unique in its group, from the metadata of PyTorch's exporter,
 * else from node names, else from value names. `layers` are in the order of the graph.
 */
export function nameLayers(layers: readonly Nameable[], producer: string): LayerName[] {
  const scopes = scopesOf(layers, producer);
  const groups = new ModuleTree(scopes, layers);
  const names = scopes.map(({ modules, leaf }, i): LayerName => {
    const depth = groups.groupDepth(modules);
    const rest = modules.slice(depth).join('.');
    return { group: modules.slice(0, depth), label: labelOf(rest, leaf, layers[i]!.node.op) };
  });
  return distinguish(names, layers);
}

/** Where nodes, in the order of the graph, stand in the source program; modules that hold all of them are left out. */
export function scopesOf(nodes: readonly Made[], producer: string): readonly Scope[] {
  return withoutCommonRoot(findScopes(nodes, producer));
}

/** What to call an operator whose innermost modules, spelt "conv1" or "mlp.act", are no group of their own. */
export function labelOf(module: string, leaf: string, op: string): string {
  if (module === '') return leaf;
  // "relu · Relu" says nothing that "relu" does not, and "depthwise · depthwise" less than "depthwise · Conv".
  const name = module.slice(module.lastIndexOf('.') + 1).toLowerCase();
  if (name !== leaf.toLowerCase()) return `${module}${SEPARATOR}${leaf}`;
  return name === op.toLowerCase() ? module : `${module}${SEPARATOR}${op}`;
}

/** Scopes of all layers. Where only weights are named, an activation or a sum belongs where the layer that it reads is. */
function findScopes(layers: readonly Made[], producer: string): Scope[] {
  const surroundings = new Map<string, string[]>();
  return layers.map(({ node, value }) => {
    const weights = weightModule(node);
    const named = namedScope(node, value, weights, producer);
    if (named) return named;
    const follows = activations.has(node.op) || merges.has(node.op);
    const around = weights?.slice(0, -1) ?? (follows ? deepest(node, surroundings) : []);
    surroundings.set(value, around);
    return weights ? { modules: weights, leaf: node.op } : { modules: around, leaf: flatName(node, value) };
  });
}

function deepest(node: OnnxNode, surroundings: ReadonlyMap<string, string[]>): string[] {
  return node.inputs.reduce<string[]>((found, name) => {
    const around = surroundings.get(name) ?? [];
    return around.length > found.length ? around : found;
  }, []);
}

function namedScope(node: OnnxNode, value: string, weights: string[] | null, producer: string): Scope | null {
  const traced = tracedScope(node);
  if (traced) {
    // A convolution that took in a normalisation is said to come from the latter.
    const isSibling = convolutions.has(node.op) && weights?.slice(0, -1).join('.') === traced.modules.slice(0, -1).join('.');
    return weights && isSibling ? { modules: weights, leaf: node.op } : traced;
  }
  for (const name of [node.name, value.replace(/:\d+$/, '').replace(/_output_\d+$/, '')]) {
    if (name.includes('/')) return pathScope(name, node.op, producer);
  }
  return null;
}

/** The modules that a weight's name in PyTorch's style gives: "layer1.0.conv1.weight". */
function weightModule(node: OnnxNode): string[] | null {
  const weight = node.inputs.slice(1).find((name) => /^[\w.]+\.weight$/.test(name));
  return weight === undefined ? null : weight.split('.').slice(0, -1).slice(0, DEEPEST);
}

/** PyTorch's dynamo exporter: ['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_1'], a Python list as text. */
function tracedScope(node: OnnxNode): Scope | null {
  const text = node.metadata.get('pkg.torch.onnx.name_scopes');
  if (text === undefined) return null;
  // The last is the node itself.
  const innermost = /(['"])([^'"]*)\1[^'"]*(['"])[^'"]*\3[^'"]*$/.exec(text)?.[2];
  if (innermost === undefined) return null;
  return { modules: innermost.split('.').filter((part) => part !== '').slice(0, DEEPEST), leaf: node.op };
}

function pathScope(name: string, op: string, producer: string): Scope {
  const segments = name.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? op;
  // "/layer1/layer1.0/conv1/Conv" ends in the operator; "fire2/squeeze1x1" names the layer itself.
  const endsInOperator = producer.includes('tf2onnx') || last.toLowerCase().includes(op.toLowerCase());
  const outer = endsInOperator ? segments.slice(0, -1) : [...segments.slice(0, -1), last];
  const modules = outer
    .filter((segment, i) => outer[i + 1]?.startsWith(`${segment}.`) !== true)
    .flatMap((segment) => segment.split('.'))
    .filter((segment) => segment !== '')
    .slice(0, DEEPEST);
  // tf2onnx numbers the nodes that it adds: "conv/Conv2D__6" is a Transpose.
  return { modules, leaf: endsInOperator && !/__\d+$/.test(last) ? last : op };
}

function flatName(node: OnnxNode, value: string): string {
  const name = node.name.replace(/^node_/, '') || value;
  if (/^\d+$/.test(name)) return `${node.op} ${name}`;
  return name.toLowerCase().startsWith(node.op.toLowerCase()) ? name : `${name}${SEPARATOR}${node.op}`;
}

/** Drops the segments that all paths start with, as "StatefulPartitionedCall/model". */
function withoutCommonRoot(scopes: readonly Scope[]): readonly Scope[] {
  const paths = scopes.map(({ modules }) => modules).filter((modules) => modules.length > 0);
  let common = 0;
  const [first] = paths;
  while (first && paths.length > 1 && paths.every((path) => path.length > common + 1 && path[common] === first[common])) common++;
  return common === 0 ? scopes : scopes.map(({ modules, leaf }) => ({ modules: modules.slice(common), leaf }));
}

/** Tells which modules deserve a group: those with two layers or more that are shown together. */
class ModuleTree {
  private readonly counts = new Map<string, number>();
  /** Modules without modules inside, whose layers other layers come between. */
  private readonly scattered = new Set<string>();

  constructor(scopes: readonly Scope[], layers: readonly Nameable[]) {
    const inner = new Set<string>();
    const lastSeen = new Map<string, number>();
    let shown = 0;
    scopes.forEach(({ modules }, i) => {
      if (!layers[i]!.primary) return;
      shown++;
      for (let depth = 1; depth <= modules.length; depth++) {
        const key = keyOf(modules, depth);
        this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
        if (depth < modules.length) inner.add(key);
        if ((lastSeen.get(key) ?? shown - 1) !== shown - 1) this.scattered.add(key);
        lastSeen.set(key, shown);
      }
    });
    for (const key of inner) this.scattered.delete(key);
  }

  groupDepth(modules: readonly string[]): number {
    let depth = modules.length;
    while (depth > 0 && !this.isGroup(keyOf(modules, depth))) depth--;
    return depth;
  }

  private isGroup(key: string): boolean {
    return (this.counts.get(key) ?? 0) > 1 && !this.scattered.has(key);
  }
}

function keyOf(modules: readonly string[], depth: number): string {
  return modules.slice(0, depth).join('\0');
}

/** Adds the value's name to labels that occur twice in a group. */
function distinguish(names: readonly LayerName[], layers: readonly Nameable[]): LayerName[] {
  const key = ({ group, label }: LayerName) => [...group, label].join('\0');
  const counts = new Map<string, number>();
  for (const name of names) counts.set(key(name), (counts.get(key(name)) ?? 0) + 1);
  return names.map((name, i) => {
    const value = layers[i]!.value.split('/').at(-1) ?? '';
    return counts.get(key(name)) === 1 ? name : { group: name.group, label: `${name.label}${SEPARATOR}${value}` };
  });
}
