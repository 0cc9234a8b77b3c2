import { weigh } from '../layers/parameters';
import type { OnnxNode } from '../graph';
import type { Bodies, Weight } from './bodies';

/** Weights, each with its number of parameters. */
export type Weights = ReadonlyMap<Weight, number>;

/** How many values are followed back to weights in all: long chains of constants that many nodes read are damage. */
const MOST_STEPS = 10_000_000;

/** Which weights reach which node. */
export class WeightFinder {
  /** By node: tensors of the file that reach it without passing a value that depends on what is fed, and those of bodies inside. */
  readonly ofNodes: readonly Weights[];
  /** All parameters of the file, used or not. */
  readonly all: Weights;
  private readonly producers = new Map<number, number>();
  /** Parameters by value. */
  private readonly counts = new Map<number, number>();
  private steps = 0;

  constructor(private readonly graph: Bodies) {
    const readers = new Map<number, OnnxNode[]>();
    for (const [place, { node, inputs, outputs }] of graph.nodes.entries()) {
      for (const value of outputs) if (value >= 0) this.producers.set(value, place);
      for (const value of new Set(inputs)) {
        if (!graph.tensors.has(value)) continue;
        const list = readers.get(value);
        if (list) list.push(node);
        else readers.set(value, [node]);
      }
    }
    const all = new Map<Weight, number>();
    for (const [value, tensor] of graph.tensors) {
      const count = 'values' in tensor ? tensor.values.elementCount : this.isScalarConstant(value) ? 0 : weigh(tensor, readers.get(value) ?? [], graph.values[value]!.name);
      this.counts.set(value, count);
      if (count > 0) all.set(tensor, Math.max(count, all.get(tensor) ?? 0));
    }
    this.all = all;
    const own = graph.nodes.map(({ inputs, outputs }) => this.reaching([...inputs, ...outputs.filter((value) => graph.tensors.has(value))]));
    this.ofNodes = withInside(graph, own);
  }

  /** A Constant with one element, whatever its rank, is a number in a formula. */
  private isScalarConstant(value: number): boolean {
    const tensor = this.graph.tensors.get(value);
    return this.graph.values[value]!.kind === 'computed' && tensor !== undefined && 'elementCount' in tensor && tensor.elementCount === 1;
  }

  private reaching(values: readonly number[]): Weights {
    const found = new Map<Weight, number>();
    const seen = new Set<number>();
    const open = values.filter((value) => value >= 0 && !this.graph.varying[value]);
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (seen.has(value)) continue;
      seen.add(value);
      const count = this.counts.get(value) ?? 0;
      if (count > 0) found.set(this.graph.tensors.get(value)!, count);
      const producer = this.producers.get(value);
      if (producer === undefined || ++this.steps > MOST_STEPS) continue;
      for (const input of this.graph.nodes[producer]!.inputs) if (input >= 0 && !this.graph.varying[input]) open.push(input);
    }
    return found;
  }
}

/** Adds to each node the weights of the bodies inside it. */
function withInside(graph: Bodies, own: readonly Weights[]): Weights[] {
  const ofBodies: (Weights | undefined)[] = [];
  const result: (Weights | undefined)[] = [];
  const ofBody = (body: number): Weights => {
    const known = ofBodies[body];
    if (known) return known;
    ofBodies[body] = new Map(); // a function that calls itself has no more than it has
    const { from, to } = graph.bodies[body]!;
    const union = new Map<Weight, number>();
    for (let place = from; place < to; place++) for (const [weight, count] of ofNode(place)) union.set(weight, count);
    return (ofBodies[body] = union);
  };
  const ofNode = (place: number): Weights => {
    const { bodies } = graph.nodes[place]!;
    if (bodies.length === 0) return own[place]!;
    return (result[place] ??= new Map([...own[place]!, ...bodies.flatMap((body) => [...ofBody(body)])]));
  };
  return own.map((_, place) => ofNode(place));
}

export function totalOf(weights: Weights): number {
  let total = 0;
  for (const count of weights.values()) total += count;
  return total;
}
