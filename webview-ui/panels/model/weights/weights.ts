import type { TensorColumns } from '../../../../src/protocol/checkpoint';
import type { ModelGraph } from '../../../../src/protocol/graph';

/** A tensor of the model. */
export interface Weight {
  name: string;
  shape: number[];
  dtype: string;
  bytes: number;
  count: number;
  problem?: string;
  /** The layer whose node takes it, and how the node is called. */
  layer: string | null;
  node: string;
  /** Whether it is a stack of filters of two dimensions that a convolution takes. */
  filters: boolean;
  /** What a search looks in, in lower case. */
  text: string;
}

/** Which input of a convolution its filters are. */
const filterInputs: Readonly<Record<string, number | undefined>> = { Conv: 1, ConvInteger: 1, FusedConv: 1, QLinearConv: 3 };

/** Tensors with the layers that they belong to: those of nodes that share one go to the first. */
export function weightsOf({ names, dtypes, dtype, ranks, dims, bytes, problems }: TensorColumns, graph: ModelGraph): Weight[] {
  const users = new Map<string, { layer: string | null; node: string; conv: boolean }>();
  for (const { inputs, layer, label, op, scope } of graph.nodes)
    for (const [place, value] of inputs.entries()) {
      const tensor = value < 0 ? null : graph.values[value]!.tensor;
      if (tensor !== null && !users.has(tensor)) users.set(tensor, { layer, node: [...(graph.scopes[scope]?.path ?? []), label.split(' · ')[0]].join('.'), conv: place === filterInputs[op] });
    }
  const why = new Map(problems);
  let at = 0;
  return names.map((name, i) => {
    const shape = Array.from(dims.subarray(at, (at += ranks[i]!)));
    const user = users.get(name);
    const type = dtypes[dtype[i]!]!;
    return {
      name,
      shape,
      dtype: type,
      bytes: bytes[i]!,
      count: shape.reduce((product, length) => product * length, 1),
      ...(why.has(i) ? { problem: why.get(i)! } : {}),
      layer: user?.layer ?? null,
      node: user?.node ?? '',
      filters: shape.length === 4 && user?.conv === true && shape[2]! * shape[3]! > 1,
      text: `${name} ${user?.node ?? ''} ${shape.join('×')} ${type}`.toLowerCase(),
    };
  });
}
