import * as assert from 'node:assert/strict';
import type { Layer } from '../../../src/protocol/model';
import { openModel } from '../../../src/engine/model/summary';
import { OnnxBuilder, tensor } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

describe('describeLayers', () => {
  const file = temporaryFolder();
  const layersOf = (model: OnnxBuilder): Layer[] => openModel(model.write(file('model.onnx'))).summary.layers;
  const find = (layers: Layer[], name: string) => layers.find((layer) => layer.name === name)!;
  const image = (options = {}) => new OnnxBuilder(options).input('x', 'float32', ['batch', 3, 16, 12]);
  const primaries = (layers: Layer[]) => layers.filter(({ primary }) => primary).map(({ name }) => name);

  it('lists float values of rank 2 or more that depend on the image', () => {
    const layers = layersOf(
      image()
        .initializer('c', 'float32', [3, 3])
        .node('Relu', ['c'], ['constant'])
        .node('Relu', ['x'], ['a'])
        .node('Shape', ['a'], ['shape'])
        .node('Cast', ['shape'], ['shape as float'], { to: 1 })
        .node('ArgMax', ['a'], ['integers'], { axis: 1 })
        .node('ReduceMean', ['a'], ['scalar'], { keepdims: 0 })
        .node('Split', ['a'], ['left', 'right'], { axis: 3 })
        .node('MaxPool', ['right'], ['pooled', 'indices'], { kernel_shape: [2, 2] })
        .output('pooled'),
    );
    assert.deepEqual(layers.map(({ name }) => name), ['a', 'left', 'right', 'pooled']);
  });

  it('tells units from positions in every layout', () => {
    const layers = layersOf(
      image()
        .initializer('w', 'float32', [8, 3, 4, 4])
        .initializer('d', 'float32', [8, 5])
        .initializer('square', 'int64', [4], [-1, 4, 3, 5])
        .initializer('line', 'int64', [3], [0, 8, -1])
        .node('Conv', ['x', 'w'], ['nchw'], { strides: [4, 4] })
        .node('Transpose', ['nchw'], ['nhwc'], { perm: [0, 2, 3, 1] })
        .node('Reshape', ['nchw', 'line'], ['ncl'])
        .node('Transpose', ['ncl'], ['tokens'], { perm: [0, 2, 1] })
        .node('MatMul', ['tokens', 'd'], ['dense'])
        .node('Reshape', ['dense', 'square'], ['grid'])
        .node('GlobalMaxPool', ['nchw'], ['pooled'])
        .node('Flatten', ['pooled'], ['flat'])
        .node('Flatten', ['nchw'], ['long'])
        .node('Transpose', ['tokens'], ['token first'], { perm: [1, 0, 2] })
        .output('grid'),
    );
    const axes = layers.map(({ name, shape, unitAxis, units, positionAxes, batched }) => [name, shape, unitAxis, units, positionAxes, batched]);
    assert.deepEqual(axes, [
      ['nchw', ['batch', 8, 4, 3], 1, 8, [2, 3], true],
      ['nhwc', ['batch', 4, 3, 8], 3, 8, [1, 2], true],
      ['ncl', ['batch', 8, 12], 1, 8, [2], true],
      ['tokens', ['batch', 12, 8], 2, 8, [1], true],
      ['dense', ['batch', 12, 5], 2, 5, [1], true],
      ['grid', ['batch', 4, 3, 5], 3, 5, [1, 2], true],
      ['pooled', ['batch', 8, 1, 1], 1, 8, [2, 3], true],
      ['flat', ['batch', 8], 1, 8, [], true],
      ['long', ['batch', 96], 1, 96, [], true],
      ['token first', [12, 'batch', 8], 2, 8, [0, 1], false],
    ]);
  });

  it('sees that windows folded into the first axis are no batch, even when the batch is 1', () => {
    for (const batch of ['batch', 1]) {
      const layers = layersOf(
        new OnnxBuilder()
          .input('x', 'float32', [batch, 3, 8, 8])
          .initializer('apart', 'int64', [6], [-1, 3, 2, 4, 2, 4])
          .initializer('windows', 'int64', [3], [-1, 16, 3])
          .initializer('d', 'float32', [3, 5])
          .initializer('together', 'int64', [6], [-1, 2, 2, 4, 4, 5])
          .node('Reshape', ['x', 'apart'], ['a'])
          .node('Transpose', ['a'], ['b'], { perm: [0, 2, 4, 3, 5, 1] })
          .node('Reshape', ['b', 'windows'], ['c'])
          .node('MatMul', ['c', 'd'], ['attended'])
          .node('Reshape', ['attended', 'together'], ['back'])
          .node('Tanh', ['back'], ['z'])
          .output('z'),
      );
      const attended = find(layers, 'attended');
      assert.deepEqual([attended.batched, attended.unitAxis, attended.positionAxes], [false, 2, [0, 1]]);
      assert.equal(find(layers, 'back').batched, true);
    }
  });

  it('scans the batch-first copy of a layer whose first axis is not the batch', () => {
    const layers = layersOf(
      image()
        .initializer('flat', 'int64', [3], [0, 3, -1])
        .initializer('d', 'float32', [3, 5])
        .node('Reshape', ['x', 'flat'], ['ncl'])
        .node('Transpose', ['ncl'], ['token first'], { perm: [2, 0, 1] })
        .node('MatMul', ['token first', 'd'], ['dense'])
        .node('Transpose', ['dense'], ['batch first'], { perm: [1, 0, 2] })
        .node('ReduceMean', ['batch first'], ['mean'], { axes: [1], keepdims: 0 })
        .output('mean'),
    );
    assert.deepEqual(primaries(layers), ['batch first', 'mean']);
  });

  it('counts parameters at their first user, through what is done to them before', () => {
    const layers = layersOf(
      image()
        .initializer('w', 'float32', [4, 3, 3, 3])
        .initializer('b', 'float32', [4])
        .initializer('turned', 'float32', [4, 4])
        .initializer('quantized', 'int8', [4, 4, 1, 1])
        .initializer('scale', 'float32', [], [0.1])
        .initializer('shape', 'int64', [2], [0, -1])
        .node('Constant', [], ['stored'], { value: tensor('float32', [4, 4, 1, 1]) })
        .node('Conv', ['x', 'w', 'b'], ['a'])
        .node('Identity', ['b'], ['same b'])
        .node('Conv', ['a', 'stored', 'same b'], ['c'])
        .node('DequantizeLinear', ['quantized', 'scale'], ['dequantized'])
        .node('Conv', ['c', 'dequantized'], ['d'])
        .node('GlobalAveragePool', ['d'], ['e'])
        .node('Reshape', ['e', 'shape'], ['f'])
        .node('Transpose', ['turned'], ['weight'])
        .node('MatMul', ['f', 'weight'], ['g'])
        .output('g'),
    );
    assert.deepEqual(layers.map(({ name, parameters }) => [name, parameters]), [['a', 112], ['c', 16], ['d', 16], ['e', 0], ['f', 0], ['g', 16]]);
  });

  it('says what kind each layer is', () => {
    const layers = layersOf(
      image()
        .initializer('w', 'float32', [3, 3, 1, 1])
        .initializer('s', 'float32', [3])
        .initializer('d', 'float32', [12, 12])
        .initializer('b', 'float32', [12])
        .node('Conv', ['x', 'w'], ['conv'])
        .node('BatchNormalization', ['conv', 's', 's', 's', 's'], ['bn'])
        .node('Relu', ['bn'], ['relu'])
        .node('MaxPool', ['relu'], ['pool'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })
        .node('Add', ['pool', 'relu'], ['sum'])
        .node('MatMul', ['sum', 'd'], ['matmul'])
        .node('Add', ['matmul', 'b'], ['biased'])
        .node('MatMul', ['relu', 'biased'], ['attention'])
        .node('Transpose', ['sum'], ['turned'])
        .node('Resize', ['relu', '', '', 'sizes'], ['resized'])
        .node('ReduceMean', ['relu'], ['mean'], { axes: [2, 3] })
        .node('Softmax', ['mean'], ['softmax'], { axis: 1 })
        .output('softmax'),
    );
    assert.deepEqual(Object.fromEntries(layers.map(({ name, kind }) => [name, kind])), {
      conv: 'convolution',
      bn: 'normalization',
      relu: 'activation',
      pool: 'pooling',
      sum: 'merge',
      matmul: 'dense',
      biased: 'dense',
      attention: 'attention',
      turned: 'reshape',
      resized: 'other',
      mean: 'pooling',
      softmax: 'activation',
    });
  });

  it('lists values of unknown shape with an empty one', () => {
    const [layer] = layersOf(image().node('Mystery', ['x'], ['a'], {}, { domain: 'custom' }).output('a'));
    assert.deepEqual([layer?.shape, layer?.units, layer?.positionAxes, layer?.receptiveField?.kind], [[], null, [], 'global']);
  });
});
