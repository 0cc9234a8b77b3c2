import assert from 'node:assert/strict';
import { layOut, type LayerEdge, type LayerItem } from '../../../webview-ui/views/graph/layered';
import { crossings } from '../../../webview-ui/views/graph/ordering';
import { allOpen } from '../../../webview-ui/views/graph/expansion';
import { GraphIndex } from '../../../webview-ui/views/graph/graphIndex';
import type { Scene } from '../../../webview-ui/views/graph/scene';
import { buildScene } from '../../../webview-ui/views/graph/sceneBuilder';
import { layoutRequest } from '../../../webview-ui/views/graph/segments';
import { layOutCompound, type CompoundResult } from '../../../webview-ui/views/graph/compound';
import { controlGraph, flatGraph, resnetGraph, vitGraph } from '../../../webview-ui/gallery/fixtures/graphs';
import { seeded } from '../../fixtures/random';

const options = { itemGap: 20, rankGap: 30 };
const items = (count: number): LayerItem[] => Array.from({ length: count }, (_, order) => ({ width: 80 + 10 * (order % 5), height: 30, order }));
const edge = (from: number, to: number): LayerEdge => ({ from, to, fromAt: 40, toAt: 40 });

function laidOut(scene: Scene, horizontal = false): CompoundResult {
  return layOutCompound(layoutRequest(scene, scene.boxes.map(({ label }) => ({ width: 40 + 6 * label.length, height: 30, room: 0 })), horizontal));
}

describe('layout of a graph', () => {
  it('puts what takes a value below what makes it, and nothing over anything else, on random graphs', () => {
    const random = seeded(7);
    for (let round = 0; round < 20; round++) {
      const count = 5 + Math.floor(random() * 60);
      const edges = Array.from({ length: count * 2 }, () => {
        const to = 1 + Math.floor(random() * (count - 1));
        return edge(Math.floor(random() * to), to);
      });
      const all = items(count);
      const { x, y, width, height, routes } = layOut(all, edges, options);
      for (const { from, to } of edges) assert.ok(y[to]! >= y[from]! + 30 + options.rankGap - 1e-6);
      for (let a = 0; a < count; a++) {
        assert.ok(x[a]! >= -1e-6 && x[a]! + all[a]!.width <= width + 1e-6 && y[a]! + 30 <= height + 1e-6);
        for (let b = 0; b < a; b++) {
          const apart = Math.abs(y[a]! - y[b]!) >= 30 || x[a]! + all[a]!.width <= x[b]! + 2.5 || x[b]! + all[b]!.width <= x[a]! + 2.5;
          assert.ok(apart, `${a} lies on ${b}`);
        }
      }
      routes.forEach((route, at) => {
        const { from, to } = edges[at]!;
        assert.deepEqual([route[1], route.at(-1)], [y[from]! + 30, y[to]!], 'an edge leaves at the bottom and enters at the top');
      });
    }
  });

  it('draws the main path of a residual network as one line', () => {
    const net: LayerEdge[] = [];
    let last = 0;
    for (let block = 0; block < 20; block++) {
      for (let step = 1; step <= 5; step++) net.push({ from: last + step - 1, to: last + step, fromAt: (80 + 10 * ((last + step - 1) % 5)) / 2, toAt: (80 + 10 * ((last + step) % 5)) / 2 });
      net.push({ from: last, to: last + 5, fromAt: (80 + 10 * (last % 5)) / 2, toAt: (80 + 10 * ((last + 5) % 5)) / 2 });
      last += 5;
    }
    const all = items(last + 1);
    const { x } = layOut(all, net, options);
    const centres = all.map(({ width }, at) => x[at]! + width / 2);
    assert.ok(Math.max(...centres) - Math.min(...centres) < 1e-6);
  });

  it('keeps the way through a box straight however long others are, and the others straight beside it', () => {
    // Two values come in, the second joins later; a chain of ten that begins inside is the longest of all.
    const all: LayerItem[] = [
      ...items(14).map((item) => ({ ...item, width: 80 })),
      { width: 2, height: 0, order: -1, port: 'entry' },
      { width: 2, height: 0, order: -1, port: 'entry' },
      { width: 2, height: 0, order: Infinity, port: 'exit' },
    ];
    const join = (from: number, to: number): LayerEdge => ({ from, to, fromAt: all[from]!.width / 2, toAt: all[to]!.width / 2 });
    const chain = Array.from({ length: 9 }, (_, at) => join(at, at + 1));
    const { x, routes } = layOut(all, [...chain, join(9, 12), join(14, 10), join(15, 10), join(10, 11), join(11, 12), join(12, 13), join(13, 16)], options);
    const centre = (item: number): number => x[item]! + all[item]!.width / 2;
    const line = (through: number[]): void => through.forEach((item) => assert.ok(Math.abs(centre(item) - centre(through[0]!)) < 1e-6, `${item} is beside the line of ${through.join(', ')}`));
    line([15, 10, 11, 12, 13, 16]);
    line([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(Math.abs(centre(0) - centre(10)) < 80 + 2 * options.itemGap, 'near what it is joined with');
    assert.equal(new Set([...routes[12]!].filter((_, at) => at % 2 === 0)).size, 1, 'an edge along the line has no bend');
  });

  it('lets blocks in a row stand below one another, whatever is inside', () => {
    for (const graph of [vitGraph(), resnetGraph()]) {
      const index = new GraphIndex(graph);
      const scene = buildScene(index, allOpen(index));
      const { width, size } = laidOut(scene);
      const widest = Math.max(...scene.boxes.map(({ depth }, box) => (depth === 1 ? width[box]! : 0)));
      assert.ok(size[0] < 1.25 * widest, `${size[0]} for ${widest}`);
    }
  });

  it('gives edges of one start one trunk, and what no line has room for no route', () => {
    const chain = Array.from({ length: 99 }, (_, at) => edge(at, at + 1));
    const fan = Array.from({ length: 50 }, (_, at) => edge(0, 2 * at + 1));
    const { routes, width } = layOut(items(100), [...chain, ...fan], options);
    assert.ok(width < 400, 'one trunk beside the chain');
    assert.ok(routes.every((route) => route.length >= 4));
    const all = items(2000);
    const tangle = Array.from({ length: 400 }, (_, at) => edge(at, 1999 - at));
    const long = layOut(all, [...Array.from({ length: 1999 }, (_, at) => edge(at, at + 1)), ...tangle], options);
    assert.ok(long.routes.some((route) => route.length === 0), 'beyond the limit of bends');
    assert.ok(long.routes.slice(0, 1999).every((route) => route.length > 0), 'short edges always are');
  }).timeout(20_000);

  it('counts crossings as trying all pairs does', () => {
    const random = seeded(3);
    for (let round = 0; round < 30; round++) {
      const pairs = Array.from({ length: 12 }, () => [Math.floor(random() * 6), 6 + Math.floor(random() * 6)] as const);
      const below: number[][] = Array.from({ length: 12 }, () => []);
      pairs.forEach(([upper], at) => below[upper]!.push(at));
      const place = Float64Array.from({ length: 12 }, (_, vertex) => vertex % 6);
      const graph = {
        ranks: [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]],
        width: new Float64Array(12),
        isPort: [],
        firstBend: 12,
        upper: Int32Array.from(pairs, ([upper]) => upper),
        lower: Int32Array.from(pairs, ([, lower]) => lower),
        upperAt: new Float64Array(12),
        lowerAt: new Float64Array(12),
        above: [],
        below,
      };
      let expected = 0;
      for (const [a, b] of pairs) for (const [c, d] of pairs) if (a < c && b > d) expected++;
      assert.equal(crossings(graph, place), expected);
    }
  });

  it('lays boxes into boxes, down or to the right, with edges that meet at the borders', () => {
    const index = new GraphIndex(resnetGraph());
    const scene = buildScene(index, new Set(index.scopeKeys));
    for (const horizontal of [false, true]) {
      const { x, y, width, height, routes } = laidOut(scene, horizontal);
      scene.boxes.forEach(({ parent }, box) => {
        if (parent < 0) return;
        assert.ok(x[box]! >= x[parent]! && y[box]! >= y[parent]! && x[box]! + width[box]! <= x[parent]! + width[parent]! + 1e-6 && y[box]! + height[box]! <= y[parent]! + height[parent]! + 1e-6);
      });
      for (const link of scene.links) {
        const ends = link.segments.map((at) => routes[scene.segments[at]!.container]![scene.segments[at]!.edge]!);
        for (let at = 1; at < ends.length; at++)
          for (const axis of [2, 1])
            assert.ok(Math.abs(ends[at - 1]!.at(-axis)! - ends[at]![2 - axis]!) < 1e-6, 'the next piece begins where the one before ends');
        const [first, last] = [ends[0]!, ends.at(-1)!];
        const along = horizontal ? 0 : 1;
        const far = horizontal ? x[link.from]! + width[link.from]! : y[link.from]! + height[link.from]!;
        assert.ok(Math.abs(first[along]! - far) < 1e-6);
        assert.ok(Math.abs(last.at(along - 2)! - (horizontal ? x : y)[link.to]!) < 1e-6);
      }
    }
  });

  it('opens branches, loops and functions with their inputs and outputs', () => {
    const index = new GraphIndex(controlGraph());
    const closed = buildScene(index, new Set());
    assert.deepEqual(closed.boxes.map(({ label }) => label), ['state', 'steps', 'go', 'encode', 'refine', 'swish', '/swish/Swish_output_0']);
    const loop = 'n:0:/refine/Loop';
    const open = buildScene(index, new Set([loop, `${loop}>1>n:1:/choose/If`, 'n:0:/swish/Swish']));
    const named = (from: string, to: string): boolean => open.links.some((link) => open.boxes[link.from]!.label === from && open.boxes[link.to]!.label === to);
    assert.ok(named('steps', 'iteration') && named('encode', 'carried'), 'inputs of the loop come in');
    assert.ok(named('encode', 'blend'), 'a branch in a loop takes a value from outside both');
    assert.ok(named('/relu/Relu_output_0', '/choose/If_output_0') && named('/blend/Add_output_0', '/choose/If_output_0'), 'either branch gives the output');
    assert.ok(named('/choose/If_output_0', 'X'), 'what the loop gives goes into the function');
    assert.ok(named('/product/Mul_output_0', '/swish/Swish_output_0'));
    laidOut(open);
  });

  it('takes seconds at most for 10,000 nodes, flat or open', () => {
    for (const graph of [flatGraph(10_000), vitGraph(660)]) {
      const index = new GraphIndex(graph);
      const scene = buildScene(index, new Set(index.scopeKeys));
      const start = performance.now();
      const { routes } = laidOut(scene);
      assert.ok(performance.now() - start < 15_000, 'a second or two on a machine that does nothing else');
      assert.ok(routes.flat().every((route) => route.length >= 4));
    }
  }).timeout(60_000);
});
