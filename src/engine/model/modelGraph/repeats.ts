import { createHash } from 'node:crypto';
import type { AttributeValue, OnnxGraph, OnnxNode } from '../graph';
import type { Bodies, Weight } from './bodies';
import type { ModuleScope } from './scopes';

/** Nodes of all scopes that are compared: scopes inside scopes count again. */
const MOST_NODES = 2_000_000;

/**
 * By scope, a number that it shares with those that are built alike: the same operators and attributes, in the same order and
 * wiring, on weights of the same shapes. Null where no other scope is.
 */
export function findRepeats(all: Bodies, scopes: readonly ModuleScope[]): (number | null)[] {
  const prints = new Fingerprints();
  const producers = new Map<number, readonly [node: number, output: number]>();
  for (const [place, { outputs }] of all.nodes.entries()) outputs.forEach((value, i) => producers.set(value, [place, i]));
  let left = MOST_NODES;
  const keys = scopes.map(({ parent, members }) => {
    if (parent < 0 || (left -= members.length) < 0) return null;
    return scopeKey(all, members, producers, prints);
  });
  const counts = new Map<string, number>();
  for (const key of keys) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  const numbers = new Map<string, number>();
  return keys.map((key) => {
    if (key === null || counts.get(key)! < 2) return null;
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
}

/** Nodes are told apart by their places inside, values from outside by the order in which they are first read. As numbers: large models have many nodes in scopes in scopes. */
function scopeKey(all: Bodies, members: readonly number[], producers: ReadonlyMap<number, readonly [number, number]>, prints: Fingerprints): string {
  const parts: number[] = [];
  const inside = new Map(members.map((place, i) => [place, i]));
  const outside = new Map<number, number>();
  for (const place of members) {
    const { node, inputs, outputs } = all.nodes[place]!;
    parts.push(prints.number(prints.of(node)), inputs.length, outputs.length);
    for (const value of inputs) {
      const source = value < 0 ? undefined : producers.get(value);
      const at = source && inside.get(source[0]);
      if (value < 0) parts.push(-1, 0, 0);
      else if (source && at !== undefined) parts.push(0, at, source[1]);
      else {
        let order = outside.get(value);
        if (order === undefined) outside.set(value, (order = outside.size));
        const tensor = all.values[value]!.kind === 'initializer' ? all.tensors.get(value) : undefined;
        parts.push(1, order, tensor ? prints.number(shapeOf(tensor)) : -1);
      }
    }
  }
  return createHash('sha1').update(Int32Array.from(parts)).digest('base64');
}

function shapeOf(tensor: Weight): string {
  return 'values' in tensor ? `sparse[${tensor.dims.join()}]` : `${tensor.dtype}[${tensor.dims.join()}]`;
}

/** What a node is, but for its name and what it is connected to. */
class Fingerprints {
  private readonly numbers = new Map<string, number>();
  private readonly known = new Map<OnnxNode, string>();

  of(node: OnnxNode): string {
    let print = this.known.get(node);
    if (print === undefined) {
      const attributes = [...node.attributes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([name, value]) => `${name}=${this.attribute(value)}`);
      print = `${node.domain}:${node.op}(${attributes.join()})`;
      // One of a large graph is long, and is asked for by all scopes around.
      if (print.length > 100) print = createHash('sha1').update(print).digest('base64');
      this.known.set(node, print);
    }
    return print;
  }

  /** One for each text. */
  number(text: string): number {
    let number = this.numbers.get(text);
    if (number === undefined) this.numbers.set(text, (number = this.numbers.size));
    return number;
  }

  private attribute({ type, value }: AttributeValue): string {
    if (type === 'graph') return this.graph(value);
    if (type === 'graphs') return value.map((graph) => this.graph(graph)).join();
    // Small whole numbers are shapes and axes; others are weights, whose values may differ.
    if (type === 'tensor') return shapeOf(value) + (value.dtype === 'int64' && value.inline ? Buffer.from(value.inline).toString('base64') : '');
    if (type === 'tensors') return value.map(shapeOf).join();
    return JSON.stringify(value);
  }

  private graph(graph: OnnxGraph): string {
    return `{${graph.nodes.map((node) => `${this.of(node)}${node.inputs.length}>${node.outputs.length}`).join(';')}}`;
  }
}
