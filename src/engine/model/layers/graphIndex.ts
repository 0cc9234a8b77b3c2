import type { Dim } from '../../../protocol/model';
import type { OnnxGraph, OnnxNode } from '../graph';
import { topologicalOrder, valuesRead } from '../order';
import type { Shapes } from '../shapes';

/** Who makes and who reads each value, and which values change with the image. */
export class GraphIndex {
  readonly order: readonly OnnxNode[];
  readonly outputs: ReadonlySet<string>;
  private readonly producers = new Map<string, OnnxNode>();
  private readonly readers = new Map<string, OnnxNode[]>();
  private readonly positions = new Map<OnnxNode, number>();

  constructor(
    readonly graph: OnnxGraph,
    readonly shapes: Shapes,
    private readonly imageValues: { has(name: string): boolean },
  ) {
    this.order = topologicalOrder(graph.nodes);
    this.outputs = new Set(graph.outputs.map(({ name }) => name));
    this.order.forEach((node, position) => {
      this.positions.set(node, position);
      for (const name of node.outputs) if (name !== '') this.producers.set(name, node);
      // Reading a value's shape is no use of what it shows.
      if (node.op === 'Shape' || node.op === 'Size') return;
      for (const name of new Set(valuesRead(node))) {
        const list = this.readers.get(name);
        if (list) list.push(node);
        else this.readers.set(name, [node]);
      }
    });
  }

  producer(value: string): OnnxNode | undefined {
    return this.producers.get(value);
  }

  consumers(value: string): readonly OnnxNode[] {
    return this.readers.get(value) ?? [];
  }

  /** The one node that reads a value which is no output of the graph. */
  onlyConsumer(value: string): OnnxNode | undefined {
    const [first, ...others] = this.consumers(value);
    return others.length === 0 && !this.outputs.has(value) ? first : undefined;
  }

  position(node: OnnxNode | undefined): number {
    return (node && this.positions.get(node)) ?? -1;
  }

  /** Whether a value changes with the image. */
  isActivation(value: string): boolean {
    return this.imageValues.has(value);
  }

  /** A node's distinct inputs that change with the image. */
  activations(node: OnnxNode): string[] {
    return [...new Set(node.inputs)].filter((name) => this.isActivation(name));
  }

  dims(value: string): readonly Dim[] | null {
    return this.shapes.get(value)?.dims ?? null;
  }

  /** Elements of a constant input where known. */
  elementCount(value: string): number | null {
    let count = 1;
    for (const dim of this.dims(value) ?? [null]) {
      if (typeof dim !== 'number') return null;
      count *= dim;
    }
    return count;
  }
}
