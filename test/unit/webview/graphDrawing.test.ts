import assert from 'node:assert/strict';
import { signal } from '@preact/signals';
import type { ModelGraph } from '../../../src/protocol/graph';
import { GraphBuilder } from '../../../webview-ui/gallery/fixtures/graphBuilder';
import { layOutCompound, type CompoundRequest } from '../../../webview-ui/views/graph/compound';
import { GraphDrawing } from '../../../webview-ui/views/graph/graphDrawing';
import type { LayoutAnswer } from '../../../webview-ui/views/graph/layoutWorker';

/** Two modules of some nodes, the first of this name. */
function graphOf(first: string): ModelGraph {
  const net = new GraphBuilder();
  let at = net.input('x', [1, 8]);
  for (const module of [first, 'second']) for (let node = 0; node < 6; node++) at = net.node({ op: 'Relu', module: [module, `relu${node}`], inputs: [at], shape: [1, 8] });
  net.output(at);
  return net.graph();
}

class Drawing extends GraphDrawing {
  readonly search = { text: signal(''), matches: signal({ boxes: new Set<number>(), current: null }), start: () => undefined, next: () => undefined };
  readonly tints = signal(null);
  readonly name = signal('a model');
  activate(): void {}
  inspect(): void {}
  contextOf(): string {
    return '';
  }
  factsOf(): [] {
    return [];
  }
  remarkOn(): string {
    return '';
  }
}

describe('a drawing that is laid out while it is looked at', () => {
  /** Layouts that were asked for and not given up. */
  let asked: { request: CompoundRequest; worker: Worker }[] = [];
  const page = {
    window: globalThis,
    matchMedia: () => ({ matches: true }),
    document: { createElement: () => ({ getContext: () => ({ measureText: () => ({ width: 50 }) }) }) },
    getComputedStyle: () => ({ fontFamily: 'sans-serif' }),
    Worker: class {
      postMessage(request: CompoundRequest): void {
        asked.push({ request, worker: this as unknown as Worker });
      }
      terminate(): void {
        asked = asked.filter(({ worker }) => worker !== (this as unknown as Worker));
      }
    },
  };
  const global = globalThis as Record<string, unknown>;
  const before = Object.fromEntries(Object.keys(page).map((key) => [key, global[key]]));
  beforeEach(() => {
    asked = [];
    Object.assign(global, page);
  });
  afterEach(() => Object.assign(global, before));

  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
  /** The layout that was asked for last is there. */
  const answer = async (): Promise<void> => {
    await settled();
    assert.equal(asked.length, 1);
    const { request, worker } = asked[0]!;
    worker.onmessage!({ data: { result: layOutCompound(request), milliseconds: 0 } } as MessageEvent<LayoutAnswer>);
    await settled();
  };
  const drawn = async (): Promise<Drawing> => {
    const drawing = new Drawing({ expanded: [] });
    drawing.camera.resize([800, 600], null, null);
    drawing.graph.value = { state: 'ready', value: graphOf('first') };
    await answer();
    return drawing;
  };
  const boxOf = ({ placed }: Drawing, label: string): number => placed.value!.scene.boxes.findIndex((box) => box.label === label);
  const topOf = (drawing: Drawing, box: number): number => drawing.placed.value!.y[box]! * drawing.camera.viewport.value!.scale + drawing.camera.viewport.value!.y;
  const pan = ({ camera: { viewport } }: Drawing, down: number): void => {
    if (down !== 0) viewport.value = { ...viewport.value!, y: viewport.value!.y + down };
  };

  it('keeps an opened box where it is, and where it was moved to meanwhile', async () => {
    for (const down of [0, 90]) {
      const drawing = await drawn();
      const box = boxOf(drawing, 'second');
      const top = topOf(drawing, box);
      drawing.toggle(box, false, [400, top + 10]);
      pan(drawing, down);
      await answer();
      assert.equal(drawing.placed.value!.scene.boxes[boxOf(drawing, 'second')]!.open, true);
      assert.ok(Math.abs(topOf(drawing, boxOf(drawing, 'second')) - top - down) < 1, `${topOf(drawing, boxOf(drawing, 'second'))}, not ${top} + ${down}`);
    }
  });

  it('stays where it is when the file is read again, though what is selected is partly out of the window', async () => {
    const drawing = await drawn();
    const box = boxOf(drawing, 'second');
    drawing.select(box);
    pan(drawing, 590 - topOf(drawing, box));
    const { value: viewport } = drawing.camera.viewport;
    drawing.graph.value = { state: 'ready', value: graphOf('first') };
    await answer();
    assert.deepEqual(drawing.camera.viewport.value, viewport);
    drawing.setAll(true);
    await answer();
    assert.ok(topOf(drawing, boxOf(drawing, 'second')) < 590, 'when it opens, more of it is shown');
  });

  it('is fitted again when all is opened, unless it was moved meanwhile', async () => {
    for (const down of [0, 90]) {
      const drawing = await drawn();
      drawing.fitAll();
      drawing.setAll(true);
      pan(drawing, down);
      await answer();
      assert.equal(drawing.camera.isFitted(drawing.placed.value!, true), down === 0);
    }
  });

  it('goes to what was asked for once it is there, and to nothing that another file has put in its place', async () => {
    const drawing = await drawn();
    drawing.goTo(2);
    await answer();
    assert.equal(drawing.nodeOf(drawing.selected.value), 2);
    const other = await drawn();
    other.goTo(2);
    other.graph.value = { state: 'ready', value: graphOf('another') };
    await answer();
    other.graph.value = { state: 'ready', value: graphOf('first') };
    await answer();
    assert.equal(other.selected.value, null);
  });
});
