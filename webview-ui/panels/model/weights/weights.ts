import type { Dequantization, TensorColumns } from '../../../../src/protocol/checkpoint';
import type { GraphNode, ModelGraph } from '../../../../src/protocol/graph';

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
  /** How its whole numbers become the weights that they stand for; null: they are the weights. */
  dequantize: Dequantization | null;
  /** What a search looks in, in lower case. */
  text: string;
}

/** Which input of a convolution its filters are. */
const filterInputs: Readonly<Record<string, number | undefined>> = { Conv: 1, ConvInteger: 1, FusedConv: 1, QLinearConv: 3 };

/** Tensors with the layers that they belong to: those of nodes that share one go to the first. */
export function weightsOf({ names, dtypes, dtype, ranks, dims, bytes, problems }: TensorColumns, graph: ModelGraph): Weight[] {
  const users = new Map<string, { layer: string | null; node: string; conv: boolean; dequantize: Dequantization | null }>();
  const use = (tensor: string | null, { layer, label, scope }: GraphNode, conv: boolean, dequantize: Dequantization | null = null): void => {
    if (tensor !== null && !users.has(tensor)) users.set(tensor, { layer, node: [...(graph.scopes[scope]?.path ?? []), label.split(' · ')[0]].join('.'), conv, dequantize });
  };
  // Filters of whole numbers are the convolution's, and not of the node that makes them real for it.
  for (const node of graph.nodes) {
    if (!node.quantized) continue;
    const { tensor, ...dequantize } = node.quantized;
    use(tensor, node, true, dequantize);
    use(dequantize.scale, node, false);
    use(dequantize.zero, node, false);
  }
  for (const node of graph.nodes) for (const [place, value] of node.inputs.entries()) if (value >= 0) use(graph.values[value]!.tensor, node, place === filterInputs[node.op]);
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
      dequantize: user?.dequantize ?? null,
      text: `${name} ${user?.node ?? ''} ${shape.join('×')} ${type}`.toLowerCase(),
    };
  });
}
