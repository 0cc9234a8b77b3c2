import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import type { CheckpointCompareHostContract, CheckpointCompareViewContract, ComparedFiles, ShownStep } from '../../../src/protocol/checkpointViews';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';
import type { Client } from '../../../src/protocol/method';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { searchWords } from '../../views/search';
import { changeRows, sortRows, type ChangeOrder, type ChangeRow } from './rows';

export interface CompareViewState {
  uris: string[];
  order: ChangeOrder;
  step: number;
  selected: string | null;
  search: string;
}

export type Comparing = { state: 'running'; done: number; total: number; step: number; steps: number } | { state: 'cancelled' } | { state: 'error'; message: string } | { state: 'ready'; steps: ShownStep[] };

/** State of the page of a comparison. */
export class CompareView {
  readonly host: Client<CheckpointCompareHostContract>;
  readonly files = signal<ComparedFiles | null>(null);
  readonly comparing = signal<Comparing>({ state: 'running', done: 0, total: 0, step: 1, steps: 1 });
  readonly order = signal<ChangeOrder>('depth');
  readonly step = signal(0);
  readonly search = signal('');
  readonly selected = signal<string | null>(null);
  /** Of a call that nothing else shows. */
  readonly failure = signal<UnitscopeError | null>(null);
  /** Grows when the files were compared again. */
  readonly revision = signal(0);
  readonly all: ReadonlySignal<ChangeRow[]>;
  readonly rows: ReadonlySignal<ChangeRow[]>;
  readonly row: ReadonlySignal<ChangeRow | null>;
  readonly words = computed(() => searchWords(this.search.value));
  private abort: AbortController | null = null;

  constructor(place: Place<CheckpointCompareHostContract, CompareViewState, CheckpointCompareViewContract>) {
    const saved = place.readState();
    this.order.value = saved.order ?? 'depth';
    this.step.value = saved.step ?? 0;
    this.search.value = saved.search ?? '';
    this.selected.value = saved.selected ?? null;
    this.host = place.connect({
      'files.changed': (files) => {
        this.files.value = files;
        this.compare();
        return null;
      },
    });
    this.all = computed(() => {
      const { value } = this.comparing;
      const step = value.state === 'ready' ? value.steps[Math.min(this.step.value, value.steps.length - 1)] : undefined;
      return step ? changeRows(step) : [];
    });
    this.rows = computed(() => {
      const words = this.words.value;
      const found = this.all.value.filter(({ name, state, shape }) => words.every((word) => `${name} ${state} ${shape.join('×')}`.toLowerCase().includes(word)));
      return sortRows(found, this.order.value);
    });
    this.row = computed(() => this.all.value.find(({ name }) => name === this.selected.value) ?? null);
    this.host.call('ready', null).then(
      (files) => {
        this.files.value = files;
        this.compare();
      },
      (thrown: unknown) => this.failed(thrown),
    );
    const kept = (): CompareViewState => ({ uris: this.files.value?.uris ?? [], order: this.order.value, step: this.step.value, selected: this.selected.value, search: this.search.value });
    persist(kept, (state) => place.writeState(state));
    // By its files the panel is restored: they are kept at once.
    effect(() => {
      const files = this.files.value;
      if (files) untracked(() => place.writeState({ ...kept(), uris: files.uris }));
    });
  }

  /** Starts over; what runs is given up. */
  compare(): void {
    this.abort?.abort();
    const { signal: ended } = (this.abort = new AbortController());
    this.comparing.value = { state: 'running', done: 0, total: 0, step: 1, steps: 1 };
    const onProgress = (progress: { done: number; total: number; step: number; steps: number }): void => {
      if (!ended.aborted) this.comparing.value = { state: 'running', ...progress };
    };
    this.host.call('compare', null, { signal: ended, onProgress }).then(
      (steps) => {
        if (ended.aborted) return;
        this.comparing.value = { state: 'ready', steps };
        this.revision.value++;
      },
      (thrown: unknown) => {
        if (!ended.aborted) this.failed(thrown);
      },
    );
  }

  open(file: number): void {
    this.host.call('open', { file }).catch(this.fail);
  }

  act(method: 'swap' | 'log.show'): void {
    this.host.call(method, null).catch(this.fail);
  }

  private readonly fail = (thrown: unknown): void => {
    if (!isCancelled(thrown)) this.failure.value = toUnitscopeError(thrown);
  };

  cancel(): void {
    this.abort?.abort();
    this.comparing.value = { state: 'cancelled' };
  }

  private failed(thrown: unknown): void {
    this.comparing.value = isCancelled(thrown) ? { state: 'cancelled' } : { state: 'error', message: toUnitscopeError(thrown).message };
  }
}
