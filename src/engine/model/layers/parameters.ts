import { isFloat, tensorAttribute, type OnnxModel, type OnnxNode, type TensorRef } from '../graph';
import type { GraphIndex } from './graphIndex';

/**
 * Counts the parameters of nodes: elements of the floating-point tensors (and of quantised ones behind a
 * DequantizeLinear) that reach a node without passing an activation. Each tensor counts once, at its first user;
 * scalars do not count.
 */
export class ParameterCounter {
  private readonly counted = new Set<string>();

  constructor(
    private readonly model: OnnxModel,
    private readonly index: GraphIndex,
  ) {}

  count(node: OnnxNode): number {
    let total = 0;
    const open = node.inputs.filter((name) => name !== '' && !this.index.isActivation(name));
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (this.counted.has(name)) continue;
      this.counted.add(name);
      const tensor = this.model.graph.initializers.get(name);
      const producer = this.index.producer(name);
      if (tensor) total += this.weigh(tensor, this.index.consumers(name));
      else if (producer) {
        total += constantElements(producer);
        open.push(...producer.inputs.filter((input) => input !== '' && !this.index.isActivation(input)));
      } else {
        total += this.model.graph.sparseInitializers.get(name)?.values.elementCount ?? 0;
      }
    }
    return total;
  }

  private weigh(tensor: TensorRef, readers: readonly OnnxNode[]): number {
    return isParameter(tensor) || readers.some((reader) => isQuantizedWeight(reader, tensor.name)) ? tensor.elementCount : 0;
  }
}

/** Elements of all parameters of a model, whether or not a layer uses them; see `ParameterCounter`. */
export function totalParameters({ graph }: OnnxModel): number {
  let total = 0;
  const quantized = new Set<string>();
  for (const node of graph.nodes) {
    total += constantElements(node);
    for (const name of node.inputs) if (isQuantizedWeight(node, name)) quantized.add(name);
  }
  for (const tensor of graph.initializers.values()) {
    if (isParameter(tensor) || quantized.has(tensor.name)) total += tensor.elementCount;
  }
  for (const { values } of graph.sparseInitializers.values()) total += values.elementCount;
  return total;
}

function isQuantizedWeight(node: OnnxNode, name: string): boolean {
  return node.op === 'DequantizeLinear' && node.inputs[0] === name;
}

/** A scalar is a constant of a formula, such as the 6 of ReLU6. */
function isParameter(tensor: TensorRef): boolean {
  return isFloat(tensor.dtype) && tensor.dims.length > 0;
}

/** Some exporters keep weights in Constant nodes. */
function constantElements(node: OnnxNode): number {
  const tensor = node.op === 'Constant' ? tensorAttribute(node, 'value') : undefined;
  return tensor && isParameter(tensor) && tensor.elementCount > 1 ? tensor.elementCount : 0;
}
