import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError } from '../../src/protocol/errors';
import type { Client, Handlers } from '../../src/protocol/method';
import type { Layer, ModelSummary } from '../../src/protocol/model';
import type { Resource, SessionHostContract, SessionState, SessionViewContract } from '../../src/protocol/views';

/** The methods that ask for something to be done and have nothing to say back. */
type Action = {
  [K in keyof SessionHostContract]: SessionHostContract[K] extends { params: null; result: null } ? K : never;
}[keyof SessionHostContract];

/** A panel's side of a model's session: its state as the extension tells it, and the model's summary. */
export class Session {
  private readonly host: Client<SessionHostContract>;
  private selectedHere: string | null = null;
  readonly state: ReadonlySignal<SessionState | null>;
  readonly summary: ReadonlySignal<Resource<ModelSummary>>;
  readonly layers: ReadonlySignal<ReadonlyMap<string, Layer>>;
  /** The layer that was selected elsewhere: in the tree, in another view, by a command; a new object every time. */
  readonly selectedElsewhere: ReadonlySignal<{ layer: string } | null>;
  /** Sentences of the layers that could not be measured, by name. */
  readonly failures: ReadonlySignal<ReadonlyMap<string, string>>;

  constructor(connect: (handlers: Handlers<SessionViewContract>) => Client<SessionHostContract>) {
    const state = signal<SessionState | null>(null);
    const summary = signal<Resource<ModelSummary>>({ state: 'none' });
    const selectedElsewhere = signal<{ layer: string } | null>(null);
    this.state = state;
    this.summary = summary;
    this.selectedElsewhere = selectedElsewhere;
    this.layers = computed(
      () =>
        new Map(summary.value.state === 'ready' ? summary.value.value.layers.map((layer) => [layer.name, layer]) : []),
    );
    this.failures = computed(() => {
      const scan = state.value?.scan;
      return new Map(
        scan?.state === 'done' ? scan.outcome.failedLayers.map(({ layer, message }) => [layer, message]) : [],
      );
    });

    const receive = (next: SessionState): null => {
      const before = state.value?.selectedLayer;
      state.value = next;
      const { selectedLayer } = next;
      if (before === undefined || selectedLayer === null || selectedLayer === before) return null;
      if (this.selectedHere === null) selectedElsewhere.value = { layer: selectedLayer };
      else if (selectedLayer === this.selectedHere) this.selectedHere = null; // else an earlier one, on the way there
      return null;
    };
    this.host = connect({ 'session.changed': receive });
    this.host.call('ready', null).then(receive, report);

    const revision = computed(() => (state.value?.model.state === 'ready' ? state.value.modelRevision : null));
    effect(() => {
      if (revision.value === null) return;
      const abort = new AbortController();
      this.host.call('summary', null, { signal: abort.signal }).then(
        (value) => (summary.value = { state: 'ready', value }),
        (thrown: unknown) => {
          if (isCancelled(thrown)) return;
          const { code, message } = toUnitscopeError(thrown);
          summary.value = { state: 'error', code, message };
        },
      );
      return () => abort.abort();
    });
  }

  /** Asks for something to be done. The extension tells the user where it fails; success shows in the state. */
  act(action: Action): void {
    this.host.notify(action, null);
  }

  select(layer: string): void {
    if (layer === (this.selectedHere ?? this.state.value?.selectedLayer)) return;
    this.selectedHere = layer;
    this.host.notify('layer.select', { layer });
  }

  visualize(layer: string): void {
    this.host.notify('layer.visualize', { layer });
  }
}

function report(error: unknown): void {
  if (!isCancelled(error)) console.error(error);
}
