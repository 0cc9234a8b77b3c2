import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelGraph } from '../../../src/protocol/graph';
import { UnitscopeError } from '../../../src/protocol/errors';
import { describeGraph } from '../../../src/engine/model/modelGraph';
import { describeNode } from '../../../src/engine/model/nodeDetail';
import { openModel } from '../../../src/engine/model/summary';
import { costFacts, costOfBox, spoken } from '../../../webview-ui/views/graph/describe';
import { allOpen, expandedAtFirst } from '../../../webview-ui/views/graph/expansion';
import { GraphIndex } from '../../../webview-ui/views/graph/graphIndex';
import { sceneOf } from '../../../webview-ui/views/graph/sceneBuilder';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { placedGraph } from '../../fixtures/placedGraph';
import { seeded } from '../../fixtures/random';
import { testEngine } from '../../fixtures/testEngine';
import { temporaryFolder } from './temporary';

const graphs = path.resolve('test/fixtures/graphs');
const models = path.resolve('test/fixtures/models');
const manifest = JSON.parse(fs.readFileSync(path.join(graphs, 'manifest.json'), 'utf8')) as Record<
  string,
  { nodes: number; bodies: number; outputs?: Record<string, (number | string | null)[]>; inside?: Record<string, (number | string | null)[]> }
>;

const refused: Record<string, RegExp> = {
  bad_made_twice: /^bad_made_twice\.onnx is damaged: two nodes make the value "y"; export it again\.$/,
  bad_external_outside: /^bad_external_outside\.onnx keeps tensor "w" in "\.\.\/outside\.bin", which is outside the model's folder; .*\.$/,
};

/** Values in graphs inside nodes that the standard's own inference knows more of: it looks into sequences. */
const lessInside: Record<string, string[]> = { nested: ['item7', 'level3', 'item3'] };

/** Opens a file, draws its graph and looks at every node, or at some of many. */
async function lookAt(file: string): Promise<ModelGraph> {
  const opened = openModel(file);
  const graph = describeGraph(opened.model, opened.summary, { imageSize: [32, 32], open: opened.bodies });
  JSON.stringify([opened.summary, graph.graph]);
  const step = Math.ceil(graph.nodes.length / 40);
  for (let node = 0; node < graph.nodes.length; node += step) JSON.stringify(await describeNode(opened.model, graph, node));
  draw(graph.graph);
  return graph.graph;
}

const mostBoxes = 5000;

/** Lays a graph out as a page does, as it is at first and with all open, and says what a screen reader is told. */
function draw(graph: ModelGraph): void {
  const index = new GraphIndex(graph);
  for (const [expanded, horizontal] of [[expandedAtFirst(index), false], [allOpen(index), true]] as const) {
    // A page lays so many out in a worker, for seconds, and can give it up.
    if (sceneOf(index, expanded).boxes.length > mostBoxes) continue;
    const placed = placedGraph(index, expanded, horizontal);
    placed.scene.boxes.forEach((box, at) => {
      assert.ok([placed.x[at]!, placed.y[at]!, placed.width[at]!, placed.height[at]!].every(Number.isFinite), box.key);
      if (at < 200) spoken(placed, index, at);
      const cost = at < 200 ? costOfBox(box, graph) : null;
      if (cost) costFacts(cost, graph);
    });
  }
}

describe('models of every type and construction of the standard', function () {
  this.timeout(60_000);
  const file = temporaryFolder();

  it('are all in the manifest', () => {
    const found = fs.readdirSync(graphs).filter((name) => name.endsWith('.onnx')).map((name) => name.slice(0, -5));
    assert.deepEqual(found.sort(), Object.keys(manifest).sort());
  });

  for (const [name, expected] of Object.entries(manifest)) {
    it(name, async () => {
      const model = path.join(graphs, `${name}.onnx`);
      if (name.startsWith('bad_')) {
        await assert.rejects(lookAt(model), (error) => error instanceof UnitscopeError && error.code === 'model.unreadable' && refused[name]!.test(error.message));
        return;
      }
      const graph = await lookAt(model);
      assert.deepEqual({ nodes: graph.nodes.length, bodies: graph.bodies.length }, { nodes: expected.nodes, bodies: expected.bodies });
      for (const [output, dims] of Object.entries(expected.outputs ?? {})) {
        const value = graph.bodies[0]!.outputs.map((place) => graph.values[place]!).find((of) => of.name === output);
        assert.equal(value?.shape?.length, dims.length, output);
        dims.forEach((dim, axis) => {
          const own = value.shape![axis];
          if (typeof dim === 'number' && typeof own === 'number') assert.equal(own, dim, `${output}[${axis}]`);
        });
      }
    });
  }

  it("are answered by the engine's own methods: with a graph, or with the sentence that says why not", async () => {
    const engine = testEngine(file('cache'));
    const context = { signal: new AbortController().signal, report: () => undefined };
    try {
      for (const [name, { nodes }] of Object.entries(manifest)) {
        const params = { path: path.join(graphs, `${name}.onnx`) };
        const asked = [engine.handlers['model.open'](params, context), engine.handlers['model.graph'](params, context)] as const;
        if (refused[name]) for (const one of asked) await assert.rejects(Promise.resolve(one), { code: 'model.unreadable', message: refused[name] });
        else {
          assert.equal((await asked[0]).format, 'onnx');
          const graph = await asked[1];
          assert.equal(graph.nodes.length, nodes, name);
          draw(graph);
        }
      }
    } finally {
      engine.dispose();
    }
  });

  it('have the shapes in graphs inside nodes that the standard\'s own inference finds, sizes that are open left open', async () => {
    let compared = 0;
    for (const [name, { inside }] of Object.entries(manifest)) {
      if (!inside) continue;
      const { values } = await lookAt(path.join(graphs, `${name}.onnx`));
      const less = new Set<string>();
      for (const value of values) {
        const expected: (number | string | null)[] | undefined = inside[value.name];
        if (!expected || value.kind === 'initializer') continue;
        const dims = value.open ?? value.shape;
        expected.forEach((dim, axis) => {
          const own = dims?.[axis] ?? null;
          if (dim === null) return;
          compared++;
          if (own === null) less.add(value.name);
          else assert.equal(own, dim, `${name}: ${value.name}[${axis}]`);
        });
        if (dims) assert.equal(dims.length, expected.length, value.name);
        else less.add(value.name);
      }
      assert.deepEqual([...less], lessInside[name] ?? [], name);
    }
    assert.ok(compared > 40, `${compared} sizes`);
  });

  it('tell the types of what is no tensor, and of every element', async () => {
    const types = Object.fromEntries((await lookAt(path.join(graphs, 'value_types.onnx'))).values.map(({ name, dtype, shape }) => [name, [dtype, shape]]));
    assert.deepEqual(
      ['sequence', 'nested', 'optional', 'map', 'sparse', 'scalar', 'empty', 'length', 'has', 'one', 'same'].map((name) => types[name]?.[0]),
      ['sequence', 'sequence', 'optional', 'map', 'sparse', 'int64', 'float32', 'int64', 'bool', 'sequence', 'float32'],
    );
    const { values } = await lookAt(path.join(graphs, 'element_types.onnx'));
    const made = values.filter(({ name }) => name.endsWith('_out'));
    assert.equal(made.length, 1 + 2 * 27); // texts are typed only
    for (const { name, dtype, shape } of made) {
      assert.equal(dtype, values.find((of) => of.name === name.slice(0, -4))!.dtype);
      assert.notEqual(dtype, '');
      assert.doesNotMatch(dtype, /^type/, name);
      assert.deepEqual(shape, [name.startsWith('string') ? 2 : 5]);
    }
  });

  it('tell constants however they are written', async () => {
    const { values } = await lookAt(path.join(graphs, 'constants.onnx'));
    const of = (name: string) => values.map((value) => [value.name, value.dtype, value.shape]).find(([own]) => own === name)!.slice(1);
    assert.deepEqual(
      ['tensor', 'strings_tensor', 'float', 'floats', 'int', 'ints', 'string', 'strings', 'sparse', 'sparse_values', 'rows'].map((name) => values.some((value) => value.name === name) && of(name)),
      [['int64', [2]], ['string', [2]], ['float32', []], ['float32', [2]], ['int64', []], ['int64', [4]], ['string', []], ['string', [2]], ['float32', [3, 4]], false, ['float32', [3, 4]]],
    );
  });

  it('functions get the attributes of their calls, defaults and overloads', async () => {
    const opened = openModel(path.join(graphs, 'functions.onnx'));
    const graph = describeGraph(opened.model, opened.summary);
    const plain = graph.graph.nodes.findIndex(({ op }, i) => op === 'Leak' && graph.nodes[i]!.overload === 'plain');
    const [body] = graph.graph.nodes[plain]!.bodies;
    assert.deepEqual(graph.graph.nodes.filter((node) => node.body === body).map(({ op }) => op), ['Relu']);
    const outer = await describeNode(opened.model, graph, 1);
    assert.deepEqual(outer.attributes.map(({ name, text, isDefault }) => [name, text, isDefault]), [['outer', '0.5', true]]);
    const inner = graph.graph.nodes.findIndex(({ op }) => op === 'LeakyRelu');
    assert.deepEqual((await describeNode(opened.model, graph, inner)).attributes.map(({ text }) => text), ['the function\'s attribute "slope"']);
  });
});

/** Whatever a file holds, it is described or refused in a sentence, in bounded time. */
describe('damaged files', function () {
  this.timeout(120_000);
  const file = temporaryFolder();
  const sources = [
    ...Object.keys(manifest).filter((name) => !name.startsWith('bad_')).map((name) => path.join(graphs, `${name}.onnx`)),
    ...fs.readdirSync(models).filter((name) => name.endsWith('.onnx')).map((name) => path.join(models, name)),
  ];
  /** Of one file, which takes a few milliseconds; the machine may be busy. */
  const longest = 5000;
  const mostMemory = 500e6;

  async function attempt(bytes: Uint8Array, what: string): Promise<boolean> {
    const target = file('damaged.onnx');
    fs.writeFileSync(target, bytes);
    const start = performance.now();
    const before = process.memoryUsage.rss();
    try {
      await lookAt(target);
      return true;
    } catch (error) {
      assert.ok(error instanceof UnitscopeError && error.code === 'model.unreadable', `${what}: ${error instanceof Error ? error.stack : String(error)}`);
      assert.match(error.message, /^damaged\.onnx [^\n]*\.$/s, what);
      return false;
    } finally {
      assert.ok(performance.now() - start < longest, `${what} took ${performance.now() - start} ms`);
      assert.ok(process.memoryUsage.rss() - before < mostMemory, `${what} took ${process.memoryUsage.rss() - before} bytes`);
    }
  }

  it('cut off anywhere are refused or open', async () => {
    for (const source of sources) {
      const bytes = fs.readFileSync(source);
      for (let i = 1; i <= 12; i++) await attempt(bytes.subarray(0, Math.floor((bytes.length * i) / 13)), `${path.basename(source)} cut off at ${i}/13`);
    }
  });

  it('with bytes changed are refused or open', async () => {
    let opened = 0;
    let tried = 0;
    for (const source of sources) {
      const bytes = fs.readFileSync(source);
      const random = seeded(bytes.length);
      for (let i = 0; i < 12; i++, tried++) {
        const changed = Uint8Array.from(bytes);
        for (let flips = 0; flips <= i % 6; flips++) {
          const at = Math.floor(random() * bytes.length);
          changed[at] = i % 2 === 0 ? Math.floor(random() * 256) : changed[at]! ^ (1 << Math.floor(random() * 8));
        }
        if (await attempt(changed, `${path.basename(source)}, variant ${i}`)) opened++;
      }
    }
    assert.ok(opened > tried / 10 && opened < tried, `${opened} of ${tried} opened`);
  });

  it('with lengths, dimensions and numbers spliced in are refused or open', async () => {
    const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    for (const source of sources) {
      const bytes = fs.readFileSync(source);
      const random = seeded(bytes.length + 1);
      for (let i = 0; i < 16; i++) {
        const at = Math.floor(random() * bytes.length);
        const inserted = i % 4 === 0 ? huge : i % 4 === 1 ? [0xff, 0xff, 0xff, 0xff, 0x0f] : i % 4 === 2 ? [0x7f] : [...bytes.subarray(at, at + 40)];
        const kept = i % 2 === 0 ? inserted.length : 0;
        await attempt(Buffer.concat([bytes.subarray(0, at), Uint8Array.from(inserted), bytes.subarray(at + kept)]), `${path.basename(source)}, splice ${i}`);
      }
    }
  });

  it('that are built to take long do not', async () => {
    const many = (count: number, make: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => make(i));
    // A function that calls the next one twice, 30 deep: 2^30 calls.
    const calls = new OnnxBuilder({ opsets: { f: 1 } }).input('x', 'float32', [1]);
    for (let i = 0; i < 30; i++) {
      const body = new OnnxBuilder();
      if (i === 29) body.node('Relu', ['a'], ['b']);
      else body.node(`F${i + 1}`, ['a'], ['c'], {}, { domain: 'f' }).node(`F${i + 1}`, ['c'], ['b'], {}, { domain: 'f' });
      calls.function('f', `F${i}`, ['a'], ['b'], body);
    }
    assert.equal(await attempt(calls.node('F0', ['x'], ['y'], {}, { domain: 'f' }).output('y').bytes(), 'calls'), true);
    // Loops in loops, whose state changes its shape every time.
    let body = new OnnxBuilder().input('i', 'int64', []).input('c', 'bool', []).input('s', 'float32', null).node('Concat', ['s', 's'], ['t'], { axis: 0 }).output('c').output('t');
    for (let i = 0; i < 25; i++) {
      body = new OnnxBuilder().input('i', 'int64', []).input('c', 'bool', []).input('s', 'float32', null).node('Loop', ['', '', 's'], ['t'], { body: body.asAttribute() }).output('c').output('t');
    }
    assert.equal(await attempt(new OnnxBuilder().input('s', 'float32', [3]).node('Loop', ['', '', 's'], ['t'], { body: body.asAttribute() }).output('t').bytes(), 'loops'), true);
    const wide = new OnnxBuilder().input('x', 'float32', [1]).node('Sum', many(200_000, () => 'x'), ['y']).node('Concat', many(200_000, () => 'y'), ['z'], { axis: 0 }).output('z');
    assert.equal(await attempt(wide.bytes(), 'inputs'), true);
    const deep = new OnnxBuilder().input('x', 'float32', [1]);
    for (let i = 0; i < 20; i++) deep.node('Relu', ['x'], [`y${i}`], {}, { name: `${'/a'.repeat(50_000)}/${i}/Relu` });
    assert.equal(await attempt(deep.output('y1').bytes(), 'modules'), true);
    const tall = new OnnxBuilder().input('x', 'int64', [2]).initializer('n', 'int64', [2], [2 ** 31, 2 ** 31]);
    tall.node('ConstantOfShape', ['n'], ['a']).node('Reshape', ['n', 'n'], ['b']).node('Transpose', ['b'], ['c'], { perm: [1, 0] }).node('Slice', ['b'], ['d'], { starts: [0], ends: [2 ** 63], axes: [0] });
    assert.equal(await attempt(tall.output('c').bytes(), 'sizes'), true);
  });
});
