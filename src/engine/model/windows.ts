import type { Dim } from '../../protocol/model';
import { intAttribute, intsAttribute, stringAttribute, type OnnxNode } from './graph';
import { add, divideExactly } from './shapes/dims';

/** How a convolution or pooling slides along one axis. */
export interface Window {
  kernel: number;
  stride: number;
  dilation: number;
  padding: Padding;
  /** Rounds the number of positions up instead of down (pooling only). */
  ceil: boolean;
}

/** Pixels added at both ends, or as many as make the output ceil(input / stride), the odd one at the end (upper) or the start. */
export type Padding = { begin: number; end: number } | 'same-upper' | 'same-lower';

/** Extent of the kernel with its dilation gaps. */
export function effectiveKernel({ kernel, dilation }: Window): number {
  return dilation * (kernel - 1) + 1;
}

/** The windows of a node, one per spatial axis, from its attributes; defaults as the ONNX operators define them. */
export function readWindows(node: OnnxNode, kernel: readonly number[]): Window[] {
  const strides = intsAttribute(node, 'strides');
  const dilations = intsAttribute(node, 'dilations');
  const pads = intsAttribute(node, 'pads');
  const autoPad = stringAttribute(node, 'auto_pad') ?? 'NOTSET';
  const ceil = intAttribute(node, 'ceil_mode') === 1;
  return kernel.map((size, axis) => ({
    kernel: size,
    stride: strides?.[axis] ?? 1,
    dilation: dilations?.[axis] ?? 1,
    padding: readPadding(autoPad, pads, axis, kernel.length),
    ceil,
  }));
}

function readPadding(autoPad: string, pads: readonly number[] | undefined, axis: number, rank: number): Padding {
  if (autoPad === 'SAME_UPPER') return 'same-upper';
  if (autoPad === 'SAME_LOWER') return 'same-lower';
  if (autoPad === 'VALID') return { begin: 0, end: 0 };
  return { begin: pads?.[axis] ?? 0, end: pads?.[axis + rank] ?? 0 };
}

/** Kernel size from the attribute, else from the weight's shape [M, C/group, …]; null where neither says. */
export function kernelShape(node: OnnxNode, weight: readonly Dim[] | null): number[] | null {
  const given = intsAttribute(node, 'kernel_shape');
  if (given !== undefined) return given;
  const sizes = weight?.slice(2);
  return sizes && sizes.length > 0 && sizes.every((size) => typeof size === 'number') ? sizes : null;
}

/** Number of positions of a window along an axis of this size. */
export function windowPositions(size: Dim, window: Window): Dim {
  const { stride, padding } = window;
  const extent = effectiveKernel(window);
  if (typeof padding === 'string') {
    if (typeof size === 'number') return Math.ceil(size / stride);
    return stride === 1 ? size : divideExactly(size, stride);
  }
  const total = padding.begin + padding.end;
  if (typeof size !== 'number') {
    const whole = divideExactly(size, stride);
    const rest = total - extent + stride;
    return add(whole, window.ceil ? Math.ceil(rest / stride) : Math.floor(rest / stride));
  }
  const steps = (size + total - extent) / stride;
  if (!window.ceil) return Math.max(0, Math.floor(steps) + 1);
  const positions = Math.ceil(steps) + 1;
  // A window that would start in the padding at the end is left out.
  return (positions - 1) * stride >= size + padding.begin ? positions - 1 : positions;
}

/**
 * Pixels of padding before the first one; null when "same" padding depends on a size that is not known.
 * Formula: operator Conv, attribute auto_pad.
 */
export function paddingBegin(size: Dim, window: Window): number | null {
  const { padding, stride } = window;
  if (typeof padding !== 'string') return padding.begin;
  const extent = effectiveKernel(window);
  let total: number;
  if (stride === 1) total = extent - 1;
  else if (typeof size === 'number') total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
  else if (divideExactly(size, stride) !== null) total = Math.max(0, extent - stride);
  else return null;
  return padding === 'same-upper' ? Math.floor(total / 2) : Math.ceil(total / 2);
}
