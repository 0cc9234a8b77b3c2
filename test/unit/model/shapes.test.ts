import * as assert from 'node:assert/strict';
import { readModel } from '../../../src/engine/model/onnx';
import { inferShapes, type ShapeOptions } from '../../../src/engine/model/shapes';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

describe('inferShapes', () => {
  const file = temporaryFolder();
  const infer = (model: OnnxBuilder, options: ShapeOptions = {}) => inferShapes(readModel(model.write(file('model.onnx'))), options);
  const image = () => new OnnxBuilder().input('x', 'float32', ['batch', 3, 224, 224]);

  it('follows the shape arithmetic of dynamic batches', () => {
    // x.reshape(x.shape[0], -1, heads, 8).permute(0, 2, 1, 3).reshape(-1, n, 8), as PyTorch writes it.
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 197, 32])
      .initializer('zero', 'int64', [], [0])
      .initializer('axes', 'int64', [1], [0])
      .initializer('rest', 'int64', [3], [-1, 4, 8])
      .initializer('four', 'int64', [], [4])
      .initializer('tail', 'int64', [2], [-1, 8])
      .node('Shape', ['x'], ['shape'])
      .node('Gather', ['shape', 'zero'], ['n'])
      .node('Unsqueeze', ['n', 'axes'], ['n1'])
      .node('Concat', ['n1', 'rest'], ['wanted'], { axis: 0 })
      .node('Reshape', ['x', 'wanted'], ['heads'])
      .node('Transpose', ['heads'], ['turned'], { perm: [0, 2, 1, 3] })
      .node('Mul', ['n', 'four'], ['folded'])
      .node('Unsqueeze', ['folded', 'axes'], ['folded1'])
      .node('Concat', ['folded1', 'tail'], ['wanted2'], { axis: 0 })
      .node('Reshape', ['turned', 'wanted2'], ['windows'])
      .output('windows');
    const shapes = infer(model);
    assert.deepEqual(shapes.get('heads')?.dims, ['batch', 197, 4, 8]);
    assert.deepEqual(shapes.get('wanted2')?.elements, ['4*batch', -1, 8]);
    assert.deepEqual(shapes.get('windows')?.dims, ['4*batch', 197, 8]);
  });

  it('names dimensions that the file leaves unnamed', () => {
    const model = new OnnxBuilder().input('x', 'float32', [null, 3, null, 8]).node('Flatten', ['x'], ['y'], { axis: 2 }).output('y');
    assert.deepEqual(infer(model).get('y')?.dims, ['3*batch', '8*x[2]']);
  });

  it('resolves symbols when the caller says the size of an input', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 'height', 'width'])
      .initializer('w', 'float32', [4, 3, 3, 3])
      .node('Conv', ['x', 'w'], ['y'], { strides: [2, 2], pads: [1, 1, 1, 1] })
      .node('Mystery', ['y'], ['z'])
      .valueInfo('z', 'float32', ['batch', 'height'])
      .output('z');
    assert.deepEqual(infer(model).get('y')?.dims, ['batch', 4, null, null]);
    const shapes = infer(model, { inputs: new Map([['x', [1, 3, 224, 96]]]) });
    assert.deepEqual(shapes.get('y')?.dims, [1, 4, 112, 48]);
    assert.deepEqual(shapes.get('z')?.dims, [1, 224]);
    const renamed = infer(model, { inputs: new Map([['x', ['N', 3, 224, 96]]]) });
    assert.deepEqual([renamed.get('y')?.dims, renamed.get('z')?.dims], [['N', 4, 112, 48], ['N', 224]]);
  });

  it('takes declared shapes where it has no rule, and rules where a declaration is stale', () => {
    const model = image()
      .node('Mystery', ['x'], ['a'])
      .valueInfo('a', 'float16', ['batch', 7])
      .node('Relu', ['x'], ['b'])
      .valueInfo('b', 'float32', [1, 3, 224, 224])
      .output('a')
      .output('b');
    const shapes = infer(model);
    assert.deepEqual([shapes.get('a')?.dims, shapes.get('a')?.dtype], [['batch', 7], 'float16']);
    assert.deepEqual(shapes.get('b')?.dims, ['batch', 3, 224, 224]);
  });

  it('takes what running the model has shown where nothing else is known', () => {
    const model = image()
      .initializer('w', 'float32', [7, 5])
      .node('Mystery', ['x'], ['a'])
      .node('MatMul', ['a', 'w'], ['b'])
      .node('Relu', ['x'], ['c'])
      .output('b')
      .output('c');
    const known = new Map([
      ['a', { dims: ['batch', 7], dtype: 'float32' }],
      ['c', { dims: [1, 3, 224, 224], dtype: 'float32' }],
    ]);
    const shapes = infer(model, { known });
    assert.deepEqual([shapes.get('b')?.dims, shapes.get('b')?.dtype], [['batch', 5], 'float32']);
    assert.deepEqual(shapes.get('c')?.dims, ['batch', 3, 224, 224]);
  });

  it('leaves open what nobody knows, and never throws', () => {
    const then = new OnnxBuilder().node('Identity', ['x'], ['t']).output('t');
    const otherwise = new OnnxBuilder().node('Flatten', ['x'], ['t']).output('t');
    const model = image()
      .input('flag', 'bool', [])
      .node('If', ['flag'], ['branch'], { then_branch: then.asAttribute(), else_branch: otherwise.asAttribute() })
      .node('Mystery', ['x'], ['a', 'b'])
      .node('Conv', ['a', 'missing'], ['c'])
      .node('Reshape', ['a', 'also missing'], ['d'])
      .node('Concat', ['a', 'b'], ['e'], { axis: 99 })
      .node('Transpose', ['x'], ['f'], { perm: [9, -1, 0, 0] })
      .node('Slice', ['x'], ['g'])
      .node('Gather', [], ['h'])
      .output('c');
    const shapes = infer(model);
    for (const name of ['branch', 'a', 'b', 'c', 'd', 'e', 'h']) assert.equal(shapes.get(name)?.dims, null, name);
  });

  it('looks into branches, which see the values around them, and keeps what they agree on', () => {
    const then = new OnnxBuilder().node('Identity', ['x'], ['t']).output('t');
    const otherwise = new OnnxBuilder().node('GlobalAveragePool', ['x'], ['e']).output('e');
    const model = image()
      .input('flag', 'bool', [])
      .node('If', ['flag'], ['y'], { then_branch: then.asAttribute(), else_branch: otherwise.asAttribute() })
      .output('y');
    assert.deepEqual(infer(model).get('y'), { dims: ['batch', 3, null, null], dtype: 'float32', elements: null });
  });

  it('follows values round a loop until what is known of them stays', () => {
    const body = new OnnxBuilder()
      .input('i', 'int64', [])
      .input('go', 'bool', [])
      .input('state', 'float32', null)
      .input('same', 'float32', null)
      .node('Concat', ['state', 'same'], ['longer'], { axis: 0 })
      .node('Identity', ['same'], ['kept'])
      .node('Identity', ['same'], ['slice'])
      .output('go').output('longer').output('kept').output('slice');
    const model = new OnnxBuilder()
      .input('x', 'float32', [2, 5])
      .initializer('count', 'int64', [], [7])
      .node('Loop', ['count', '', 'x', 'x'], ['a', 'b', 'c'], { body: body.asAttribute() })
      .output('a');
    const shapes = infer(model);
    assert.deepEqual(shapes.get('a')?.dims, [null, 5]);
    assert.deepEqual(shapes.get('b')?.dims, [2, 5]);
    assert.deepEqual(shapes.get('c')?.dims, [7, 2, 5]);
  });

  it('claims nothing of values that a Loop hands on from one to the next, however many there are', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const body = new OnnxBuilder().input('i', 'int64', []).input('go', 'bool', []);
    for (const name of names) body.input(name, 'float32', null);
    body.node('Identity', ['go'], ['on']).output('on');
    names.forEach((name, i) => body.node('Identity', [names[(i + 1) % names.length]!], [`${name}_next`]).output(`${name}_next`));
    const model = new OnnxBuilder().input('x', 'float32', [2]).input('odd', 'float32', [3]).initializer('count', 'int64', [], [9]);
    model.node('Loop', ['count', '', 'x', 'x', 'x', 'x', 'odd'], names, { body: body.asAttribute() }).output('a');
    const shapes = infer(model);
    for (const name of names) assert.notDeepEqual(shapes.get(name)?.dims, [2], name);
  });

  it('slices what a Scan goes through and stacks what it gives', () => {
    const body = new OnnxBuilder()
      .input('state', 'float32', null)
      .input('row', 'float32', null)
      .node('Add', ['state', 'row'], ['next'])
      .node('Identity', ['next'], ['out'])
      .output('next').output('out');
    const model = new OnnxBuilder()
      .input('start', 'float32', [4])
      .input('x', 'float32', [4, 9])
      .node('Scan', ['start', 'x'], ['last', 'all'], { body: body.asAttribute(), num_scan_inputs: 1, scan_input_axes: [1], scan_output_axes: [-1] })
      .output('all');
    const shapes = infer(model);
    assert.deepEqual(shapes.get('last')?.dims, [4]);
    assert.deepEqual(shapes.get('all')?.dims, [4, 9]);
  });

  it('knows the rank of a reshape whose sizes it does not know', () => {
    const model = image().input('wanted', 'int64', [3]).node('Reshape', ['x', 'wanted'], ['y']).output('y');
    assert.deepEqual(infer(model).get('y')?.dims, [null, null, null]);
  });

  it('looks into model-local functions', () => {
    const body = new OnnxBuilder()
      .node('Shape', ['a'], ['s'])
      .node('Transpose', ['a'], ['t'], { perm: [0, 2, 3, 1] })
      .node('Relu', ['t'], ['b']);
    const model = new OnnxBuilder({ opsets: { local: 1 } })
      .function('local', 'Turn', ['a'], ['b', 's'], body)
      .input('x', 'float32', ['batch', 3, 8, 9])
      .node('Turn', ['x'], ['y', 'shape'], {}, { domain: 'local' })
      .output('y');
    const shapes = infer(model);
    assert.deepEqual(shapes.get('y')?.dims, ['batch', 8, 9, 3]);
    assert.deepEqual(shapes.get('shape')?.elements, ['batch', 3, 8, 9]);
  });

  it('takes nodes in any order', () => {
    const model = image().node('Relu', ['b'], ['c']).node('Flatten', ['a'], ['b']).node('Relu', ['x'], ['a']).output('c');
    assert.deepEqual(infer(model).get('c')?.dims, ['batch', 3 * 224 * 224]);
  });

  it('leaves out what is made in a circle', () => {
    const model = image().node('Relu', ['x'], ['c']).node('Add', ['b', 'x'], ['a']).node('Relu', ['a'], ['b']).output('c');
    const shapes = infer(model);
    assert.deepEqual([shapes.has('a'), shapes.has('b'), shapes.has('c')], [false, false, true]);
  });

  it('reads constants that an exporter put into external data, when they are there', () => {
    const model = image().initializer('wanted', 'int64', [2], undefined, { location: 'gone.bin' }).node('Reshape', ['x', 'wanted'], ['y']).output('y');
    assert.deepEqual(infer(model).get('y')?.dims, [null, null]);
  });
});
