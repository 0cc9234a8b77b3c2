import type { ModelComparison, ModelGraph, NodeDifference } from '../../src/protocol/graph';
import { pairRows } from '../panels/modelCompare/rows';
import { resnetGraph, vitGraph } from './fixtures/graphs';

/** One state of the page that compares two models. */
export interface ModelCompareScenario {
  kept: Record<string, unknown>;
  comparison: ModelComparison;
  slow: boolean;
  refuses: string | null;
}

type Pairs = ModelComparison['pairs'];

/** Weights that moved, more of them the deeper they are. */
function weightsMoved(graph: ModelGraph, node: number): NodeDifference[] {
  return graph.nodes[node]!.inputs.flatMap((value): NodeDifference[] => {
    const { kind, name, tensor } = graph.values[value] ?? {};
    if (kind !== 'initializer' || !name || !tensor) return [];
    const relative = 10 ** ((3 * node) / graph.nodes.length - 3.5);
    return [{ what: 'weights', name, before: tensor, after: tensor, relative, cosine: 1 - relative * relative * 0.5 }];
  });
}

/** A model against one that was trained on: another head, other strides in one place, an activation that was replaced, a pooling put in. */
function finetuned(graph: ModelGraph): ModelComparison {
  const { nodes } = graph;
  const pairs = nodes.flatMap(({ op, name }, at): Pairs => {
    if (at === 13) return [{ nodes: [null, at], change: 'added', differences: [] }, { nodes: [at, at], change: 'equal', differences: [] }];
    if (op === 'Flatten') return [{ nodes: [at, null], change: 'removed', differences: [] }];
    const differences: NodeDifference[] = at < nodes.length / 3 ? [] : weightsMoved(graph, at);
    if (at === 20) differences.push({ what: 'attribute', name: 'strides', before: '[2, 2]', after: '[1, 1]' }, { what: 'attribute', name: 'dilations', before: '', after: '[2, 2]' }, { what: 'shape', name: `${name}_output_0`, before: 'batch × 128 × 28 × 28 float32', after: 'batch × 128 × 56 × 56 float32' });
    if (at === 7) differences.push({ what: 'operator', name: 'operator', before: 'Relu', after: 'Sigmoid' });
    if (op === 'Gemm') differences.push({ what: 'inputs', name: 'input 0', before: '/flatten/Flatten (Flatten)', after: '/avgpool/GlobalAveragePool (GlobalAveragePool)' });
    return [{ nodes: [at, at], change: differences.length > 0 ? 'changed' : 'equal', differences }];
  });
  const model = [
    { what: 'Opsets', before: 'ai.onnx 17', after: 'ai.onnx 20' },
    { what: 'Producer', before: 'pytorch 2.4.0', after: 'pytorch 2.9.1' },
    { what: 'Output 1', before: 'logits: float32 batch × 1000', after: 'logits: float32 batch × 200' },
  ];
  return { models: [graph, graph], pairs, model };
}

function one(change: Partial<ModelCompareScenario> = {}): ModelCompareScenario {
  return { kept: {}, slow: false, refuses: null, ...change, comparison: change.comparison ?? finetuned(resnetGraph()) };
}

function lookingAt(pair: number): ModelCompareScenario {
  const comparison = finetuned(resnetGraph());
  return one({ comparison, kept: { selected: pairRows(comparison)[pair]!.names } });
}

const equal = (graph: ModelGraph): ModelComparison => ({ models: [graph, graph], pairs: graph.nodes.map((_, at) => ({ nodes: [at, at], change: 'equal', differences: [] })), model: [] });

export const modelCompareStates = {
  typical: () => one(),
  selected: () => lookingAt(21),
  weights: () => lookingAt(40),
  equal: () => one({ comparison: equal(resnetGraph()) }),
  huge: () => one({ comparison: finetuned(vitGraph(800)) }),
  'long-names': () => one({ comparison: finetuned(vitGraph(2, 192, 'StatefulPartitionedCall_mobilenet_v3_backbone_adapted_')) }),
  running: () => one({ slow: true }),
  refused: () => one({ refuses: 'resnet18-finetuned.onnx is truncated: the field at byte 18,230 ends at byte 46,758,912, but the file has only 12,582,912 bytes; copy or download it again.' }),
} satisfies Record<string, () => ModelCompareScenario>;
