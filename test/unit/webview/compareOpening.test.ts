import { signal } from '@preact/signals';
import assert from 'node:assert/strict';
import type { ModelComparison, ModelGraph } from '../../../src/protocol/graph';
import { GraphBuilder } from '../../../webview-ui/gallery/fixtures/graphBuilder';
import { manyBoxes } from '../../../webview-ui/views/graph/graphDrawing';
import type { ComparedPage } from '../../../webview-ui/panels/modelCompare/comparedGraph';
import { GraphIndex } from '../../../webview-ui/views/graph/graphIndex';
import { ComparedGraphs } from '../../../webview-ui/panels/modelCompare/graphs';

const blocks = 110;

/** Blocks of as many nodes. */
function graphOf(nodes: number): ModelGraph {
  const net = new GraphBuilder();
  let at = net.input('x', [1, 8]);
  for (let block = 0; block < blocks; block++)
    for (let node = 0; node < nodes; node++) at = net.node({ op: 'Relu', module: ['blocks', String(block), `relu${node}`], inputs: [at], shape: [1, 8] });
  net.output(at);
  return net.graph();
}

/** Two graphs of which the second has far more in each block; nothing is open. */
function both(): ComparedGraphs {
  const [few, many] = [2, 45];
  const pairs = Array.from({ length: blocks * few }, (_, at) => ({ nodes: [at, Math.floor(at / few) * many + (at % few)] as [number, number], change: 'equal' as const, differences: [] }));
  const comparison: ModelComparison = { models: [graphOf(few), graphOf(many)], pairs, model: [] };
  const view: ComparedPage = {
    files: signal(null),
    comparison: signal(comparison),
    mode: signal('graph'),
    hidden: signal(new Set<never>()),
    search: signal(''),
    words: signal([]),
    all: signal([]),
    listed: signal([]),
    row: signal(null),
    selected: signal(null),
    stepListed: () => undefined,
    open: () => undefined,
  };
  const graphs = new ComparedGraphs(view, { sides: [{ expanded: [] }, { expanded: [] }] });
  for (const side of [0, 1] as const) graphs.sides[side].index.value = new GraphIndex(comparison.models[side]); // as if they were drawn
  return graphs;
}

describe('Opening two graphs that follow each other', () => {
  /** What of a page a drawing needs before anything is laid out, which never happens here. */
  const page = {
    window: globalThis,
    document: { createElement: () => ({ getContext: () => ({ measureText: () => ({ width: 50 }) }) }) },
    getComputedStyle: () => ({ fontFamily: 'sans-serif' }),
    Worker: class {
      postMessage(): void {}
      terminate(): void {}
    },
  };
  const global = globalThis as Record<string, unknown>;
  const before = Object.fromEntries(Object.keys(page).map((key) => [key, global[key]]));
  beforeEach(() => Object.assign(global, page));
  afterEach(() => Object.assign(global, before));

  const open = ({ sides }: ComparedGraphs): number[] => sides.map(({ expanded }) => expanded.value.size);
  const asked = ({ sides }: ComparedGraphs): number => Math.max(...sides.map(({ question }) => question.value?.boxes ?? 0));

  it('asks before the one that follows shows very much, and holds both back', () => {
    const graphs = both();
    assert.equal(graphs.linked.value, true);
    graphs.sides[0].setAll(true);
    assert.ok(asked(graphs) > manyBoxes, `${asked(graphs)} boxes`);
    assert.deepEqual(open(graphs), [0, 0]);
    graphs.answer(false);
    assert.equal(asked(graphs), 0);
    assert.deepEqual(open(graphs), [0, 0]);
    graphs.sides[0].setAll(true);
    graphs.answer(true);
    assert.equal(asked(graphs), 0);
    const [one, other] = open(graphs) as [number, number];
    assert.ok(one >= blocks && other >= blocks, `${one} and ${other} are open`);
  });

  it('opens what is little at once, in both', () => {
    const graphs = both();
    const { index } = graphs.sides[0];
    graphs.sides[0].goTo(0);
    assert.equal(asked(graphs), 0);
    assert.ok(index.value);
    assert.ok(open(graphs).every((size) => size > 0 && size < 5), String(open(graphs)));
  });

  it('opens all of both on one answer, or nothing of either', () => {
    const graphs = both();
    graphs.setAll(true);
    assert.ok(asked(graphs) > manyBoxes);
    assert.deepEqual(open(graphs), [0, 0]);
    graphs.answer(false);
    assert.deepEqual(open(graphs), [0, 0]);
    graphs.setAll(true);
    graphs.answer(true);
    assert.ok(open(graphs).every((size) => size >= blocks), String(open(graphs)));
    graphs.setAll(false);
    assert.deepEqual(open(graphs), [0, 0]);
  });

  it('marks the edge of one alone: what is selected in either ends that of the other', () => {
    const { sides } = both();
    sides[0].picked.value = [1];
    sides[1].select(null);
    assert.deepEqual(sides[0].picked.value, []);
  });

  it('asks for the one alone where they move apart', () => {
    const graphs = both();
    graphs.link(false);
    graphs.sides[0].setAll(true);
    assert.equal(asked(graphs), 0);
    const [one, other] = open(graphs) as [number, number];
    assert.ok(one >= blocks);
    assert.equal(other, 0);
  });
});
