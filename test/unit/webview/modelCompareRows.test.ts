import assert from 'node:assert/strict';
import type { ModelComparison, NodeChange } from '../../../src/protocol/graph';
import { differenceText, foldRows, formatPercent, pairOf, pairRows, type PairRow } from '../../../webview-ui/panels/modelCompare/rows';

const graph = (count: number): ModelComparison['models'][0] => ({
  bodies: [{ kind: 'graph', name: 'main', owner: null, inputs: [], outputs: [] }],
  nodes: Array.from({ length: count }, (_, at) => ({ body: 0, scope: 0, name: `/a/Conv_${at}`, label: `conv${at} · Conv`, op: 'Conv', domain: '', kind: 'convolution' as const, inputs: [], outputs: [at], bodies: [], layer: null, cost: { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 } })),
  values: Array.from({ length: count }, (_, at) => ({ name: `v${at}`, dtype: 'float32', shape: [1, at], kind: 'computed' as const, tensor: null })),
  scopes: [{ body: 0, path: ['features'], parent: -1, nodes: count, cost: { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 }, repeats: null }],
  total: { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 },
  assumed: [],
});
const rowsOf = (changes: readonly NodeChange[]): PairRow[] =>
  pairRows({ models: [graph(changes.length), graph(changes.length)], model: [], pairs: changes.map((change, at) => ({ nodes: [change === 'added' ? null : at, change === 'removed' ? null : at], change, differences: [] })) });
const shape = (rows: ReturnType<typeof foldRows>): string => rows.map((row) => (row.kind === 'fold' ? `(${row.count})` : row.change[0])).join(' ');

describe('Rows of two models compared', () => {
  it('runs of equal nodes are folded but for two beside a difference, until they are opened', () => {
    const changes: NodeChange[] = [...Array<NodeChange>(6).fill('equal'), 'changed', ...Array<NodeChange>(7).fill('equal'), 'added', ...Array<NodeChange>(9).fill('equal'), 'removed', 'equal'];
    const rows = rowsOf(changes);
    assert.equal(shape(foldRows(rows, new Set())), '(4) e e c e e e e e e e a e e (5) e e r e');
    assert.equal(shape(foldRows(rows, new Set([0]))), 'e e e e e e c e e e e e e e a e e (5) e e r e');
    assert.equal(shape(foldRows(rowsOf(Array<NodeChange>(30).fill('equal')), new Set())), '(30)');
    assert.deepEqual(foldRows([], new Set()), []);
  });

  it('are found again by the names of their nodes, wherever they stand', () => {
    const rows = rowsOf(['equal', 'changed', 'removed']);
    assert.equal(pairOf(rows, ['/a/Conv_1', '/a/Conv_1']), 1);
    assert.equal(pairOf(rows, ['/a/Conv_2', null]), 2);
    assert.equal(pairOf(rows, [null, '/a/Conv_2']), null);
    assert.equal(pairOf(rows, null), null);
  });

  it('say what a node is and what differs, for reading and for searching', () => {
    const [row] = rowsOf(['added']);
    assert.equal(row!.sides[0], null);
    assert.deepEqual(row!.sides[1], { name: 'conv0', group: 'features', op: 'Conv', shape: '1 × 0', layer: null });
    const [open, unknown] = [graph(1), graph(1)];
    open.values[0]!.open = ['batch', 0];
    unknown.values[0]!.shape = null;
    const shown = pairRows({ models: [open, unknown], model: [], pairs: [{ nodes: [0, 0], change: 'equal', differences: [] }] })[0]!.sides;
    assert.deepEqual(shown.map((side) => side!.shape), ['batch × 0', '']);
    assert.ok(['features.conv0', '/a/conv_0', 'added'].every((word) => row!.text.includes(word)));
    const text = differenceText([
      { what: 'weights', name: 'w', before: 'w', after: 'w', relative: 0.012, cosine: 1 },
      { what: 'weights', name: 'b', before: 'b', after: 'b', relative: 0.5, cosine: 0.9 },
      { what: 'attribute', name: 'pads', before: '[0]', after: '[1]' },
      { what: 'shape', name: 'y', before: '1', after: '2' },
    ]);
    assert.equal(text, 'weights 50.0 % · pads · shape');
    assert.deepEqual([0, 1e-9, 0.0012345, 25].map(formatPercent), ['0 %', '< 0.001 %', '0.123 %', '2.5e+3 %']);
  });
});
