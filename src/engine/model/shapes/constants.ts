import type { Dim } from '../../../protocol/model';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute, tensorAttribute } from '../graph';
import { dtypeName } from '../tensorRef';

import { fact, like, MOST_ELEMENTS, nothingKnown, sizeOf, vector, type Fact, type RuleContext, type ShapeRule } from './facts';

function constant(c: RuleContext): Fact {
  const tensor = tensorAttribute(c.node, 'value');
  if (tensor) return c.tensor(tensor);
  const int = intAttribute(c.node, 'value_int');
  if (int !== undefined) return fact([], 'int64', [int]);
  const float = floatAttribute(c.node, 'value_float');
  if (float !== undefined) return fact([], 'float32', [float]);
  const attribute = c.node.attributes.get('value_ints') ?? c.node.attributes.get('value_floats');
  if (attribute?.type === 'ints') return vector(attribute.value);
  if (attribute?.type === 'floats') return vector(attribute.value, 'float32');
  const sparse = c.node.attributes.get('sparse_value');
  if (sparse?.type === 'sparse_tensor') return fact([...sparse.value.dims], sparse.value.values.dtype);
  const strings = c.node.attributes.get('value_strings');
  if (strings?.type === 'strings') return fact([strings.value.length], 'string');
  return stringAttribute(c.node, 'value_string') === undefined ? nothingKnown : fact([], 'string');
}

function constantOfShape(c: RuleContext): Fact {
  const tensor = tensorAttribute(c.node, 'value');
  const value = tensor && c.tensor(tensor);
  const dims = c.elements(0);
  const size = sizeOf(dims);
  const element = tensor ? (value?.elements?.[0] ?? null) : 0;
  const elements = typeof size === 'number' && size <= MOST_ELEMENTS ? new Array<Dim>(size).fill(element) : null;
  return fact(dims ?? unknownOfRank(c), value?.dtype ?? 'float32', elements);
}

/** The shape input's own length still says the rank. */
function unknownOfRank(c: RuleContext): Dim[] | null {
  const rank = c.dims(0)?.[0];
  return typeof rank === 'number' && rank <= 16 ? new Array<Dim>(rank).fill(null) : null;
}

/** Shape, with the slice that opset 15 added. */
function shape(c: RuleContext): Fact {
  const dims = c.dims(0);
  if (dims === null) return fact([null], 'int64');
  return vector(dims.slice(intAttribute(c.node, 'start') ?? 0, intAttribute(c.node, 'end') ?? dims.length));
}

function size(c: RuleContext): Fact {
  return fact([], 'int64', [sizeOf(c.dims(0))]);
}

function range(c: RuleContext): Fact {
  const [start, limit, delta] = [c.number(0), c.elements(1)?.[0] ?? null, c.number(2)];
  if (start === 0 && delta === 1 && typeof limit === 'string') return fact([limit], c.dtype(0));
  if (start === null || typeof limit !== 'number' || delta === null || delta === 0) return fact([null], c.dtype(0));
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const elements = count <= MOST_ELEMENTS ? Array.from({ length: count }, (_, i) => start + i * delta) : null;
  return fact([count], c.dtype(0), elements);
}

/** RandomNormal and RandomUniform. */
function random(c: RuleContext): Fact {
  return fact(intsAttribute(c.node, 'shape') ?? null, dtypeName(intAttribute(c.node, 'dtype') ?? 1));
}

function oneHot(c: RuleContext): Fact {
  const indices = c.dims(0);
  if (indices === null) return fact(null, c.dtype(2));
  const axis = intAttribute(c.node, 'axis') ?? -1;
  const dims = [...indices];
  dims.splice(axis < 0 ? axis + dims.length + 1 : axis, 0, c.number(1));
  return fact(dims, c.dtype(2));
}

function nonMaxSuppression(): Fact {
  return fact([null, 3], 'int64');
}

function nonZero(c: RuleContext): Fact {
  return fact([c.dims(0)?.length ?? null, null], 'int64');
}

function eyeLike(c: RuleContext): Fact {
  const dtype = intAttribute(c.node, 'dtype');
  return like(c.input(0), dtype ? dtypeName(dtype) : c.dtype(0));
}

/** LSTM, GRU and RNN: [sequence, directions, batch, hidden], and the final states [directions, batch, hidden]; layout 1: the batch comes first. */
function recurrent(c: RuleContext): Fact[] {
  const data = c.dims(0);
  const hidden = intAttribute(c.node, 'hidden_size') ?? c.dims(2)?.[2] ?? null;
  const directions = stringAttribute(c.node, 'direction') === 'bidirectional' ? 2 : 1;
  if (intAttribute(c.node, 'layout') === 1) {
    const state = data && [data[0] ?? null, directions, hidden];
    return [c.fact(data && [data[0] ?? null, data[1] ?? null, directions, hidden]), c.fact(state), c.fact(state)];
  }
  const state = data && [directions, data[1] ?? null, hidden];
  return [c.fact(data && [data[0] ?? null, directions, data[1] ?? null, hidden]), c.fact(state), c.fact(state)];
}

function compress(c: RuleContext): Fact {
  const dims = c.dims(0);
  const axis = intAttribute(c.node, 'axis');
  if (dims === null || axis === undefined) return c.fact([null]);
  return c.fact(dims.map((dim, i) => (i === (axis < 0 ? axis + dims.length : axis) ? null : dim)));
}

function unique(c: RuleContext): Fact[] {
  const dims = c.dims(0);
  const axis = intAttribute(c.node, 'axis');
  const kept = dims && axis !== undefined ? dims.map((dim, at) => (at === (axis < 0 ? axis + dims.length : axis) ? null : dim)) : null;
  return [c.fact(axis === undefined ? [null] : kept), fact([null], 'int64'), fact([null], 'int64'), fact([null], 'int64')];
}

function affineGrid(c: RuleContext): Fact {
  const target = c.elements(1);
  return c.fact(target && [target[0] ?? null, ...target.slice(2), target.length - 2]);
}

export const constantRules: Record<string, ShapeRule> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: size,
  Range: range,
  RandomNormal: random,
  RandomUniform: random,
  EyeLike: eyeLike,
  OneHot: oneHot,
  NonMaxSuppression: nonMaxSuppression,
  NonZero: nonZero,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Compress: compress,
  Unique: unique,
  AffineGrid: affineGrid,
};

