import * as assert from 'node:assert/strict';
import type { ReceptiveField } from '../../../src/protocol/model';
import { findImageInput } from '../../../src/engine/model/imageInput';
import { readModel } from '../../../src/engine/model/onnx';
import { receptiveFields } from '../../../src/engine/model/receptiveField';
import { inferShapes } from '../../../src/engine/model/shapes';
import { openModel } from '../../../src/engine/model/summary';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';
import { alexNet, resNet, vgg16 } from './topologies';

describe('receptive fields', () => {
  const file = temporaryFolder();

  function fieldsOf(model: OnnxBuilder): Map<string, ReceptiveField | null> {
    const { summary } = openModel(model.write(file('model.onnx')));
    return new Map(summary.layers.map((layer) => [layer.name, layer.receptiveField]));
  }

  /** Square exact fields of these sizes. */
  function expectSizes(model: OnnxBuilder, expected: Record<string, number>): void {
    const fields = fieldsOf(model);
    const actual = Object.keys(expected).map((name) => [name, fields.get(name)?.size, fields.get(name)?.kind]);
    assert.deepEqual(actual, Object.entries(expected).map(([name, size]) => [name, [size, size], 'exact']));
  }

  // docs/product.md; the same numbers as in Araujo, Norris and Sim, Distill 2019.
  describe('agree with the published ones', () => {
    it('of AlexNet', () => {
      expectSizes(alexNet(), { conv1: 11, pool1: 19, conv2: 51, pool2: 67, conv3: 99, conv4: 131, conv5: 163, pool5: 195 });
    });

    it('of VGG-16', () => {
      expectSizes(vgg16(), { conv1_1: 3, pool1: 6, pool2: 16, pool3: 44, pool4: 100, pool5: 212 });
    });

    it('of ResNet-18', () => {
      expectSizes(resNet([2, 2, 2, 2], 'basic'), { layer1: 43, layer2: 99, layer3: 211, layer4: 435 });
    });

    it('of ResNet-50', () => {
      expectSizes(resNet([3, 4, 6, 3], 'bottleneck'), { layer1: 35, layer2: 91, layer3: 267, layer4: 427 });
    });

    it('in stride and offset', () => {
      const fields = fieldsOf(resNet([2, 2, 2, 2], 'basic'));
      // P grows by padding times stride so far: 3, +1*2 in the pooling, +1*4 for each of four convolutions of layer1.
      assert.deepEqual(fields.get('layer1'), { size: [43, 43], stride: [4, 4], offset: [-21, -21], kind: 'exact' });
    });
  });

  /** One node over an image [N, 2, 32, 32]. */
  function single(op: string, attributes: Parameters<OnnxBuilder['node']>[3] = {}, weight?: number[]): OnnxBuilder {
    const model = new OnnxBuilder().input('x', 'float32', ['batch', 3, 32, 32]);
    if (weight) model.initializer('w', 'float32', weight);
    return model.node(op, weight ? ['x', 'w'] : ['x'], ['y'], attributes).output('y');
  }

  const cases: [name: string, model: OnnxBuilder, expected: ReceptiveField][] = [
    [
      'a dilated convolution leaves gaps',
      single('Conv', { dilations: [3, 3] }, [1, 3, 3, 3]),
      { size: [7, 7], stride: [1, 1], offset: [0, 0], kind: 'upper-bound' },
    ],
    [
      'SAME_LOWER pads more at the start',
      single('Conv', { auto_pad: 'SAME_LOWER', strides: [2, 2] }, [1, 3, 3, 3]),
      { size: [3, 3], stride: [2, 2], offset: [-1, -1], kind: 'exact' },
    ],
    [
      'SAME_UPPER pads more at the end',
      single('Conv', { auto_pad: 'SAME_UPPER', strides: [2, 2] }, [1, 3, 3, 3]),
      { size: [3, 3], stride: [2, 2], offset: [0, 0], kind: 'exact' },
    ],
    [
      'height and width are kept apart',
      single('Conv', { pads: [0, 1, 0, 1], strides: [1, 2] }, [1, 3, 1, 3]),
      { size: [1, 3], stride: [1, 2], offset: [0, -1], kind: 'exact' },
    ],
    [
      'a transposed convolution halves the stride',
      single('ConvTranspose', { strides: [2, 2] }, [3, 1, 2, 2]),
      { size: [1.5, 1.5], stride: [0.5, 0.5], offset: [-0.5, -0.5], kind: 'upper-bound' },
    ],
    [
      'global pooling sees everything',
      single('GlobalAveragePool'),
      { size: [32, 32], stride: [0, 0], offset: [0, 0], kind: 'global' },
    ],
    [
      'instance normalisation sees everything',
      new OnnxBuilder()
        .input('x', 'float32', ['batch', 3, 32, 32])
        .initializer('s', 'float32', [3])
        .node('InstanceNormalization', ['x', 's', 's'], ['y'])
        .output('y'),
      { size: [32, 32], stride: [0, 0], offset: [0, 0], kind: 'global' },
    ],
    [
      'an operator without a rule sees everything',
      single('GridSample', {}, [1, 4, 4, 2]),
      { size: [32, 32], stride: [0, 0], offset: [0, 0], kind: 'global' },
    ],
    [
      'softmax over channels looks at one position',
      single('Softmax', { axis: 1 }),
      { size: [1, 1], stride: [1, 1], offset: [0, 0], kind: 'exact' },
    ],
    [
      'softmax over rows sees everything',
      single('Softmax', { axis: 2 }),
      { size: [32, 32], stride: [0, 0], offset: [0, 0], kind: 'global' },
    ],
  ];
  for (const [name, model, expected] of cases) {
    it(name, () => {
      assert.deepEqual(fieldsOf(model).get('y'), expected);
    });
  }

  it('of old softmax, which flattens, take in everything', () => {
    const model = new OnnxBuilder({ opset: 11 }).input('x', 'float32', [1, 3, 32, 32]).node('Softmax', ['x'], ['y']).output('y');
    assert.equal(fieldsOf(model).get('y')?.kind, 'global');
  });

  it('come from the whole of branches that differ in one direction each', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 32, 32])
      .initializer('tall', 'float32', [3, 3, 7, 1])
      .initializer('wide', 'float32', [3, 3, 1, 5])
      .node('Conv', ['x', 'tall'], ['a'], { pads: [3, 0, 3, 0] })
      .node('Conv', ['x', 'wide'], ['b'], { pads: [0, 2, 0, 2] })
      .node('Add', ['a', 'b'], ['cross'])
      .output('cross');
    // The corners of the box are not seen.
    assert.deepEqual(fieldsOf(model).get('cross'), { size: [7, 5], stride: [1, 1], offset: [-3, -2], kind: 'upper-bound' });
  });

  it('of unused and constant branches do not count', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 32, 32])
      .initializer('w', 'float32', [3, 3, 3, 3])
      .initializer('c', 'float32', [1, 3, 30, 30])
      .node('Conv', ['x', 'w'], ['a'])
      .node('GlobalMaxPool', ['c'], ['constant'])
      .node('Add', ['a', 'constant'], ['y'])
      .output('y');
    const fields = fieldsOf(model);
    assert.equal(fields.get('y')?.size[0], 3);
    assert.equal(fields.has('constant'), false);
  });

  it('of what depends on the image in its weights or indices, too, are everything', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 32, 32])
      .initializer('fixed', 'float32', [3, 3, 3, 3])
      .initializer('small', 'float32', [3, 3, 30, 30])
      .node('Conv', ['x', 'fixed'], ['a'])
      .node('Conv', ['x', 'small'], ['weights'])
      .node('Conv', ['a', 'weights'], ['dynamic'])
      .node('ArgMax', ['a'], ['best'], { axis: 1 })
      .node('Gather', ['a', 'best'], ['chosen'], { axis: 1 })
      .node('PRelu', ['a', 'a'], ['both'])
      .output('dynamic');
    const fields = fieldsOf(model);
    assert.deepEqual(['dynamic', 'chosen'].map((name) => fields.get(name)?.kind), ['global', 'global']);
    assert.equal(fields.get('both')?.kind, 'exact');
  });

  it('survive the detour through tokens when attention does not come between', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 32, 32])
      .initializer('patch', 'float32', [16, 3, 8, 8])
      .initializer('flat', 'int64', [3], [0, 16, 16])
      .initializer('square', 'int64', [4], [-1, 16, 4, 4])
      .initializer('dense', 'float32', [16, 16])
      .node('Conv', ['x', 'patch'], ['patches'], { strides: [8, 8] })
      .node('Reshape', ['patches', 'flat'], ['columns'])
      .node('Transpose', ['columns'], ['tokens'], { perm: [0, 2, 1] })
      .node('MatMul', ['tokens', 'dense'], ['mlp'])
      .node('Transpose', ['mlp'], ['back'], { perm: [0, 2, 1] })
      .node('Reshape', ['back', 'square'], ['grid'])
      .output('grid');
    const fields = fieldsOf(model);
    assert.equal(fields.get('mlp')?.kind, 'global');
    assert.deepEqual(fields.get('grid'), { size: [8, 8], stride: [8, 8], offset: [0, 0], kind: 'exact' });
  });

  it('are given for every value of the graph by name', () => {
    const model = readModel(
      new OnnxBuilder()
        .input('x', 'float32', ['batch', 3, 32, 32])
        .initializer('w', 'float32', [3, 3, 3, 3])
        .node('Abs', ['w'], ['positive'])
        .node('Conv', ['x', 'positive'], ['y'])
        .output('y')
        .write(file('model.onnx')),
    );
    const shapes = inferShapes(model);
    const image = findImageInput(model, shapes);
    assert.ok('input' in image);
    assert.deepEqual(
      receptiveFields(model, shapes, image.input),
      new Map([
        ['positive', null],
        ['y', { size: [3, 3], stride: [1, 1], offset: [0, 0], kind: 'exact' }],
      ]),
    );
  });

  it('are not needed for a symbolic image size, except where padding depends on it', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 'height', 'width'])
      .initializer('w', 'float32', [4, 3, 3, 3])
      .node('Conv', ['x', 'w'], ['fixed'], { strides: [2, 2], pads: [1, 1, 1, 1] })
      .node('Conv', ['x', 'w'], ['same'], { strides: [2, 2], auto_pad: 'SAME_UPPER' })
      .output('fixed')
      .output('same');
    const fields = fieldsOf(model);
    assert.deepEqual(fields.get('fixed'), { size: [3, 3], stride: [2, 2], offset: [-1, -1], kind: 'exact' });
    assert.deepEqual(fields.get('same'), { size: [4, 4], stride: [2, 2], offset: [-1, -1], kind: 'upper-bound' });
  });
});
