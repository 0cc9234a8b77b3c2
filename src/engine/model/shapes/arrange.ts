import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute } from '../graph';
import { fills, permute, take } from './elements';
import { add, broadcast, divideExactly, multiply, normalAxis, productOf, sameDim } from './dims';
import { fact, MOST_ELEMENTS, type Fact, type RuleContext, type ShapeRule } from './facts';

/** A list that is an attribute in older opsets and an input in newer ones. */
export function listArgument(c: RuleContext, attribute: string, input: number): number[] | null | undefined {
  return intsAttribute(c.node, attribute) ?? (c.has(input) ? c.numbers(input) : undefined);
}

function reshape(c: RuleContext): Fact {
  const wanted: readonly Dim[] | null = intsAttribute(c.node, 'shape') ?? c.elements(1);
  if (wanted === null) {
    const rank = c.dims(1)?.[0];
    return c.fact(typeof rank === 'number' && rank <= 16 ? new Array<Dim>(rank).fill(null) : null);
  }
  return c.fact(reshapedDims(c.dims(0), wanted, intAttribute(c.node, 'allowzero') === 1), c.dtype(0), c.elements(0));
}

/** The shape that Reshape gives: 0 copies the input's dimension, -1 takes what is left. */
export function reshapedDims(from: readonly Dim[] | null, wanted: readonly Dim[], allowZero: boolean): Dim[] {
  const isCopy = (axis: number) => wanted[axis] === 0 && !allowZero;
  const dims = wanted.map((dim, axis) => (isCopy(axis) ? (from?.[axis] ?? null) : dim));
  // A single dimension that could not be evaluated follows from the others, just as -1 does.
  const open = dims.includes(-1) ? dims.indexOf(-1) : dims.findIndex((dim, axis) => dim === null && !isCopy(axis));
  if (open < 0) return dims;
  const isOther = (_: Dim, axis: number) => axis !== open && !isCopy(axis);
  const total = from && productOf(from.filter((_, axis) => !isCopy(axis)));
  dims[open] = divideExactly(total, productOf(dims.filter(isOther)));
  return dims;
}

function flatten(c: RuleContext): Fact {
  const dims = c.dims(0);
  if (dims === null) return c.fact([null, null]);
  const axis = intAttribute(c.node, 'axis') ?? 1;
  const split = axis < 0 ? axis + dims.length : axis;
  return c.fact([productOf(dims.slice(0, split)), productOf(dims.slice(split))]);
}

function transpose(c: RuleContext): Fact {
  const dims = c.dims(0);
  if (dims === null) return c.fact(null);
  const order = intsAttribute(c.node, 'perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
  return c.fact(
    order.map((axis) => dims[axis] ?? null),
    c.dtype(0),
    permute(c.elements(0), dims, order),
  );
}

function squeeze(c: RuleContext): Fact {
  const dims = c.dims(0);
  const axes = listArgument(c, 'axes', 1);
  if (dims === null || axes === null) return c.fact(null, c.dtype(0), c.elements(0));
  const removed = axes?.map((axis) => normalAxis(axis, dims.length));
  const stays = (dim: Dim, axis: number) => (removed ? !removed.includes(axis) : dim !== 1);
  return c.fact(dims.filter(stays), c.dtype(0), c.elements(0));
}

function unsqueeze(c: RuleContext): Fact {
  const dims = c.dims(0);
  const axes = listArgument(c, 'axes', 1);
  if (dims === null || !axes) {
    const added = c.dims(1)?.[0];
    const open = dims && typeof added === 'number' && added <= 16 ? new Array<Dim>(dims.length + added).fill(null) : null;
    return c.fact(open, c.dtype(0), c.elements(0));
  }
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => normalAxis(axis, rank)));
  const rest = dims.values();
  const result = Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.next().value ?? null)));
  return c.fact(result, c.dtype(0), c.elements(0));
}

function concat(c: RuleContext): Fact {
  const inputs = c.all();
  const known = inputs.find((input) => input.dims !== null)?.dims ?? null;
  const dtype = inputs.find((input) => input.dtype !== null)?.dtype ?? null;
  const axis = known && normalAxis(intAttribute(c.node, 'axis') ?? 1, known.length);
  if (known === null || axis === null) return fact(null, dtype);
  const dims = known.map((_, at): Dim => {
    const sizes = inputs.map((input) => input.dims?.[at] ?? null);
    if (at === axis) return sizes.reduce(add, 0);
    return sizes.find((size) => typeof size === 'number') ?? sizes.find((size) => size !== null) ?? null;
  });
  const elements = dims.length === 1 ? joinElements(inputs) : null;
  return fact(dims, dtype, elements);
}

function joinElements(inputs: readonly Fact[]): Dim[] | null {
  const parts: Dim[] = [];
  for (const input of inputs) {
    const size = input.dims?.[0];
    if (input.elements) parts.push(...input.elements);
    else if (typeof size === 'number' && size <= 16) parts.push(...new Array<Dim>(size).fill(null));
    else return null;
    if (parts.length > MOST_ELEMENTS) return null;
  }
  return parts;
}

function split(c: RuleContext): Fact[] {
  const dims = c.dims(0);
  const axis = dims && normalAxis(intAttribute(c.node, 'axis') ?? 0, dims.length);
  const count = c.node.outputs.length;
  if (dims === null || axis === null) return c.node.outputs.map(() => c.fact(null));
  const sizes = listArgument(c, 'split', 1);
  const whole = dims[axis] ?? null;
  return c.node.outputs.map((_, part) => {
    let size: Dim;
    if (sizes !== undefined) size = sizes?.[part] ?? null;
    else if (typeof whole === 'number') {
      const each = Math.ceil(whole / count);
      size = Math.max(0, Math.min(each, whole - part * each));
    } else size = divideExactly(whole, count);
    return c.fact(dims.map((dim, at) => (at === axis ? size : dim)));
  });
}

export interface SlicePart {
  start: Dim;
  end: Dim;
  step: number | null;
}

/** What a Slice takes along each axis that it touches; null where not even the axes are known. */
export function sliceArguments(c: RuleContext, rank: number): Map<number, SlicePart> | null {
  const starts: readonly Dim[] | null = intsAttribute(c.node, 'starts') ?? c.elements(1);
  const ends: readonly Dim[] | null = intsAttribute(c.node, 'ends') ?? c.elements(2);
  const axes = listArgument(c, 'axes', 3);
  const steps = c.has(4) ? c.numbers(4) : undefined;
  if (axes === null || (axes === undefined && starts === null)) return null;
  const result = new Map<number, SlicePart>();
  (axes ?? starts!.map((_, i) => i)).forEach((axis, i) => {
    const at = normalAxis(axis, rank);
    if (at !== null) result.set(at, { start: starts?.[i] ?? null, end: ends?.[i] ?? null, step: steps === null ? null : (steps?.[i] ?? 1) });
  });
  return result;
}

function slice(c: RuleContext): Fact {
  const dims = c.dims(0);
  if (dims === null) return c.fact(null);
  const slices = sliceArguments(c, dims.length);
  if (slices === null) return c.fact(dims.map(() => null));
  const result = dims.map((dim, axis) => {
    const part = slices.get(axis);
    return part ? slicedSize(dim, part.start, part.end, part.step) : dim;
  });
  return c.fact(result, c.dtype(0), slicedElements(c.elements(0), dims, slices));
}

function slicedSize(size: Dim, start: Dim, end: Dim, step: number | null): Dim {
  if (start === null || end === null || step === null || step === 0) return null;
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const [from, to] = clampSlice(size, start, end, step);
    return Math.max(0, Math.ceil((to - from) / step));
  }
  if (step !== 1 || typeof start !== 'number' || start < 0) return null;
  if (sameDim(end, size) || (typeof end === 'number' && end > 2 ** 30)) return add(size, -start);
  if (typeof end === 'number') return end < 0 ? add(size, end - start) : null;
  return null;
}

/** As the operator Slice clamps: to the ends, and for negative steps to one before the start. */
export function clampSlice(size: number, start: number, end: number, step: number): [from: number, to: number] {
  const clamp = (value: number) => {
    const at = value < 0 ? value + size : value;
    return step > 0 ? Math.min(Math.max(at, 0), size) : Math.min(Math.max(at, -1), size - 1);
  };
  return [clamp(start), clamp(end)];
}

function slicedElements(elements: Dim[] | null, dims: readonly Dim[], slices: ReadonlyMap<number, SlicePart>): Dim[] | null {
  if (!fills(elements, dims)) return null;
  let result = elements;
  let shape = dims;
  for (const [axis, { start, end, step }] of slices) {
    const size = dims[axis];
    if (result === null || typeof size !== 'number' || typeof start !== 'number' || typeof end !== 'number' || !step) return null;
    const [from, to] = clampSlice(size, start, end, step);
    const positions: number[] = [];
    for (let at = from; step > 0 ? at < to : at > to; at += step) positions.push(at);
    result = take(result, shape, axis, positions);
    shape = shape.map((dim, at) => (at === axis ? positions.length : dim));
  }
  return result;
}

function pad(c: RuleContext): Fact {
  const dims = c.dims(0);
  const pads: readonly Dim[] | null = intsAttribute(c.node, 'pads') ?? intsAttribute(c.node, 'paddings') ?? c.elements(1);
  const axes = c.has(3) ? c.numbers(3) : undefined;
  if (dims === null || pads === null || axes === null) return c.fact(dims?.map(() => null) ?? null);
  const padded = axes?.map((axis) => normalAxis(axis, dims.length)) ?? dims.map((_, axis) => axis);
  const half = pads.length / 2;
  return c.fact(
    dims.map((dim, axis) => {
      const at = padded.indexOf(axis);
      return at < 0 ? dim : add(add(dim, pads[at] ?? null), pads[at + half] ?? null);
    }),
  );
}

function gather(c: RuleContext): Fact {
  const data = c.dims(0);
  const indices = c.dims(1);
  const axis = data && normalAxis(intAttribute(c.node, 'axis') ?? 0, data.length);
  if (data === null || indices === null || axis === null) return c.fact(null);
  const length = data[axis];
  const positions = c.numbers(1)?.map((index) => (index < 0 && typeof length === 'number' ? index + length : index));
  const elements = positions ? take(c.elements(0), data, axis, positions) : null;
  return c.fact([...data.slice(0, axis), ...indices, ...data.slice(axis + 1)], c.dtype(0), elements);
}

function gatherNd(c: RuleContext): Fact {
  const data = c.dims(0);
  const indices = c.dims(1);
  const depth = indices?.at(-1);
  if (data === null || indices === null || typeof depth !== 'number') return c.fact(null);
  return c.fact([...indices.slice(0, -1), ...data.slice((intAttribute(c.node, 'batch_dims') ?? 0) + depth)]);
}

function expand(c: RuleContext): Fact {
  const dims = broadcast([c.dims(0), c.elements(1)]);
  const only = c.elements(0);
  const count = dims && productOf(dims);
  const elements = only?.length === 1 && typeof count === 'number' && count <= 64 ? new Array<Dim>(count).fill(only[0]!) : null;
  return c.fact(dims, c.dtype(0), elements);
}

function tile(c: RuleContext): Fact {
  const repeats = c.elements(1);
  return c.fact(c.dims(0)?.map((dim, axis) => multiply(dim, repeats?.[axis] ?? null)) ?? null);
}

function depthToSpace(c: RuleContext): Fact {
  const block = intAttribute(c.node, 'blocksize') ?? 1;
  const dims = c.dims(0);
  if (dims?.length !== 4) return c.fact(null);
  const [batch, channels, height, width] = dims as [Dim, Dim, Dim, Dim];
  return c.fact([batch, divideExactly(channels, block * block), multiply(height, block), multiply(width, block)]);
}

function spaceToDepth(c: RuleContext): Fact {
  const block = intAttribute(c.node, 'blocksize') ?? 1;
  const dims = c.dims(0);
  if (dims?.length !== 4) return c.fact(null);
  const [batch, channels, height, width] = dims as [Dim, Dim, Dim, Dim];
  return c.fact([batch, multiply(channels, block * block), divideExactly(height, block), divideExactly(width, block)]);
}

/** Crop of early exporters: [left, top, right, bottom] borders, or a size. */
function crop(c: RuleContext): Fact {
  const dims = c.dims(0);
  const border = intsAttribute(c.node, 'border');
  const scale = intsAttribute(c.node, 'scale');
  if (dims?.length !== 4 || !border) return c.fact(null);
  const [left, top, right, bottom] = border;
  return c.fact([
    dims[0]!,
    dims[1]!,
    scale?.[0] ?? add(dims[2]!, -(top ?? 0) - (bottom ?? 0)),
    scale?.[1] ?? add(dims[3]!, -(left ?? 0) - (right ?? 0)),
  ]);
}

export const arrangeRules: Record<string, ShapeRule> = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Gather: gather,
  GatherElements: (c) => c.fact(c.dims(1)),
  GatherND: gatherNd,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Crop: crop,
  'com.microsoft:Crop': crop,
  'com.microsoft:Pad': pad,
};

