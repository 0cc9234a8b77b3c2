import type { Dim } from '../../../protocol/model';
import { intAttribute } from '../graph';
import { listArgument } from './arrange';
import { multiply, normalAxis } from './dims';
import type { Fact, RuleContext, ShapeRule } from './facts';

/** The axes that a Reduce* operator reduces: an attribute in older opsets, an input in newer ones; null when not known. */
export function reducedAxes(c: RuleContext, rank: number): Set<number> | null {
  const axes = listArgument(c, 'axes', 1);
  if (axes === null) return null;
  if (axes === undefined || axes.length === 0) {
    return intAttribute(c.node, 'noop_with_empty_axes') === 1 ? new Set() : new Set(Array.from({ length: rank }, (_, axis) => axis));
  }
  return new Set(axes.map((axis) => normalAxis(axis, rank)).filter((axis) => axis !== null));
}

function reduce(combine: ((elements: readonly Dim[]) => Dim) | null): ShapeRule {
  return (c) => {
    const dims = c.dims(0);
    const axes = dims && reducedAxes(c, dims.length);
    const keep = intAttribute(c.node, 'keepdims') !== 0;
    if (dims === null || axes === null) return c.fact(dims && keep ? dims.map(() => null) : null);
    const result = keep ? dims.map((dim, axis) => (axes.has(axis) ? 1 : dim)) : dims.filter((_, axis) => !axes.has(axis));
    const elements = c.elements(0);
    const whole = combine && elements && dims.length === 1 && axes.has(0) ? [combine(elements)] : null;
    return c.fact(result, c.dtype(0), whole);
  };
}

const onNumbers = (combine: (values: readonly number[]) => number) => (elements: readonly Dim[]): Dim =>
  elements.every((element) => typeof element === 'number') ? combine(elements) : null;

function argument(c: RuleContext): Fact {
  const dims = c.dims(0);
  const axis = dims && normalAxis(intAttribute(c.node, 'axis') ?? 0, dims.length);
  if (dims === null || axis === null) return c.fact(null, 'int64');
  const keep = intAttribute(c.node, 'keepdims') !== 0;
  return c.fact(keep ? dims.map((dim, at) => (at === axis ? 1 : dim)) : dims.filter((_, at) => at !== axis), 'int64');
}

function topK(c: RuleContext): Fact[] {
  const dims = c.dims(0);
  const axis = dims && normalAxis(intAttribute(c.node, 'axis') ?? -1, dims.length);
  const k = intAttribute(c.node, 'k') ?? c.elements(1)?.[0] ?? null;
  const result = dims?.map((dim, at) => (at === axis ? k : dim)) ?? null;
  return [c.fact(result), c.fact(result, 'int64')];
}

export const reduceRules: Record<string, ShapeRule> = {
  ReduceMean: reduce(null),
  ReduceSum: reduce(onNumbers((values) => values.reduce((a, b) => a + b, 0))),
  ReduceProd: reduce((elements) => elements.reduce(multiply, 1)),
  ReduceMax: reduce(onNumbers((values) => Math.max(...values))),
  ReduceMin: reduce(onNumbers((values) => Math.min(...values))),
  ReduceL1: reduce(null),
  ReduceL2: reduce(null),
  ReduceSumSquare: reduce(null),
  ReduceLogSum: reduce(null),
  ReduceLogSumExp: reduce(null),
  ArgMax: argument,
  ArgMin: argument,
  TopK: topK,
};
