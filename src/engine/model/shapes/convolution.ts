import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute } from '../graph';
import { effectiveKernel, kernelShape, readWindows, windowPositions } from '../windows';
import { add, multiply } from './dims';
import { fact, first, type Fact, type RuleContext, type ShapeRule } from './facts';

/** [N, C, …] with one entry of `spatial` per further axis; unknown where the data's rank is. */
function imageDims(data: Dim[] | null, channels: Dim, spatial: (axis: number, size: Dim) => Dim): Dim[] | null {
  return data && [data[0] ?? null, channels, ...data.slice(2).map((size, axis) => spatial(axis, size))];
}

/** Conv and its kin, whose data and weight are these inputs. */
function convolve(weightInput: number): ShapeRule {
  return (c) => {
    const weight = c.dims(weightInput);
    const kernel = kernelShape(c.node, weight);
    const windows = kernel && readWindows(c.node, kernel);
    const positions = (axis: number, size: Dim) => (windows?.[axis] ? windowPositions(size, windows[axis]) : null);
    // Data of unknown rank has the weight's.
    const data = c.dims(0) ?? (weight && new Array<Dim>(weight.length).fill(null));
    return c.fact(imageDims(data, weight?.[0] ?? null, positions));
  };
}

/** com.microsoft: data [N, …, C], weight [M, C / group, …]. */
function channelsLast(c: RuleContext): Fact {
  const data = c.dims(0);
  const weight = c.dims(1);
  const kernel = kernelShape(c.node, weight);
  const windows = kernel && readWindows(c.node, kernel);
  return c.fact(data && [data[0] ?? null, ...data.slice(1, -1).map((size, axis) => (windows?.[axis] ? windowPositions(size, windows[axis]) : null)), weight?.[0] ?? null]);
}

function convTranspose(c: RuleContext): Fact {
  const data = c.dims(0);
  const weight = c.dims(1);
  const kernel = kernelShape(c.node, weight);
  const windows = kernel && readWindows(c.node, kernel);
  const given = intsAttribute(c.node, 'output_shape');
  const extra = intsAttribute(c.node, 'output_padding');
  const size = (axis: number, input: Dim): Dim => {
    // Files of early exporters give the whole output shape, batch and channels included.
    const wanted = given?.at(axis + (given.length - ((data?.length ?? 2) - 2)));
    if (wanted !== undefined) return wanted;
    const window = windows?.[axis];
    if (!window) return null;
    if (typeof window.padding === 'string') return multiply(input, window.stride);
    const spread = add(multiply(input, window.stride), effectiveKernel(window) - window.stride);
    return add(spread, (extra?.[axis] ?? 0) - window.padding.begin - window.padding.end);
  };
  const channels = multiply(weight?.[1] ?? null, intAttribute(c.node, 'group') ?? 1);
  return c.fact(imageDims(data, channels, size));
}

function pool(c: RuleContext): Fact[] {
  const data = c.dims(0);
  const kernel = kernelShape(c.node, null);
  const windows = kernel && readWindows(c.node, kernel);
  const dims = imageDims(data, data?.[1] ?? null, (axis, size) => (windows?.[axis] ? windowPositions(size, windows[axis]) : null));
  return [c.fact(dims), c.fact(dims, 'int64')];
}

function globalPool(c: RuleContext): Fact {
  const data = c.dims(0);
  return c.fact(imageDims(data, data?.[1] ?? null, () => 1));
}

function roiPool(c: RuleContext): Fact {
  const [height, width] = intsAttribute(c.node, 'pooled_shape') ?? [
    intAttribute(c.node, 'output_height') ?? 1,
    intAttribute(c.node, 'output_width') ?? 1,
  ];
  return c.fact([c.dims(1)?.[0] ?? null, c.dims(0)?.[1] ?? null, height ?? 1, width ?? 1]);
}

function gridSample(c: RuleContext): Fact {
  const grid = c.dims(1);
  return c.fact(imageDims(c.dims(0), c.dims(0)?.[1] ?? null, (axis) => grid?.[axis + 1] ?? null));
}

export const convolutionRules: Record<string, ShapeRule> = {
  Conv: convolve(1),
  'com.microsoft:FusedConv': convolve(1),
  'com.microsoft:NhwcConv': channelsLast,
  'com.microsoft:NhwcFusedConv': channelsLast,
  'com.microsoft:QLinearConv': (c) => (intAttribute(c.node, 'channels_last') === 1 ? fact(null, c.dtype(7)) : { ...first(convolve(3)(c)), dtype: c.dtype(7) }),
  DeformConv: convolve(1),
  ConvInteger: (c) => ({ ...first(convolve(1)(c)), dtype: 'int32' }),
  QLinearConv: (c) => ({ ...first(convolve(3)(c)), dtype: c.dtype(7) }),
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  'com.microsoft:QLinearAveragePool': pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  'com.microsoft:QLinearGlobalAveragePool': (c) => (intAttribute(c.node, 'channels_last') === 1 ? c.fact(null) : globalPool(c)),
  MaxRoiPool: roiPool,
  RoiAlign: roiPool,
  GridSample: gridSample,
};
