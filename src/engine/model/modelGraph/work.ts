import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute } from '../graph';
import { einsumSizes, readEinsum } from '../shapes/linear';
import { nothingKnown, type Fact, type RuleContext } from '../shapes/facts';
import { operatorKey, shapeRule } from '../shapes/rules';
import type { Work } from '../shapes/work';
import { byteLength } from '../tensorRef';

type Count = number | null;

/**
 * What a node takes: the bytes of its outputs, and the multiply-adds of a convolution, matrix product, recurrence or attention.
 * Positions in the padding count, biases do not, as in the figures that are published for networks.
 */
export function workOf(c: RuleContext, outputs: readonly Fact[]): Work {
  const count = counts.get(operatorKey(c.node));
  const macs = count ? count(c, outputs[0] ?? nothingKnown) : isKnown(c) ? 0 : null;
  let bytes = 0;
  let unknown = macs === null;
  outputs.forEach((output, i) => {
    if (c.node.outputs[i] === '') return;
    const size = sizeOf(output);
    if (size === null) unknown = true;
    else bytes += size;
  });
  return { macs: macs ?? 0, bytes, unknown: unknown ? 1 : 0 };
}

/** Operators of the standard that are not in the table make no products; others are known where their shapes are. */
function isKnown({ node }: RuleContext): boolean {
  return node.domain === '' || node.domain.startsWith('ai.onnx') || shapeRule(node) !== undefined;
}

function sizeOf({ dims, dtype }: Fact): Count {
  const elements = elementsOf(dims);
  return elements === null || dtype === null ? null : byteLength(dtype, elements);
}

function elementsOf(dims: readonly Dim[] | null): Count {
  return dims === null ? null : product(...dims);
}

function product(...factors: (Dim | undefined)[]): Count {
  let result = 1;
  for (const factor of factors) {
    if (typeof factor !== 'number') return null;
    result *= factor;
  }
  return result;
}

function sum(...terms: Count[]): Count {
  return terms.reduce((total, term) => (total === null || term === null ? null : total + term), 0);
}

type Counter = (c: RuleContext, output: Fact) => Count;

/** Each output is a sum over a filter: weight [M, C / group, …]. */
function convolution(weightInput: number): Counter {
  return (c, output) => {
    const weight = c.dims(weightInput);
    return weight && product(elementsOf(output.dims), ...weight.slice(1));
  };
}

/** Each input is spread by a filter: weight [C, M / group, …]. */
const convTranspose: Counter = (c) => {
  const weight = c.dims(1);
  return weight && product(elementsOf(c.dims(0)), ...weight.slice(1));
};

/** Each output is a sum over the first operand's last axis. */
const matmul: Counter = (c, output) => {
  const a = c.dims(0);
  const inner = intAttribute(c.node, 'transA') === 1 ? a?.at(-2) : a?.at(-1);
  return product(elementsOf(output.dims), inner);
};

/** Weights packed in blocks; their size is in the attributes. */
const packedWeight: Counter = (c) => product(elementsOf(c.dims(0)), intAttribute(c.node, 'N'));

/** Operand after operand, each product over all labels that are still needed. */
const einsum: Counter = (c) => {
  const parsed = readEinsum(c);
  if (parsed === null) return null;
  const sizes = einsumSizes(c, parsed);
  let kept = new Set(parsed.operands[0]);
  let total: Count = 0;
  for (let i = 1; i < parsed.operands.length; i++) {
    const all = new Set([...kept, ...parsed.operands[i]!]);
    total = sum(total, product(...[...all].map((label) => sizes.get(label))));
    const later = new Set([...parsed.result, ...parsed.operands.slice(i + 1).flat()]);
    kept = new Set([...all].filter((label) => later.has(label)));
  }
  return total;
};

/** W [directions, gates, input] and R [directions, gates, hidden], at each step of each sequence of X. */
const recurrent: Counter = (c) => {
  const steps = product(c.dims(0)?.[0], c.dims(0)?.[1]);
  const weights = sum(elementsOf(c.dims(1)), elementsOf(c.dims(2)));
  return product(steps, weights);
};

interface AttentionSizes {
  /** Queries of all images and heads: N * heads * T. */
  queries: Count;
  keys: Dim;
  keyWidth: Count;
  valueWidth: Count;
}

/** Scores and weighted sums. Masked positions count. */
function attentionProducts({ queries, keys, keyWidth, valueWidth }: AttentionSizes): Count {
  return product(queries, keys, sum(keyWidth, valueWidth));
}

function length(c: RuleContext, past: number, pastAxis: number, now: Dim | undefined): Dim {
  return c.has(past) ? sum(numberOr(c.dims(past)?.[pastAxis]), numberOr(now)) : (now ?? null);
}

function numberOr(dim: Dim | undefined): Count {
  return typeof dim === 'number' ? dim : null;
}

/** Operator Attention-23: 3-D [N, T, heads * width] or 4-D [N, heads, T, width]; past keys [N, heads, T, width] are input 4. */
const attention: Counter = (c) => {
  const [q, k, v] = [c.dims(0), c.dims(1), c.dims(2)];
  if (!q || !k || !v) return null;
  const isSplit = q.length === 4;
  const heads = isSplit ? (q[1] ?? null) : (intAttribute(c.node, 'q_num_heads') ?? null);
  const keyHeads = isSplit ? (v[1] ?? null) : (intAttribute(c.node, 'kv_num_heads') ?? null);
  const perHead = (dim: Dim | undefined, of: Dim): Count => (isSplit ? numberOr(dim) : typeof dim === 'number' && typeof of === 'number' && of > 0 ? dim / of : null);
  return attentionProducts({
    queries: product(q[0], heads, q.at(-2)),
    keys: length(c, 4, 2, k.at(-2)),
    keyWidth: perHead(q.at(-1), heads),
    valueWidth: perHead(v.at(-1), keyHeads),
  });
};

/** com.microsoft: input [N, T, D] times weight [D, q + k + v], then attention over it and the past [2, N, heads, T, width]. */
const packedAttention: Counter = (c) => {
  const [input, weight] = [c.dims(0), c.dims(1)];
  if (!input || !weight) return null;
  const [q, , v] = intsAttribute(c.node, 'qkv_hidden_sizes') ?? [];
  const third = typeof weight[1] === 'number' ? weight[1] / 3 : null;
  const past = c.node.op === 'QAttention' ? 8 : 4;
  return sum(
    product(...input, weight[1]),
    attentionProducts({ queries: product(input[0], input[1]), keys: length(c, past, 3, input[1]), keyWidth: q ?? third, valueWidth: v ?? third }),
  );
};

/** com.microsoft: query [N, T, D] and keys, values [N, T, D] or [N, heads, T, width], or packed into the query or the keys. */
const multiHeadAttention: Counter = (c) => {
  const [q, k, v] = [c.dims(0), c.has(1) ? c.dims(1) : null, c.has(2) ? c.dims(2) : null];
  if (!q) return null;
  const keys = k ? (k.length === 4 ? k[2] : k[1]) : q[1]; // packed keys [N, T, heads, 2, width] have the length second, too
  const width = q.length === 5 ? product(q[2], q[4]) : numberOr(q[2]);
  const valueWidth = v ? (v.length === 4 ? product(v[1], v[3]) : numberOr(v[2])) : width;
  return attentionProducts({ queries: product(q[0], q[1]), keys: length(c, 6, 2, keys), keyWidth: width, valueWidth });
};

/** com.microsoft: several heads of the query share keys, so that values are as wide as the query. Packed: [N, T, (heads + 2 * keyHeads) * width]. */
const groupedAttention: Counter = (c) => {
  const q = c.dims(0);
  if (!q) return null;
  const [heads, keyHeads] = [intAttribute(c.node, 'num_heads') ?? 0, intAttribute(c.node, 'kv_num_heads') ?? 0];
  const whole = numberOr(q[2]);
  const width = whole === null || c.has(1) ? whole : (whole * heads) / (heads + 2 * keyHeads);
  return attentionProducts({ queries: product(q[0], q[1]), keys: length(c, 3, 2, q[1]), keyWidth: width, valueWidth: width });
};

const counts = new Map<string, Counter>([
  ['Conv', convolution(1)],
  ['DeformConv', convolution(1)],
  ['ConvInteger', convolution(1)],
  ['QLinearConv', convolution(3)],
  ['ConvTranspose', convTranspose],
  ['MatMul', matmul],
  ['Gemm', matmul],
  ['MatMulInteger', matmul],
  ['QLinearMatMul', matmul],
  ['Einsum', einsum],
  ['LSTM', recurrent],
  ['GRU', recurrent],
  ['RNN', recurrent],
  ['Attention', attention],
  ...['FusedConv', 'NhwcConv', 'NhwcFusedConv', 'ConvTransposeWithDynamicPads'].map((op): [string, Counter] => [`com.microsoft:${op}`, op.includes('Transpose') ? convTranspose : convolution(1)]),
  ['com.microsoft:QLinearConv', convolution(3)],
  ...['FusedMatMul', 'TransposeMatMul', 'FusedMatMulActivation', 'FusedGemm', 'QGemm', 'GemmFastGelu', 'GemmFloat8', 'DynamicQuantizeMatMul', 'MatMulIntegerToFloat', 'MatMulInteger16'].map(
    (op): [string, Counter] => [`com.microsoft:${op}`, matmul],
  ),
  ...['MatMulNBits', 'MatMulBnb4'].map((op): [string, Counter] => [`com.microsoft:${op}`, packedWeight]),
  ['com.microsoft:DynamicQuantizeLSTM', recurrent],
  ['com.microsoft:Attention', packedAttention],
  ['com.microsoft:QAttention', packedAttention],
  ['com.microsoft:MultiHeadAttention', multiHeadAttention],
  ['com.microsoft:GroupQueryAttention', groupedAttention],
]);
