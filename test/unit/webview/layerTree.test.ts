import assert from 'node:assert/strict';
import type { Layer } from '../../../src/protocol/model';
import { groupLayers } from '../../../src/protocol/views';
import { expandedAtFirst, groupKey, treeRows, type TreeRow } from '../../../webview-ui/views/layerTree';
import { markHits, matchesLayer, searchWords } from '../../../webview-ui/views/search';
import { treeMove, typeAhead } from '../../../webview-ui/views/treeKeys';

function layer(path: string, change: Partial<Layer> = {}): Layer {
  const parts = path.split('.');
  return {
    name: `/${path}`,
    group: parts.slice(0, -1),
    label: `${parts.at(-1) ?? ''} · Conv`,
    op: 'Conv',
    node: path,
    kind: 'convolution',
    dtype: 'float32',
    shape: ['N', 8, 4, 4],
    unitAxis: 1,
    units: 8,
    positionAxes: [2, 3],
    batched: true,
    receptiveField: null,
    parameters: 10,
    primary: true,
    ...change,
  };
}

const layers = ['conv1', 'layer1.0.conv1', 'layer1.0.conv2', 'layer1.1.conv1', 'encoder.blocks.0.fc', 'fc'].map(
  (path) => layer(path),
);
const root = groupLayers(layers);
const show = (rows: TreeRow[]): string[] =>
  rows.map(
    (row) =>
      `${' '.repeat(row.level - 1)}${row.kind === 'group' ? `${row.label}${row.expanded ? ' -' : ' +'}${row.layers}` : row.layer.label.split(' ')[0]!} ${row.position}/${row.siblings}`,
  );
const all = { accepts: () => true, isExpanded: () => true };

describe('layer tree', () => {
  it('joins chains of groups, and knows level and place of every row', () => {
    assert.deepEqual(show(treeRows(root, all)), [
      'conv1 1/4',
      'layer1 -3 2/4',
      ' 0 -2 1/2',
      '  conv1 1/2',
      '  conv2 2/2',
      ' 1 -1 2/2',
      '  conv1 1/1',
      'encoder.blocks.0 -1 3/4',
      ' fc 1/1',
      'fc 4/4',
    ]);
  });

  it('leaves out what is not accepted, and what is closed', () => {
    const rows = treeRows(root, {
      accepts: ({ name }) => name.endsWith('conv2') || name === '/fc',
      isExpanded: () => true,
    });
    assert.deepEqual(show(rows), ['layer1.0 -1 1/2', ' conv2 1/1', 'fc 2/2']);
    const closed = treeRows(root, { accepts: () => true, isExpanded: (key) => key !== groupKey(['layer1']) });
    assert.deepEqual(show(closed).slice(0, 3), ['conv1 1/4', 'layer1 +3 2/4', 'encoder.blocks.0 -1 3/4']);
  });

  it('opens everything of a small model and little of a huge one', () => {
    assert.equal(expandedAtFirst(root).size, 6);
    const huge = groupLayers(
      Array.from({ length: 3000 }, (_, index) => layer(`blocks.${Math.floor(index / 10)}.part${index % 10}`)),
    );
    const rows = treeRows(huge, { accepts: () => true, isExpanded: (key) => expandedAtFirst(huge).has(key) });
    assert.equal(rows.length, 301, 'the blocks, but not what is in them');
  });

  it('moves as a tree grid does', () => {
    const rows = treeRows(root, all);
    assert.deepEqual(treeMove(rows, 3, 'ArrowLeft', 5), { to: 2 });
    assert.deepEqual(treeMove(rows, 2, 'ArrowLeft', 5), { open: groupKey(['layer1', '0']), expanded: false });
    assert.deepEqual(treeMove(rows, 1, 'ArrowRight', 5), { to: 2 });
    assert.equal(treeMove(rows, 0, 'ArrowRight', 5), null);
    assert.equal(treeMove(rows, 0, 'ArrowLeft', 5), null);
    assert.deepEqual(treeMove(rows, 8, 'PageDown', 5), { to: 9 });
    assert.deepEqual(treeMove(rows, 2, 'PageUp', 5), { to: 0 });
    assert.equal(treeMove([], 0, 'ArrowDown', 5), null);
  });

  it('jumps to what is typed, round the end', () => {
    const rows = treeRows(root, all);
    assert.equal(typeAhead(rows, 3, 'c'), 4, 'one letter goes on to the next');
    assert.equal(typeAhead(rows, 4, 'conv2'), 4, 'a longer word may be the row at hand');
    assert.equal(typeAhead(rows, 9, 'con'), 0);
    assert.equal(typeAhead(rows, 0, 'x'), null);
  });

  it('finds layers by every word, and marks the hits', () => {
    const relu = layer('layer1.0.act', { label: 'act · Relu', op: 'Relu', kind: 'activation' });
    for (const text of ['relu', 'LAYER1 act', 'activation', 'layer1.0', ''])
      assert.ok(matchesLayer(relu, searchWords(text)), text);
    assert.ok(!matchesLayer(relu, searchWords('relu conv')));
    assert.deepEqual(markHits('conv1', ['on', 'v1']), [
      { text: 'c', hit: false },
      { text: 'onv1', hit: true },
    ]);
    assert.deepEqual(markHits('abc', []), [{ text: 'abc', hit: false }]);
  });
});
