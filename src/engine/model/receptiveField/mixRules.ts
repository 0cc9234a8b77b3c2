import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute, stringAttribute } from '../graph';
import { normalAxis, sameDim } from '../shapes/dims';
import { parseEinsum } from '../shapes/linear';
import { reducedAxes } from '../shapes/reduce';
import { hasSpace, isChannels, sameAxis, whole, type Axis } from './axes';
import type { TraceContext, TraceRule } from './context';
import { unite, type Field } from './field';
import { commit, everything, gridOf, mix, type Trace } from './trace';

/** Element by element: what any of the inputs sees. */
export function combine(t: TraceContext): Trace {
  const inputs = t.imageInputs();
  const dims = t.outputDims();
  const [first, ...others] = inputs.map(({ trace, dims: own }) => align(trace, own, dims));
  if (!first) return t.global(null);
  return others.reduce((a, b) => unitedTrace(a, b, dims), first);
}

/** The trace of an input broadcast to the result's shape. */
function align(trace: Trace, from: readonly Dim[] | null, to: readonly Dim[] | null): Trace {
  if (trace.axes === null || from === null || to === null) return { axes: null, seen: 'global' };
  const missing = to.length - from.length;
  if (missing < 0) return { axes: null, seen: 'global' };
  let { seen } = trace;
  const axes = to.map((size, index): Axis => {
    const axis = trace.axes?.[index - missing];
    if (!axis) return whole('other', size);
    const isStretched = from[index - missing] === 1 && size !== 1;
    if (!isStretched) return axis;
    // One row repeated: position y no longer says where that row looks.
    if (hasSpace(axis)) seen = 'global';
    return whole('other', size);
  });
  return { axes, seen };
}

function unitedTrace(a: Trace, b: Trace, dims: readonly Dim[] | null): Trace {
  if (a.axes === null || b.axes === null) return { axes: a.axes ?? b.axes, seen: 'global' };
  const tells = (axis: Axis) => axis.some(({ role }) => role !== 'other');
  const axes = a.axes.map((axis, index) => (tells(axis) ? axis : b.axes![index]!));
  if (a.seen === 'global' || b.seen === 'global') return { axes, seen: 'global' };
  const sameGrid = a.axes.every((axis, index) => sameAxis(axis, b.axes![index]!) || !(hasSpace(axis) || hasSpace(b.axes![index]!)));
  if (sameGrid && sameField(a.seen, b.seen)) return { axes, seen: { ...a.seen, exact: a.seen.exact || b.seen.exact } };

  const [left, right] = [gridOf(a), gridOf(b)];
  if (!left || left.heightAxis !== right?.heightAxis || left.widthAxis !== right.widthAxis) return { axes, seen: 'global' };
  const size = (axis: number) => (typeof dims?.[axis] === 'number' ? dims[axis] : null);
  const union = unite(left, right, { height: size(left.heightAxis), width: size(left.widthAxis) });
  return union ? { axes: commit({ axes, seen: a.seen }).axes, seen: union } : { axes, seen: 'global' };
}

function sameField(a: Field, b: Field): boolean {
  return (['height', 'width'] as const).every(
    (role) => a[role].offset === b[role].offset && a[role].stride === b[role].stride && a[role].size === b[role].size && a[role].mirror === b[role].mirror,
  );
}

/** Normalisation or softmax along the axis attribute; `onwards`: over all axes from there on. */
function along(fallback: number, onwards: (t: TraceContext) => boolean): TraceRule {
  return (t) => {
    const trace = t.image();
    const rank = trace.axes?.length ?? 0;
    const axis = normalAxis(intAttribute(t.node, 'axis') ?? fallback, rank);
    return axis === null ? everything(trace) : mix(trace, (at) => at === axis || (at > axis && onwards(t)));
  };
}

/** Before opset 13, softmax flattened the tensor at its axis, 1 by default. */
const softmax: TraceRule = (t) => along(t.facts.opset < 13 ? 1 : -1, () => t.facts.opset < 13)(t);

/** InstanceNormalization and GroupNormalization: statistics over all positions. */
const overPositions: TraceRule = (t) => mix(t.image(), (axis) => axis > 0);

function meanVariance(t: TraceContext): Trace {
  const axes = intsAttribute(t.node, 'axes') ?? [0, 2, 3];
  return mix(t.image(), (axis) => axes.includes(axis));
}

function reduce(t: TraceContext): Trace {
  const trace = t.image();
  const axes = trace.axes && reducedAxes(t.facts, trace.axes.length);
  if (trace.axes === null || axes === null) return t.global(null);
  const mixed = mix(trace, (axis) => axes.has(axis));
  const keep = intAttribute(t.node, 'keepdims') !== 0;
  const rest = (mixed.axes ?? []).map((axis, index) => (axes.has(index) ? whole('other', 1) : axis));
  return { axes: keep ? rest : rest.filter((_, index) => !axes.has(index)), seen: mixed.seen };
}

function argument(t: TraceContext): Trace {
  const trace = t.image();
  const axis = normalAxis(intAttribute(t.node, 'axis') ?? 0, trace.axes?.length ?? 0);
  if (trace.axes === null || axis === null) return t.global(null);
  const mixed = mix(trace, (at) => at === axis);
  const keep = intAttribute(t.node, 'keepdims') !== 0;
  const rest = (mixed.axes ?? []).map((old, at) => (at === axis ? whole('other', 1) : old));
  return { axes: keep ? rest : rest.filter((_, at) => at !== axis), seen: mixed.seen };
}

function topK(t: TraceContext): Trace[] {
  const trace = t.image();
  const axis = normalAxis(intAttribute(t.node, 'axis') ?? -1, trace.axes?.length ?? 0);
  if (trace.axes === null || axis === null) return [t.global(null), t.global(null)];
  const mixed = mix(trace, (at) => at === axis);
  const axes = (mixed.axes ?? []).map((old, at) => (at === axis ? whole(isChannels(old) ? 'channel' : 'other', t.outputDims()?.[at] ?? null) : old));
  return [{ axes, seen: mixed.seen }, { axes, seen: mixed.seen }];
}

/** MatMul with its operands at these inputs. Attention, a product of two activations, sees everything. */
function matmul(second: number): TraceRule {
  return (t) => {
    const [a, b] = [t.trace(0), t.trace(second)];
    const dims = t.outputDims();
    if (a && b) {
      if (!a.axes || !b.axes || a.axes.length < 2 || b.axes.length < 2) return t.global(null);
      const longer = a.axes.length >= b.axes.length ? a.axes : b.axes;
      return t.global([...longer.slice(0, -2), a.axes.at(-2)!, b.axes.at(-1)!]);
    }
    const trace = a ?? b;
    const rank = trace?.axes?.length ?? 0;
    if (!trace?.axes || rank < 2 || dims?.length !== rank) return t.global(null);
    // data x weight contracts the last axis, weight x data the one before.
    const contracted = a ? rank - 1 : rank - 2;
    const mixed = mix(trace, (axis) => axis === contracted);
    const axes = (mixed.axes ?? []).map((axis, index) => (index === contracted ? product(mixed, axis, dims[index] ?? null) : axis));
    return { axes, seen: mixed.seen };
  };
}

/** What a contracted axis turns into: channels become other channels, and so does anything when there are no other channels. */
function product(trace: Trace, axis: Axis, size: Dim): Axis {
  const others = trace.axes?.some((other) => other !== axis && isChannels(other)) === true;
  return whole(isChannels(axis) || !others ? 'channel' : 'other', size);
}

function gemm(second: number): TraceRule {
  return (t) => {
    const trace = t.trace(0);
    if (trace?.axes?.length !== 2 || t.trace(second)) return t.global(null);
    const contracted = intAttribute(t.node, 'transA') === 1 ? 0 : 1;
    const mixed = mix(trace, (axis) => axis === contracted);
    return { axes: [mixed.axes![1 - contracted]!, whole('channel', t.outputDims()?.[1] ?? null)], seen: mixed.seen };
  };
}

function einsum(t: TraceContext): Trace {
  const parsed = parseEinsum(stringAttribute(t.node, 'equation') ?? '');
  const operands = parsed?.operands.map((labels, input) => ({ labels, trace: t.trace(input) })).filter(({ trace }) => trace?.axes);
  if (!parsed || !operands?.length) return t.global(null);
  const axisOf = new Map<string, Axis>();
  for (const { labels, trace } of operands) labels.forEach((label, axis) => axisOf.set(label, axisOf.get(label) ?? trace!.axes![axis]!));
  const channels = parsed.result.some((label) => isChannels(axisOf.get(label) ?? []));
  const axes = parsed.result.map((label, axis) => axisOf.get(label) ?? whole(channels ? 'other' : 'channel', t.outputDims()?.[axis] ?? null));
  const [only] = operands;
  if (operands.length > 1 || !only?.trace) return t.global(axes);
  // Contracting anything that holds rows or columns sees all of them.
  const losesSpace = only.labels.some((label, axis) => !parsed.result.includes(label) && hasSpace(only.trace!.axes![axis] ?? []));
  return { axes, seen: losesSpace ? 'global' : only.trace.seen };
}

/** Attention operators: tokens [N, T, D] or [N, heads, T, d] as the query has them. */
const attention: TraceRule = (t) => {
  const { axes } = t.trace(0) ?? t.image();
  const dims = t.outputDims();
  return t.global(axes && axes.length === dims?.length ? axes.map((axis, at) => (at === axes.length - 1 ? whole('channel', dims[at] ?? null) : axis)) : null);
};

/** An operator without a rule: everything is seen, and only a first axis of the batch's size is taken for the batch. */
export function unknownOperator(t: TraceContext, batch: Dim, output: number): Trace {
  const dims = t.outputDims(output);
  const isBatch = t.imageInputs().some(({ trace }) => trace.axes?.[0]?.some(({ role }) => role === 'batch'));
  return t.global(dims?.map((size, axis) => whole(axis === 0 && isBatch && sameDim(size, batch) ? 'batch' : 'other', size)) ?? null);
}

const reductions = ['Mean', 'Sum', 'Prod', 'Max', 'Min', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp'];
const broadcasting = [
  'Add', 'Sub', 'Mul', 'Div', 'Mod', 'Pow', 'Min', 'Max', 'Sum', 'Mean', 'Where', 'PRelu', 'Clip', 'Equal', 'Greater', 'GreaterOrEqual', 'Less',
  'LessOrEqual', 'And', 'Or', 'Xor', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'com.microsoft:QLinearAdd', 'com.microsoft:QLinearMul',
  'com.microsoft:BiasGelu', 'com.microsoft:BiasAdd',
];

/** Operators whose rule takes several inputs that depend on the image into account. With any other, such a value sees everything. */
export const jointRules: Record<string, TraceRule> = {
  ...Object.fromEntries(broadcasting.map((op) => [op, combine])),
  'com.microsoft:SkipLayerNormalization': (t) => mix(combine(t), (axis) => axis === (t.outputDims()?.length ?? 0) - 1),
  MatMul: matmul(1),
  MatMulInteger: matmul(1),
  QLinearMatMul: matmul(3),
  'com.microsoft:MatMulIntegerToFloat': matmul(1),
  'com.microsoft:DynamicQuantizeMatMul': matmul(1),
  Einsum: einsum,
};

export const mixRules: Record<string, TraceRule> = {
  ...Object.fromEntries(reductions.map((op) => [`Reduce${op}`, reduce])),
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  LayerNormalization: along(-1, () => true),
  RMSNormalization: along(-1, () => true),
  SimplifiedLayerNormalization: along(-1, () => true),
  LpNormalization: along(-1, () => false),
  InstanceNormalization: overPositions,
  GroupNormalization: overPositions,
  MeanVarianceNormalization: meanVariance,
  CumSum: (t) => mix(t.image(), (axis) => axis === normalAxis(t.facts.number(1) ?? 0, t.image().axes?.length ?? 0)),
  ArgMax: argument,
  ArgMin: argument,
  TopK: topK,
  Gemm: gemm(1),
  'com.microsoft:FusedGemm': gemm(1),
  'com.microsoft:QGemm': gemm(3),
  Attention: attention,
  'com.microsoft:Attention': attention,
  'com.microsoft:MultiHeadAttention': attention,
};
