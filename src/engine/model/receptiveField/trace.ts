import { productOf } from '../shapes/dims';
import { hasSpace, isSpatial, whole, type Axis } from './axes';
import { look, type AxisField, type Field, type GridRole } from './field';

/** How a value that depends on the image relates to it. */
export interface Trace {
  /** What each axis counts; null when the rank is not known. */
  axes: readonly Axis[] | null;
  /** What a position of the image's grid sees; `global`: nothing less than the whole image is sure. */
  seen: Field | 'global';
}

/** Where a value's rows and columns are, and what its positions see. */
export interface Grid extends Field {
  heightAxis: number;
  widthAxis: number;
}

/** The value as a grid of rows and columns, each along an axis of its own; null when it is none or sees everything. */
export function gridOf({ axes, seen }: Trace): Grid | null {
  if (axes === null || seen === 'global') return null;
  const found: Partial<Record<GridRole, { axis: number; field: AxisField; plain: boolean }>> = {};
  for (const [index, axis] of axes.entries()) {
    const role = gridRole(axis);
    if (role === null) {
      // Inner factors in the channels are fine: the outer factor's step takes them in. Outer ones hide rows or columns.
      if (axis.some((factor) => isSpatial(factor) && factor.outer)) return null;
      continue;
    }
    if (found[role]) return null;
    found[role] = { axis: index, ...alongAxis(axis, seen[role]) };
  }
  const { height, width } = found;
  if (!height || !width) return null;
  return {
    height: height.field,
    width: width.field,
    heightAxis: height.axis,
    widthAxis: width.axis,
    exact: seen.exact && height.plain && width.plain,
  };
}

/** Height or width when an axis starts with that one's outer factor and continues with nothing spatial. */
function gridRole(axis: Axis): GridRole | null {
  const long = axis.filter(({ size }) => size !== 1);
  const [first, ...rest] = long.length > 0 ? long : axis;
  if (!first?.outer || rest.some((factor) => isSpatial(factor) || typeof factor.size !== 'number')) return null;
  return first.role === 'height' || first.role === 'width' ? first.role : null;
}

/** The field per position of the axis: wider for an outer factor, whose inner part is elsewhere; finer where channels follow, as in pixel shuffling. */
function alongAxis(axis: Axis, field: AxisField): { field: AxisField; plain: boolean } {
  const step = axis.find(isSpatial)?.step ?? 1;
  const coarse = step === 1 ? field : look(field, 0, step - 1, step);
  let fine = 1;
  for (const factor of axis) if (!isSpatial(factor) && typeof factor.size === 'number') fine *= factor.size;
  if (fine === 1) return { field: coarse, plain: step === 1 };
  return { field: look(coarse, -(fine - 1) / fine, 0, 1 / fine), plain: false };
}

/** The same value with its rows and columns as whole axes, so that fields can be computed on; global when it is no grid. */
export function commit(trace: Trace): Trace {
  const grid = gridOf(trace);
  if (grid === null || trace.axes === null) return { axes: trace.axes, seen: 'global' };
  const axes = trace.axes.map((axis, index) => {
    const size = productOf(axis.map((factor) => factor.size));
    if (index === grid.heightAxis) return whole('height', size);
    if (index === grid.widthAxis) return whole('width', size);
    return hasSpace(axis) ? whole('channel', size) : axis;
  });
  return { axes, seen: { height: grid.height, width: grid.width, exact: grid.exact } };
}

/** The value after every element along these axes has come to depend on all others along them. */
export function mix(trace: Trace, mixed: (axis: number) => boolean): Trace {
  if (trace.axes === null) return { axes: null, seen: 'global' };
  const touched = trace.axes.filter((axis, index) => mixed(index) && hasSpace(axis));
  if (touched.length === 0) return trace;
  const onlyInner = touched.every((axis) => axis.every((factor) => !isSpatial(factor) || !factor.outer));
  return onlyInner ? commit(trace) : { axes: trace.axes, seen: 'global' };
}

/** The axes stay, the field is lost. */
export function everything(trace: Trace): Trace {
  return { axes: trace.axes, seen: 'global' };
}

export function withAxis(axes: readonly Axis[], index: number, axis: Axis): Axis[] {
  return axes.map((old, at) => (at === index ? axis : old));
}

