import { signal } from '@preact/signals';
import assert from 'node:assert/strict';
import type { GaborFit } from '../../../src/protocol/graph';
import type { SessionState } from '../../../src/protocol/views';
import { WeightsView } from '../../../webview-ui/panels/model/weights/view';

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 1));
const cost = { parameters: 0, macs: 0, activationBytes: 0, unknown: 0 };
const columns = { names: ['w', 'b'], dtypes: ['float32'], dtype: new Int32Array(2), ranks: Int32Array.of(4, 1), dims: Float64Array.of(8, 3, 7, 7, 8), bytes: new Float64Array(2), views: [], problems: [] };
const node = (label: string, layer: string, inputs: number[]): object => ({ body: 0, scope: 0, name: '', label, op: label.split(' · ')[1], domain: '', kind: 'other', inputs, outputs: [], bodies: [], layer, cost });
const graph = {
  bodies: [],
  values: [{ tensor: null }, { tensor: 'w' }, { tensor: 'b' }],
  scopes: [],
  nodes: [node('conv1 · Conv', 'c', [0, 1, 2]), node('relu_1 · Relu', 'r', [0])],
  total: cost,
  assumed: [],
};

/** The page of weights of a model with one convolution and what follows it. */
function page() {
  const state = signal({ model: { state: 'ready' }, modelRevision: 1 } as SessionState);
  const fits: { signal: AbortSignal; answer: (fits: GaborFit[]) => void }[] = [];
  const host = {
    call: (method: string, _: unknown, { signal: aborted }: { signal: AbortSignal }): Promise<unknown> => {
      if (method === 'gabor') return new Promise((answer) => fits.push({ signal: aborted, answer }));
      return Promise.resolve(method === 'weights' ? { tensors: columns } : graph);
    },
    notify: () => undefined,
  };
  const layers = signal(new Map([['r', { group: ['layer1'], label: 'relu_1 · Relu' }]]));
  const view = new WeightsView({ state, layers } as never, host as never);
  const change = (): void => {
    state.value = { ...state.value, modelRevision: state.value.modelRevision + 1 };
  };
  return { view, fits, change, state };
}

describe('Page of weights', () => {
  it('forgets and cancels Gabor fits when the file changes, and not when anything else does', async () => {
    const { view, fits, change, state } = page();
    const fitting = (): string => view.fitting.value.state;
    view.show({ layer: 'c' });
    await settle();
    view.fit(view.chosen.value!);
    fits[0]!.answer([]);
    await settle();
    state.value = { ...state.value };
    assert.equal(fitting(), 'ready');
    change();
    assert.equal(fitting(), 'none');
    view.fit(view.chosen.value!);
    change();
    assert.equal(fitting(), 'none');
    assert.equal(fits[1]!.signal.aborted, true);
    fits[1]!.answer([]);
    await settle();
    assert.equal(fitting(), 'none');
  });

  it('says that a layer has no weights, and shows none, until something else is asked for', async () => {
    const { view, change } = page();
    view.show({ layer: 'c' });
    await settle();
    assert.deepEqual([view.tensor.value, view.without.value], ['w', null]);
    view.show({ layer: 'r' });
    assert.deepEqual([view.tensor.value, view.without.value], [null, 'layer1.relu_1']);
    change();
    await settle();
    assert.deepEqual([view.tensor.value, view.without.value], [null, 'layer1.relu_1']);
    view.choose('b');
    assert.deepEqual([view.tensor.value, view.without.value], ['b', null]);
    view.show({ layer: 'r' });
    view.show({ layer: null });
    assert.deepEqual([view.tensor.value, view.without.value], ['w', null]);
  });
});
