import * as assert from 'node:assert/strict';
import type { Dim } from '../../../src/protocol/model';
import { describeGraph } from '../../../src/engine/model/modelGraph';
import { openModel } from '../../../src/engine/model/summary';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

/** What onnx's own inference finds is in anyFile.test.ts; here is what it does not know, by hand. */
describe('shapes inside branches, loops and functions', () => {
  const file = temporaryFolder();

  /** Of each value with a name of those: what the shape is for one image, and where the file leaves sizes open, how. */
  function shapesOf(model: OnnxBuilder, ...names: string[]): Record<string, [Dim[] | null, Dim[] | undefined]> {
    const opened = openModel(model.write(file('model.onnx')));
    const { values } = describeGraph(opened.model, opened.summary, { open: opened.bodies }).graph;
    return Object.fromEntries(names.map((name) => values.filter((value) => value.name === name).map(({ shape, open }): [string, [Dim[] | null, Dim[] | undefined]] => [name, [shape, open]])[0]!));
  }

  const loopBody = (...states: string[]): OnnxBuilder => {
    const body = new OnnxBuilder().input('i', 'int64', []).input('go', 'bool', []).node('Identity', ['go'], ['on']).output('on');
    for (const state of states) body.input(state, 'float32', null);
    return body;
  };

  it('a branch sees the values around it', () => {
    const branch = (width: number): OnnxBuilder => new OnnxBuilder().initializer(`w${width}`, 'float32', [64, width]).node('MatMul', ['x', `w${width}`], [`made${width}`]).output(`made${width}`);
    const model = new OnnxBuilder()
      .input('flag', 'bool', [])
      .input('x', 'float32', ['batch', 64])
      .node('If', ['flag'], ['y'], { then_branch: branch(10).asAttribute(), else_branch: branch(12).asAttribute() })
      .output('y');
    assert.deepEqual(shapesOf(model, 'made10', 'made12', 'y', 'w10'), {
      made10: [[1, 10], ['batch', 10]],
      made12: [[1, 12], ['batch', 12]],
      y: [[1, null], ['batch', null]],
      w10: [[64, 10], undefined],
    });
  });

  it('a state of a loop that stays keeps its shape, beside one that grows and one that follows that', () => {
    const body = loopBody('stays', 'grows', 'follows')
      .node('Relu', ['stays'], ['stays2'])
      .node('Concat', ['grows', 'stays'], ['grows2'], { axis: 0 })
      .node('Identity', ['grows'], ['follows2'])
      .node('ReduceMean', ['stays'], ['slice'], { axes: [1], keepdims: 0 })
      .output('stays2').output('grows2').output('follows2').output('slice');
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 64])
      .initializer('count', 'int64', [], [7])
      .node('Loop', ['count', '', 'x', 'x', 'x'], ['a', 'b', 'c', 'slices'], { body: body.asAttribute() })
      .output('slices');
    assert.deepEqual(shapesOf(model, 'stays', 'stays2', 'grows', 'follows', 'follows2', 'slice', 'i', 'a', 'c', 'slices'), {
      stays: [[1, 64], ['batch', 64]],
      stays2: [[1, 64], ['batch', 64]],
      grows: [[null, 64], undefined],
      follows: [[null, 64], undefined],
      follows2: [[null, 64], undefined],
      slice: [[1], ['batch']],
      i: [[], undefined],
      a: [[1, 64], ['batch', 64]],
      c: [[null, 64], undefined],
      slices: [[7, 1], [7, 'batch']],
    });
  });

  it('one that stays keeps it where one that grows has two behind it', () => {
    const names = ['grows', 'f1', 'f2'];
    const body = loopBody(...names, 'stays').node('Concat', ['grows', 'grows'], ['next0'], { axis: 0 });
    names.slice(1).forEach((_, i) => body.node('Identity', [names[i]!], [`next${i + 1}`]));
    names.forEach((_, i) => body.output(`next${i}`));
    body.node('Relu', ['stays'], ['bent']).output('bent');
    const model = new OnnxBuilder().input('x', 'float32', [2, 3]).initializer('count', 'int64', [], [9]);
    model.node('Loop', ['count', '', ...names.map(() => 'x'), 'x'], [...names, 'last'].map((name) => `${name}_out`), { body: body.asAttribute() }).output('last_out');
    const shapes = shapesOf(model, ...names, 'bent', 'last_out');
    assert.deepEqual([shapes.bent, shapes.last_out], [[[2, 3], undefined], [[2, 3], undefined]]);
    for (const name of names) assert.ok(shapes[name]![0] === null || shapes[name]![0][0] === null, name);
  });

  it('a Scan gives slices along its axes; version 8 goes through a batch, too', () => {
    const body = new OnnxBuilder().input('sum', 'float32', null).input('row', 'float32', null).node('Add', ['sum', 'row'], ['next']).node('Relu', ['row'], ['bent']).output('next').output('bent');
    const attributes = { body: body.asAttribute(), num_scan_inputs: 1 };
    const later = new OnnxBuilder().input('x', 'float32', ['batch', 5, 'time']).input('zero', 'float32', ['batch', 5]).node('Scan', ['zero', 'x'], ['total', 'all'], { ...attributes, scan_input_axes: [2], scan_output_axes: [-1] }).output('all');
    assert.deepEqual(shapesOf(later, 'row', 'sum', 'next', 'total', 'all'), {
      row: [[1, 5], ['batch', 5]],
      sum: [[1, 5], ['batch', 5]],
      next: [[1, 5], ['batch', 5]],
      total: [[1, 5], ['batch', 5]],
      all: [[1, 5, 'time'], ['batch', 5, 'time']],
    });
    const eighth = new OnnxBuilder({ opset: 8 }).input('x', 'float32', ['batch', 7, 5]).input('zero', 'float32', ['batch', 5]).node('Scan', ['', 'zero', 'x'], ['total', 'all'], attributes).output('all');
    assert.deepEqual(shapesOf(eighth, 'row', 'sum', 'total', 'all'), {
      row: [[5], undefined],
      sum: [[5], undefined],
      total: [[1, 5], ['batch', 5]],
      all: [[1, 7, 5], ['batch', 7, 5]],
    });
  });

  it('a function has the shapes of its first call; where that is in a loop, those of every round', () => {
    const twice = (): OnnxBuilder => new OnnxBuilder().node('Add', ['a', 'a'], ['b']);
    const two = new OnnxBuilder({ opsets: { local: 1 } })
      .function('local', 'Twice', ['a'], ['b'], twice())
      .input('x', 'float32', ['batch', 64])
      .initializer('fixed', 'float32', [3])
      .node('Twice', ['x'], ['y'], {}, { domain: 'local' })
      .node('Twice', ['fixed'], ['z'], {}, { domain: 'local' })
      .output('y').output('z');
    assert.deepEqual(shapesOf(two, 'a', 'b', 'y', 'z'), { a: [[1, 64], ['batch', 64]], b: [[1, 64], ['batch', 64]], y: [[1, 64], ['batch', 64]], z: [[3], undefined] });
    const body = loopBody('grows').node('Twice', ['grows'], ['double'], {}, { domain: 'local' }).node('Concat', ['double', 'double'], ['longer'], { axis: 0 }).output('longer');
    const looped = new OnnxBuilder({ opsets: { local: 1 } })
      .function('local', 'Twice', ['a'], ['b'], twice())
      .input('x', 'float32', [2, 64])
      .initializer('count', 'int64', [], [7])
      .node('Loop', ['count', '', 'x'], ['y'], { body: body.asAttribute() })
      .output('y');
    assert.deepEqual(shapesOf(looped, 'grows', 'a', 'b'), { grows: [[null, 64], undefined], a: [[null, 64], undefined], b: [[null, 64], undefined] });
  });
});
