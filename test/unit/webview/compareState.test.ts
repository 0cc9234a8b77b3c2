import assert from 'node:assert/strict';
import { ModelCompareView } from '../../../webview-ui/panels/modelCompare/view';

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

describe('What the page of two models keeps', () => {
  const global = globalThis as { window?: unknown };
  const before = global.window;
  beforeEach(() => (global.window = globalThis));
  afterEach(() => (global.window = before));

  it('is written at once when the files are known, and after a pan only when it has come to rest', async () => {
    const written: { uris: string[] }[] = [];
    const uris = ['file:///a.onnx', 'file:///b.onnx'];
    const view = new ModelCompareView({
      readState: () => ({}),
      writeState: (state: { uris: string[] }) => void written.push(state),
      connect: () => ({ call: (method: string) => (method === 'ready' ? Promise.resolve({ names: ['a', 'b'], uris }) : new Promise(() => undefined)), notify: () => undefined }),
    } as never);
    await settle();
    assert.deepEqual(written.map((state) => state.uris), [uris]);
    for (let x = 0; x < 20; x++) view.graphs.sides[0].camera.viewport.value = { scale: 1, x, y: 0 };
    assert.equal(written.length, 1);
    await new Promise((done) => setTimeout(done, 250));
    assert.equal(written.length, 2);
    assert.deepEqual((written[1] as unknown as { graphs: { sides: { viewport: unknown }[] } }).graphs.sides[0]!.viewport, { scale: 1, x: 19, y: 0 });
  });
});
