import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute, stringAttribute } from '../graph';
import { listArgument, sliceArguments } from '../shapes/arrange';
import { normalAxis, sameDim } from '../shapes/dims';
import { hasSpace, isChannels, regroup, whole, type Axis } from './axes';
import type { TraceContext, TraceRule } from './context';
import { look, settle, type AxisField } from './field';
import { combine } from './mixRules';
import { commit, gridOf, mix, withAxis, type Trace } from './trace';

/** The same numbers, element by element. */
const sameElements: TraceRule = (t) => t.image();

function reshape(t: TraceContext): Trace {
  const trace = t.image();
  const [from, to] = [t.facts.dims(0), t.outputDims()];
  if (trace.axes === null || from === null || to === null) return t.global(null);
  const axes = regroup(trace.axes, from, to);
  const isLost = axes.includes(null);
  return { axes: axes.map((axis, at) => axis ?? whole('other', to[at] ?? null)), seen: isLost ? 'global' : trace.seen };
}

function transpose(t: TraceContext): Trace {
  const { axes, seen } = t.image();
  if (axes === null) return t.image();
  const order = intsAttribute(t.node, 'perm') ?? axes.map((_, axis) => axes.length - 1 - axis);
  return { axes: order.map((axis) => axes[axis] ?? whole('other', null)), seen };
}

function squeeze(t: TraceContext): Trace {
  const { axes, seen } = t.image();
  const dims = t.facts.dims(0);
  if (axes === null || dims === null) return t.global(null);
  const given = listArgument(t.facts, 'axes', 1);
  if (given === null) return t.global(null);
  const removed = given?.map((axis) => normalAxis(axis, axes.length));
  return { axes: axes.filter((_, axis) => (removed ? !removed.includes(axis) : dims[axis] !== 1)), seen };
}

function unsqueeze(t: TraceContext): Trace {
  const { axes, seen } = t.image();
  const given = listArgument(t.facts, 'axes', 1);
  if (axes === null || !given) return t.global(null);
  const rank = axes.length + given.length;
  const added = new Set(given.map((axis) => normalAxis(axis, rank)));
  const rest = axes.values();
  return { axes: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? whole('other', 1) : (rest.next().value ?? whole('other', null)))), seen };
}

/** Inputs one after another along an axis. */
export function concat(t: TraceContext): Trace {
  const joined = combine(t);
  const dims = t.outputDims();
  if (joined.axes === null || dims === null) return t.global(null);
  const axis = normalAxis(intAttribute(t.node, 'axis') ?? 1, joined.axes.length);
  if (axis === null) return t.global(null);
  const size = dims[axis] ?? null;
  const old = joined.axes[axis] ?? [];
  if (hasSpace(old)) {
    // Rows put after rows, a class token before tokens: a position no longer follows from its index alone.
    const mixed = mix(joined, (at) => at === axis);
    return { axes: withAxis(mixed.axes ?? [], axis, whole(isSpatialOnly(old) ? 'other' : 'channel', size)), seen: mixed.seen };
  }
  const isChannel = isChannels(old) || !joined.axes.some((other, at) => at !== axis && isChannels(other));
  const role = old.some((factor) => factor.role === 'batch') ? 'other' : isChannel ? 'channel' : 'other';
  return { axes: withAxis(joined.axes, axis, whole(role, size)), seen: joined.seen };
}

function isSpatialOnly(axis: Axis): boolean {
  return axis.every(({ role }) => role !== 'channel');
}

/** Keeps every `step`-th position of an axis from `start` on. */
function keep(trace: Trace, axis: number, start: number | null, step: number, kept: Axis): Trace {
  const axes = trace.axes && withAxis(trace.axes, axis, kept);
  if (!hasSpace(trace.axes?.[axis] ?? [])) return { axes, seen: trace.seen };
  const grid = gridOf(trace);
  const role = grid?.heightAxis === axis ? 'height' : grid?.widthAxis === axis ? 'width' : null;
  // Rows in reverse order would need a negative stride.
  if (grid === null || role === null || start === null || step <= 0) return { axes, seen: 'global' };
  const committed = commit(trace).axes ?? [];
  const seen = { height: grid.height, width: grid.width, exact: grid.exact, [role]: look(grid[role], start, start, step) };
  return { axes: withAxis(committed, axis, whole(role, kept[0]?.size ?? null)), seen };
}

/** An axis of another length; channels stay channels. */
function resized(old: Axis | undefined, size: Axis[number]['size']): Axis {
  const [first] = old ?? [];
  return whole(old && isChannels(old) ? 'channel' : (first?.role ?? 'other'), size);
}

function slice(t: TraceContext): Trace {
  let trace = t.image();
  const [from, to] = [t.facts.dims(0), t.outputDims()];
  if (trace.axes === null || from === null || to === null) return t.global(null);
  const parts = sliceArguments(t.facts, from.length);
  if (parts === null) return t.global(to.map((size) => whole('other', size)));
  for (const [axis, { start, step }] of parts) {
    if (start === 0 && step === 1 && sameDim(from[axis], to[axis])) continue;
    const size = from[axis] ?? null;
    const first = typeof start !== 'number' ? null : start >= 0 ? start : typeof size === 'number' ? Math.max(0, start + size) : null;
    trace = keep(trace, axis, first, step ?? 0, resized(trace.axes?.[axis], to[axis] ?? null));
  }
  return trace;
}

function split(t: TraceContext): Trace[] {
  const trace = t.image();
  const axis = normalAxis(intAttribute(t.node, 'axis') ?? 0, trace.axes?.length ?? 0);
  if (trace.axes === null || axis === null) return t.node.outputs.map(() => t.global(null));
  let start: number | null = 0;
  return t.node.outputs.map((_, output) => {
    const part = keep(trace, axis, start, 1, resized(trace.axes?.[axis], t.outputDims(output)?.[axis] ?? null));
    const size = t.outputSize(axis, output);
    start = start === null || size === null ? null : start + size;
    return part;
  });
}

function pad(t: TraceContext): Trace {
  const trace = t.image();
  const to = t.outputDims();
  const pads = intsAttribute(t.node, 'pads') ?? intsAttribute(t.node, 'paddings') ?? t.facts.elements(1);
  const grid = gridOf(trace);
  if (trace.axes === null || to === null) return t.global(null);
  const rank = trace.axes.length;
  const given = t.facts.has(3) ? t.facts.numbers(3) : undefined;
  if (pads === null || given === null || grid === null) return t.global(trace.axes);
  const padded = given?.map((axis) => normalAxis(axis, rank)) ?? trace.axes.map((_, axis) => axis);
  const mode = stringAttribute(t.node, 'mode') ?? 'constant';
  const axes = (commit(trace).axes ?? []).map((axis, at) => (padded.includes(at) ? resized(axis, to[at] ?? null) : axis));
  const height = padAxis(grid.height, pads, padded.indexOf(grid.heightAxis), mode);
  const width = padAxis(grid.width, pads, padded.indexOf(grid.widthAxis), mode);
  const exact = grid.exact && grid.height.mirror === 0 && grid.width.mirror === 0;
  return { axes, seen: height && width ? { height, width, exact } : 'global' };
}

/** `at`: the axis's place in the list of pads (all starts, then all ends); -1 when it is not padded. Null: everything is seen. */
function padAxis(field: AxisField, pads: readonly Dim[], at: number, mode: string): AxisField | null {
  if (at < 0) return field;
  const [begin, end] = [pads[at], pads[at + pads.length / 2]];
  if (typeof begin !== 'number' || typeof end !== 'number' || mode === 'wrap') return null;
  // Position -p shows position p (reflect) or 0 (edge).
  const most = Math.max(0, begin, end);
  const mirror = mode === 'reflect' ? 2 * most : mode === 'edge' ? most : 0;
  // Only a window right after the padding can be as wide as it (see `slide`).
  const before = settle(field);
  return { ...look(before, -begin, -begin, 1), mirror };
}

/** Crop of early exporters. */
function crop(t: TraceContext): Trace {
  const trace = t.image();
  const to = t.outputDims();
  const [left = 0, top = 0] = intsAttribute(t.node, 'border') ?? [];
  if (trace.axes?.length !== 4 || to === null) return t.global(null);
  const rows = keep(trace, 2, top, 1, resized(trace.axes[2], to[2] ?? null));
  return keep(rows, 3, left, 1, resized(rows.axes?.[3], to[3] ?? null));
}

function gather(t: TraceContext): Trace {
  const trace = t.trace(0);
  const indices = t.facts.dims(1);
  const axis = normalAxis(intAttribute(t.node, 'axis') ?? 0, trace?.axes?.length ?? 0);
  const to = t.outputDims();
  if (!trace?.axes || t.trace(1) || indices === null || axis === null || to === null) return t.global(null);
  const old = trace.axes[axis]!;
  const role = isChannels(old) && indices.length === 1 ? 'channel' : 'other';
  const added = indices.map((size) => whole(role, size));
  const axes = [...trace.axes.slice(0, axis), ...added, ...trace.axes.slice(axis + 1)];
  // Chosen rows or tokens: their places are not in the index any more.
  return { axes, seen: hasSpace(old) ? 'global' : trace.seen };
}

function repeat(t: TraceContext): Trace {
  const trace = t.image();
  const [from, to] = [t.facts.dims(0), t.outputDims()];
  if (trace.axes === null || from === null || to === null) return t.global(null);
  const missing = to.length - from.length;
  let { seen } = trace;
  const axes = to.map((size, at): Axis => {
    const old = trace.axes?.[at - missing];
    if (!old) return whole('other', size);
    if (sameDim(from[at - missing], size)) return old;
    if (hasSpace(old)) seen = 'global';
    return whole(isChannels(old) ? 'channel' : 'other', size);
  });
  return { axes, seen };
}

const unary = [
  'Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Swish', 'Mish', 'Gelu', 'Tanh',
  'Softplus', 'Softsign', 'Erf', 'Exp', 'Log', 'Reciprocal', 'Sign', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh',
  'Acosh', 'Atanh', 'Shrink', 'Neg', 'Abs', 'Sqrt', 'Floor', 'Ceil', 'Round', 'Not', 'IsNaN', 'IsInf', 'Cast', 'CastLike', 'Identity',
  'Dropout', 'BatchNormalization', 'QuantizeLinear', 'DequantizeLinear', 'Bernoulli', 'ImageScaler', 'Scale', 'ScaledTanh',
  'ParametricSoftplus', 'Affine', 'com.microsoft:Gelu', 'com.microsoft:FastGelu', 'com.microsoft:QuickGelu',
  'com.microsoft:QLinearLeakyRelu', 'com.microsoft:QLinearSigmoid',
];

export const arrangeRules: Record<string, TraceRule> = {
  ...Object.fromEntries(unary.map((op) => [op, sameElements])),
  Reshape: reshape,
  Flatten: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Slice: slice,
  Split: split,
  Pad: pad,
  Crop: crop,
  'com.microsoft:Crop': crop,
  Gather: gather,
  Expand: repeat,
  Tile: repeat,
};
