import type { CheckpointSummary, TensorColumns } from '../../protocol/checkpoint';
import type { Checkpoint } from './checkpoint';
import { treeOf } from './tree';

/** What a checkpoint holds, as plain data. */
export function summarize({ path, format, size, tensors, tree, warnings, parts = [] }: Checkpoint): CheckpointSummary {
  const byDtype = new Map<string, { dtype: string; tensors: number; elements: number; bytes: number }>();
  const totals = { tensors: tensors.length, elements: 0, bytes: 0 };
  for (const { dtype, count, bytes } of tensors) {
    const of = byDtype.get(dtype) ?? { dtype, tensors: 0, elements: 0, bytes: 0 };
    byDtype.set(dtype, of);
    of.tensors++;
    for (const total of [of, totals]) {
      total.elements += count;
      total.bytes += bytes;
    }
  }
  return { path, format, size, tensors: columns(tensors), totals: { ...totals, byDtype: [...byDtype.values()] }, tree: treeOf(tree), warnings, parts };
}

function columns(tensors: Checkpoint['tensors']): TensorColumns {
  const dtypes = [...new Set(tensors.map(({ dtype }) => dtype))];
  const places = new Map(dtypes.map((dtype, i) => [dtype, i]));
  return {
    names: tensors.map(({ name }) => name),
    dtypes,
    dtype: Int32Array.from(tensors, ({ dtype }) => places.get(dtype)!),
    ranks: Int32Array.from(tensors, ({ shape }) => shape.length),
    dims: Float64Array.from(tensors.flatMap(({ shape }) => shape)),
    bytes: Float64Array.from(tensors, ({ bytes }) => bytes),
    views: tensors.flatMap(({ view }, i): TensorColumns['views'] => (view ? [[i, view]] : [])),
    problems: tensors.flatMap(({ problem }, i): TensorColumns['problems'] => (problem === null ? [] : [[i, problem]])),
  };
}

/** One row a tensor again. */
export function* tensorRows({ names, dtypes, dtype, ranks, dims, bytes }: TensorColumns): Generator<{ name: string; dtype: string; shape: number[]; bytes: number }> {
  let at = 0;
  for (const [i, name] of names.entries()) {
    const shape = Array.from(dims.subarray(at, at + ranks[i]!));
    at += shape.length;
    yield { name, dtype: dtypes[dtype[i]!]!, shape, bytes: bytes[i]! };
  }
}
