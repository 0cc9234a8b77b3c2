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

export const scoreOutputs = { maximum: 'unitscope:maximum', mean: 'unitscope:mean' };
export const positionOutput = 'unitscope:position';
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
 */
export function scoreProbe(taps: Tap[], opset: number): Probe {
  const b = new Builder(opset);
  const parts = { maximum: [] as string[], mean: [] as string[] };
  for (const tap of taps) {
    const spatial = tap.rank === 4 && tap.unitAxis === 1 && tap.batched;
    for (const kind of ['maximum', 'mean'] as const) {
      let value: string;
      if (spatial) {
        value = b.add(kind === 'maximum' ? 'GlobalMaxPool' : 'GlobalAveragePool', [tap.name]);
      } else {
        const op = kind === 'maximum' ? 'ReduceMax' : 'ReduceMean';
        const reduced = tap.positionAxes.length > 0 ? b.reduce(op, tap.name, tap.positionAxes) : tap.name;
        value = b.reshape(reduced, [tap.batched ? 0 : 1, -1, 1, 1]);
      }
      parts[kind].push(tap.dtype === 'float32' ? value : b.add('Cast', [value], { to: onnxFloat }));
    }
  }
  for (const kind of ['maximum', 'mean'] as const) b.concat(parts[kind], scoreOutputs[kind]);
  return {
    taps: taps.map((tap) => tap.name),
    nodes: b.nodes,
    constants: b.constants,
    inputs: [],
    outputs: [scoreOutputs.maximum, scoreOutputs.mean],
  };
}

/**
 * Row-major index of every unit's first maximum over positions: one output [N, sum of units], int32.
 * ArgMax takes the first of equal values, which is the lowest row-major index.
 */
export function positionProbe(taps: Tap[], opset: number): Probe {
  const b = new Builder(opset);
  const parts = taps.map((tap) => {
    const axes = tap.positionAxes.filter((axis) => axis > 0 || !tap.batched);
    const permutation = tap.batched ? [0, tap.unitAxis, ...axes] : [tap.unitAxis, ...axes];
    const ordered = permutation.every((axis, i) => axis === i) ? tap.name : b.add('Transpose', [tap.name], { perm: permutation });
    const flat = b.reshape(ordered, tap.batched ? [0, 0, -1] : [1, tap.units, -1]);
    return b.add('ArgMax', [flat], { axis: 2, keepdims: 0 });
  });
  const all = b.add('Concat', parts, { axis: 1 });
  b.add('Cast', [all], { to: onnxInt32 }, positionOutput);
  return { taps: taps.map((tap) => tap.name), nodes: b.nodes, constants: b.constants, inputs: [], outputs: [positionOutput] };
}

/** The activation of one unit, chosen at run time, over all positions: [N, positions], float32, row-major. */
export function mapProbe(tap: Tap, opset: number): Probe {
  const b = new Builder(opset);
  const unit = b.add('Gather', [tap.name, unitInput], { axis: tap.unitAxis });
  const flat = b.reshape(unit, tap.batched ? [0, -1] : [1, -1]);
  b.add('Cast', [flat], { to: onnxFloat }, mapOutput);
  return { taps: [tap.name], nodes: b.nodes, constants: b.constants, inputs: [unitInput], outputs: [mapOutput] };
}

/** The tapped values themselves. */
export function rawProbe(taps: string[]): Probe {
  return { taps, nodes: [], constants: [], inputs: [], outputs: taps };
}
