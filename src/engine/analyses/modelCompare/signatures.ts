import { attributeKey, type Side, type Wiring } from './side';

/** Numbers that stand for texts, equal for equal ones; shared by the two sides. */
export class Interned {
  private readonly known = new Map<string, number>();

  of(text: string): number {
    let number = this.known.get(text);
    if (number === undefined) this.known.set(text, (number = this.known.size));
    return number;
  }
}

/** What nodes are by themselves; equal numbers are equal things. */
export interface Signatures {
  /** Operator, attributes that are not at their defaults, shapes of weights. */
  own: Int32Array;
  /** Operator alone. */
  op: Int32Array;
  /** Operator and a sample of the weights; -1 where it has none that could tell it from others. */
  weights: Int32Array;
}

export function signaturesOf({ graph, nodes, samples, isDefault }: Side, interned: Interned): Signatures {
  const count = graph.nodes.length;
  const made: Signatures = { own: new Int32Array(count), op: new Int32Array(count), weights: new Int32Array(count).fill(-1) };
  for (const [at, node] of graph.nodes.entries()) {
    const op = `${node.domain}:${node.op}`;
    const weights = node.inputs.map((value) => (value >= 0 && graph.values[value]!.kind === 'initializer' ? graph.values[value]! : null));
    const shapes = weights.map((weight) => (weight ? `[${(weight.shape ?? []).join()}]` : ''));
    const attributes = [...nodes[at]!.attributes].filter(([name, value]) => isDefault(at, name, value) !== true).map(([name, value]) => `${name}=${attributeKey(value)}`).sort();
    const sampled = weights.flatMap((weight) => samples.get(weight?.tensor ?? '') ?? []);
    made.op[at] = interned.of(op);
    made.own[at] = interned.of(JSON.stringify([op, shapes, node.outputs.length, attributes]));
    if (sampled.length > 0) made.weights[at] = interned.of(JSON.stringify(['weights', op, sampled]));
  }
  return made;
}

/**
 * Numbers of nodes of one body, equal where all that leads to them (`before`), or all that they lead to, is alike. Nodes that
 * have a partner stand for themselves: what is behind them is not looked at. @param pairOf a number of the pair, -1 for none
 */
export function contextsOf({ graph }: Side, wiring: Wiring, members: readonly number[], own: Int32Array, direction: 'before' | 'after', pairOf: (node: number) => number, interned: Interned): Map<number, number> {
  const found = new Map<number, number>();
  const inside = new Set(members);
  const { inputs, outputs } = graph.bodies[graph.nodes[members[0] ?? 0]?.body ?? 0]!;
  const inputPlaces = new Map(inputs.map((value, place) => [value, place]));
  const outputPlaces = new Map(outputs.map((value, place) => [value, place]));
  const known = (node: number): string => (pairOf(node) >= 0 ? `pair ${pairOf(node)}` : inside.has(node) ? String(found.get(node) ?? 'cycle') : 'outer');
  for (const at of direction === 'before' ? members : members.toReversed()) {
    const node = graph.nodes[at]!;
    const around =
      direction === 'before'
        ? node.inputs.map((value) => {
            const maker = wiring.makers.get(value);
            if (maker) return `${known(maker.node)}.${maker.output}`;
            return inputPlaces.has(value) ? `input ${inputPlaces.get(value)}` : value < 0 ? 'none' : 'weight';
          })
        : node.outputs
            .flatMap((value, output) => {
              const users = (wiring.users.get(value) ?? []).map((user) => `${known(user.node)}.${output}.${user.input}`);
              return outputPlaces.has(value) ? [...users, `output ${outputPlaces.get(value)}`] : users;
            })
            .sort();
    found.set(at, interned.of(`${direction} ${own[at]} ${around.join()}`));
  }
  return found;
}
