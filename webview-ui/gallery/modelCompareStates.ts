import type { ModelComparison, ModelGraph, NodeChange, NodeDifference } from '../../src/protocol/graph';
import { pairRows } from '../panels/modelCompare/rows';
import { GraphBuilder } from './fixtures/graphBuilder';
import { controlGraph, flatGraph, resnetGraph, vitGraph } from './fixtures/graphs';

/** One state of the page that compares two models. */
export interface ModelCompareScenario {
  kept: Record<string, unknown>;
  comparison: ModelComparison;
  slow: boolean;
  refuses: string | null;
  /** What is asked about a node is slow or refused. */
  details?: 'slow' | 'refused';
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

/** Nodes of one name belong together; what only the second has stands before what follows it there. */
function paired(before: ModelGraph, after: ModelGraph): ModelComparison['pairs'][number]['nodes'][] {
  const places = new Map(after.nodes.map(({ name }, at) => [name, at]));
  const nodes: [number | null, number | null][] = [];
  let next = 0;
  before.nodes.forEach(({ name }, at) => {
    const partner = places.get(name) ?? null;
    for (; partner !== null && next < partner; next++) nodes.push([null, next]);
    nodes.push([at, partner]);
    if (partner !== null) next = partner + 1;
  });
  return nodes;
}

/** A model against one that was trained on: another head, other strides in one place, an activation that was replaced. */
function finetuned(before: ModelGraph, after = before): ModelComparison {
  const pairs = paired(before, after).map((nodes): Pairs[number] => {
    const [at, other] = nodes;
    if (at === null) return { nodes, change: 'added', differences: [] };
    if (other === null) return { nodes, change: 'removed', differences: [] };
    const { op, name } = before.nodes[at]!;
    const differences: NodeDifference[] = at < before.nodes.length / 3 ? [] : weightsMoved(before, at);
    if (at === 20) differences.push({ what: 'attribute', name: 'strides', before: '[2, 2]', after: '[1, 1]' }, { what: 'attribute', name: 'dilations', before: '', after: '[2, 2]' }, { what: 'shape', name: `${name}_output_0`, before: 'batch × 128 × 28 × 28 float32', after: 'batch × 128 × 56 × 56 float32' });
    if (at === 7) differences.push({ what: 'operator', name: 'operator', before: 'Relu', after: 'Sigmoid' });
    if (op === 'Gemm') differences.push({ what: 'inputs', name: 'input 0', before: '/flatten/Flatten (Flatten)', after: '/avgpool/GlobalAveragePool (GlobalAveragePool)' });
    return { nodes, change: differences.length > 0 ? 'changed' : 'equal', differences };
  });
  const model = [
    { what: 'Opsets', before: 'ai.onnx 17', after: 'ai.onnx 20' },
    { what: 'Producer', before: 'pytorch 2.4.0', after: 'pytorch 2.9.1' },
    { what: 'Output 1', before: 'logits: float32 batch × 1000', after: 'logits: float32 batch × 200' },
  ];
  return { models: [before, after], pairs, model };
}

function one(change: Partial<ModelCompareScenario> = {}): ModelCompareScenario {
  return { kept: {}, slow: false, refuses: null, ...change, comparison: change.comparison ?? finetuned(resnetGraph(), resnetGraph(true)) };
}

function lookingAt(pair: number): ModelCompareScenario {
  const comparison = finetuned(resnetGraph(), resnetGraph(true));
  return one({ comparison, kept: { selected: pairRows(comparison)[pair]!.names } });
}

/** At the first convolution, or else node, that is such a change. */
function lookingAtFirst(change: NodeChange): ModelCompareScenario {
  const { comparison } = one();
  const rows = pairRows(comparison);
  const row = rows.find((row) => row.change === change && row.sides.some((side) => side?.op === 'Conv')) ?? rows.find((row) => row.change === change)!;
  return one({ comparison, kept: { selected: row.names } });
}

/** Both graphs on show; `pair`: the one that is selected. */
function drawn(comparison: ModelComparison, { pair, ...kept }: { pair?: number } & Record<string, unknown> = {}): ModelCompareScenario {
  return one({ comparison, kept: { mode: 'graph', ...(pair !== undefined && { selected: pairRows(comparison)[pair]!.names }), ...kept } });
}

/** Three nodes. */
function small(): ModelGraph {
  const net = new GraphBuilder();
  const x = net.input('x', [1, 8]);
  const dense = net.node({ op: 'Gemm', module: ['dense'], inputs: [x], shape: [1, 4], weights: [[4, 8], [4]] });
  const relu = net.node({ op: 'Relu', module: ['relu'], inputs: [dense], shape: [1, 4] });
  net.output(net.node({ op: 'Softmax', module: ['softmax'], inputs: [relu], shape: [1, 4], kind: 'activation' }));
  return net.graph();
}

const equal = (graph: ModelGraph): ModelComparison => ({ models: [graph, graph], pairs: graph.nodes.map((_, at) => ({ nodes: [at, at], change: 'equal', differences: [] })), model: [] });

export const modelCompareStates = {
  typical: () => one(),
  selected: () => lookingAt(21),
  weights: () => lookingAt(40),
  added: () => lookingAtFirst('added'),
  same: () => lookingAtFirst('equal'),
  'details-slow': () => ({ ...lookingAtFirst('added'), details: 'slow' as const }),
  'details-refused': () => ({ ...lookingAtFirst('added'), details: 'refused' as const }),
  equal: () => one({ comparison: equal(resnetGraph()) }),
  huge: () => one({ comparison: finetuned(vitGraph(800)) }),
  'long-names': () => one({ comparison: finetuned(vitGraph(2, 192, 'StatefulPartitionedCall_mobilenet_v3_backbone_adapted_')) }),
  graph: () => drawn(finetuned(resnetGraph(), resnetGraph(true))),
  'graph-selected': () => drawn(finetuned(resnetGraph(), resnetGraph(true)), { pair: 20 }),
  'graph-added': () => {
    const comparison = finetuned(resnetGraph(), resnetGraph(true));
    return drawn(comparison, { pair: comparison.pairs.findIndex(({ change }) => change === 'added') });
  },
  'graph-open': () => drawn(finetuned(resnetGraph(), resnetGraph(true)), { hidden: ['equal'], graphs: { sides: [{ expanded: ['s:0:layer2', 's:0:layer2/0'] }, { expanded: ['s:0:layer2', 's:0:layer2/0'] }] } }),
  'graph-equal': () => drawn(equal(resnetGraph())),
  'graph-small': () => drawn(finetuned(small()), { pair: 2 }),
  'graph-bodies': () => drawn(finetuned(controlGraph())),
  'graph-huge': () => drawn(finetuned(vitGraph(800))),
  'graph-flat-huge': () => drawn(finetuned(flatGraph(10_000)), { pair: 7000 }),
  'graph-long-names': () => drawn(finetuned(vitGraph(2, 192, 'StatefulPartitionedCall_mobilenet_v3_backbone_adapted_')), { pair: 14 }),
  running: () => one({ slow: true }),
  refused: () => one({ refuses: 'resnet18-finetuned.onnx is truncated: the field at byte 18,230 ends at byte 46,758,912, but the file has only 12,582,912 bytes; copy or download it again.' }),
} satisfies Record<string, () => ModelCompareScenario>;
