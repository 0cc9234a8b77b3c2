import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { GraphNode, ModelGraph } from '../../../src/protocol/graph';
import { describeGraph, type GraphOptions } from '../../../src/engine/model/modelGraph';
import { openModel } from '../../../src/engine/model/summary';
import { OnnxBuilder, type Attributes } from '../../fixtures/onnxBuilder';
import { alexNet } from './topologies';
import { temporaryFolder } from './temporary';

const fixtures = path.resolve('test/fixtures/models');
const shared = path.resolve('../shared/data');

describe('the graph of a model', function () {
  this.timeout(30_000);
  const file = temporaryFolder();

  function graphOf(model: OnnxBuilder | string, options?: GraphOptions): ModelGraph {
    const opened = openModel(typeof model === 'string' ? model : model.write(file('model.onnx')));
    return describeGraph(opened.model, opened.summary, options).graph;
  }

  const named = (graph: ModelGraph, output: string): GraphNode => graph.nodes.find(({ outputs }) => outputs.some((value) => graph.values[value]?.name === output))!;

  describe('what it holds', () => {
    for (const name of fs.readdirSync(fixtures).filter((entry) => entry.endsWith('.onnx') && entry !== 'git_lfs_pointer.onnx')) {
      it(`${name}: every place is one, nodes follow what they read, scopes hold their nodes, layers are those of the list`, () => {
        const opened = openModel(path.join(fixtures, name));
        const { graph } = describeGraph(opened.model, opened.summary, { imageSize: [32, 32] });
        checkPlaces(graph);
        const layers = graph.nodes.flatMap(({ layer }) => layer ?? []);
        assert.deepEqual(layers, opened.summary.layers.map((layer) => layer.name).filter((layer) => layers.includes(layer)));
        assert.equal(graph.total.parameters, opened.summary.parameters);
        assert.equal(graph.total.unknown, 0);
      });
    }

    it('says shapes as the file leaves them open beside those that follow from what is assumed', () => {
      const opened = openModel(
        new OnnxBuilder()
          .input('image', 'float32', ['images', 3, 'height', null])
          .initializer('w', 'float32', [4, 3, 1, 1], new Array<number>(12).fill(1))
          .node('Conv', ['image', 'w'], ['y'])
          .node('GlobalAveragePool', ['y'], ['z'])
          .output('z')
          .write(file('open.onnx')),
      );
      const options = { imageSize: [32, 48] as const, open: opened.bodies };
      const shapes = (given: GraphOptions): unknown[] => describeGraph(opened.model, opened.summary, given).graph.values.map(({ name, shape, open }) => [name, shape, open]);
      assert.deepEqual(shapes(options), [
        ['image', [1, 3, 32, 48], ['images', 3, 'height', null]],
        ['w', [4, 3, 1, 1], undefined],
        ['y', [1, 4, 32, 48], ['images', 4, 'height', 'image[3]']],
        ['z', [1, 4, 1, 1], ['images', 4, 1, 1]],
      ]);
      const fixed = openModel(new OnnxBuilder().input('x', 'float32', [1, 3]).node('Relu', ['x'], ['y']).output('y').write(file('fixed.onnx')));
      assert.ok(describeGraph(fixed.model, fixed.summary, { open: fixed.bodies }).graph.values.every(({ open }) => open === undefined));
    });

    it('bodies: branches see values around them, functions have the shapes of their first call', () => {
      const then = new OnnxBuilder({ graphName: 'then' }).initializer('w', 'float32', [3], [1, 2, 3]).node('Add', ['x', 'w'], ['t']).output('t');
      const otherwise = new OnnxBuilder({ graphName: 'else' }).node('Double', ['x'], ['e'], {}, { domain: 'local' }).output('e');
      const graph = graphOf(
        new OnnxBuilder({ opsets: { local: 1 } })
          .function('local', 'Double', ['a'], ['b'], new OnnxBuilder().node('Add', ['a', 'a'], ['b']))
          .input('flag', 'bool', [])
          .input('x', 'float32', [2, 3])
          .node('If', ['flag'], ['y'], { then_branch: then.asAttribute(), else_branch: otherwise.asAttribute() })
          .node('Double', ['y'], ['z'], {}, { domain: 'local' })
          .output('z'),
      );
      checkPlaces(graph);
      assert.deepEqual(
        graph.bodies.map(({ kind, name, owner }) => [kind, name, owner]),
        [['graph', 'graph', null], ['function', 'local.Double', null], ['subgraph', 'then', { node: 0, attribute: 'then_branch' }], ['subgraph', 'else', { node: 0, attribute: 'else_branch' }]],
      );
      const [x] = graph.values.flatMap((value, i) => (value.name === 'x' ? [i] : []));
      assert.equal(named(graph, 't').inputs[0], x, 'the value from outside is the same value');
      assert.deepEqual(named(graph, 'y').bodies, [2, 3]);
      assert.deepEqual(named(graph, 'z').bodies, [1]);
      assert.deepEqual(graph.values.find(({ name }) => name === 'b'), { name: 'b', dtype: 'float32', shape: [2, 3], kind: 'computed', tensor: null });
      assert.deepEqual(graph.values.find(({ name }) => name === 'w'), { name: 'w', dtype: 'float32', shape: [3], kind: 'initializer', tensor: 'y.then_branch/w' });
      assert.equal(named(graph, 'y').cost.parameters, 3);
      assert.equal(graph.total.parameters, 3);
      assert.equal(openModel(file('model.onnx')).summary.parameters, 3);
    });

    it('nodes of a cycle come last, and names that nothing makes are values', () => {
      const graph = graphOf(
        new OnnxBuilder().input('x', 'float32', [1, 2]).node('Add', ['x', 'b'], ['a']).node('Relu', ['a'], ['b']).node('Relu', ['nowhere'], ['y']).output('y'),
      );
      assert.deepEqual(graph.nodes.map(({ op, outputs }) => [op, graph.values[outputs[0]!]!.name]), [['Relu', 'y'], ['Add', 'a'], ['Relu', 'b']]);
      assert.deepEqual(graph.nodes.map(({ cost }) => cost.unknown), [0, 1, 1]);
      assert.deepEqual(graph.values.find(({ name }) => name === 'nowhere'), { name: 'nowhere', dtype: '', shape: null, kind: 'computed', tensor: null });
    });

    it('sizes that the file leaves open are assumed, and said', () => {
      const open = new OnnxBuilder().input('x', 'float32', ['n', 3, 'h', 'w']).input('k', 'float32', ['n', 7]).node('Relu', ['x'], ['y']).output('y');
      assert.deepEqual(graphOf(open).assumed, [{ input: 'x', shape: [1, 3, 'h', 'w'] }, { input: 'k', shape: [1, 7] }]);
      const image = new OnnxBuilder().input('x', 'float32', ['n', 3, null, 'w']).node('Relu', ['x'], ['y']).output('y');
      assert.deepEqual(graphOf(image, { imageSize: [9, 8] }).assumed, [{ input: 'x', shape: [1, 3, 9, 8] }]);
      assert.deepEqual(graphOf(image, { inputs: { x: [2, 3, 4, 5] } }).values.at(-1)?.shape, [2, 3, 4, 5]);
      assert.deepEqual(graphOf(new OnnxBuilder().input('x', 'float32', [1, 3]).node('Relu', ['x'], ['y']).output('y')).assumed, []);
    });
  });

  describe('modules', () => {
    it('hold their nodes; one with a single node is none, and a module that is used again and again has none', () => {
      const model = new OnnxBuilder().input('x', 'float32', [1, 4]);
      let at = 'x';
      for (const [i, name] of ['/block/fc1/MatMul', '/block/act/Relu', '/block/fc2/MatMul', '/block/act/Relu_1', '/head/MatMul', '/head/Add'].entries()) {
        const op = name.split('/').at(-1)!.split('_')[0]!;
        if (op !== 'Relu') model.initializer(`w${i}`, 'float32', op === 'Add' ? [4] : [4, 4]);
        model.node(op, op === 'Relu' ? [at] : [at, `w${i}`], [`v${i}`], {}, { name });
        at = `v${i}`;
      }
      const graph = graphOf(model.output(at));
      assert.deepEqual(graph.scopes.map(({ path, parent, nodes }) => [path.join('/'), parent, nodes]), [['', -1, 6], ['block', 0, 4], ['head', 0, 2]]);
      assert.deepEqual(graph.nodes.map(({ scope, label }) => [scope, label]), [[1, 'fc1 · MatMul'], [1, 'act · Relu'], [1, 'fc2 · MatMul'], [1, 'act · Relu_1'], [2, 'MatMul'], [2, 'Add']]);
      assert.deepEqual(graph.scopes.map(({ cost }) => cost.parameters), [52, 32, 20]);
    });

    it('hold what no name places and only they read, but nothing of what is fed to the model before it comes to them', () => {
      const model = new OnnxBuilder().input('x', 'float32', [1, 4]);
      model.initializer('w', 'float32', [4, 4]);
      model.node('Identity', ['w'], ['stemWeight']);
      model.node('MatMul', ['x', 'stemWeight'], ['stem1']);
      model.node('Relu', ['stem1'], ['stem2']);
      model.node('Identity', ['w'], ['weight']);
      model.node('MatMul', ['stem2', 'weight'], ['fc'], {}, { name: '/block/MatMul' });
      model.node('Tanh', ['fc'], ['tanh']);
      model.node('Shape', ['stem2'], ['shape']);
      model.node('Reshape', ['tanh', 'shape'], ['last'], {}, { name: '/block/Reshape' });
      const { scopes, nodes } = graphOf(model.output('last'));
      assert.deepEqual(scopes.map(({ path }) => path.join('/')), ['', 'block']);
      assert.deepEqual(
        nodes.filter(({ scope }) => scope === 1).map(({ op }) => op).toSorted(),
        ['Identity', 'MatMul', 'Reshape', 'Shape', 'Tanh'],
      );
    });

    it('that are built alike share a number', () => {
      const model = new OnnxBuilder().input('x', 'float32', [1, 4, 8, 8]);
      let at = 'x';
      for (const [name, alpha] of [['a', 0.1], ['b', 0.1], ['c', 0.2], ['d', 0.1]] as const) {
        model.initializer(`${name}.w`, 'float32', [4, 4, 3, 3], Float32Array.from({ length: 144 }, (_, i) => i));
        model.node('Conv', [at, `${name}.w`], [`${name}1`], { pads: [1, 1, 1, 1] }, { name: `/${name}/Conv` });
        model.node('LeakyRelu', [`${name}1`], [`${name}2`], { alpha: { float: alpha } }, { name: `/${name}/LeakyRelu` });
        // d adds what comes in, the others what goes out
        model.node('Add', name === 'd' ? [at, `${name}2`] : [`${name}1`, `${name}2`], [`${name}3`], {}, { name: `/${name}/Add` });
        at = `${name}3`;
      }
      const graph = graphOf(model.output(at));
      assert.deepEqual(graph.scopes.map(({ path, repeats }) => [path[0] ?? '', repeats]), [['', null], ['a', 0], ['b', 0], ['c', null], ['d', null]]);
    });
  });

  describe('costs', () => {
    const node = (op: string, inputs: Record<string, number[]>, attributes: Attributes = {}, outputs = 1, domain?: string): ModelGraph => {
      const model = new OnnxBuilder({ opset: 24, opsets: domain ? { [domain]: 1 } : {} });
      for (const [name, dims] of Object.entries(inputs)) if (!name.startsWith('-')) model.input(name, 'float32', dims);
      const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
      return graphOf(model.node(op, Object.keys(inputs).map((name) => (name.startsWith('-') ? '' : name)), names, attributes, { domain }).output('y0'));
    };

    it('of convolutions: outputs times what each sums over', () => {
      assert.equal(node('Conv', { x: [1, 6, 10, 8], w: [4, 3, 3, 5] }, { group: 2, strides: [2, 1] }).total.macs, 4 * 4 * 4 * 3 * 3 * 5);
      assert.equal(node('Conv', { x: [2, 3, 9], w: [5, 3, 3] }, { dilations: [2] }).total.macs, 2 * 5 * 5 * 3 * 3);
      assert.equal(node('ConvTranspose', { x: [1, 6, 5, 4], w: [6, 2, 3, 3] }, { group: 2, strides: [2, 2] }).total.macs, 6 * 5 * 4 * 2 * 9);
    });

    it('of products', () => {
      assert.equal(node('MatMul', { a: [2, 1, 3, 4], b: [5, 4, 6] }).total.macs, 2 * 5 * 3 * 4 * 6);
      assert.equal(node('MatMul', { a: [4], b: [4, 6] }).total.macs, 24);
      assert.equal(node('MatMul', { a: [3, 4], b: [4] }).total.macs, 12);
      assert.equal(node('Gemm', { a: [4, 3], b: [5, 4] }, { transA: 1, transB: 1 }).total.macs, 3 * 4 * 5);
      assert.equal(node('Einsum', { a: [2, 3, 4], b: [2, 4, 5] }, { equation: 'bij,bjk->bik' }).total.macs, 2 * 3 * 4 * 5);
      assert.equal(node('Einsum', { a: [7, 2, 3, 4], b: [4, 5] }, { equation: '...j,jk->...k' }).total.macs, 7 * 2 * 3 * 4 * 5);
      assert.equal(node('Einsum', { a: [2, 3], b: [3, 4], c: [4, 5] }, { equation: 'ij,jk,kl->il' }).total.macs, 2 * 3 * 4 + 2 * 4 * 5);
      assert.equal(node('Einsum', { a: [2, 3] }, { equation: 'ij->ji' }).total.macs, 0);
      assert.equal(node('FusedMatMul', { a: [2, 4, 3], b: [4, 5] }, { transA: 1 }, 1, 'com.microsoft').total.macs, 2 * 3 * 4 * 5);
    });

    it('of recurrences, at every step', () => {
      const shapes = (gates: number): Record<string, number[]> => ({ x: [7, 2, 5], w: [1, gates * 3, 5], r: [1, gates * 3, 3] });
      for (const [op, gates] of [['RNN', 1], ['GRU', 3], ['LSTM', 4]] as const) assert.equal(node(op, shapes(gates), { hidden_size: 3 }).total.macs, 7 * 2 * gates * 3 * (5 + 3), op);
    });

    it('of attention: scores and weighted sums', () => {
      assert.equal(node('Attention', { q: [2, 4, 6, 8], k: [2, 4, 7, 8], v: [2, 4, 7, 5] }).total.macs, 2 * 4 * 6 * 7 * (8 + 5));
      assert.equal(node('Attention', { q: [2, 6, 32], k: [2, 7, 16], v: [2, 7, 10] }, { q_num_heads: 4, kv_num_heads: 2 }).total.macs, 2 * 4 * 6 * 7 * (8 + 5));
      assert.equal(
        node('Attention', { x: [2, 6, 8], w: [8, 24], b: [24] }, { num_heads: 2 }, 1, 'com.microsoft').total.macs,
        2 * 6 * 8 * 24 + 2 * 6 * 6 * (8 + 8),
      );
      assert.equal(node('MultiHeadAttention', { q: [2, 6, 8], k: [2, 7, 8], v: [2, 7, 12] }, { num_heads: 2 }, 1, 'com.microsoft').total.macs, 2 * 6 * 7 * (8 + 12));
    });

    it("of ONNX Runtime's own operators, and the bytes of all that they make", () => {
      const own = (...[op, inputs, attributes, outputs]: Parameters<typeof node>): ModelGraph['total'] => node(op, inputs, attributes, outputs, 'com.microsoft').total;
      const exact = (macs: number, elements: number): ModelGraph['total'] => ({ parameters: 0, macs, activationBytes: 4 * elements, unknown: 0 });
      // a product with a matrix of 64 rows and 5 columns, however it is packed
      assert.deepEqual(own('MatMulNBits', { a: [2, 3, 64], b: [5, 2, 16], scales: [5, 2] }, { K: 64, N: 5, bits: 4, block_size: 32 }), exact(2 * 3 * 64 * 5, 2 * 3 * 5));
      assert.deepEqual(own('MatMulBnb4', { a: [2, 3, 64], b: [160], absmax: [5] }, { K: 64, N: 5, block_size: 64, quant_type: 1 }), exact(2 * 3 * 64 * 5, 2 * 3 * 5));
      // 8 heads of width 4, pairs of which share keys; 6 queries see 6 keys, or 6 more
      const heads = { num_heads: 8, kv_num_heads: 4 };
      const grouped = { q: [2, 6, 32], k: [2, 6, 16], v: [2, 6, 16] };
      const products = (keys: number): number => 2 * 8 * 6 * keys * (4 + 4);
      assert.deepEqual(own('GroupQueryAttention', grouped, heads), exact(products(6), 2 * 6 * 32));
      assert.deepEqual(own('GroupQueryAttention', { q: [2, 6, (8 + 2 * 4) * 4] }, heads), exact(products(6), 2 * 6 * 32));
      assert.deepEqual(own('GroupQueryAttention', grouped, heads, 3), exact(products(6), 2 * 6 * 32 + 2 * 2 * 4 * 6 * 4));
      const past = { ...grouped, pastKeys: [2, 4, 6, 4], pastValues: [2, 4, 6, 4] };
      assert.deepEqual(own('GroupQueryAttention', past, heads), exact(products(12), 2 * 6 * 32));
      assert.deepEqual(own('GroupQueryAttention', past, heads, 3), { ...exact(products(12), 2 * 6 * 32), unknown: 1 });
      // projections to queries, keys and values of 2 heads of width 4, then 6 queries and 6 keys, or 9 more
      const quantized = { x: [2, 6, 8], w: [8, 24], b: [24], xs: [1], ws: [1] };
      const projections = 2 * 6 * 8 * 24;
      assert.deepEqual(own('QAttention', quantized, { num_heads: 2 }), exact(projections + 2 * 2 * 6 * 6 * (4 + 4), 2 * 6 * 8));
      const later = { ...quantized, '-mask': [], xz: [1], wz: [1], past: [2, 2, 2, 9, 4] };
      assert.deepEqual(own('QAttention', later, { num_heads: 2 }, 2), exact(projections + 2 * 2 * 6 * 15 * (4 + 4), 2 * 6 * 8 + 2 * 2 * 2 * 15 * 4));
      assert.deepEqual(
        own('Attention', { x: [2, 6, 8], w: [8, 24], b: [24], '-mask': [], past: [2, 2, 2, 20, 4] }, { num_heads: 2, past_present_share_buffer: 1 }, 2).activationBytes,
        4 * (2 * 6 * 8 + 2 * 2 * 2 * 20 * 4),
      );
      // images [N, H, W, C], filters [M, C / group, kH, kW]
      for (const op of ['NhwcConv', 'NhwcFusedConv']) assert.deepEqual(own(op, { x: [2, 10, 8, 6], w: [4, 3, 3, 5] }, { group: 2, strides: [2, 1] }), exact(2 * 4 * 4 * 4 * 3 * 3 * 5, 2 * 4 * 4 * 4), op);
    });

    it('of everything else: bytes only; what nobody knows is counted', () => {
      const relu = node('Relu', { x: [1, 3, 4] });
      assert.deepEqual(relu.total, { parameters: 0, macs: 0, activationBytes: 48, unknown: 0 });
      assert.deepEqual(node('Mystery', { x: [1, 3, 4] }, {}, 1, 'somewhere').total, { parameters: 0, macs: 0, activationBytes: 0, unknown: 1 });
    });

    it('of values that nothing is fed to: none', () => {
      const model = new OnnxBuilder()
        .input('x', 'float32', [1, 4])
        .initializer('w', 'float32', [5, 4])
        .node('Transpose', ['w'], ['turned'])
        .node('MatMul', ['x', 'turned'], ['y'])
        .node('MatMul', ['x', 'turned'], ['z'])
        .output('y').output('z');
      const graph = graphOf(model);
      assert.deepEqual(graph.nodes.map(({ cost }) => [cost.parameters, cost.macs, cost.activationBytes]), [[20, 0, 0], [20, 20, 20], [20, 20, 20]]);
      assert.deepEqual(graph.total, { parameters: 20, macs: 40, activationBytes: 40, unknown: 0 });
    });

    it('of quantised weights: they are parameters, too', () => {
      const model = new OnnxBuilder()
        .input('x', 'uint8', [1, 3, 8, 8])
        .initializer('s', 'float32', [], [1])
        .initializer('z', 'uint8', [], [0])
        .initializer('w', 'uint8', [4, 3, 3, 3])
        .initializer('b', 'int32', [4], [1, 2, 3, 4])
        .node('QLinearConv', ['x', 's', 'z', 'w', 's', 'z', 's', 'z', 'b'], ['y'])
        .output('y', 'uint8', [1, 4, 6, 6]);
      assert.deepEqual(graphOf(model).total, { parameters: 112, macs: 4 * 36 * 27, activationBytes: 144, unknown: 0 });
    });

    it('of loops: as often as they run; of branches: the dearer one; of functions: each call at its own shapes', () => {
      const body = new OnnxBuilder().input('i', 'int64', []).input('c', 'bool', []).input('s', 'float32', [4, 4]).node('MatMul', ['s', 's'], ['t']).output('c').output('t');
      const cheap = new OnnxBuilder().node('Relu', ['x'], ['t']).output('t');
      const dear = new OnnxBuilder().node('MatMul', ['x', 'x'], ['e']).output('e');
      const graph = graphOf(
        new OnnxBuilder({ opsets: { local: 1 } })
          .function('local', 'Square', ['a'], ['b'], new OnnxBuilder().node('MatMul', ['a', 'a'], ['b']))
          .input('flag', 'bool', [])
          .input('x', 'float32', [4, 4])
          .input('small', 'float32', [2, 2])
          .initializer('count', 'int64', [], [7])
          .node('Loop', ['count', '', 'x'], ['looped'], { body: body.asAttribute() })
          .node('If', ['flag'], ['y'], { then_branch: cheap.asAttribute(), else_branch: dear.asAttribute() })
          .node('Square', ['x'], ['first'], {}, { domain: 'local' })
          .node('Square', ['small'], ['second'], {}, { domain: 'local' })
          .output('y'),
      );
      assert.deepEqual(['looped', 'y', 'first', 'second'].map((name) => named(graph, name).cost.macs), [7 * 64, 64, 64, 8]);
      assert.equal(graph.total.macs, 7 * 64 + 64 + 64 + 8);
      assert.equal(named(graph, 'first').cost.activationBytes, 64);
    });

    it('of AlexNet and SqueezeNet are the published ones', function () {
      // Convolutions of torchvision's AlexNet: 0.714 G with 58.6 M of the classifier, which this graph has not.
      assert.equal(graphOf(alexNet()).total.macs, 714_188_480 - (9216 * 4096 + 4096 * 4096 + 4096 * 1000));
      const squeezeNet = path.join(shared, 'squeezenet.onnx');
      if (!fs.existsSync(squeezeNet)) return this.skip();
      const { total } = graphOf(squeezeNet, { imageSize: [224, 224] });
      assert.equal(total.parameters, 1_235_496);
      assert.equal(total.macs, 349_151_936); // fvcore: 0.35 G
    });
  });
});

function checkPlaces(graph: ModelGraph): void {
  const { bodies, nodes, values, scopes } = graph;
  const isValue = (place: number): boolean => Number.isInteger(place) && place >= -1 && place < values.length;
  assert.ok(nodes.every((node) => [...node.inputs, ...node.outputs].every(isValue)));
  assert.ok(bodies.every((body) => [...body.inputs, ...body.outputs].every(isValue)));
  assert.ok(nodes.every((node) => scopes[node.scope]!.body === node.body));
  assert.ok(nodes.every((node, i) => i === 0 || node.body >= nodes[i - 1]!.body), 'body by body');
  const made = new Map(nodes.flatMap(({ outputs }, i) => outputs.map((value): [number, number] => [value, i])));
  for (const [i, { inputs, body }] of nodes.entries()) {
    for (const value of inputs) if (value >= 0 && nodes[made.get(value) ?? -1]?.body === body) assert.ok(made.get(value)! < i);
  }
  for (const [i, { parent, path: modules, nodes: count, body }] of scopes.entries()) {
    assert.ok(parent < i);
    if (parent < 0) assert.deepEqual(modules, []);
    else assert.deepEqual(modules.slice(0, -1).slice(0, scopes[parent]!.path.length), scopes[parent]!.path);
    const isInside = (scope: number): boolean => scope === i || (scope > i && isInside(scopes[scope]!.parent));
    assert.equal(nodes.filter((node) => node.body === body && isInside(node.scope)).length, count);
  }
}
