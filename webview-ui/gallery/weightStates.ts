import type { ModelGraph } from '../../src/protocol/graph';
import { resnetGraph, vitGraph } from './fixtures/graphs';
import { scenario, type Scenario } from './scenario';

const page = (weights: Record<string, unknown>, more: Partial<Scenario> & { session?: Partial<Scenario['session']> } = {}): Scenario =>
  scenario({ graph: resnetGraph, kept: { weights: { open: true, ...weights } }, ...more });

/** The first convolution takes whole numbers that a DequantizeLinear makes real. */
function quantized(): ModelGraph {
  const graph = resnetGraph();
  graph.values.find(({ tensor }) => tensor === 'conv1.0')!.dtype = 'int8';
  graph.nodes.find(({ op }) => op === 'Conv')!.quantized = { tensor: 'conv1.0', scale: 'conv1.1', zero: null, axis: 0 };
  return graph;
}

/** States of the model editor's page of weights, and of its notes about the file. */
export const weightStates = {
  weights: () => page({ tensor: 'conv1.0' }),
  'weights-sorted': () => page({ tensor: 'conv1.0', order: 'orientation', jointly: true }),
  'weights-fitting': () => page({ tensor: 'conv1.0' }, { fits: 'waiting' }),
  'weights-refused': () => page({ tensor: 'conv1.0' }, { fits: 'refused' }),
  'weights-deep': () => page({ tensor: 'layer2.0.conv2.0' }),
  'weights-quantized': () => page({ tensor: 'conv1.0' }, { graph: quantized }),
  'weights-vector': () => page({ tensor: 'conv1.1' }),
  'weights-many': () => page({}, { graph: () => vitGraph(400) }),
  'file-changed': () => scenario({ session: { fileChange: { kind: 'reloaded', message: 'resnet18.onnx changed on disk and was read again. It has no layer /layer4/1/relu_1/Relu_output_0 any more.' } } }),
  'file-damaged': () =>
    scenario({ session: { fileChange: { kind: 'damaged', message: 'The file changed and cannot be read now: resnet18.onnx is truncated: the field at byte 18,230 ends at byte 46,758,912, but the file has only 12,582,912 bytes; copy or download it again. What was read before is shown.' } } }),
  'file-gone': () => scenario({ session: { fileChange: { kind: 'gone', message: 'resnet18.onnx was deleted or moved. What was read before is shown; it cannot be run.' } } }),
} satisfies Record<string, () => Scenario>;
