import type { Dim } from '../../../protocol/model';
import { hasSpace, isChannels, isSpatial, type Axis } from '../receptiveField/axes';
import type { Trace } from '../receptiveField/trace';
import { sameDim } from '../shapes/dims';

export interface LayerAxes {
  unitAxis: number;
  positionAxes: number[];
  batched: boolean;
}

/**
 * Which axis of a value counts units, and over which its positions run: axis 1 of [N, C, H, W] and [N, D], the last one
 * of [N, H, W, C] and [N, T, D]. `batch` is the size of the image input's first axis.
 */
export function axesOf(dims: readonly Dim[] | null, trace: Trace | undefined, batch: Dim): LayerAxes {
  if (dims === null) return { unitAxis: 1, positionAxes: [], batched: true };
  const axes = trace?.axes?.length === dims.length ? trace.axes : null;
  const unitAxis = (axes && tracedUnitAxis(axes, dims)) ?? usualUnitAxis(dims.length);
  const batched = isBatch(axes?.[0], dims[0] ?? null, batch);
  const positionAxes = dims.map((_, axis) => axis).filter((axis) => axis !== unitAxis && (axis !== 0 || !batched));
  return { unitAxis, positionAxes, batched };
}

function tracedUnitAxis(axes: readonly Axis[], dims: readonly Dim[]): number | null {
  const pure = axes.flatMap((axis, at) => (isChannels(axis) ? [at] : []));
  const channels = pure.length > 0 ? pure : axes.flatMap((axis, at) => (holdsChannels(axis) ? [at] : []));
  if (channels.length > 0) {
    // Heads and the channels of each: the units are what there is more of.
    const size = (at: number) => (typeof dims[at] === 'number' ? dims[at] : 0);
    return channels.reduce((best, at) => (size(at) >= size(best) ? at : best));
  }
  const free = axes.flatMap((axis, at) => (at > 0 && !hasSpace(axis) && axis.every(({ role }) => role === 'other') ? [at] : []));
  return free.length === 1 ? free[0]! : null;
}

/** Channels, and the pixels of a patch that were moved among them, as between the stages of Swin. */
function holdsChannels(axis: Axis): boolean {
  return axis.some(({ role }) => role === 'channel') && !axis.some((factor) => isSpatial(factor) && factor.outer);
}

function usualUnitAxis(rank: number): number {
  return rank === 3 ? 2 : Math.min(1, rank - 1);
}

function isBatch(axis: Axis | undefined, size: Dim, batch: Dim): boolean {
  if (!axis || axis.every(({ role }) => role === 'other')) return sameDim(size, batch);
  return axis.length === 1 && axis[0]!.role === 'batch' && sameDim(axis[0]!.size, batch);
}
