import assert from 'node:assert/strict';
import type { ModelComparison, ModelGraph, NodeChange } from '../../../src/protocol/graph';
import { controlGraph, resnetGraph } from '../../../webview-ui/gallery/fixtures/graphs';
import { GraphBuilder } from '../../../webview-ui/gallery/fixtures/graphBuilder';
import { modelCompareStates } from '../../../webview-ui/gallery/modelCompareStates';
import { GraphIndex } from '../../../webview-ui/views/graph/graphIndex';
import type { Palette } from '../../../webview-ui/views/graph/palette';
import type { Placed } from '../../../webview-ui/views/graph/placed';
import type { SceneBox } from '../../../webview-ui/views/graph/scene';
import { buildScene } from '../../../webview-ui/views/graph/sceneBuilder';
import { alikeKeys } from '../../../webview-ui/panels/modelCompare/alike';
import { across, aligned, anchorsOf } from '../../../webview-ui/panels/modelCompare/alignment';
import { BoxChanges, countsText, verdictOf, type ChangeCounts } from '../../../webview-ui/panels/modelCompare/boxChanges';
import { changeTints } from '../../../webview-ui/panels/modelCompare/changeTints';

const none: ReadonlySet<NodeChange> = new Set();
const counts = (some: Partial<ChangeCounts>): ChangeCounts => ({ equal: 0, changed: 0, added: 0, removed: 0, ...some });

/** Pairs by place, changed where said. */
const pairsOf = (graph: ModelGraph, changed: readonly number[]): ModelComparison['pairs'] => graph.nodes.map((_, at) => ({ nodes: [at, at], change: changed.includes(at) ? 'changed' : 'equal', differences: [] }));

describe('Changes of boxes of two compared graphs', () => {
  const { comparison } = modelCompareStates.graph();
  const [before, after] = comparison.models.map((graph) => new GraphIndex(graph)) as [GraphIndex, GraphIndex];
  const boxNamed = (index: GraphIndex, key: string, expanded: string[] = []): SceneBox => {
    const scene = buildScene(index, new Set(expanded));
    return scene.boxes[scene.boxOfKey.get(key)!]!;
  };

  it('a closed module counts the nodes inside by kind, at any depth, each side its own', () => {
    const [left, right] = [new BoxChanges(before, comparison.pairs, 0), new BoxChanges(after, comparison.pairs, 1)];
    const inLayer2 = (graph: ModelGraph, side: 0 | 1): ChangeCounts => {
      const found = counts({});
      for (const { nodes, change } of comparison.pairs) {
        const node = nodes[side];
        if (node !== null && graph.nodes[node]!.name.startsWith('/layer2/')) found[change]++;
      }
      return found;
    };
    const [one, other] = [left.countsOf(boxNamed(before, 's:0:layer2')), right.countsOf(boxNamed(after, 's:0:layer2'))];
    assert.deepEqual(one, inLayer2(comparison.models[0], 0));
    assert.deepEqual(other, inLayer2(comparison.models[1], 1));
    assert.equal(one.added, 0);
    assert.equal(other.added, 1);
    assert.match(countsText(other), /^\d+ changed, 1 added$/);
    assert.equal(left.countsOf(boxNamed(before, 'i:0:image')), null);
    const flatten = comparison.models[0].nodes.findIndex(({ op }) => op === 'Flatten');
    assert.equal(comparison.pairs[left.pairOf(flatten)!]!.change, 'removed');
  });

  it('a node that opens stands for what is inside it, through branches and functions', () => {
    const graph = controlGraph();
    const index = new GraphIndex(graph);
    const halve = graph.nodes.findIndex(({ op, body }) => op === 'Mul' && graph.bodies[body]!.name === 'else');
    const gate = graph.nodes.findIndex(({ op }) => op === 'Sigmoid');
    const changes = new BoxChanges(index, pairsOf(graph, [halve]), 0);
    const loop = boxNamed(index, 'n:0:/refine/Loop');
    assert.equal(changes.countsOf(loop)!.changed, 1);
    assert.equal(verdictOf(changes.countsOf(loop)!, none), 'changed');
    const swish = boxNamed(index, 'n:0:/swish/Swish');
    assert.equal(changes.countsOf(swish)!.changed, 0);
    assert.equal(new BoxChanges(index, pairsOf(graph, [gate]), 0).countsOf(swish)!.changed, 1);
  });

  it('a constant has no box: what uses it changes with it', () => {
    const net = new GraphBuilder();
    const x = net.input('x', [4]);
    const scale = net.node({ op: 'Constant', module: ['scale'], inputs: [], shape: [1], kind: 'other' });
    net.output(net.node({ op: 'Mul', module: ['mul'], inputs: [x, scale], shape: [4] }));
    const graph = net.graph();
    const index = new GraphIndex(graph);
    const changes = new BoxChanges(index, pairsOf(graph, [0]), 0);
    const scene = buildScene(index, new Set());
    const boxes = scene.boxes.filter(({ kind }) => kind === 'node');
    assert.equal(boxes.length, 1);
    assert.deepEqual(changes.countsOf(boxes[0]!), counts({ equal: 1, changed: 1 }));
    assert.equal(verdictOf(changes.countsOf(boxes[0]!)!, none), 'changed');
  });

  it('a box is what all in it is, else changed; hidden kinds do not count, and all hidden is hidden', () => {
    assert.equal(verdictOf(counts({ equal: 9 }), none), 'equal');
    assert.equal(verdictOf(counts({ added: 3 }), none), 'added');
    assert.equal(verdictOf(counts({ removed: 1 }), none), 'removed');
    assert.equal(verdictOf(counts({ equal: 9, added: 1 }), none), 'changed');
    assert.equal(verdictOf(counts({ changed: 2, removed: 1 }), none), 'changed');
    assert.equal(verdictOf(counts({ changed: 2, removed: 1 }), new Set(['changed'])), 'removed');
    assert.equal(verdictOf(counts({ equal: 4 }), new Set(['equal'])), 'hidden');
    assert.equal(countsText(counts({ equal: 4, changed: 1200, removed: 2 })), '1,200 changed, 2 removed');
    assert.equal(countsText(counts({ equal: 4 })), '');
  });

  it('colour is never the only sign: each kind has its own mark or border, and high contrast no fill', () => {
    const kinds = ['equal', 'changed', 'added', 'removed', 'hidden', null] as const;
    const palette = { ground: 'rgb(0, 0, 0)', text: 'rgb(255, 255, 255)', changed: 'rgb(200, 160, 0)', added: 'rgb(0, 160, 0)', removed: 'rgb(160, 0, 0)', highContrast: false } as Palette;
    const tints = kinds.map((_, box) => changeTints((at) => kinds[at]!)(palette)(box));
    const signs = tints.map((tint) => (tint ? `${tint.sign ?? ''} ${tint.dash ? 'broken' : 'whole'}` : 'plain'));
    assert.deepEqual(signs, ['plain', 'sliders whole', 'plus broken', 'minus broken', ' whole', 'plain']);
    const contrast = changeTints(() => 'added')({ ...palette, highContrast: true })(0)!;
    assert.deepEqual([contrast.fill, contrast.stroke], [palette.ground, palette.added]);
  });
});

describe('Two compared graphs side by side', () => {
  it('modules belong together by the pairs inside them, whatever they are called', () => {
    const named = (outer: string): ModelGraph => {
      const net = new GraphBuilder();
      let value = net.input('x', [8]);
      for (const block of ['a', 'b']) for (const op of ['Relu', 'Sigmoid', 'Relu']) value = net.node({ op, module: [outer, block, `${op}${value}`], inputs: [value], shape: [8] });
      net.output(value);
      return net.graph();
    };
    const [one, other] = [named('model'), named('module.body')];
    const [there, back] = alikeKeys(new GraphIndex(one), new GraphIndex(other), pairsOf(one, []));
    assert.equal(there.get('s:0:model/a'), 's:0:module.body/a');
    assert.equal(there.get('s:0:model'), 's:0:module.body');
    assert.equal(back.get('s:0:module.body/b'), 's:0:model/b');
    assert.equal(there.size, back.size);
    const graph = controlGraph();
    const [bodies] = alikeKeys(new GraphIndex(graph), new GraphIndex(graph), pairsOf(graph, []));
    assert.equal(bodies.get('n:0:/refine/Loop'), 'n:0:/refine/Loop');
    assert.equal(bodies.get('n:0:/refine/Loop>1>n:1:/choose/If'), 'n:0:/refine/Loop>1>n:1:/choose/If');
  });

  it('a module without a partner, or whose nodes went to several, belongs to the one that has most of it, once', () => {
    const graph = resnetGraph();
    const pairs = pairsOf(graph, []).map((pair) => (graph.nodes[pair.nodes[0]!]!.name.startsWith('/layer3/') ? { ...pair, nodes: [pair.nodes[0], null] as [number, null] } : pair));
    const [there] = alikeKeys(new GraphIndex(graph), new GraphIndex(graph), pairs);
    assert.equal(there.get('s:0:layer3'), undefined);
    assert.equal(there.get('s:0:layer2'), 's:0:layer2');
    assert.equal(new Set(there.values()).size, there.size);
  });

  it('a point moves as the anchors around it do: exactly at one, between two in between', () => {
    const anchors = { at: [[0, 0], [0, 100], [0, 1000]] as const, shift: [[0, 0], [10, 60], [10, 60]] as const };
    const here = { at: [...anchors.at], shift: [...anchors.shift] };
    const near = (point: readonly [number, number], wanted: readonly [number, number], tolerance: number): void => {
      const [x, y] = across(here, point);
      assert.ok(Math.hypot(x - wanted[0], y - wanted[1]) < tolerance, `${x}, ${y}`);
    };
    near([0, 0], [0, 0], 0.01);
    near([0, 100], [10, 160], 0.01);
    near([0, 50], [5, 80], 0.1);
    near([0, 700], [9.69, 758.15], 0.01); // the first anchor has 3 % of the weight
    const [, beforeStep] = across(here, [0, 49]);
    const [, afterStep] = across(here, [0, 51]);
    assert.ok(afterStep - beforeStep > 0 && afterStep - beforeStep < 8);
    assert.deepEqual(across({ at: [], shift: [] }, [3, 4]), [3, 4]);
  });

  it('what is looked at is at the same place in both windows', () => {
    const box = (key: string, open = false): SceneBox => ({ kind: 'node', node: 0, key, parent: -1, depth: 0, open, openable: open, label: key, order: 0 });
    const placed = (keys: string[], y: number[]): Placed =>
      ({ scene: { boxes: keys.map((key) => box(key, key === 'open')), boxOfKey: new Map(keys.map((key, at) => [key, at])) }, x: y.map(() => 10), y, width: y.map(() => 80), height: y.map(() => 20) }) as unknown as Placed;
    const [first, second] = [placed(['a', 'open', 'b', 'gone'], [0, 40, 100, 200]), placed(['a', 'new', 'open', 'b'], [0, 40, 80, 170])];
    const anchors = anchorsOf(first, second, (at) => second.scene.boxOfKey.get(first.scene.boxes[at]!.key) ?? null);
    assert.deepEqual(anchors, { at: [[50, 10], [50, 110]], shift: [[0, 0], [0, 70]] });
    const moved = aligned({ scale: 0.5, x: 20, y: -30 }, anchors, [50, 110], [400, 600], [300, 600]);
    // b is at 25 px of the first window (of 600), as its partner at 180 of the second drawing.
    assert.deepEqual(moved, { scale: 0.5, x: Math.round((45 / 400) * 300 - 25), y: 25 - 90 });
  });
});
