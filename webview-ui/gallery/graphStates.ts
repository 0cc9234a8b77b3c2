import { longNames, noLayers, resnet } from './fixtures/models';
import { controlGraph, flatGraph, resnetGraph, squeezenetGraph, vitGraph } from './fixtures/graphs';
import type { ModelGraph } from '../../src/protocol/graph';
import { scenario, type Scenario } from './scenario';

const only = (graph: Scenario['graph'], kept: Record<string, unknown> = {}, more: Partial<Scenario> = {}): Scenario =>
  scenario({ graph, kept: { mode: 'graph', ...kept }, ...more });
const unselected = { session: { ...scenario().session, selectedLayer: null } };

/** States of the model editor with its graph. */
export const graphStates = {
  graph: () => only(resnetGraph),
  'graph-both': () => scenario({ graph: resnetGraph, kept: { mode: 'both' } }),
  'graph-open': () => only(resnetGraph, { graph: { expanded: ['s:0:layer1', 's:0:layer1/0', 's:0:layer2', 's:0:layer2/0'] } }),
  'graph-horizontal': () => only(resnetGraph, { graph: { horizontal: true } }),
  'graph-heat': () => only(resnetGraph, { graph: { overlay: 'macs', properties: false } }),
  'graph-sparsity': () => only(resnetGraph, { graph: { overlay: 'sparsity', properties: false } }),
  'graph-sparsity-none': () => only(resnetGraph, { graph: { overlay: 'sparsity', properties: false } }, { scanned: 0 }),
  'graph-squeezenet': () => only(squeezenetGraph, { graph: { properties: false } }, unselected),
  'graph-vit': () => only(() => vitGraph(), {}, unselected),
  'graph-control': () => only(controlGraph, { graph: { expanded: ['n:0:/refine/Loop', 'n:0:/refine/Loop>1>n:1:/choose/If', 'n:0:/swish/Swish'] } }, unselected),
  'graph-control-closed': () => only(controlGraph, { graph: { expanded: [], overlay: 'macs' } }, unselected),
  'graph-flat': () => only(() => flatGraph(3000), { graph: { properties: false } }, unselected),
  'graph-huge': () => only(() => vitGraph(800), { graph: { properties: false } }, unselected),
  'graph-flat-huge': () => only(() => flatGraph(10_000), { graph: { properties: false } }, unselected),
  'graph-long-names': () => scenario({ model: longNames(), graph: () => vitGraph(2, 192, 'StatefulPartitionedCall_mobilenet_v3_backbone_adapted_'), kept: { mode: 'graph' } }),
  'graph-empty': () => only((): ModelGraph => ({ bodies: [], nodes: [], values: [], scopes: [], total: { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 }, assumed: [] }), {}, { ...unselected, model: noLayers() }),
  'graph-loading': () => only('waiting', {}, { model: resnet() }),
  'graph-damaged': () => only('damaged'),
} satisfies Record<string, () => Scenario>;
