import assert from 'node:assert/strict';
import type { TensorColumns } from '../../../src/protocol/checkpoint';
import { changeRows, formatRelative, sortRows } from '../../../webview-ui/panels/checkpointCompare/rows';
import { matchesTensor, tensorsOf } from '../../../webview-ui/panels/checkpoint/tensors';
import { checkpointRows, modulesOf, openAtFirst, type TensorOrder } from '../../../webview-ui/panels/checkpoint/tensorTree';

const columns: TensorColumns = {
  names: ['net.conv10.weight', 'net.conv2.weight', 'net.conv2.bias', '/head/kernel'],
  dtypes: ['float32', 'int64'],
  dtype: Int32Array.of(0, 0, 1, 0),
  ranks: Int32Array.of(4, 4, 1, 0),
  dims: Float64Array.of(2, 3, 1, 1, 8, 3, 3, 3, 8),
  bytes: Float64Array.of(24, 864, 64, 4),
  views: [],
  problems: [[2, 'not read']],
};

describe('the tree of a checkpoint', () => {
  const tensors = tensorsOf(columns);
  const rows = (order: TensorOrder): string[] =>
    checkpointRows(modulesOf(tensors), order, () => true).map((row) => `${row.level} ${row.kind === 'group' ? row.label : row.tensor.label} ${row.bytes}`);

  it('takes columns apart again', () => {
    assert.deepEqual(tensors.map(({ shape }) => shape), [[2, 3, 1, 1], [8, 3, 3, 3], [8], []]);
    assert.deepEqual([tensors[3]!.group, tensors[3]!.count, tensors[2]!.problem], [['head'], 1, 'not read']);
  });

  it('lists modules by dots and slashes with their totals, in any order', () => {
    assert.deepEqual(rows('file'), ['1 net 952', '2 conv10 24', '3 weight 24', '2 conv2 928', '3 weight 864', '3 bias 64', '1 head 4', '2 kernel 4']);
    assert.deepEqual(rows('name').slice(0, 4), ['1 head 4', '2 kernel 4', '1 net 952', '2 conv2 928']);
    assert.deepEqual(rows('size').slice(0, 3), ['1 net 952', '2 conv2 928', '3 weight 864']);
  });

  it('finds names, types and shapes', () => {
    const found = (...words: string[]): number => tensors.filter((tensor) => matchesTensor(tensor, words)).length;
    assert.deepEqual([found('conv2'), found('int64'), found('3x3'), found('8,3', 'float'), found('none')], [2, 1, 1, 1, 0]);
  });

  it('opens a small file as a whole', () => {
    assert.equal(openAtFirst(modulesOf(tensors)).size, 4);
  });
});

describe('rows of a comparison', () => {
  it('are sorted by what changed most, with the undefined at the end', () => {
    const rows = changeRows({
      names: ['a', 'b', 'c'],
      renamed: [[1, ['b', 'module.b']]],
      states: ['changed', 'changed', 'new'],
      shapes: [[1], [1], [1]],
      relative: Float64Array.of(0.1, Infinity, NaN),
      cosine: Float64Array.of(0.9, 0.2, NaN),
      maxAbs: Float64Array.of(1, 2, NaN),
      problems: [],
      prefixes: [[], []],
      total: 0.1,
    });
    assert.deepEqual(sortRows(rows, 'relative').map(({ name }) => name), ['b', 'a', 'c']);
    assert.deepEqual(sortRows(rows, 'cosine').map(({ name }) => name), ['b', 'a', 'c']);
    assert.deepEqual(rows[1]!.renamed, ['b', 'module.b']);
    assert.deepEqual([0, NaN, Infinity, 0.0123, 25].map(formatRelative), ['0', '–', 'from 0', '1.23\u202f%', '× 25.0']);
  });
});
