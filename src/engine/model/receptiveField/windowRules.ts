import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute, stringAttribute } from '../graph';
import { divideExactly } from '../shapes/dims';
import { planResize } from '../shapes/resize';
import { effectiveKernel, kernelShape, paddingBegin, readWindows, type Window } from '../windows';
import { split, whole, type Axis } from './axes';
import type { TraceContext, TraceRule } from './context';
import { gridRoles, look, settle, slide, spread, type AxisField, type Field } from './field';
import { commit, gridOf, mix, withAxis, type Trace } from './trace';

/** A computation along one axis of the grid. Null: it sees everything. */
type AlongAxis = (field: AxisField, spatialAxis: number) => { field: AxisField; exact: boolean } | null;

/** Applies a computation along rows and columns to data [N, C, …]. */
function alongGrid(t: TraceContext, channels: Axis | null, compute: AlongAxis): Trace {
  const trace = t.image();
  const dims = t.outputDims();
  if (trace.axes === null) return trace;
  const axes = trace.axes.map((axis, index): Axis => {
    const size = dims?.[index] ?? null;
    if (index === 0) return axis;
    if (index === 1) return channels ?? axis;
    const role = axis.find((factor) => factor.role === 'height' || factor.role === 'width')?.role ?? 'other';
    return whole(role, size);
  });
  const grid = gridOf(trace);
  if (grid === null || grid.heightAxis < 2 || grid.widthAxis < 2) return t.global(axes);
  const height = compute(grid.height, grid.heightAxis - 2);
  const width = compute(grid.width, grid.widthAxis - 2);
  if (height === null || width === null) return t.global(axes);
  return { axes, seen: { height: height.field, width: width.field, exact: grid.exact && height.exact && width.exact } };
}

function convolution(weightInput: number): TraceRule {
  return (t) => {
    const kernel = kernelShape(t.node, t.facts.dims(weightInput));
    const windows = kernel && readWindows(t.node, kernel);
    const dims = t.facts.dims(0);
    return alongGrid(t, channelsOf(t), (field, axis) => {
      const window = windows?.[axis];
      return window ? slide(field, window, paddingBegin(dims?.[axis + 2] ?? null, window)) : null;
    });
  };
}

function channelsOf(t: TraceContext): Axis {
  return whole('channel', t.outputDims()?.[1] ?? null);
}

/** Pooling keeps channels apart. */
function pooling(t: TraceContext): Trace {
  const kernel = kernelShape(t.node, null);
  const windows = kernel && readWindows(t.node, kernel);
  const dims = t.facts.dims(0);
  return alongGrid(t, null, (field, axis) => {
    const window = windows?.[axis];
    return window ? slide(field, window, paddingBegin(dims?.[axis + 2] ?? null, window)) : null;
  });
}

function globalPooling(t: TraceContext): Trace {
  return t.global(t.image().axes?.map((axis, index) => (index < 2 ? axis : whole('other', 1))) ?? null);
}

function convTranspose(t: TraceContext): Trace {
  const kernel = kernelShape(t.node, t.facts.dims(1));
  const windows = kernel && readWindows(t.node, kernel);
  return alongGrid(t, channelsOf(t), (field, axis) => {
    const window = windows?.[axis];
    const padding = window ? transposedPadding(t, window, axis) : null;
    return window && padding !== null ? spread(field, window, padding) : null;
  });
}

/** Padding at the start of a ConvTranspose; formulas: operator ConvTranspose, attributes output_shape and auto_pad. */
function transposedPadding(t: TraceContext, window: Window, axis: number): number | null {
  const { padding } = window;
  if (typeof padding !== 'string' && !intsAttribute(t.node, 'output_shape')) return padding.begin;
  const extra = intsAttribute(t.node, 'output_padding')?.[axis] ?? 0;
  const input = t.facts.dims(0)?.[axis + 2];
  const output = t.outputSize(axis + 2);
  let total: number;
  if (typeof input === 'number' && output !== null) total = window.stride * (input - 1) + extra + effectiveKernel(window) - output;
  else if (typeof padding === 'string') total = effectiveKernel(window) + extra - window.stride;
  else return null;
  return padding === 'same-upper' ? Math.floor(total / 2) : total - Math.floor(total / 2);
}

/** Coordinates that interpolation reads around the exact one: operator Resize, attribute mode. */
const reach: Readonly<Record<string, number>> = { nearest: 0.5, linear: 1, bilinear: 1, cubic: 2 };

function resize(t: TraceContext): Trace {
  const dims = t.facts.dims(0);
  const trace = t.image();
  if (dims === null || trace.axes === null) return t.global(null);
  const plan = planResize(t.facts, dims);
  const axes = trace.axes.map((axis, index) => (plan.scales[index] === 1 ? axis : whole(axis[0]?.role ?? 'other', t.outputDims()?.[index] ?? null)));
  const grid = gridOf(trace);
  if (grid === null) return t.global(axes);
  const resizes = (axis: number) => (plan.scales[axis] === 1 ? identityResize : resizeAxis(t, dims[axis], t.outputSize(axis), plan.scales[axis] ?? null));
  // Interpolation along channels or batch does not occur; along anything but the grid it leaves the field alone.
  const height = resizes(grid.heightAxis)(grid.height);
  const width = resizes(grid.widthAxis)(grid.width);
  if (height === null || width === null) return t.global(axes);
  return { axes, seen: { height: height.field, width: width.field, exact: grid.exact && height.exact && width.exact } };
}

type ResizeAxis = (field: AxisField) => { field: AxisField; exact: boolean } | null;

const identityResize: ResizeAxis = (field) => ({ field, exact: true });

/** Output position y reads input positions around a * y + b; the coordinate formulas are those of the operator. */
function resizeAxis(t: TraceContext, from: Dim | undefined, to: number | null, scale: number | null): ResizeAxis {
  const mode = stringAttribute(t.node, 'mode') ?? 'nearest';
  const isOld = t.node.op === 'Upsample' || t.facts.opset < 11;
  const coordinates = isOld ? 'asymmetric' : (stringAttribute(t.node, 'coordinate_transformation_mode') ?? 'half_pixel');
  const rounding = isOld ? 'floor' : (stringAttribute(t.node, 'nearest_mode') ?? 'round_prefer_floor');
  const around = reach[mode];
  return (field) => {
    if (scale === null || around === undefined || coordinates === 'tf_crop_and_resize') return null;
    let stride = 1 / scale;
    let shift = 0;
    if (coordinates === 'align_corners') {
      if (typeof from !== 'number' || to === null) return null;
      stride = to > 1 ? (from - 1) / (to - 1) : 0;
    } else if (coordinates === 'tf_half_pixel_for_nn') shift = stride / 2;
    else if (coordinates !== 'asymmetric') shift = stride / 2 - 0.5;
    if (stride === 0) return null;

    let [before, after] = [around, around];
    const repeats = coordinates === 'asymmetric' ? rounding === 'floor' : coordinates.endsWith('half_pixel') && rounding.startsWith('round');
    if (repeats && mode === 'nearest' && Number.isInteger(scale)) {
      return { field: look(settle(field), -(scale - 1) / scale, 0, stride), exact: false };
    }
    // Rounding down or up reaches a whole position to one side; clamping at the border may take as much to the other.
    if (mode === 'nearest' && rounding === 'floor') [before, after] = [1, 0.5];
    if (mode === 'nearest' && rounding === 'ceil') [before, after] = [0.5, 1];
    if (mode === 'nearest' && (coordinates === 'asymmetric' || coordinates.startsWith('tf_'))) before = 1;
    if (intAttribute(t.node, 'antialias') === 1 && stride > 1) [before, after] = [before * stride, after * stride];
    return { field: look(settle(field), shift - before, shift + after, stride), exact: false };
  };
}

function depthToSpace(t: TraceContext): Trace {
  const block = intAttribute(t.node, 'blocksize') ?? 1;
  const trace = t.image();
  if (trace.axes?.length !== 4) return t.global(null);
  const finer = (axis: Axis): Axis => [...axis, { role: 'channel', size: block, step: 1, outer: true }];
  const axes = [trace.axes[0]!, whole('channel', t.outputDims()?.[1] ?? null), finer(trace.axes[2]!), finer(trace.axes[3]!)];
  return commit({ axes, seen: trace.seen });
}

function spaceToDepth(t: TraceContext): Trace {
  const block = intAttribute(t.node, 'blocksize') ?? 1;
  const trace = commit(t.image());
  if (trace.axes?.length !== 4 || trace.seen === 'global') return t.global(trace.axes);
  const moved: Axis[] = [];
  const axes = trace.axes.map((axis, index) => {
    const factor = axis[0];
    const parts = index >= 2 && factor ? split(factor, divideExactly(factor.size, block)) : null;
    if (parts) moved.push([parts[1]]);
    return parts ? [parts[0]] : axis;
  });
  if (moved.length !== 2) return t.global(trace.axes);
  return commit({ axes: withAxis(axes, 1, [...axes[1]!, ...moved.flat()]), seen: trace.seen });
}

/** The image region seen with settled borders, as it is shown. */
export function settled(field: Field): Field {
  const [height, width] = gridRoles.map((role) => settle(field[role]));
  return { height: height!, width: width!, exact: field.exact && height === field.height && width === field.width };
}

/** LRN and its like: channels near each other, one position. */
const channelsOnly: TraceRule = (t) => mix(t.image(), (axis) => axis === 1);

export const windowRules: Record<string, TraceRule> = {
  Conv: convolution(1),
  'com.microsoft:FusedConv': convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: convTranspose,
  MaxPool: pooling,
  AveragePool: pooling,
  LpPool: pooling,
  'com.microsoft:QLinearAveragePool': pooling,
  GlobalAveragePool: globalPooling,
  GlobalMaxPool: globalPooling,
  GlobalLpPool: globalPooling,
  Resize: resize,
  Upsample: resize,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  LRN: channelsOnly,
};
