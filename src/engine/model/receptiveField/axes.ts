import type { Dim } from '../../../protocol/model';
import { divideExactly, multiply, sameDim } from '../shapes/dims';

/** What an axis of a tensor, or a part of one, counts. `other`: nothing that is tracked, such as a class token's row. */
export type Role = 'batch' | 'channel' | 'height' | 'width' | 'other';

/**
 * A factor of a tensor's axis. Reshape splits axes into factors and joins them again, as windows of attention and
 * pixel shuffling do; following the factors tells which axis is which afterwards.
 */
export interface Factor {
  role: Role;
  size: Dim;
  /** For height and width: grid positions that one step of this factor makes. 1 for a whole axis. */
  step: number;
  /** For height and width: whether it holds the most significant part. True for a whole axis. */
  outer: boolean;
}

/** Factors of one axis of a tensor, most significant first. */
export type Axis = readonly Factor[];

export function whole(role: Role, size: Dim): Axis {
  return [{ role, size, step: 1, outer: true }];
}

export function isSpatial({ role }: Factor): boolean {
  return role === 'height' || role === 'width';
}

export function hasSpace(axis: Axis): boolean {
  return axis.some(isSpatial);
}

/** Whether an axis counts channels and nothing else. */
export function isChannels(axis: Axis): boolean {
  return axis.some(({ role }) => role === 'channel') && axis.every(({ role, size }) => role === 'channel' || (role === 'other' && size === 1));
}

/** The axes of a tensor after a Reshape from one shape to another; null for axes that cannot be followed. */
export function regroup(axes: readonly Axis[], from: readonly Dim[], to: readonly Dim[]): (Axis | null)[] {
  // Equal leading and trailing dimensions stay what they are, whatever happens between.
  let start = 0;
  while (start < Math.min(from.length, to.length) && sameDim(from[start], to[start])) start++;
  let end = 0;
  while (end < Math.min(from.length, to.length) - start && sameDim(from.at(-1 - end), to.at(-1 - end))) end++;

  const factors = axes.slice(start, axes.length - end).flat();
  const sizes = to.slice(start, to.length - end);
  const middle = sizes.length === 1 ? [join(factors)] : (distribute(factors, sizes) ?? sizes.map(() => null));
  return [...axes.slice(0, start), ...middle, ...axes.slice(axes.length - end)];
}

/** Deals factors out to axes of these sizes, splitting a factor where an axis ends inside it; null where that does not work out. */
function distribute(factors: readonly Factor[], sizes: readonly Dim[]): Axis[] | null {
  const rest = [...factors].reverse();
  const axes: Axis[] = [];
  for (const size of sizes) {
    const axis: Factor[] = [];
    let missing = size;
    if (size === 1 && rest.at(-1)?.size === 1) axis.push(rest.pop()!);
    while (missing !== 1) {
      const next = rest.pop();
      if (!next) return null;
      const left = divideExactly(missing, next.size);
      if (left !== null) {
        axis.push(next);
        missing = left;
        continue;
      }
      const parts = split(next, missing);
      if (parts === null) return null;
      axis.push(parts[0]);
      rest.push(parts[1]);
      missing = 1;
    }
    axes.push(axis.length > 0 ? join(axis) : whole('other', 1));
  }
  return rest.every(({ size }) => size === 1) ? axes : null;
}

/** Cuts a factor into an outer one of this size and the inner rest. */
export function split(factor: Factor, size: Dim): [outer: Factor, inner: Factor] | null {
  const inner = divideExactly(factor.size, size);
  if (inner === null) return null;
  if (!isSpatial(factor)) return [{ ...factor, size }, { ...factor, size: inner }];
  if (typeof inner !== 'number') return null;
  return [
    { ...factor, size, step: factor.step * inner },
    { ...factor, size: inner, outer: false },
  ];
}

/** Unites neighbouring factors that belong together: the two halves of a height, or channels with channels. */
export function join(factors: readonly Factor[]): Axis {
  const result: Factor[] = [];
  for (const factor of factors) {
    const last = result.at(-1);
    const united = last && unite(last, factor);
    if (united) result[result.length - 1] = united;
    else result.push(factor);
  }
  return result.length > 0 ? result : whole('other', 1);
}

function unite(a: Factor, b: Factor): Factor | null {
  if (a.role !== b.role || a.role === 'batch') return null;
  if (isSpatial(a) && !(typeof b.size === 'number' && a.step === b.step * b.size)) return null;
  return { role: a.role, size: multiply(a.size, b.size), step: b.step, outer: a.outer };
}

export function sameAxis(a: Axis, b: Axis): boolean {
  return a.length === b.length && a.every((factor, i) => factor.role === b[i]!.role && factor.step === b[i]!.step && factor.outer === b[i]!.outer);
}
