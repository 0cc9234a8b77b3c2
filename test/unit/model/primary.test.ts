import * as assert from 'node:assert/strict';
import { openModel } from '../../../src/engine/model/summary';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

/** Which values are scanned when nobody says which. */
describe('primary layers', () => {
  const file = temporaryFolder();

  function expectPrimary(model: OnnxBuilder, expected: string[]): void {
    const { layers } = openModel(model.write(file('model.onnx'))).summary;
    assert.deepEqual(layers.filter(({ primary }) => primary).map(({ name }) => name), expected);
  }

  /** A convolution, then what the test adds, then a pooling. */
  function afterConv(add: (model: OnnxBuilder) => OnnxBuilder, last: string): OnnxBuilder {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 8, 8])
      .initializer('w', 'float32', [4, 3, 3, 3])
      .initializer('v', 'float32', [4, 4, 1, 1])
      .initializer('per unit', 'float32', [4, 1, 1])
      .initializer('s', 'float32', [4])
      .initializer('half', 'float32', [], [0.5])
      .node('Conv', ['x', 'w'], ['conv']);
    return add(model).node('GlobalMaxPool', [last], ['pool']).output('pool');
  }

  const cases: [name: string, add: (model: OnnxBuilder) => OnnxBuilder, last: string, expected: string[]][] = [
    ['an activation replaces what only it reads', (m) => m.node('Relu', ['conv'], ['relu']), 'relu', ['relu', 'pool']],
    [
      'what others read, too, stays',
      (m) => m.node('Relu', ['conv'], ['relu']).node('Add', ['relu', 'conv'], ['sum']),
      'sum',
      ['conv', 'relu', 'sum', 'pool'],
    ],
    [
      'normalisation and activation replace a convolution',
      (m) => m.node('BatchNormalization', ['conv', 's', 's', 's', 's'], ['bn']).node('Clip', ['bn'], ['clip']),
      'clip',
      ['clip', 'pool'],
    ],
    [
      'copies are none, and are looked through',
      (m) => m.node('Identity', ['conv'], ['same']).node('Dropout', ['same'], ['dropped']).node('Relu', ['dropped'], ['relu']).node('Transpose', ['relu'], ['turned']),
      'turned',
      ['relu', 'pool'],
    ],
    ['a bias or a scale per unit replaces what it is applied to', (m) => m.node('Mul', ['conv', 'per unit'], ['scaled']).node('Add', ['scaled', 'per unit'], ['biased']), 'biased', ['biased', 'pool']],
    ['SiLU', (m) => m.node('Sigmoid', ['conv'], ['gate']).node('Mul', ['conv', 'gate'], ['silu']), 'silu', ['silu', 'pool']],
    [
      'HardSwish in pieces',
      (m) =>
        m
          .initializer('3', 'float32', [], [3])
          .initializer('6', 'float32', [], [6])
          .node('Add', ['conv', '3'], ['a'])
          .node('Clip', ['a', '', '6'], ['b'])
          .node('Mul', ['conv', 'b'], ['c'])
          .node('Div', ['c', '6'], ['hardswish']),
      'hardswish',
      ['hardswish', 'pool'],
    ],
    [
      'Mish in pieces',
      (m) => m.node('Softplus', ['conv'], ['a']).node('Tanh', ['a'], ['b']).node('Mul', ['conv', 'b'], ['mish']),
      'mish',
      ['mish', 'pool'],
    ],
    [
      'GELU by the error function',
      (m) =>
        m
          .initializer('root', 'float32', [], [1.414])
          .initializer('1', 'float32', [], [1])
          .node('Div', ['conv', 'root'], ['a'])
          .node('Erf', ['a'], ['b'])
          .node('Add', ['b', '1'], ['c'])
          .node('Mul', ['conv', 'c'], ['d'])
          .node('Mul', ['d', 'half'], ['gelu']),
      'gelu',
      ['gelu', 'pool'],
    ],
    [
      'GELU by tanh',
      (m) =>
        m
          .initializer('k', 'float32', [], [0.0447])
          .initializer('1', 'float32', [], [1])
          .initializer('3', 'float32', [], [3])
          .node('Pow', ['conv', '3'], ['a'])
          .node('Mul', ['a', 'k'], ['b'])
          .node('Add', ['conv', 'b'], ['c'])
          .node('Mul', ['c', 'k'], ['d'])
          .node('Tanh', ['d'], ['e'])
          .node('Add', ['e', '1'], ['f'])
          .node('Mul', ['conv', 'half'], ['g'])
          .node('Mul', ['g', 'f'], ['gelu']),
      'gelu',
      ['gelu', 'pool'],
    ],
    [
      'layer normalisation in pieces, whose input stays',
      (m) =>
        m
          .initializer('2', 'float32', [], [2])
          .initializer('eps', 'float32', [], [1e-5])
          .node('ReduceMean', ['conv'], ['mean'], { axes: [1] })
          .node('Sub', ['conv', 'mean'], ['centred'])
          .node('Pow', ['centred', '2'], ['squared'])
          .node('ReduceMean', ['squared'], ['variance'], { axes: [1] })
          .node('Add', ['variance', 'eps'], ['safe'])
          .node('Sqrt', ['safe'], ['deviation'])
          .node('Div', ['centred', 'deviation'], ['normal'])
          .node('Mul', ['normal', 'per unit'], ['scaled'])
          .node('Add', ['scaled', 'per unit'], ['norm']),
      'norm',
      ['conv', 'norm', 'pool'],
    ],
    [
      'a gate computed by layers is no activation function',
      (m) => m.node('GlobalAveragePool', ['conv'], ['squeeze']).node('Conv', ['squeeze', 'v'], ['excite']).node('Sigmoid', ['excite'], ['gate']).node('Mul', ['conv', 'gate'], ['gated']),
      'gated',
      ['conv', 'squeeze', 'gate', 'gated', 'pool'],
    ],
    [
      'a residual sum is no activation function',
      (m) => m.node('Conv', ['conv', 'v'], ['branch']).node('Add', ['conv', 'branch'], ['sum']),
      'sum',
      ['conv', 'branch', 'sum', 'pool'],
    ],
    [
      'a rolled map is a copy',
      (m) =>
        m
          .initializer('0', 'int64', [1], [0])
          .initializer('2i', 'int64', [1], [2])
          .initializer('9', 'int64', [1], [9])
          .node('Slice', ['conv', '2i', '9', '2i'], ['a'])
          .node('Slice', ['conv', '0', '2i', '2i'], ['b'])
          .node('Concat', ['a', 'b'], ['rolled'], { axis: 2 }),
      'rolled',
      ['conv', 'pool'],
    ],
  ];
  for (const [name, add, last, expected] of cases) {
    it(name, () => expectPrimary(afterConv(add, last), expected));
  }

  it('keep attention down to its weights and its result', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 8, 8])
      .initializer('flat', 'int64', [3], [0, 3, 64])
      .initializer('w', 'float32', [3, 12])
      .initializer('v', 'float32', [4, 4])
      .initializer('scale', 'float32', [], [0.5])
      .initializer('mask', 'float32', [64, 64])
      .node('Reshape', ['x', 'flat'], ['columns'])
      .node('Transpose', ['columns'], ['tokens'], { perm: [0, 2, 1] })
      .node('MatMul', ['tokens', 'w'], ['qkv'])
      .node('Split', ['qkv'], ['q', 'k', 'values'], { axis: 2 })
      .node('Transpose', ['k'], ['k turned'], { perm: [0, 2, 1] })
      .node('Mul', ['q', 'scale'], ['q scaled'])
      .node('MatMul', ['q scaled', 'k turned'], ['scores'])
      .node('Add', ['scores', 'mask'], ['masked'])
      .node('Softmax', ['masked'], ['weights'], { axis: -1 })
      .node('MatMul', ['weights', 'values'], ['attended'])
      .node('MatMul', ['attended', 'v'], ['projected'])
      .output('projected');
    expectPrimary(model, ['qkv', 'weights', 'attended', 'projected']);
  });

  it('always include the outputs of the graph', () => {
    const model = afterConv((m) => m.node('Relu', ['conv'], ['relu']).node('Flatten', ['relu'], ['flat']).output('flat').output('conv'), 'relu');
    expectPrimary(model, ['conv', 'relu', 'flat', 'pool']);
  });
});
