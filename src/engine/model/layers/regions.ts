import type { OnnxNode } from '../graph';
import type { GraphIndex } from './graphIndex';
import { activations, arithmetic, reductions } from './operators';

/**
 * A function of one value that the exporter wrote out in several nodes, such as x * sigmoid(x), GELU through Erf, or the
 * mean, variance and quotient of a layer normalisation: all paths into the last node start at one value.
 */
export interface Region {
  kind: 'activation' | 'normalization' | 'arithmetic';
  /** The value that everything is computed from, and the last node. */
  entry: string;
  exit: OnnxNode;
  /** Values between entry and exit. */
  inside: ReadonlySet<string>;
}

/** The longest decompositions (GELU by tanh) have ten nodes. */
const MOST_NODES = 16;

const bends = new Set([...activations, 'Erf', 'Exp', 'Max', 'Min', 'Where', 'Abs']);
/** Not Add: a sum with a function of itself is a residual connection. */
const exits = new Set(['Mul', 'Div', 'Sub', 'Where', 'Max', 'Min']);

/** The region that ends at a node, or null. */
export function regionEndingAt(exit: OnnxNode, index: GraphIndex): Region | null {
  if (!exits.has(exit.op)) return null;
  const open = new Set(index.activations(exit));
  if (open.size < 2) return null;
  const inside = new Set<string>();
  const operators = new Set<string>();
  // Always undo the node that runs last: when one value is left, every path has come through it.
  while (open.size > 1) {
    const latest = [...open].reduce((a, b) => (index.position(index.producer(a)) >= index.position(index.producer(b)) ? a : b));
    const node = index.producer(latest);
    if (!node || !arithmetic.has(node.op) || inside.size >= MOST_NODES) return null;
    open.delete(latest);
    inside.add(latest);
    operators.add(node.op);
    for (const value of index.activations(node)) open.add(value);
  }
  const [entry] = open;
  if (entry === undefined) return null;
  return { kind: kindOf(operators), entry, exit, inside };
}

function kindOf(operators: ReadonlySet<string>): Region['kind'] {
  const has = (set: ReadonlySet<string>) => [...operators].some((op) => set.has(op));
  if (has(reductions)) return 'normalization';
  return has(bends) ? 'activation' : 'arithmetic';
}

/** Whether all readers of a value belong to the region. */
export function readOnlyWithin(value: string, region: Region, index: GraphIndex): boolean {
  return (
    !index.outputs.has(value) &&
    index.consumers(value).every((node) => node === region.exit || node.outputs.some((output) => region.inside.has(output)))
  );
}
