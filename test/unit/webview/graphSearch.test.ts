import assert from 'node:assert/strict';
import { signal } from '@preact/signals';
import { GraphIndex } from '../../../webview-ui/views/graph/graphIndex';
import { GraphSearch } from '../../../webview-ui/views/graph/graphSearch';
import { hitText } from '../../../webview-ui/views/graph/hitText';
import { findHits, namesOf, searchedWords, type Hit } from '../../../webview-ui/views/graph/search';
import { GraphBuilder } from '../../../webview-ui/gallery/fixtures/graphBuilder';
import { resnetGraph } from '../../../webview-ui/gallery/fixtures/graphs';

const nameOf = (index: GraphIndex, hit: Hit): string => (hit.kind === 'node' ? namesOf(index, hit.node).full : `${hit.kind} ${index.graph.values[hit.value]!.name}`);
const found = (index: GraphIndex, search: string): [number, string][] => findHits(index, search).map((hit) => [hit.rank, nameOf(index, hit)]);
const names = (index: GraphIndex, search: string): string[] => found(index, search).map(([, name]) => name);

describe('the search of a graph', () => {
  const resnet = new GraphIndex(resnetGraph());

  it('puts what is called so first, then what begins so or has it as a part of its path, then what holds it', () => {
    const net = new GraphBuilder();
    let at = net.input('x', [1, 8]);
    for (const module of [['my_conv_out'], ['conv'], ['conv_in'], ['stem', 'conv'], ['conv', 'inner'], ['other']]) at = net.node({ op: 'Relu', module, inputs: [at], shape: [1, 8] });
    net.output(at);
    const index = new GraphIndex(net.graph());
    assert.deepEqual(found(index, 'conv'), [
      [0, '/conv/Relu'],
      [1, '/conv_in/Relu'],
      [1, '/stem/conv/Relu'],
      [1, '/conv/inner/Relu'],
      [2, '/my_conv_out/Relu'],
      [5, '/other/Relu'],
    ]);
    assert.deepEqual(found(index, 'stem.conv'), [[0, '/stem/conv/Relu'], [5, '/conv/inner/Relu']]);
    assert.deepEqual(found(index, '/STEM/conv/Relu')[0], [0, '/stem/conv/Relu']);
  });

  it('then what has the operator or is of the kind, then what makes or holds it, and last what only takes it', () => {
    const net = new GraphBuilder();
    const image = net.input('image', [1, 3, 8, 8]);
    const stem = net.node({ op: 'Conv', module: ['stem'], inputs: [image], shape: [1, 24, 8, 8], weights: [[24, 3, 3, 3]] });
    const pool = net.node({ op: 'MaxPool', module: ['small'], inputs: [stem], shape: [1, 24, 4, 4] });
    net.output(net.node({ op: 'Gemm', module: ['head'], inputs: [pool], shape: [1, 5], weights: [[5, 384]] }));
    const index = new GraphIndex(net.graph());
    assert.deepEqual(found(index, 'pool'), [[2, '/small/MaxPool'], [5, '/head/Gemm']]);
    assert.deepEqual(found(index, 'pooling'), [[3, '/small/MaxPool']]);
    assert.deepEqual(found(index, '24x8x8'), [[4, '/stem/Conv'], [5, '/small/MaxPool']]);
    assert.deepEqual(found(index, '384'), [[4, '/head/Gemm']], 'of its weight');
    assert.deepEqual(found(index, 'stem pool'), [[5, '/small/MaxPool']], 'as good as the worst of its words');
    assert.deepEqual(found(index, '3x8x8'), [[5, '/stem/Conv']], 'inputs are found by name');
  });

  it('finds inputs, outputs and weights by name, and no node for its weight alone', () => {
    assert.deepEqual(found(resnet, 'layer1.0.conv1.weight'), [[0, 'weight layer1.0.conv1.weight']]);
    assert.deepEqual(names(resnet, 'layer1.0.conv1'), ['/layer1/0/conv1/Conv', 'weight layer1.0.conv1.weight', 'weight layer1.0.conv1.bias', '/layer1/0/relu/Relu']);
    assert.deepEqual(names(resnet, 'fc.weight 200x512'), ['weight fc.weight']);
    assert.deepEqual(names(resnet, '200x512'), ['/fc/Gemm']);
    const [input, output] = [resnet.graph.bodies[0]!.inputs[0]!, resnet.graph.bodies[0]!.outputs[0]!].map((value) => resnet.graph.values[value]!.name);
    assert.equal(found(resnet, input!)[0]![1], `input ${input}`);
    assert.ok(found(resnet, output!).some(([rank, name]) => rank === 0 && name === `output ${output}`));
    assert.ok(names(resnet, 'input').includes(`input ${input}`), 'and by what they are');
  });

  it('shares a weight with all that use it, and knows none that nothing uses', () => {
    const net = new GraphBuilder();
    const from = net.input('x', [1, 8]);
    const graph = net.graph();
    graph.values.push({ name: 'tied', dtype: 'float32', shape: [8, 8], kind: 'initializer', tensor: 'tied' }, { name: 'tied.unused', dtype: 'float32', shape: [1], kind: 'initializer', tensor: 'unused' });
    for (const module of ['a', 'b']) {
      net.output(net.node({ op: 'MatMul', module: [module], inputs: [from], shape: [1, 8] }));
      graph.nodes.at(-1)!.inputs.push(1);
    }
    const index = new GraphIndex(net.graph());
    assert.deepEqual(found(index, 'tied'), [[0, 'weight tied'], [4, '/b/MatMul']]);
  });

  it('finds names that look like sizes, and sizes of one number whole', () => {
    const net = new GraphBuilder();
    const from = net.input('x', [1, 8]);
    net.output(net.node({ op: 'Relu', module: ['fire2', 'expand1x1'], inputs: [from], shape: [1, 56] }));
    net.output(net.node({ op: 'Relu', module: ['max_pool2d'], inputs: [from], shape: [1, 560] }));
    const index = new GraphIndex(net.graph());
    assert.deepEqual(names(index, 'expand1x1'), ['/fire2/expand1x1/Relu', 'output /fire2/expand1x1/Relu_output_0']);
    assert.equal(names(index, 'max_pool2d')[0], '/max_pool2d/Relu');
    assert.deepEqual(names(index, '56'), ['/fire2/expand1x1/Relu']);
  });

  it('takes sizes for one word however they are written, and any other "x" for a word', () => {
    const words = (search: string): string[] => searchedWords(search).map(({ text, sizes }) => sizes ?? text);
    for (const search of ['64x56x56', '64 × 56 x56', '[64, 56, 56]', '64,56,56', '64*56*56', ' 64 x 56  x 56 ']) assert.deepEqual(words(search), ['x64x56x56x'], search);
    assert.deepEqual(words('N x 3 x ?'), ['xnx3x?x']);
    assert.deepEqual(words('add x weight').length, 3);
    for (const typed of ['64 x', '64 x ']) assert.deepEqual(words(typed), ['x64x', 'xxx'], typed);
    const net = new GraphBuilder();
    const from = net.input('x', [1, 8]);
    net.output(net.node({ op: 'Add', module: ['sum'], inputs: [from], shape: [1, 8], weights: [[8]] }));
    assert.deepEqual(names(new GraphIndex(net.graph()), 'sum x '), ['/sum/Add']);
  });

  it('does without outputs that the file gives no name', () => {
    const net = new GraphBuilder();
    net.output(net.node({ op: 'Relu', module: ['last'], inputs: [net.input('x', [1, 8])], shape: [1, 8] }));
    net.output(-1);
    assert.deepEqual(names(new GraphIndex(net.graph()), 'output'), ['output /last/Relu_output_0', '/last/Relu']);
  });

  it('says what holds the words: a name with its path, or the value that is made, held or taken', () => {
    const texts = (search: string): string[] =>
      findHits(resnet, search).map((hit) => {
        const { name, path, what, value, shape, shapeFound } = hitText(resnet, hit, search);
        return `${name} | ${path} | ${what} ${value}${shapeFound ? `[${shape}]` : value === '' ? shape : ''}`;
      });
    assert.deepEqual(texts('layer3.0.conv1'), [
      'layer3.0.conv1 |  | Conv batch × 256 × 14 × 14',
      'layer3.0.conv1.weight |  | Weight 256 × 128 × 3 × 3',
      'layer3.0.conv1.bias |  | Weight 256',
      'relu | layer3.0 | takes /layer3/0/conv1/Conv_output_0',
    ]);
    assert.equal(texts('layer3 relu')[0], 'relu | layer3.0 | Relu batch × 256 × 14 × 14');
    assert.equal(texts('layer3/0/conv1')[0], '/layer3/0/conv1/Conv |  | Conv batch × 256 × 14 × 14');
    assert.equal(texts('/layer3/0/conv1/Conv')[0], '/layer3/0/conv1/Conv |  | Conv batch × 256 × 14 × 14');
    assert.equal(texts('512x7x7')[0], 'conv1 | layer4.0 | Conv [batch × 512 × 7 × 7]');
    assert.equal(texts('200x512')[0], 'fc |  | weight [200 × 512]');
  });

  it('steps through what was found, each box once, and through what takes it only where nothing else is found', () => {
    const visited: (number | string)[] = [];
    const index = signal(resnet);
    const search = new GraphSearch({ index, placed: signal(null), visibleKey: () => null, visit: (node) => visited.push(node), visitBox: (key) => visited.push(key) });
    const names = (): string[] => search.places.value.map((place) => (typeof place === 'number' ? namesOf(resnet, place).full : place));
    search.start('layer1.0.conv1');
    assert.deepEqual(names(), ['/layer1/0/conv1/Conv'], 'not again for its weights, nor what takes its output');
    search.start('layer2 conv1');
    const places = search.places.value;
    assert.equal(places.length, 2);
    for (const step of [1, 1, 1, -1, -1] as const) search.next(step);
    assert.deepEqual(visited, [places[0], places[1], places[0], places[1], places[0]]);
    assert.equal(search.at.value, 0);
    const taker = search.hits.value.at(-1)!;
    search.go(taker);
    assert.equal(search.at.value, -1, 'gone to from the list');
    search.next(-1);
    assert.equal(search.at.value, 1);
    const again = new GraphIndex(resnetGraph());
    index.value = again;
    assert.deepEqual([search.current.value, search.at.value], [null, -1], 'of the file before');
    search.next(1);
    assert.equal(search.at.value, 0);
    search.start('conv1/Conv_output layer1.0 relu');
    assert.ok(search.places.value.length > 0 && search.hits.value.every(({ rank }) => rank === 5));
  });
});
