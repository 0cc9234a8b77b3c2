import { UnitscopeError } from '../../src/protocol/errors';
import type { ModelGraph, NodeDetail } from '../../src/protocol/graph';
import type { Handlers } from '../../src/protocol/method';
import type { ModelHostContract, ModelViewContract } from '../../src/protocol/modelViews';
import type { Connection } from '../../src/rpc/transport';
import { fakeHost } from './fakeHost';
import type { Asked } from './fakeSession';
import { fakeWeights } from './fakeWeights';
import { resnetGraph } from './fixtures/graphs';
import { graphOfLayers } from './fixtures/layerGraph';
import type { Scenario } from './scenario';

/** Answers the model editor as the extension would, from fixtures. */
export function fakeModelHost(scenario: Scenario, view: () => Connection<ModelViewContract>, asked: Asked): Handlers<ModelHostContract> {
  const session = fakeHost(scenario, view, asked);
  let graph: ModelGraph | undefined;
  const read = (): ModelGraph => {
    if (scenario.graph === 'damaged') throw new UnitscopeError('model.unreadable', 'resnet18.onnx has a node that takes its own output, /layer1/0/add/Add. Export it again.');
    return (graph ??= typeof scenario.graph === 'function' ? scenario.graph() : scenario.model.path.endsWith('/resnet18.onnx') ? resnetGraph() : graphOfLayers(scenario.model));
  };
  const note = (method: string, show = (params: unknown): unknown => params): ((params: unknown) => null) => (params) => {
    asked.push([method, show(params)]);
    return null;
  };
  return {
    ...session,
    ...fakeWeights(read, asked, scenario.fits ?? null),
    graph: async () => {
      if (scenario.graph === 'waiting') await new Promise(() => undefined);
      asked.push(['graph', null]);
      const given = read();
      // In a task of its own: what the page does with it is measured from here.
      await new Promise((resolve) => setTimeout(resolve));
      performance.mark('graph given');
      return given;
    },
    node: ({ node }) => nodeDetail(read(), node),
    sparsity: () => {
      asked.push(['sparsity', null]);
      // Rectifiers are sparse, the deeper the more.
      const rectifiers = scenario.scanned > 0 ? read().nodes.filter(({ op, layer }) => op === 'Relu' && layer !== null) : [];
      return rectifiers.map(({ layer }, at) => ({ layer: layer!, share: 0.02 + (0.6 * at) / rectifiers.length, images: 32 }));
    },
    'graph.save': note('graph.save'),
    'source.open': note('source.open'),
  };
}

const operator = `Computes its output from its input; see the standard for all of it.

**Attributes** decide how:

- \`kernel_shape\` says how large the window is, \`strides\` how far it moves.
- Where \`auto_pad\` is \`NOTSET\`, \`pads\` are used.

<script>alert('never run')</script>`;

/** What an extension would say of a node, by its operator. */
export function nodeDetail(graph: ModelGraph, node: number): NodeDetail {
  const one = graph.nodes[node]!;
  const roles = ['X', 'W', 'B'];
  const conv = one.op === 'Conv';
  return {
    node,
    attributes: conv
      ? [
          { name: 'kernel_shape', type: 'ints', text: '[3, 3]', isDefault: false, description: 'The shape of the convolution kernel.', tensor: null },
          { name: 'pads', type: 'ints', text: '[1, 1, 1, 1]', isDefault: false, description: 'Padding at the beginning and end of each axis.', tensor: null },
          { name: 'strides', type: 'ints', text: '[1, 1]', isDefault: false, description: 'Stride along each spatial axis.', tensor: null },
          { name: 'auto_pad', type: 'string', text: 'NOTSET', isDefault: true, description: 'NOTSET, SAME_UPPER, SAME_LOWER or VALID.', tensor: null },
          { name: 'group', type: 'int', text: '1', isDefault: true, description: 'Groups that input and output channels are divided into.', tensor: null },
        ]
      : [],
    inputs: one.inputs.map((value, at) => ({ role: roles[at] ?? `input ${at}`, value, description: 'What the operator works on.' })),
    outputs: one.outputs.map((value) => ({ role: 'Y', value, description: 'What it gives.' })),
    metadata: conv ? { 'pkg.torch.onnx.class_hierarchy': 'torchvision.models.resnet.ResNet, torch.nn.modules.conv.Conv2d' } : {},
    docString: '',
    documentation: one.domain === '' ? { op: one.op, domain: '', since: conv ? 11 : 14, versions: [1, 11, 22], text: operator, deprecated: false } : null,
    source: conv
      ? [
          { file: '/opt/venv/torchvision/models/resnet.py', line: 92, text: 'out = self.conv1(x)' },
          { file: '/opt/train/export.py', line: 17, text: 'torch.onnx.export(model, …)' },
        ]
      : [],
  };
}
