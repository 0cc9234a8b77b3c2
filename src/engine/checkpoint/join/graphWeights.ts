import { isFloat, type OnnxModel, type OnnxNode, type TensorRef } from '../../model/graph';

/** A weight of a graph: an initializer, or a copy of one that an Identity node makes because both had equal values at export. */
export interface GraphWeight {
  name: string;
  ref: TensorRef;
  /** The Identity node that made it; it goes when the weight gets values of its own. */
  identity: OnnxNode | null;
  /** Where it is used: the node, and the place among its inputs. */
  uses: { node: OnnxNode; input: number }[];
}

/** Floating-point initializers that training changes, and the copies that Identity nodes make of them. */
export function graphWeights({ graph }: OnnxModel): GraphWeight[] {
  const weights = new Map<string, GraphWeight>();
  for (const [name, ref] of graph.initializers) if (isFloat(ref.dtype) && ref.dims.length > 0) weights.set(name, { name, ref, identity: null, uses: [] });
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    const [from = ''] = node.inputs;
    const [to = ''] = node.outputs;
    const stored = node.op === 'Identity' && node.domain === '' ? weights.get(from) : undefined;
    if (stored && to !== '' && !outputs.has(to)) weights.set(to, { name: to, ref: stored.ref, identity: node, uses: [] });
  }
  for (const node of graph.nodes) for (const [input, name] of node.inputs.entries()) if (node.op !== 'Identity') weights.get(name)?.uses.push({ node, input });
  // What only Identity nodes used has been split among them.
  return [...weights.values()].filter(({ identity, uses, name }) => uses.length > 0 || (identity === null && !isSplit(name, weights)));
}

function isSplit(name: string, weights: ReadonlyMap<string, GraphWeight>): boolean {
  return [...weights.values()].some(({ identity }) => identity?.inputs[0] === name);
}

/** Whether an initializer has lost the name that it had in the state_dict. */
export function hasLostName(name: string): boolean {
  return /^onnx::|^\d+$|_output_\d+$/.test(name);
}

/**
 * The module that a node belongs to, as its state_dict is named: "/layer1/layer1.0/conv1/Conv" is in "layer1.0.conv1". "" where
 * the name does not say.
 */
export function modulePath(node: OnnxNode): string {
  const parts = node.name.split('/').filter((part) => part !== '');
  parts.pop();
  return parts.filter((part, i) => !parts[i + 1]?.startsWith(`${part}.`)).join('.');
}
