import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute, stringAttribute } from '../graph';
import { dtypeName } from '../tensorRef';
import { broadcast, normalAxis } from './dims';
import { fact, like, nothingKnown, type Fact, type RuleContext, type ShapeRule } from './facts';

/** Sequences, optional values and texts, of which no more is known than what they are; and operators of signals, losses and training. */

const sequence: ShapeRule = () => fact(null, 'sequence');
const optional: ShapeRule = () => fact(null, 'optional');

/** A value for each sample, or one of all; and the logarithms of the probabilities. */
function loss(c: RuleContext): Fact[] {
  const kept = stringAttribute(c.node, 'reduction') === 'none' ? (c.dims(1)?.slice() ?? null) : [];
  return [fact(kept, c.dtype(0)), like(c.input(0))];
}

/** Window functions: a vector of the size that is asked for. */
const window: ShapeRule = (c) => fact([c.elements(0)?.[0] ?? null], dtypeName(intAttribute(c.node, 'output_datatype') ?? 1));

function centerCropPad(c: RuleContext): Fact {
  const dims = c.dims(0);
  if (dims === null) return c.fact(null);
  const axes = intsAttribute(c.node, 'axes')?.map((axis) => normalAxis(axis, dims.length)) ?? dims.map((_, axis) => axis);
  return c.fact(dims.map((dim, axis) => (axes.includes(axis) ? (c.elements(1)?.[axes.indexOf(axis)] ?? null) : dim)));
}

/** [N, C * block, positions] to [N, C, …image]. */
function col2Im(c: RuleContext): Fact {
  const [image, block, columns] = [c.elements(1), c.numbers(2), c.dims(0)];
  if (columns === null || image === null || block === null) return c.fact(null);
  const size = block.reduce((product, side) => product * side, 1);
  const channels = typeof columns[1] === 'number' ? columns[1] / size : null;
  return c.fact([columns[0] ?? null, channels, ...image]);
}

/** Each element becomes as many parts as the longest has. */
const stringSplit: ShapeRule = (c) => [fact(c.dims(0) && [...c.dims(0)!, null], 'string'), like(c.input(0), 'int64')];

function dft(c: RuleContext): Fact {
  const dims = c.dims(0);
  const given = intAttribute(c.node, 'axis') ?? (c.has(2) ? c.number(2) : c.opset < 20 ? 1 : -2);
  const axis = dims && given !== null ? normalAxis(given, dims.length) : null;
  if (dims === null || axis === null) return c.fact(null);
  const whole: Dim = c.has(1) ? (c.elements(1)?.[0] ?? null) : dims[axis]!;
  const isOneSided = intAttribute(c.node, 'onesided') === 1;
  const isInverse = intAttribute(c.node, 'inverse') === 1;
  const half = typeof whole === 'number' ? Math.floor(whole / 2) + 1 : null;
  const length = !isOneSided ? whole : !isInverse ? half : c.has(1) ? whole : null;
  return c.fact(dims.map((dim, at) => (at === axis ? length : at === dims.length - 1 ? (isOneSided && isInverse ? 1 : 2) : dim)));
}

/** Optimisers of ai.onnx.preview.training: rate, step, then the tensors, their gradients and further states; all but gradients are given anew. */
function optimizer(states: number): ShapeRule {
  return (c) => {
    const count = Math.floor((c.inputCount - 2) / (states + 2));
    const kept = [0, ...Array.from({ length: states }, (_, i) => i + 2)];
    return kept.flatMap((group) => Array.from({ length: count }, (_, i) => like(c.input(2 + group * count + i))));
  };
}

const firstKept: ShapeRule = (c) => [like(c.input(0))];

/** com.microsoft: products with a weight whose size is in the attributes. */
function packedProduct(c: RuleContext): Fact {
  const dims = c.dims(0);
  return c.fact(dims && [...dims.slice(0, -1), intAttribute(c.node, 'N') ?? null]);
}

export const sequenceRules: Record<string, ShapeRule> = {
  ...Object.fromEntries(['SequenceEmpty', 'SequenceConstruct', 'SequenceInsert', 'SequenceErase', 'SplitToSequence'].map((op) => [op, sequence])),
  SequenceLength: () => fact([], 'int64'),
  Optional: optional,
  OptionalHasElement: () => fact([], 'bool'),
  // A tensor that might have been left out is a tensor.
  OptionalGetElement: (c) => (c.dtype(0) === 'optional' || c.dtype(0) === 'sequence' ? nothingKnown : c.input(0)),
  StringConcat: (c) => fact(broadcast([c.dims(0), c.dims(1)]), 'string'),
  StringNormalizer: (c) => fact(c.dims(0)?.map((dim, axis, all) => (axis === all.length - 1 ? null : dim)) ?? null, 'string'),
  StringSplit: stringSplit,
  RegexFullMatch: (c) => like(c.input(0), 'bool'),
  NegativeLogLikelihoodLoss: loss,
  SoftmaxCrossEntropyLoss: loss,
  BlackmanWindow: window,
  HammingWindow: window,
  HannWindow: window,
  MelWeightMatrix: (c) => {
    const length = c.number(1);
    return fact([length === null ? null : Math.floor(length / 2) + 1, c.number(0)], dtypeName(intAttribute(c.node, 'output_datatype') ?? 1));
  },
  DFT: dft,
  Det: (c) => c.fact(c.dims(0)?.slice(0, -2) ?? null),
  CumProd: firstKept,
  TensorScatter: firstKept,
  SwiGLU: firstKept,
  BitCast: (c) => like(c.input(0), dtypeName(intAttribute(c.node, 'to') ?? 0)),
  CenterCropPad: centerCropPad,
  Col2Im: col2Im,
  ImageDecoder: (c) => fact([null, null, stringAttribute(c.node, 'pixel_format') === 'Grayscale' ? 1 : 3], 'uint8'),
  MaxUnpool: (c) => c.fact(c.has(2) ? (c.elements(2)?.slice() ?? null) : (c.dims(0)?.map((dim, axis) => (axis < 2 ? dim : null)) ?? null)),
  TfIdfVectorizer: (c) => {
    const width = Math.max(-1, ...(intsAttribute(c.node, 'ngram_indexes') ?? [])) + 1;
    return fact(c.dims(0) && [...c.dims(0)!.slice(0, -1), width], 'float32');
  },
  'ai.onnx.preview.training:Momentum': optimizer(1),
  'ai.onnx.preview.training:Adagrad': optimizer(1),
  'ai.onnx.preview.training:Adam': optimizer(2),
  'ai.onnx.preview.training:Gradient': (c) => c.node.outputs.map((_, i) => like(c.input(i))),
  'ai.onnx.ml:Scaler': (c) => like(c.input(0), 'float32'),
  'ai.onnx.ml:Normalizer': (c) => like(c.input(0), 'float32'),
  'ai.onnx.ml:Binarizer': firstKept,
  'ai.onnx.ml:Imputer': firstKept,
  'ai.onnx.ml:ZipMap': sequence,
  'ai.onnx.ml:ArrayFeatureExtractor': (c) => c.fact(c.dims(0) && [...c.dims(0)!.slice(0, -1), c.dims(1)?.at(-1) ?? null]),
  'com.microsoft:MatMulNBits': packedProduct,
  'com.microsoft:MatMulBnb4': packedProduct,
};
