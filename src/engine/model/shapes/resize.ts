import type { Dim } from '../../../protocol/model';
import { floatAttribute, floatsAttribute, intsAttribute, stringAttribute } from '../graph';
import { divideExactly, multiply, normalAxis } from './dims';
import type { Fact, RuleContext, ShapeRule } from './facts';

/** Output size and scale (output / input) of Resize or Upsample per axis; null where not known. */
export interface ResizePlan {
  sizes: Dim[];
  scales: (number | null)[];
}

/** The arguments of Resize and Upsample of all opsets. Rounding of sizes: operator Resize, "floor(input * scale)". */
export function planResize(c: RuleContext, dims: readonly Dim[]): ResizePlan {
  const [scaleInput, sizeInput] = c.node.op === 'Upsample' || c.opset < 11 ? [1, -1] : [2, 3];
  const axes = intsAttribute(c.node, 'axes')?.map((axis) => normalAxis(axis, dims.length)) ?? dims.map((_, axis) => axis);
  const argument = (list: readonly Dim[] | null | undefined, axis: number): Dim => {
    const at = axes.indexOf(axis);
    return at < 0 ? null : (list?.[at] ?? null);
  };
  const wanted = sizeInput >= 0 && c.has(sizeInput) ? c.elements(sizeInput) : undefined;
  if (wanted !== undefined) return planFromSizes(c, dims, dims.map((_, axis) => argument(wanted, axis)), axes);

  const scales = attributeScales(c) ?? c.numbers(scaleInput);
  const plan: ResizePlan = { sizes: [], scales: [] };
  dims.forEach((dim, axis) => {
    const scale = axes.includes(axis) ? argument(scales, axis) : 1;
    plan.scales.push(typeof scale === 'number' ? scale : null);
    plan.sizes.push(typeof scale === 'number' ? scaledSize(dim, scale) : null);
  });
  return plan;
}

function planFromSizes(c: RuleContext, dims: readonly Dim[], wanted: readonly Dim[], axes: readonly (number | null)[]): ResizePlan {
  const policy = stringAttribute(c.node, 'keep_aspect_ratio_policy') ?? 'stretch';
  const plan: ResizePlan = { sizes: [], scales: [] };
  const ratio = (axis: number): number | null => {
    const [from, to] = [dims[axis], wanted[axis]];
    return typeof from === 'number' && typeof to === 'number' && from > 0 ? to / from : null;
  };
  const resized = axes.filter((axis) => axis !== null);
  const ratios = resized.map(ratio).filter((value) => value !== null);
  const pick = policy === 'not_larger' ? Math.min : Math.max;
  const common = policy !== 'stretch' && ratios.length === resized.length ? pick(...ratios) : null;
  dims.forEach((dim, axis) => {
    if (!axes.includes(axis)) {
      plan.sizes.push(dim);
      plan.scales.push(1);
    } else if (policy === 'stretch') {
      plan.sizes.push(wanted[axis] ?? null);
      plan.scales.push(ratio(axis) ?? symbolicRatio(dim, wanted[axis] ?? null));
    } else {
      plan.sizes.push(common !== null && typeof dim === 'number' ? Math.round(common * dim) : null);
      plan.scales.push(common);
    }
  });
  return plan;
}

/** Twice a symbolic height is a scale of two. */
function symbolicRatio(from: Dim, to: Dim): number | null {
  const up = divideExactly(to, from);
  if (typeof up === 'number') return up;
  const down = divideExactly(from, to);
  return typeof down === 'number' ? 1 / down : null;
}

/** Upsample-7 and Upsample-1. */
function attributeScales(c: RuleContext): number[] | null {
  const scales = floatsAttribute(c.node, 'scales');
  if (scales) return scales;
  const height = floatAttribute(c.node, 'height_scale');
  const width = floatAttribute(c.node, 'width_scale');
  return height !== undefined && width !== undefined ? [1, 1, height, width] : null;
}

function scaledSize(size: Dim, scale: number): Dim {
  if (typeof size === 'number') return Math.floor(Math.fround(size * scale));
  return Number.isInteger(1 / scale) ? divideExactly(size, 1 / scale) : multiply(size, scale);
}

function resize(c: RuleContext): Fact {
  const dims = c.dims(0);
  return c.fact(dims && planResize(c, dims).sizes);
}

export const resizeRules: Record<string, ShapeRule> = { Resize: resize, Upsample: resize };
