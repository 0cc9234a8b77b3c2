import type { Dim } from '../../../protocol/model';
import { floatAttribute, intAttribute } from '../graph';
import { dtypeName } from '../tensorRef';
import { add, broadcast, divideExactly, multiply, subtract } from './dims';
import { first, like, type Fact, type RuleContext, type ShapeRule } from './facts';

/** The first output is like the first input; others (masks, statistics) are not described. */
const firstLikeInput: ShapeRule = (c) => like(c.input(0));

const boolean: ShapeRule = (c) => like(c.input(0), 'bool');

/** Element by element over broadcast inputs; `compute` evaluates shape arithmetic. */
function broadcasting(compute: ((a: Dim, b: Dim, integers: boolean) => Dim) | null, dtype?: string): ShapeRule {
  return (c) => {
    const inputs = c.all();
    const dims = broadcast(inputs.map((input) => input.dims));
    const type = dtype ?? inputs.find((input) => input.dtype !== null)?.dtype ?? null;
    return c.fact(dims, type, compute && combine(c, compute));
  };
}

function combine(c: RuleContext, compute: (a: Dim, b: Dim, integers: boolean) => Dim): Dim[] | null {
  const integers = c.dtype(0)?.includes('int') === true;
  const [first, ...rest] = c.all().map((input) => input.elements);
  let result = first ?? null;
  for (const elements of rest) result = zip(result, elements, (a, b) => compute(a, b, integers));
  return result;
}

/** Pairs of equally long lists, or of a list and a single element. */
function zip(a: Dim[] | null, b: Dim[] | null, compute: (x: Dim, y: Dim) => Dim): Dim[] | null {
  if (a === null || b === null) return null;
  if (a.length !== b.length && a.length !== 1 && b.length !== 1) return null;
  const length = a.length === 1 ? b.length : a.length;
  return Array.from({ length }, (_, i) => compute(a[a.length === 1 ? 0 : i] ?? null, b[b.length === 1 ? 0 : i] ?? null));
}

/** Arithmetic that is done only on plain numbers. */
function onNumbers(compute: (a: number, b: number) => number): (a: Dim, b: Dim) => Dim {
  return (a, b) => (typeof a === 'number' && typeof b === 'number' ? compute(a, b) : null);
}

function divide(a: Dim, b: Dim, integers: boolean): Dim {
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? null : integers ? Math.trunc(a / b) : a / b;
  return divideExactly(a, b);
}

const isEqual = (a: Dim, b: Dim): Dim => {
  if (a === null || b === null) return null;
  if (a === b) return 1;
  if (typeof a === 'number' && typeof b === 'number') return 0;
  // A symbolic size is never the -1 or 0 that exporters compare it with.
  return (typeof a === 'number' && a <= 0) || (typeof b === 'number' && b <= 0) ? 0 : null;
};

function unary(compute: (value: number) => number): ShapeRule {
  return (c) => {
    const elements = c.elements(0);
    return { ...like(c.input(0)), elements: elements?.map((value) => (typeof value === 'number' ? compute(value) : null)) ?? null };
  };
}

/** Rounding leaves a symbolic size, which is whole, as it is. */
function rounding(compute: (value: number) => number): ShapeRule {
  return (c) => {
    const elements = c.elements(0);
    return { ...like(c.input(0)), elements: elements?.map((value) => (typeof value === 'number' ? compute(value) : value)) ?? null };
  };
}

function cast(c: RuleContext): Fact {
  const to = c.node.attributes.get('to');
  let dtype: string | null = null;
  if (to?.type === 'int') dtype = dtypeName(to.value);
  else if (to?.type === 'string') dtype = to.value.toLowerCase();
  const whole = dtype?.includes('int') === true;
  const elements = c.elements(0)?.map((value) => (typeof value === 'number' && whole ? Math.trunc(value) : value)) ?? null;
  return c.fact(c.dims(0), dtype, elements);
}

function where(c: RuleContext): Fact {
  const dims = broadcast([c.dims(0), c.dims(1), c.dims(2)]);
  const condition = c.elements(0);
  const pairs = zip(c.elements(1), c.elements(2), () => null);
  const pick = (elements: Dim[] | null, at: number): Dim => elements?.[elements.length === 1 ? 0 : at] ?? null;
  const elements =
    condition &&
    pairs &&
    Array.from({ length: Math.max(condition.length, pairs.length) }, (_, at) => {
      const chosen = pick(condition, at);
      return chosen === null ? null : pick(c.elements(chosen === 0 ? 2 : 1), at);
    });
  return c.fact(dims, c.dtype(1) ?? c.dtype(2), elements);
}

/** Limits are attributes before opset 11. */
function clip(c: RuleContext): Fact {
  const low = floatAttribute(c.node, 'min') ?? (c.has(1) ? c.number(1) : -Infinity);
  const high = floatAttribute(c.node, 'max') ?? (c.has(2) ? c.number(2) : Infinity);
  if (low === null || high === null) return like(c.input(0));
  return first(unary((value) => Math.min(Math.max(value, low), high))(c));
}

/** Further outputs, of training mode, are statistics per channel. */
function batchNormalization(c: RuleContext): Fact[] {
  return c.node.outputs.map((_, output) => like(c.input(output === 0 ? 0 : 1)));
}

/** The element type is an attribute, else that of the input. */
function likeTyped(c: RuleContext): Fact {
  const dtype = intAttribute(c.node, 'dtype');
  return like(c.input(0), dtype ? dtypeName(dtype) : c.dtype(0));
}

/** Mean and inverse deviation have the normalised axes of length 1. */
function layerNormalization(c: RuleContext): Fact[] {
  const dims = c.dims(0);
  const axis = intAttribute(c.node, 'axis') ?? -1;
  const first = dims && (axis < 0 ? axis + dims.length : axis);
  const statistic = c.fact(dims?.map((dim, at) => (first !== null && at < first ? dim : 1)) ?? null, dtypeName(intAttribute(c.node, 'stash_type') ?? 1));
  return [like(c.input(0)), statistic, statistic];
}

function dropout(c: RuleContext): Fact[] {
  return [like(c.input(0)), like(c.input(0), c.opset < 10 ? c.dtype(0) : 'bool')];
}

function quantize(c: RuleContext): Fact {
  const given = intAttribute(c.node, 'output_dtype');
  return like(c.input(0), given ? dtypeName(given) : c.has(2) ? c.dtype(2) : 'uint8');
}

const identity: ShapeRule = (c) => c.input(0);

const unaryOperators = [
  'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Swish', 'Mish', 'Gelu',
  'Tanh', 'Softplus', 'Softsign', 'Softmax', 'LogSoftmax', 'Hardmax', 'Erf', 'Exp', 'Log', 'Reciprocal', 'Sign', 'Sin', 'Cos',
  'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Shrink', 'InstanceNormalization', 'GroupNormalization', 'LRN',
  'LpNormalization', 'MeanVarianceNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization', 'CumSum', 'Trilu', 'ReverseSequence',
  'ScatterND', 'ScatterElements', 'Scatter', 'BitwiseNot', 'RotaryEmbedding', 'Scale',
  'ImageScaler', 'ParametricSoftplus', 'ScaledTanh', 'Affine',
];
const sameInMicrosoft = ['Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu', 'BiasAdd', 'GroupNorm', 'QLinearLeakyRelu', 'QLinearSigmoid', 'QLinearSoftmax', 'BiasSoftmax'];

export const elementwiseRules: Record<string, ShapeRule> = {
  ...Object.fromEntries(unaryOperators.map((op) => [op, firstLikeInput])),
  ...Object.fromEntries(sameInMicrosoft.map((op) => [`com.microsoft:${op}`, firstLikeInput])),
  Identity: identity,
  Relu: unary((value) => Math.max(0, value)),
  Clip: clip,
  Neg: unary((value) => -value),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Floor: rounding(Math.floor),
  Ceil: rounding(Math.ceil),
  Round: rounding(Math.round),
  Not: unary((value) => (value === 0 ? 1 : 0)),
  IsNaN: boolean,
  IsInf: boolean,
  Add: broadcasting(add),
  Sub: broadcasting(subtract),
  Mul: broadcasting(multiply),
  Div: broadcasting(divide),
  Mod: broadcasting(onNumbers((a, b) => a - b * Math.floor(a / b))),
  Pow: broadcasting(onNumbers((a, b) => a ** b)),
  Min: broadcasting(onNumbers(Math.min)),
  Max: broadcasting(onNumbers(Math.max)),
  Sum: broadcasting(add),
  Mean: broadcasting(null),
  Equal: broadcasting(isEqual, 'bool'),
  Greater: broadcasting(onNumbers((a, b) => Number(a > b)), 'bool'),
  GreaterOrEqual: broadcasting(onNumbers((a, b) => Number(a >= b)), 'bool'),
  Less: broadcasting(onNumbers((a, b) => Number(a < b)), 'bool'),
  LessOrEqual: broadcasting(onNumbers((a, b) => Number(a <= b)), 'bool'),
  And: broadcasting(onNumbers((a, b) => a & b), 'bool'),
  Or: broadcasting(onNumbers((a, b) => a | b), 'bool'),
  Xor: broadcasting(onNumbers((a, b) => a ^ b), 'bool'),
  BitwiseAnd: broadcasting(null),
  BitwiseOr: broadcasting(null),
  BitwiseXor: broadcasting(null),
  BitShift: broadcasting(null),
  Where: where,
  Cast: cast,
  CastLike: (c) => c.fact(c.dims(0), c.dtype(1), c.elements(0)),
  Dropout: dropout,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  ...Object.fromEntries(['RandomNormalLike', 'RandomUniformLike', 'Bernoulli'].map((op) => [op, likeTyped])),
  'com.microsoft:SkipLayerNormalization': (c) => [like(c.input(0)), ...c.node.outputs.slice(1).map((_, i) => (i === 2 ? like(c.input(0)) : c.fact(null)))],
  QuantizeLinear: quantize,
  DequantizeLinear: (c) => like(c.input(0), c.dtype(1)),
  DynamicQuantizeLinear: (c) => [like(c.input(0), 'uint8'), c.fact([], 'float32'), c.fact([], 'uint8')],
  'com.microsoft:QLinearAdd': quantizedBinary,
  'com.microsoft:QLinearMul': quantizedBinary,
};

/** A, its scale and zero point, B, its scale and zero point, … */
function quantizedBinary(c: RuleContext): Fact {
  return c.fact(broadcast([c.dims(0), c.dims(3)]));
}
