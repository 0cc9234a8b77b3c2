import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError } from '../../../../src/protocol/errors';
import type { LayerSparsity } from '../../../../src/protocol/graph';
import type { Client } from '../../../../src/protocol/method';
import type { ModelHostContract } from '../../../../src/protocol/modelViews';
import { follow } from '../../../shared/follow';
import type { Session } from '../../../shared/session';
import { slowly } from '../../../shared/slowly';

/** How sparse layers are, asked for while it is on show, and again when more has been recorded. */
export class SparsityShares {
  /** Null: not known yet, or there are no images. */
  readonly layers = signal<ReadonlyMap<string, LayerSparsity> | null>(null);
  /** Why it is not known. */
  readonly problem = signal<string | null>(null);
  /** Whether there can be recordings: images are chosen, and the model may be run. */
  readonly offered: ReadonlySignal<boolean>;

  constructor({ state }: Session, client: Client<ModelHostContract>, shown: ReadonlySignal<boolean>) {
    this.offered = computed(() => state.value?.dataset.state === 'ready' && state.value.trusted);
    const results = slowly(computed(() => state.value?.resultsRevision ?? 0));
    const isRecording = computed(() => state.value?.scan.state === 'running');
    const study = computed(() => (shown.value && this.offered.value && state.value?.engine.state === 'running' ? state.value.studyRevision : null));
    let measured: number | null = null;
    effect(() => {
      follow(results);
      if (study.value === null) return;
      if (study.value !== measured) this.layers.value = null;
      measured = study.value;
      // It would take turns with the recording.
      this.problem.value = isRecording.value ? `Measured ${this.layers.peek() ? 'again ' : ''}when the recording has ended.` : null;
      if (isRecording.value) return;
      const abort = new AbortController();
      client.call('sparsity', null, { signal: abort.signal }).then(
        (found) => {
          if (abort.signal.aborted) return;
          this.problem.value = null;
          this.layers.value = new Map(found.map((one) => [one.layer, one]));
        },
        (thrown: unknown) => {
          if (!isCancelled(thrown) && !abort.signal.aborted) this.problem.value = toUnitscopeError(thrown).message;
        },
      );
      return () => abort.abort();
    });
  }
}
