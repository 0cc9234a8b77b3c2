import { intAttribute, isFloat, subgraphs, tensorAttribute, type OnnxGraph, type OnnxModel, type OnnxNode, type TensorRef } from '../graph';
import { operatorKey } from '../shapes/rules';
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
      if (tensor) total += weigh(tensor, this.index.consumers(name));
      else if (producer) {
        total += constantElements(producer);
        open.push(...producer.inputs.filter((input) => input !== '' && !this.index.isActivation(input)));
      } else {
        total += this.model.graph.sparseInitializers.get(name)?.values.elementCount ?? 0;
      }
    }
    return total;
  }
}

/**
 * Elements of a tensor that are parameters, by what it is and who reads it: 0 for what is none.
 * @param name of the value that it is, under which nodes read it
 */
export function weigh(tensor: TensorRef, readers: readonly OnnxNode[], name = tensor.name): number {
  if (isParameter(tensor)) return tensor.elementCount;
  return readers.reduce((most, reader) => Math.max(most, quantizedElements(reader, tensor, name)), 0);
}

/** Elements of all parameters of a model, in graphs inside nodes and in functions too, whether or not a layer uses them; see `ParameterCounter`. */
export function totalParameters(model: OnnxModel): number {
  let total = parametersOf(model.graph);
  for (const { nodes } of model.functions.values()) for (const node of nodes) total += parametersInside(node);
  return total;
}

function parametersOf({ nodes, initializers, sparseInitializers }: OnnxGraph): number {
  let total = 0;
  const quantized = new Map<string, number>();
  for (const node of nodes) {
    total += parametersInside(node);
    for (const at of quantizedInputs(node)) {
      const tensor = initializers.get(node.inputs[at] ?? '');
      if (tensor) quantized.set(tensor.name, Math.max(quantized.get(tensor.name) ?? 0, quantizedElements(node, tensor, tensor.name)));
    }
  }
  for (const tensor of initializers.values()) total += isParameter(tensor) ? tensor.elementCount : (quantized.get(tensor.name) ?? 0);
  for (const { values } of sparseInitializers.values()) total += values.elementCount;
  return total;
}

function parametersInside(node: OnnxNode): number {
  return subgraphs(node).reduce((sum, graph) => sum + parametersOf(graph), constantElements(node));
}

/** Inputs in which operators take weights and biases that were quantised to integers. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  DequantizeLinear: [0],
  QLinearConv: [3, 8],
  ConvInteger: [1],
  MatMulInteger: [1],
  QLinearMatMul: [3],
  'com.microsoft:QLinearConv': [3, 8],
  'com.microsoft:DequantizeLinear': [0],
  'com.microsoft:DynamicQuantizeMatMul': [1],
  'com.microsoft:MatMulIntegerToFloat': [1],
  'com.microsoft:QGemm': [3, 6],
  'com.microsoft:QAttention': [1],
  'com.microsoft:DynamicQuantizeLSTM': [1, 2],
  'com.microsoft:MatMulNBits': [1],
};

function quantizedInputs(node: OnnxNode): readonly number[] {
  return weightInputs[operatorKey(node)] ?? [];
}

function quantizedElements(node: OnnxNode, tensor: TensorRef, name: string): number {
  if (!quantizedInputs(node).some((at) => node.inputs[at] === name)) return 0;
  // Several weights in a byte.
  return node.op === 'MatMulNBits' ? tensor.elementCount * Math.floor(8 / (intAttribute(node, 'bits') ?? 4)) : tensor.elementCount;
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
