import { effectiveKernel, type Window } from '../windows';

/**
 * What position p of one axis of a grid sees of the image, in pixels: from `offset + p * stride` up to, not including,
 * that plus `size`. Walking forward through the graph composes to product.md's backward recurrence, `offset` being its -P.
 */
export interface AxisField {
  size: number;
  stride: number;
  offset: number;
  /** Positions by which a border may see beyond its box, because padding repeats what lies further inside (Pad, mode reflect or edge). */
  mirror: number;
}

/** The image region that a position of a two-dimensional grid sees. */
export interface Field {
  height: AxisField;
  width: AxisField;
  /** Every pixel of the box is seen. */
  exact: boolean;
}

export type GridRole = 'height' | 'width';
export const gridRoles = ['height', 'width'] as const;

export const onePixel: AxisField = { size: 1, stride: 1, offset: 0, mirror: 0 };

/** The field after each position looks at positions `stride * p + from` to `stride * p + to`, bounds that need not be whole. */
export function look(field: AxisField, from: number, to: number, stride: number): AxisField {
  return {
    size: field.size + (to - from) * field.stride,
    stride: field.stride * stride,
    offset: field.offset + from * field.stride,
    mirror: field.mirror / stride,
  };
}

/** Whether kernel taps this far apart leave no pixel between them unseen. */
function leavesNoGap(field: AxisField, window: Window): boolean {
  return window.kernel === 1 || window.dilation * field.stride <= field.size;
}

/** After a convolution or pooling; `padding` null: it depends on a size that is not known. */
export function slide(field: AxisField, window: Window, padding: number | null): { field: AxisField; exact: boolean } {
  const extent = effectiveKernel(window);
  // A window that reaches as far into the image as the border mirrors holds the mirrored positions already.
  const from = extent - 1 - mostPadding(window) >= field.mirror ? { ...field, mirror: 0 } : settle(field);
  const most = padding ?? Math.ceil((extent - 1) / 2);
  const least = padding ?? 0;
  return {
    field: look(from, -most, extent - 1 - least, window.stride),
    exact: padding !== null && from.size === field.size && leavesNoGap(field, window),
  };
}

/** At either end; with `ceil`, a window may hang over the end. */
function mostPadding(window: Window): number {
  const { padding } = window;
  const given = typeof padding === 'string' ? Math.ceil((effectiveKernel(window) - 1) / 2) : Math.max(padding.begin, padding.end);
  return given + (window.ceil ? window.stride - 1 : 0);
}

/**
 * After a transposed convolution: output y takes input i where y + padding = i * stride + dilation * tap, so i lies
 * between (y + padding - extent + 1) / stride and (y + padding) / stride.
 */
export function spread(field: AxisField, window: Window, padding: number): { field: AxisField; exact: boolean } {
  const from = settle(field);
  const extent = effectiveKernel(window);
  return {
    field: look(from, (padding - extent + 1) / window.stride, padding / window.stride, 1 / window.stride),
    exact: window.stride === 1 && from === field && leavesNoGap(field, window),
  };
}

/** Takes a border's mirroring into the box. */
export function settle(field: AxisField): AxisField {
  return field.mirror === 0 ? field : { ...look(field, -field.mirror, field.mirror, 1), mirror: 0 };
}

/** What either of two fields sees, on a grid of `positions` positions; null when their strides differ and the grid's size is not known. */
export function uniteAxis(a: AxisField, b: AxisField, positions: number | null): AxisField | null {
  const drift = b.stride - a.stride;
  if (drift !== 0 && positions === null) return null;
  const furthest = drift * ((positions ?? 1) - 1);
  const start = Math.min(a.offset, b.offset, b.offset + furthest);
  const end = Math.max(a.offset + a.size, b.offset + b.size, b.offset + b.size + furthest);
  return { size: end - start, stride: a.stride, offset: start, mirror: Math.max(a.mirror, b.mirror) };
}

/** The union of two fields as a box; exact when one of them is exact and is the box. */
export function unite(a: Field, b: Field, positions: Record<GridRole, number | null>): Field | null {
  const height = uniteAxis(a.height, b.height, positions.height);
  const width = uniteAxis(a.width, b.width, positions.width);
  if (height === null || width === null) return null;
  const isBox = (field: Field) => field.exact && sameBox(field.height, height) && sameBox(field.width, width);
  return { height, width, exact: isBox(a) || isBox(b) };
}

function sameBox(a: AxisField, b: AxisField): boolean {
  return a.size === b.size && a.offset === b.offset && a.stride === b.stride;
}
