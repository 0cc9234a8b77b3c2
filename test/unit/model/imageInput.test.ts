import * as assert from 'node:assert/strict';
import { findImageInput } from '../../../src/engine/model/imageInput';
import { readModel } from '../../../src/engine/model/onnx';
import { inferShapes } from '../../../src/engine/model/shapes';
import { OnnxBuilder, type DimInput, type DtypeName } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

describe('findImageInput', () => {
  const file = temporaryFolder();
  const find = (model: OnnxBuilder) => {
    const read = readModel(model.write(file('model.onnx')));
    return findImageInput(read, inferShapes(read));
  };
  const one = (dims: DimInput[] | null, dtype: DtypeName = 'float32') => new OnnxBuilder().input('x', dtype, dims);
  const input = (found: ReturnType<typeof find>) => ('input' in found ? found.input : found.problem);

  it('knows NCHW and NHWC by where the channels are', () => {
    assert.deepEqual(input(find(one(['batch', 3, 224, 160]))), { name: 'x', dtype: 'float32', layout: 'NCHW', batch: null, channels: 3, height: 224, width: 160 });
    assert.deepEqual(input(find(one([8, 224, 160, 1], 'uint8'))), { name: 'x', dtype: 'uint8', layout: 'NHWC', batch: 8, channels: 1, height: 224, width: 160 });
    assert.deepEqual(input(find(one([null, 3, 'h', null], 'float16'))), { name: 'x', dtype: 'float16', layout: 'NCHW', batch: null, channels: 3, height: null, width: null });
  });

  it('asks the first convolution when the shape does not say', () => {
    const model = one([null, null, null, null]).initializer('w', 'float32', [8, 3, 7, 7]).node('Conv', ['x', 'w'], ['y']).output('y');
    assert.deepEqual(input(find(model)), { name: 'x', dtype: 'float32', layout: 'NCHW', batch: null, channels: 3, height: null, width: null });
    const turned = one([null, null, null, null])
      .initializer('w', 'float32', [8, 1, 7, 7])
      .initializer('mean', 'float32', [1])
      .node('Sub', ['x', 'mean'], ['c'])
      .node('Transpose', ['c'], ['t'], { perm: [0, 3, 1, 2] })
      .node('Conv', ['t', 'w'], ['y'])
      .output('y');
    assert.deepEqual(input(find(turned)), { name: 'x', dtype: 'float32', layout: 'NHWC', batch: null, channels: 1, height: null, width: null });
  });

  it('asks it, too, when both ends could be channels', () => {
    const narrow = one([1, 3, 32, 3]).initializer('w', 'float32', [8, 3, 3, 3]).node('Conv', ['x', 'w'], ['y']).output('y');
    assert.equal((input(find(narrow)) as { layout: string }).layout, 'NCHW');
    assert.equal((input(find(one([1, 3, 32, 3]))) as { layout: string }).layout, 'NCHW');
    assert.equal((input(find(one([1, 1, 28, 1]))) as { layout: string }).layout, 'NCHW');
  });

  it('does not count inputs that have a default value', () => {
    const model = one([1, 3, 8, 8]).input('w', 'float32', [1]).initializer('w', 'float32', [1]).node('Add', ['x', 'w'], ['y']).output('y');
    assert.equal('input' in find(model), true);
  });

  const problems: [name: string, model: OnnxBuilder, sentence: string | RegExp][] = [
    [
      'further inputs',
      one(['batch', 3, 8, 8]).input('input_ids', 'int64', ['batch', 77]).input('mask', 'bool', null),
      'This model needs inputs besides one image: input_ids int64[batch, 77], mask bool. Unitscope feeds an image only: export the image part on its own.',
    ],
    ['two images', one([1, 3, 8, 8]).input('y', 'float32', [1, 3, 8, 8]), /^This model takes 2 images at once: x float32\[1, 3, 8, 8\], y /],
    ['an image without a batch axis', one([3, 'h', 224]), 'The input x float32[3, h, 224] is one image without a batch axis: export the model with the shape [1, 3, h, 224].'],
    ['an input of unknown shape', one(null), /^The input x float32 does not declare a shape/],
    ['tokens', one(['n', 77], 'int64'), /^This model takes no image: its input is x int64\[n, 77\]/],
    ['four channels', one([1, 4, 8, 8]), /no axis of 1 or 3 channels/],
    ['integers', one([1, 3, 8, 8], 'int64'), /holds int64 values; images are fed as float32, float16, uint8, float64/],
    ['no input', new OnnxBuilder(), /has no inputs/],
  ];
  for (const [name, model, sentence] of problems) {
    it(`says why ${name} cannot be driven by one image`, () => {
      const found = find(model);
      assert.ok('problem' in found);
      if (typeof sentence === 'string') assert.equal(found.problem, sentence);
      else assert.match(found.problem, sentence);
      assert.match(found.problem, /\.$/);
    });
  }
});
