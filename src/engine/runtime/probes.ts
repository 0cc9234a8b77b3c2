import { intAttribute, type OnnxNode } from '../model/graph';
import type { Tap } from './tap';

/**
 * A probe is a graph: what an analysis needs from the network, as ONNX nodes that read the tapped values.
 * Operators are those of the model's own opset, so that no second `opset_import` is needed.
 */
export interface ProbeNode {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, number | number[]>;
}

export interface Probe {
  /** Graph values that the nodes read. */
  taps: string[];
  nodes: ProbeNode[];
  /** int64 initializers. */
  constants: { name: string; values: number[] }[];
  /** Extra graph inputs, int64 vectors of length one. */
  inputs: string[];
  outputs: string[];
}

const onnxFloat = 1;
const onnxInt32 = 6;
const onnxBool = 9;

export const scoreOutputs = { maximum: 'unitscope:maximum', mean: 'unitscope:mean' };
export const positionOutput = 'unitscope:position';
export const nonZeroOutput = 'unitscope:nonzero';
export const mapOutput = 'unitscope:map';
export const unitInput = 'unitscope:unit';

class Builder {
  readonly nodes: ProbeNode[] = [];
  readonly constants: Probe['constants'] = [];
  private count = 0;

  constructor(private readonly opset: number) {}

  add(op: string, inputs: string[], attributes?: ProbeNode['attributes'], output = this.fresh()): string {
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  constant(values: number[]): string {
    const known = this.constants.find((c) => c.values.join() === values.join());
    if (known) return known.name;
    const name = this.fresh();
    this.constants.push({ name, values });
    return name;
  }

  reshape(value: string, shape: number[]): string {
    return this.add('Reshape', [value, this.constant(shape)]);
  }

  /** ReduceMax or ReduceMean; the axes became an input in opset 18. */
  reduce(op: string, value: string, axes: number[]): string {
    return this.opset >= 18
      ? this.add(op, [value, this.constant(axes)], { keepdims: 0 })
      : this.add(op, [value], { axes, keepdims: 0 });
  }

  /** Joins values along axis 1 into a named output. */
  concat(values: string[], output: string): void {
    this.add('Concat', values, { axis: 1 }, output);
  }

  private fresh(): string {
    return `unitscope:${this.count++}`;
  }
}

/**
 * Maximum and mean over positions of every unit of every tap: two outputs [N, sum of units], float32.
 * GlobalMaxPool stays in ONNX Runtime's blocked layout, which makes it the cheapest maximum; it may lose a NaN, a mean never does.
 * A value that joins tapped values along the units is not read again: its scores are theirs.
 * @param nodes of the graph, in which such values are found
 */
export function scoreProbe(taps: Tap[], opset: number, nodes: readonly OnnxNode[] = []): Probe {
  const b = new Builder(opset);
  const measures = new Map<Tap, { maximum: string; mean: string }>();
  const measure = (tap: Tap): { maximum: string; mean: string } => {
    const asFloat = (value: string): string => (tap.dtype === 'float32' ? value : b.add('Cast', [value], { to: onnxFloat }));
    if (isImageLike(tap))
      return { maximum: asFloat(b.add('GlobalMaxPool', [tap.name])), mean: asFloat(b.add('GlobalAveragePool', [tap.name])) };
    const over = (op: string): string => {
      const reduced = tap.positionAxes.length > 0 ? b.reduce(op, tap.name, tap.positionAxes) : tap.name;
      return asFloat(b.reshape(reduced, [tap.batched ? 0 : 1, -1, 1, 1]));
    };
    return { maximum: over('ReduceMax'), mean: over('ReduceMean') };
  };
  const parts = joinedParts(taps, nodes);
  for (const part of parts) if (!measures.has(part)) measures.set(part, measure(part));
  for (const kind of ['maximum', 'mean'] as const) b.concat(parts.map((part) => measures.get(part)![kind]), scoreOutputs[kind]);
  return {
    taps: taps.map((tap) => tap.name),
    nodes: b.nodes,
    constants: b.constants,
    inputs: [],
    outputs: [scoreOutputs.maximum, scoreOutputs.mean],
  };
}

/** [N, units, rows, columns] */
function isImageLike(tap: Tap): boolean {
  return tap.rank === 4 && tap.unitAxis === 1 && tap.batched;
}

/** The taps whose units, one after the other, are the units of all: a tap itself, or what it joins where all of that is tapped. */
function joinedParts(taps: readonly Tap[], nodes: readonly OnnxNode[]): Tap[] {
  const images = new Map(taps.filter(isImageLike).map((tap) => [tap.name, tap]));
  const joins = new Map(
    nodes
      .filter((node) => node.op === 'Concat' && node.domain === '' && intAttribute(node, 'axis') === 1)
      .map((node) => [node.outputs[0], node.inputs]),
  );
  const partsOf = (tap: Tap): Tap[] => {
    const joined = images.has(tap.name) ? joins.get(tap.name)?.map((name) => images.get(name)) : undefined;
    return joined?.every((part) => part !== undefined) ? joined.flatMap(partsOf) : [tap];
  };
  return taps.flatMap(partsOf);
}

/**
 * Row-major index of every unit's first maximum over positions: one output [N, sum of units], int32.
 * ArgMax takes the first of equal values, which is the lowest row-major index.
 * @param nodes of the graph, as for scores
 */
export function positionProbe(taps: Tap[], opset: number, nodes: readonly OnnxNode[] = []): Probe {
  const b = new Builder(opset);
  const found = new Map<Tap, string>();
  const position = (tap: Tap): string => {
    const axes = tap.positionAxes.filter((axis) => axis > 0 || !tap.batched);
    const permutation = tap.batched ? [0, tap.unitAxis, ...axes] : [tap.unitAxis, ...axes];
    const ordered = permutation.every((axis, i) => axis === i) ? tap.name : b.add('Transpose', [tap.name], { perm: permutation });
    const flat = b.reshape(ordered, tap.batched ? [0, 0, -1] : [1, tap.units, -1]);
    return b.add('ArgMax', [flat], { axis: 2, keepdims: 0 });
  };
  const parts = joinedParts(taps, nodes);
  for (const part of parts) if (!found.has(part)) found.set(part, position(part));
  const all = b.add('Concat', parts.map((part) => found.get(part)!), { axis: 1 });
  b.add('Cast', [all], { to: onnxInt32 }, positionOutput);
  return { taps: taps.map((tap) => tap.name), nodes: b.nodes, constants: b.constants, inputs: [], outputs: [positionOutput] };
}

/** The share of activations that are not exactly 0 (NaN is not), of every tap: one output [N, taps], float32. */
export function nonZeroProbe(taps: Tap[], opset: number): Probe {
  const b = new Builder(opset);
  const shares = taps.map((tap) => {
    const isNonZero = b.add('Cast', [b.add('Cast', [tap.name], { to: onnxBool })], { to: onnxFloat });
    const flat = b.reshape(isNonZero, tap.batched ? [0, -1] : [1, -1]);
    return b.reshape(b.reduce('ReduceMean', flat, [1]), [-1, 1]);
  });
  b.concat(shares, nonZeroOutput);
  return { taps: taps.map((tap) => tap.name), nodes: b.nodes, constants: b.constants, inputs: [], outputs: [nonZeroOutput] };
}

/** The activation of one unit, chosen at run time, over all positions: [N, positions], float32, row-major. */
export function mapProbe(tap: Tap, opset: number): Probe {
  const b = new Builder(opset);
  const unit = b.add('Gather', [tap.name, unitInput], { axis: tap.unitAxis });
  const flat = b.reshape(unit, tap.batched ? [0, -1] : [1, -1]);
  b.add('Cast', [flat], { to: onnxFloat }, mapOutput);
  return { taps: [tap.name], nodes: b.nodes, constants: b.constants, inputs: [unitInput], outputs: [mapOutput] };
}

/** The whole activation of every tap, float32: one output a tap, in their order. */
export function activationProbe(taps: Tap[], opset: number): Probe {
  const b = new Builder(opset);
  const outputs = taps.map((tap) => (tap.dtype === 'float32' ? tap.name : b.add('Cast', [tap.name], { to: onnxFloat })));
  return { taps: taps.map((tap) => tap.name), nodes: b.nodes, constants: b.constants, inputs: [], outputs };
}

/** The tapped values themselves. */
export function rawProbe(taps: string[]): Probe {
  return { taps, nodes: [], constants: [], inputs: [], outputs: taps };
}
