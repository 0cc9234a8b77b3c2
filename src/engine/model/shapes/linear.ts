import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute, stringAttribute } from '../graph';
import { add, broadcast, divideExactly, multiply } from './dims';
import { fact, first, like, type Fact, type RuleContext, type ShapeRule } from './facts';

/** NumPy's matmul: vectors are rows or columns that disappear again. */
export function matmulDims(a: readonly Dim[] | null, b: readonly Dim[] | null): Dim[] | null {
  if (a === null || b === null || a.length === 0 || b.length === 0) return null;
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)]);
  const row = a.length > 1 ? [a.at(-2)!] : [];
  const column = b.length > 1 ? [b.at(-1)!] : [];
  return batch && [...batch, ...row, ...column];
}

function swapLast(dims: Dim[] | null, swap: boolean): Dim[] | null {
  if (!swap || dims === null || dims.length < 2) return dims;
  return [...dims.slice(0, -2), dims.at(-1)!, dims.at(-2)!];
}

function matmul(second: number): ShapeRule {
  return (c) => c.fact(matmulDims(c.dims(0), c.dims(second)));
}

function fusedMatmul(c: RuleContext): Fact {
  const a = swapLast(c.dims(0), intAttribute(c.node, 'transA') === 1);
  const b = swapLast(c.dims(1), intAttribute(c.node, 'transB') === 1);
  return c.fact(matmulDims(a, b));
}

function gemm(second: number): ShapeRule {
  return (c) => {
    const a = swapLast(c.dims(0), intAttribute(c.node, 'transA') === 1);
    const b = swapLast(c.dims(second), intAttribute(c.node, 'transB') === 1);
    return c.fact([a?.[0] ?? null, b?.[1] ?? null]);
  };
}

export interface Einsum {
  /** One label per axis of each operand, and of the result. */
  operands: string[][];
  result: string[];
}

/**
 * Reads an equation for operands of these ranks; null where it makes no sense. An ellipsis stands for axes called 0, 1, …,
 * counted from the end. Without "->" the result is the ellipsis and all labels that occur once, sorted.
 */
export function parseEinsum(equation: string, ranks: readonly (number | null)[] = []): Einsum | null {
  const text = equation.replace(/\s/g, '').replaceAll('...', '.');
  if (!/^[a-zA-Z.,]*(->[a-zA-Z.]*)?$/.test(text)) return null;
  const [left = '', right] = text.split('->');
  const terms = left.split(',');
  let widest = 0;
  for (const [operand, term] of terms.entries()) {
    if (!term.includes('.')) continue;
    const rank = ranks[operand] ?? null;
    if (rank === null || rank < term.length - 1) return null;
    widest = Math.max(widest, rank - term.length + 1);
  }
  const expand = (term: string, axes: number): string[] =>
    Array.from(term).flatMap((label) => (label === '.' ? Array.from({ length: axes }, (_, i) => String(axes - 1 - i)) : [label]));
  const operands = terms.map((term, operand) => expand(term, (ranks[operand] ?? 0) - term.length + 1));
  if (right !== undefined) return { operands, result: expand(right, widest) };
  const all = terms.flatMap((term) => Array.from(term.replace('.', '')));
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  return { operands, result: [...expand('.', widest), ...once] };
}

/** Size of each label. */
export function einsumSizes(c: RuleContext, { operands }: Einsum): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  operands.forEach((labels, operand) =>
    labels.forEach((label, axis) => {
      const size = c.dims(operand)?.[axis] ?? null;
      const seen = sizes.get(label) ?? null;
      if (seen === null || seen === 1) sizes.set(label, size ?? seen);
    }),
  );
  return sizes;
}

export function readEinsum(c: RuleContext): Einsum | null {
  const ranks = Array.from({ length: c.inputCount }, (_, i) => c.dims(i)?.length ?? null);
  return parseEinsum(stringAttribute(c.node, 'equation') ?? '', ranks);
}

function einsum(c: RuleContext): Fact {
  const parsed = readEinsum(c);
  if (parsed === null) return c.fact(null);
  const sizes = einsumSizes(c, parsed);
  return c.fact(parsed.result.map((label) => sizes.get(label) ?? null));
}

/** com.microsoft Attention: input [N, T, D], weights [D, 3 * hidden]; then keys and values with the past ones before them: [2, N, heads, T, width]. */
function packedAttention(past: number): (c: RuleContext) => [Fact, Fact] {
  return (c) => {
    const [samples, steps] = [c.dims(0)?.[0] ?? null, c.dims(0)?.[1] ?? null];
    const hidden = intsAttribute(c.node, 'qkv_hidden_sizes')?.[2] ?? divideExactly(c.dims(1)?.[1] ?? null, 3);
    const heads = intAttribute(c.node, 'num_heads') ?? null;
    const before = c.has(past) ? (c.dims(past)?.[3] ?? null) : 0;
    const all = intAttribute(c.node, 'past_present_share_buffer') === 1 ? before : add(before, steps);
    return [c.fact(c.dims(0) && [samples, steps, hidden]), c.fact([2, samples, heads, all, divideExactly(hidden, heads)])];
  };
}

/**
 * ONNX Attention (opset 23): query [N, T, D] or [N, heads, T, d]; the result has the values' last axis. Then keys and values
 * [N, heads, T, d] with the past ones before them, and the scores [N, heads, T, T of keys].
 */
function attention(c: RuleContext): Fact[] {
  const [query, key, value] = [c.dims(0), c.dims(1), c.dims(2)];
  if (query === null || value === null || key === null) return [c.fact(null)];
  const heads = query.length === 4 ? (query[1] ?? null) : (intAttribute(c.node, 'q_num_heads') ?? null);
  const valueHeads = value.length === 4 ? (value[1] ?? null) : (intAttribute(c.node, 'kv_num_heads') ?? null);
  const width = (dims: readonly Dim[]): Dim => (dims.length === 4 ? (dims[3] ?? null) : divideExactly(dims[2] ?? null, valueHeads));
  const present = (dims: readonly Dim[], past: number): Dim[] => {
    const now = dims.at(-2) ?? null;
    return [dims[0] ?? null, valueHeads, c.has(past) ? add(c.dims(past)?.[2] ?? null, now) : now, width(dims)];
  };
  const keys = present(key, 4);
  const output = query.length === 4 ? [...query.slice(0, 3), value[3] ?? null] : [query[0] ?? null, query[1] ?? null, multiply(heads, width(value))];
  return [c.fact(output), c.fact(keys), c.fact(present(value, 5)), c.fact([query[0] ?? null, heads, query.at(-2) ?? null, keys[2]!])];
}

/**
 * com.microsoft: the query's shape; several heads share keys. Packed: [N, T, (heads + 2 * keyHeads) * width]. Then keys and values
 * [N, keyHeads, T, width]; after past ones, which may lie in a buffer that is longer, nobody knows how many.
 */
function groupedAttention(c: RuleContext): Fact[] {
  const query = c.dims(0);
  const [heads, keyHeads] = [intAttribute(c.node, 'num_heads') ?? 0, intAttribute(c.node, 'kv_num_heads') ?? 0];
  const width = divideExactly(query?.[2] ?? null, c.has(1) ? heads : heads + 2 * keyHeads);
  const output = c.has(1) ? like(c.input(0)) : c.fact(query && [query[0] ?? null, query[1] ?? null, multiply(width, heads)]);
  const present = c.fact([query?.[0] ?? null, keyHeads, c.has(3) ? null : (query?.[1] ?? null), width]);
  return [output, present, present];
}

function multiHeadAttention(c: RuleContext): Fact {
  const query = c.dims(0);
  if (query?.length !== 3) return c.fact(null);
  return c.has(2) && c.dims(2)?.length === 3 ? c.fact([query[0]!, query[1]!, c.dims(2)![2]!]) : like(c.input(0));
}

export const linearRules: Record<string, ShapeRule> = {
  MatMul: matmul(1),
  MatMulInteger: (c) => fact(matmulDims(c.dims(0), c.dims(1)), 'int32'),
  QLinearMatMul: (c) => fact(matmulDims(c.dims(0), c.dims(3)), c.dtype(7)),
  Gemm: gemm(1),
  Einsum: einsum,
  Attention: attention,
  'com.microsoft:FusedMatMul': fusedMatmul,
  'com.microsoft:TransposeMatMul': fusedMatmul,
  'com.microsoft:FusedGemm': gemm(1),
  'com.microsoft:QGemm': (c) => ({ ...first(gemm(3)(c)), dtype: c.has(8) ? c.dtype(8) : 'float32' }),
  'com.microsoft:DynamicQuantizeMatMul': (c) => fact(matmulDims(c.dims(0), c.dims(1)), 'float32'),
  'com.microsoft:MatMulIntegerToFloat': (c) => fact(matmulDims(c.dims(0), c.dims(1)), 'float32'),
  'com.microsoft:Attention': packedAttention(4),
  'com.microsoft:QAttention': (c) => packedAttention(8)(c).map((made) => ({ ...made, dtype: c.dtype(3) })),
  'com.microsoft:GemmFastGelu': matmul(1),
  'com.microsoft:FusedMatMulActivation': fusedMatmul,
  'com.microsoft:GroupQueryAttention': groupedAttention,
  'com.microsoft:MultiHeadAttention': multiHeadAttention,
};
