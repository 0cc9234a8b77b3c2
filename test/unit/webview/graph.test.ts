import assert from 'node:assert/strict';
import type { Dim, Layer } from '../../../src/protocol/model';
import { boxTexts, shortShape, shortType, shortened } from '../../../webview-ui/views/graph/boxText';
import { assumedShape, assumedSize, bytesOf, spokenEdge, valueShape } from '../../../webview-ui/views/graph/describe';
import { edgeAt } from '../../../webview-ui/views/graph/edgeAt';
import { allOpen, copiesOf, expandedAtFirst, keyOf, keysAround } from '../../../webview-ui/views/graph/expansion';
import { GraphIndex } from '../../../webview-ui/views/graph/graphIndex';
import { directionOf, neighbour } from '../../../webview-ui/views/graph/navigation';
import { SvgPen } from '../../../webview-ui/views/graph/pen';
import { overlayFacts, type LayerFacts, type OverlayName } from '../../../webview-ui/panels/model/graph/overlay';
import { boxAt, rectOf, showingBox, type Placed } from '../../../webview-ui/views/graph/placed';
import type { SceneBox } from '../../../webview-ui/views/graph/scene';
import { buildScene } from '../../../webview-ui/views/graph/sceneBuilder';
import { findHits } from '../../../webview-ui/views/graph/search';
import { fitted, resized, seen, showing, zoomed } from '../../../webview-ui/views/graph/viewport';
import { GraphBuilder } from '../../../webview-ui/gallery/fixtures/graphBuilder';
import { controlGraph, flatGraph, resnetGraph, vitGraph } from '../../../webview-ui/gallery/fixtures/graphs';
import { measureText as measure, placedGraph as placed } from '../../fixtures/placedGraph';

/** Nodes that are found, in the order of the hits. */
const findNodes = (index: GraphIndex, search: string): number[] => findHits(index, search).flatMap((hit) => (hit.kind === 'node' ? [hit.node] : []));

describe('the graph of a model', () => {
  const resnet = new GraphIndex(resnetGraph());
  const vit = new GraphIndex(vitGraph());

  it('is opened as deep as it stays readable', () => {
    const shown = (index: GraphIndex): number => buildScene(index, expandedAtFirst(index)).boxes.filter(({ open }) => !open).length;
    assert.ok(shown(resnet) >= 14 && shown(resnet) <= 61, String(shown(resnet)));
    assert.equal(shown(vit), 21, 'twelve closed blocks among what is around them');
    assert.ok(shown(new GraphIndex(vitGraph(800))) < 240);
  });

  it('knows blocks that are built alike', () => {
    const scene = buildScene(vit, expandedAtFirst(vit));
    const block = scene.boxes.find(({ kind, label }) => kind === 'scope' && label === '3')!;
    assert.equal(copiesOf(vit, scene, block).length, 12);
    assert.equal(boxTexts(scene, vit, measure)[scene.boxes.indexOf(block)]!.badge, '× 12');
  });

  it('counts a block once that is all there is of a module', () => {
    const net = new GraphBuilder();
    let at = net.input('x', [1, 8]);
    for (const stage of ['0', '1', '2']) for (const op of ['Relu', 'Sigmoid']) at = net.node({ op, module: ['layers', stage, 'blocks', op], inputs: [at], shape: [1, 8] });
    net.output(at);
    const index = new GraphIndex(net.graph());
    const blocks = index.graph.scopes.findIndex(({ path }) => path.join('.') === 'layers.1.blocks');
    assert.equal(index.alike.get(index.graph.scopes[blocks]!.repeats!)!.length, 6);
    assert.equal(index.copies(blocks), 3);
    assert.equal(index.copies(index.graph.scopes[blocks]!.parent), 3);
  });

  it('finds names, operators, modules, types and shapes', () => {
    const labels = (index: GraphIndex, search: string): string[] => findNodes(index, search).map((node) => index.graph.nodes[node]!.name);
    assert.equal(findNodes(resnet, 'conv').length, 37, '20 convolutions, and the 17 nodes that take a value that is called after one');
    assert.deepEqual(labels(resnet, 'layer3.1 add'), ['/layer3/1/add/Add', '/layer3/1/relu_1/Relu']);
    for (const shape of ['64x56x56', '64×56×56', '64,56,56', '64 x 56 x 56']) assert.equal(findNodes(resnet, shape).length, findNodes(resnet, '64x56x56').length, shape);
    assert.equal(findNodes(resnet, '64x56x56').length, 13, 'eleven nodes give it, two more take it');
    assert.equal(findNodes(resnet, '4x56x56').length, 0, 'sizes are whole');
    assert.equal(findNodes(resnet, '200x512').length, 1, 'of weights, too');
    assert.equal(findNodes(resnet, 'gemm float32').length, 1);
    assert.deepEqual([findNodes(resnet, 'no such thing'), findNodes(resnet, '  ')], [[], []]);
  });

  it('says what has to be open for a node to be seen', () => {
    const control = new GraphIndex(controlGraph());
    for (const index of [resnet, vit, control])
      index.graph.nodes.forEach((_, node) => {
        const scene = buildScene(index, new Set(keysAround(index, node)));
        assert.ok(scene.boxOfKey.has(keyOf(index, node)), keyOf(index, node));
      });
  });

  it('opens in chunks of equal blocks where nothing tells thousands of nodes apart', () => {
    const given = flatGraph(10_000);
    const index = new GraphIndex(given);
    const scene = buildScene(index, expandedAtFirst(index));
    const chunks = scene.boxes.filter(({ kind }) => kind === 'scope');
    assert.ok(chunks.length > 50 && chunks.length < 110 && scene.boxes.length === chunks.length + 2, String(chunks.length));
    assert.equal(scene.links.length, chunks.length + 1, 'cut between blocks: one value goes on');
    assert.ok(copiesOf(index, scene, chunks[0]!).length >= chunks.length - 1, 'all but the last are alike');
    assert.equal(chunks[1]!.label, 'stage_block_15_conv1 …', 'a chunk begins with a block');
    const scopes = chunks.map((box) => (box.kind === 'scope' ? index.graph.scopes[box.scope]! : assert.fail()));
    for (const [name, total] of [['parameters', given.total.parameters], ['macs', given.total.macs], ['activationBytes', given.total.activationBytes]] as const)
      assert.equal(scopes.reduce((sum, { cost }) => sum + cost[name], 0), total, name);
    assert.equal(scopes.reduce((sum, { nodes }) => sum + nodes, 0), 10_000);
    const found = findNodes(index, 'stage_block_700_conv2');
    assert.ok(found.length > 0 && found.length < 4, 'the name of a chunk is not found in all of it');
    for (const node of [0, 4321, 9999]) assert.ok(buildScene(index, new Set(keysAround(index, node))).boxOfKey.has(keyOf(index, node)));
    assert.equal(new GraphIndex(flatGraph(3000)).graph.scopes.length, 1, 'fewer stay as they are');
  });

  it('opens all of functions that call themselves or one another, and ends', () => {
    const recursive = new GraphBuilder();
    const value = recursive.input('x', [1]);
    const even = recursive.addBody('function', 'Even', null);
    const odd = recursive.addBody('function', 'Odd', null);
    const lost = recursive.addBody('function', 'Lost', null);
    const call = (op: string, body: number, from: number): void => recursive.output(recursive.node({ op, domain: 'local', module: [op.toLowerCase()], inputs: [from], shape: [1], bodies: [body], kind: 'other' }));
    call('Even', even, value);
    for (const [body, op, other] of [[even, 'Odd', odd], [odd, 'Even', even], [lost, 'Lost', lost]] as const) {
      recursive.body = body;
      call(op, other, recursive.input('n', [1]));
    }
    const index = new GraphIndex(recursive.graph());
    const scene = buildScene(index, allOpen(index));
    assert.deepEqual(scene.boxes.filter(({ kind }) => kind === 'node').map(({ label, open }) => [label, open]), [['even', true], ['odd', true], ['even', false]]);
    assert.deepEqual(keysAround(index, 3), [], 'nothing leads into a function that only calls itself');
    assert.equal(index.shownAs(3), null);
    assert.deepEqual(findNodes(index, 'lost'), []);
  });

  it('opens no further once functions that call functions have multiplied', () => {
    const nested = new GraphBuilder();
    const bodies = Array.from({ length: 40 }, (_, at) => nested.addBody('function', `F${at}`, null));
    let from = nested.input('x', [1]);
    for (const [at, body] of bodies.entries()) {
      for (const twice of ['a', 'b']) from = nested.node({ op: `F${at}`, domain: 'local', module: [twice], inputs: [from], shape: [1], bodies: [body], kind: 'other' });
      nested.output(from);
      nested.body = body;
      from = nested.input('x', [1]);
    }
    const index = new GraphIndex(nested.graph());
    const { boxes } = buildScene(index, allOpen(index));
    assert.ok(boxes.length > 20_000 && boxes.length < 160_000, String(boxes.length));
  }).timeout(30_000);

  it('says the operator before the shape of weights, also where the name repeats it; beside a name only where it says more', () => {
    const net = new GraphBuilder();
    const conv = (module: string[], input: number): number => net.node({ op: 'Conv', module, inputs: [input], shape: [1, 24, 8, 8], weights: [[24, 3, 7, 7]] });
    const relu = net.node({ op: 'Relu', module: ['relu'], inputs: [conv(['conv'], net.input('x', [1, 3, 16, 16]))], shape: [1, 24, 8, 8] });
    net.output(net.node({ op: 'Relu', module: ['act'], inputs: [conv(['conv1'], relu)], shape: [1, 24, 8, 8] }));
    const index = new GraphIndex(net.graph());
    const scene = buildScene(index, allOpen(index));
    const details = Object.fromEntries(boxTexts(scene, index, measure).map(({ title, detail }) => [title, detail]));
    assert.deepEqual([details.conv, details.conv1, details.relu, details.act], ['Conv  24 × 3 × 7 × 7', 'Conv  24 × 3 × 7 × 7', '', 'Relu']);
  });

  it('shows constants where they are used, also when they are searched for', () => {
    const net = new GraphBuilder();
    const shape = net.node({ op: 'Constant', module: ['shape'], inputs: [], shape: [2], kind: 'other' });
    net.output(net.node({ op: 'Reshape', module: ['flat'], inputs: [net.input('x', [4]), shape], shape: [2, 2] }));
    net.node({ op: 'Constant', module: ['unused'], inputs: [], shape: [2], kind: 'other' });
    const index = new GraphIndex(net.graph());
    assert.deepEqual(findNodes(index, 'shape/Constant'), [1], 'what takes it is found by its name');
    assert.deepEqual([index.shownAs(0), index.shownAs(1), index.shownAs(2)], [1, 1, null]);
    assert.deepEqual(findNodes(index, 'unused'), []);
  });

  it('flows the right way though the file begins with copies of weights, those of the last module first', () => {
    const net = new GraphBuilder();
    const graph = net.graph();
    const input = net.input('x', [1, 8]);
    const shared = graph.values.push({ name: 'blocks.0.bias', dtype: 'float32', shape: [8], kind: 'initializer', tensor: 'blocks.0.bias' }) - 1;
    const copies = ['2', '1'].map((block) => net.node({ op: 'Identity', module: ['blocks', block, 'Identity'], inputs: [shared], shape: [8] }));
    let at = input;
    for (const block of ['0', '1', '2']) {
      at = net.node({ op: 'MatMul', module: ['blocks', block, 'mul'], inputs: [at], shape: [1, 8] });
      at = net.node({ op: 'Add', module: ['blocks', block, 'add'], inputs: [at, [shared, copies[1]!, copies[0]!][Number(block)]!], shape: [1, 8] });
    }
    net.output(at);
    const index = new GraphIndex(net.graph());
    assert.deepEqual([...index.order], [6, 3, 0, 1, 2, 4, 5, 7]);
    const drawn = placed(index, new Set(['s:0:blocks']));
    const tops = ['0', '1', '2'].map((block) => drawn.y[drawn.scene.boxOfKey.get(`s:0:blocks/${block}`)!]!);
    assert.ok(tops[0]! < tops[1]! && tops[1]! < tops[2]!, String(tops));
    for (const { from, to } of drawn.scene.links) assert.ok(drawn.scene.boxes[from]!.order < drawn.scene.boxes[to]!.order, 'no edge against the order');
  });

  it('is walked along its edges and to the side, whichever way it flows', () => {
    for (const horizontal of [false, true]) {
      const drawn = placed(resnet, new Set(resnet.scopeKeys), horizontal);
      const go = (from: string, key: string): string => {
        const box = drawn.scene.boxOfKey.get(from)!;
        const next = neighbour(drawn, box, directionOf(key, horizontal)!, horizontal);
        return next === null ? '' : drawn.scene.boxes[next]!.key;
      };
      const [on, back, aside, other] = horizontal ? ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp'] : ['ArrowDown', 'ArrowUp', 'ArrowRight', 'ArrowLeft'];
      assert.equal(go('n:0:/conv1/Conv', on), 'n:0:/relu/Relu');
      assert.equal(go('n:0:/relu/Relu', back), 'n:0:/conv1/Conv');
      assert.equal(go('n:0:/layer1/0/add/Add', back), 'n:0:/layer1/0/conv2/Conv', 'the nearest of two producers');
      const main = 'n:0:/layer2/0/conv1/Conv';
      const skip = 'n:0:/layer2/0/downsample/0/Conv';
      assert.ok([go(main, aside), go(main, other)].includes(skip), 'branches stand beside one another');
      assert.equal(go('n:0:/conv1/Conv', aside), '');
    }
    assert.equal(directionOf('a', false), null);
  });

  it('is hit where its boxes are, the innermost first', () => {
    const drawn = placed(resnet, new Set(resnet.scopeKeys));
    drawn.scene.boxes.forEach(({ open }, box) => {
      const [px, py] = [drawn.x[box]! + drawn.width[box]! / 2, drawn.y[box]! + (open ? 5 : drawn.height[box]! / 2)];
      assert.equal(boxAt(drawn, px, py), box);
    });
    assert.equal(boxAt(drawn, -50, 10), null);
  });

  it('looks only at what is on screen', () => {
    const drawn = placed(new GraphIndex(flatGraph(3000)), new Set());
    const middle = drawn.size[1] / 2;
    assert.ok(drawn.buckets.boxesBetween(middle, middle + 800).length < 60);
    let pieces = 0;
    drawn.buckets.piecesBetween(middle, middle + 800, () => pieces++);
    assert.ok(pieces < 150, String(pieces));
  });
});

describe('what the colours of a graph say of one box', () => {
  const net = new GraphBuilder();
  let at = net.input('x', [1, 8]);
  for (const [module, op] of [['a', 'Relu'], ['b', 'Sigmoid'], ['c', 'Softmax']] as const) at = net.node({ op, module: ['stage', module], inputs: [at], shape: [1, 8] });
  net.node({ op: 'Cast', module: ['cast'], inputs: [at], shape: [1, 8] });
  const index = new GraphIndex(net.graph());
  const layers = index.graph.nodes.flatMap(({ layer }) => layer ?? []);
  const [a, b, c] = layers as [string, string, string];
  const field = (kind: 'exact' | 'global', side: number): Layer => ({ receptiveField: { kind, size: [side, side + 2], stride: [1, 1] } }) as unknown as Layer;
  const facts: LayerFacts = {
    layers: new Map([[a, field('exact', 7)], [b, field('exact', 11)], [c, field('global', 0)]]),
    sparsity: new Map([[a, { layer: a, share: 0.625, images: 32 }], [b, { layer: b, share: 0, images: 32 }]]),
    sparsityProblem: null,
  };
  const node = (place: number): SceneBox => ({ kind: 'node', node: place }) as SceneBox;
  const stage = { kind: 'scope', scope: index.graph.scopes.findIndex(({ path }) => path.join() === 'stage') } as SceneBox;
  const said = (name: OverlayName, box: SceneBox, given = facts): string[] => overlayFacts(name, box, index, given).map(({ label, text }) => `${label}: ${text}`);

  it('sparsity: the share of a layer, 0 as well, or that it was not recorded; the largest of a module', () => {
    assert.deepEqual([0, 1, 2, 3].map((place) => said('sparsity', node(place))), [['Sparsity: 63 %'], ['Sparsity: 0.0 %'], ['Sparsity: not recorded'], []]);
    assert.deepEqual(said('sparsity', stage), ['Sparsity: 63 % at most']);
    assert.deepEqual(said('sparsity', stage, { ...facts, sparsity: null }), ['Sparsity: not known']);
  });

  it('receptive fields: both sides of a layer, the largest side in a module', () => {
    assert.deepEqual([0, 2, 3].map((place) => said('field', node(place))), [['Receptive field: 9 × 7'], ['Receptive field: whole image'], []]);
    assert.deepEqual(said('field', stage), ['Receptive field: 13 px at most, else whole image']);
  });

  it('nothing where the costs of the box say it', () => {
    for (const name of ['macs', 'parameters', 'memory'] as const) assert.deepEqual(said(name, stage), []);
  });
});

describe('the window on a graph', () => {
  it('zooms about the pointer, within bounds', () => {
    const before = { scale: 0.5, x: 30, y: -20 };
    const after = zoomed(before, 1.5, [200, 100]);
    assert.ok(Math.abs((200 - before.x) / before.scale - (200 - after.x) / after.scale) < 1e-9);
    assert.equal(zoomed(before, 1e9, [0, 0]).scale, 4);
  });

  it('shows all that is small, and the beginning of what is long', () => {
    assert.deepEqual(fitted([400, 300], [1000, 800], false, 200), { scale: 1, x: 300, y: 250 });
    const long = fitted([400, 100_000], [1000, 800], false, 150);
    assert.deepEqual([long.scale, long.x, long.y], [1, 300, 28]);
    assert.equal(fitted([1500, 1000], [1000, 800], false, 750).scale, 944 / 1500, 'all of it while that can be read');
    assert.deepEqual(fitted([2000, 1000], [1000, 800], false, 700), { scale: 0.8, x: 500 - 700 * 0.8, y: 28 }, 'else what can be read well');
    const whole = fitted([400, 100_000], [1000, 800], false, null);
    assert.ok(whole.scale * 100_000 <= 800);
  });

  it('moves as little as brings a box into view', () => {
    const here = { scale: 1, x: 0, y: 0 };
    assert.deepEqual(showing(here, [400, 300, 100, 40], [1000, 800]), here);
    assert.equal(showing(here, [400, 780, 100, 40], [1000, 800]).y, 800 - 60 - 820);
    assert.equal(showing(here, [400, 50_000, 100, 40], [1000, 800]).y, 400 - 50_020, 'from far away into the middle');
  });

  it('shows where what is in an open box begins, not its empty corner', () => {
    const index = new GraphIndex(vitGraph());
    const whole = placed(index, allOpen(index));
    const open = whole.scene.boxes.findIndex(({ open, depth }) => open && depth === 0);
    const wide = { ...whole, x: whole.x.map((x, box) => (box === open ? x : x + 5000)), width: whole.width.map((width, box) => (box === open ? width + 5000 : width)) };
    const window = [700, 600] as const;
    const viewport = showingBox({ scale: 1, x: 0, y: 0 }, wide, open, window);
    assert.ok(wide.scene.boxes.some((box, at) => !box.open && box.parent >= 0 && seen(viewport, rectOf(wide, at), window) === 2));
    const closed = wide.scene.boxes.findIndex((box) => !box.open);
    assert.deepEqual(showingBox(viewport, wide, closed, window), showing(viewport, rectOf(wide, closed), window));
  });

  it('stays where it is when it is resized, but for a box in it that would be lost', () => {
    const here = { scale: 2, x: -100, y: 40 };
    const to = (box: readonly [number, number, number, number]): typeof here => resized(here, [1000, 800], [600, 500], box);
    assert.deepEqual(to([200, 150, 50, 30]), here, 'a box near the beginning moves nothing');
    assert.deepEqual(to([480, 150, 50, 30]), { scale: 2, x: 600 - 60 - 2 * 530, y: 40 }, 'a box that would be lost is just inside');
    assert.deepEqual(to([900, 150, 50, 30]), here, 'one that was not in it is not gone to');
    assert.deepEqual(to([0, 0, 4000, 4000]), here, 'one that is larger stays');
  });
});

describe('edges of a graph', () => {
  const pieces = [
    [0, 0, 0, 100],
    [0, 0, 80, 60],
  ];
  const drawn = (horizontal: boolean): Placed =>
    ({
      horizontal,
      routes: pieces.map((piece) => Float64Array.from(piece)),
      buckets: { piecesBetween: (_from: number, _to: number, visit: (segment: number, corner: number) => void) => pieces.forEach((_, at) => visit(at, 0)) },
    }) as unknown as Placed;

  it('are found near their lines and curves, the nearest one first', () => {
    assert.equal(edgeAt(drawn(false), 3, 90, 5), 0);
    assert.equal(edgeAt(drawn(false), 6, 90, 5), null);
    assert.equal(edgeAt(drawn(false), 40, 30, 5), 1, 'halfway the curve is in the middle');
    assert.equal(edgeAt(drawn(false), 6, 16, 7), 1, 'nearer to the curve than to the line');
    assert.equal(edgeAt(drawn(false), 1, 16, 7), 0);
  });

  it('lead downwards at both ends of a curve, or to the right', () => {
    assert.equal(edgeAt(drawn(false), 78, 55, 3), 1);
    assert.equal(edgeAt(drawn(true), 78, 55, 3), null);
    assert.equal(edgeAt(drawn(true), 70, 59, 3), 1);
  });

  it('are said with the first of very many that take them', () => {
    const net = new GraphBuilder();
    const from = net.input('mask', [1, 8]);
    for (let at = 0; at < 1200; at++) net.output(net.node({ op: 'Relu', module: [`relu${at}`], inputs: [from], shape: [1, 8] }));
    const index = new GraphIndex(net.graph());
    assert.equal(spokenEdge(index, [from]), 'mask, 1 by 8 float32, to relu0 and relu1 and relu2 and relu3 and 1,196 more');
    assert.match(spokenEdge(index, index.graph.bodies[0]!.outputs), /; and 1,196 more$/);
  });

  it('have types as short as numbers are called, and bytes where bits are known', () => {
    assert.deepEqual(['float32', 'bfloat16', 'int64', 'uint8', 'bool', 'string', 'sequence'].map(shortType), ['f32', 'bf16', 'i64', 'u8', 'bool', 'str', 'sequence']);
    const bytes = (dtype: string, shape: Dim[] | null): number | null => bytesOf({ name: '', dtype, shape, kind: 'computed', tensor: null });
    assert.deepEqual([bytes('float32', [2, 3]), bytes('int4', [3]), bytes('bool', []), bytes('float8e4m3fn', [5]), bytes('complex128', [1])], [24, 2, 1, 5, 16]);
    assert.deepEqual([bytes('string', [2]), bytes('float32', null), bytes('float32', ['n'])], [null, null, null]);
  });
});

describe('texts of a graph', () => {
  it('are short where they stand on edges and boxes', () => {
    assert.equal(shortShape(['batch', 3, null, 224], 'float32'), 'N × 3 × ? × 224');
    assert.equal(shortShape([], 'int64'), 'scalar');
    assert.equal(shortShape(null, 'sequence'), 'sequence');
    const long = shortened('StatefulPartitionedCall/backbone/expanded_conv_12/add');
    assert.ok(long.length === 30 && long.endsWith('expanded_conv_12/add'.slice(-16)), long);
  });

  it('name the number of images as the file does where it is open, N where there is little room; assumed numbers stand apart', () => {
    const net = new GraphBuilder();
    const x = net.input('x', [1, 3, 32, 32]);
    net.output(net.node({ op: 'Relu', module: ['relu'], inputs: [x], shape: [1, 3, 32, 32] }));
    const graph = net.graph();
    graph.values[0]!.open = ['batch', 3, 32, 32];
    graph.values[1]!.open = ['batch', 3, null, 32];
    const index = new GraphIndex(graph);
    const scene = buildScene(index, new Set());
    const texts = boxTexts(scene, index, measure);
    assert.equal(valueShape(index, 0), 'batch × 3 × 32 × 32');
    assert.equal(assumedShape(index, 0), '1 × 3 × 32 × 32');
    assert.equal(assumedSize(index, 0), null);
    assert.equal(valueShape(index, 1), 'batch × 3 × ? × 32');
    assert.equal(assumedSize(index, 1), '1 × 3 × 32 × 32');
    assert.equal(texts[scene.boxes.findIndex(({ kind }) => kind === 'value')]!.detail, 'N × 3 × 32 × 32  f32');
    assert.equal(texts[scene.boxes.findIndex(({ kind }) => kind === 'node')]!.label, 'N × 3 × 32 × 32');
  });

  it('are escaped in an SVG', () => {
    const pen = new SvgPen('"Inter", sans-serif');
    pen.text('a < b & "c"', 1.234567, 2, 'title', 'rgb(1, 2, 3)');
    const file = pen.file(100, 50, 10, 'white', '<model>');
    assert.ok(file.includes('>a &#60; b &#38; &#34;c&#34;</text>'));
    assert.ok(file.includes('viewBox="-10 -10 120 70"') && file.includes('<title>&#60;model&#62;</title>'));
    assert.ok(!file.includes('<model>'));
  });
});
