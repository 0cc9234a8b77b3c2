import { signal } from '@preact/signals';
import assert from 'node:assert/strict';
import type { LayerSparsity } from '../../../src/protocol/graph';
import type { SessionState } from '../../../src/protocol/views';
import { overlays } from '../../../webview-ui/panels/model/graph/overlay';
import { SparsityShares } from '../../../webview-ui/panels/model/graph/sparsityShares';

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

describe('Shares of activations that are 0', () => {
  const global = globalThis as { window?: unknown };
  const before = global.window;
  beforeEach(() => (global.window = globalThis));
  afterEach(() => (global.window = before));

  it('stay on show where they cannot be measured again, with why', async () => {
    const answers: (LayerSparsity[] | Error)[] = [[{ layer: 'relu', share: 0.5, images: 32 }], new Error('The disk is full.')];
    const state = signal({ dataset: { state: 'ready' }, trusted: true, engine: { state: 'running' }, scan: { state: 'idle' }, studyRevision: 1, resultsRevision: 0 } as unknown as SessionState);
    const client = { call: (): Promise<unknown> => (answers[0] instanceof Error ? Promise.reject(answers[0]) : Promise.resolve(answers.shift())) };
    const shares = new SparsityShares({ state } as never, client as never, signal(true));
    const outdated = (): string | null => overlays.sparsity.outdated({ layers: new Map(), sparsity: shares.layers.value, sparsityProblem: shares.problem.value });
    await settle();
    assert.equal(shares.layers.value?.get('relu')?.share, 0.5);
    assert.equal(outdated(), null);
    state.value = { ...state.value, scan: { state: 'running' } } as SessionState;
    assert.equal(outdated(), 'Measured again when the recording has ended.');
    state.value = { ...state.value, scan: { state: 'idle' } } as unknown as SessionState;
    await settle();
    assert.equal(shares.layers.value.get('relu')?.share, 0.5);
    assert.match(outdated()!, /The disk is full/);
  });
});
