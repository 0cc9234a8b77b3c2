import { batch, computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import type { ComparedFiles } from '../../../src/protocol/checkpointViews';
import { isCancelled, toUnitscopeError } from '../../../src/protocol/errors';
import type { ModelComparison, NodeChange } from '../../../src/protocol/graph';
import type { Client } from '../../../src/protocol/method';
import type { ModelCompareHostContract, ModelCompareViewContract } from '../../../src/protocol/modelCompareViews';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { searchWords } from '../../views/search';
import { ComparedGraphs, type GraphsState } from './graphs';
import { foldRows, pairOf, pairRows, type CompareRow, type PairNames, type PairRow } from './rows';

export interface ModelCompareViewState {
  uris: string[];
  search: string;
  /** Kinds that are left out. */
  hidden: NodeChange[];
  /** The pair that is looked at, by its nodes' names: places change with the files. */
  selected: PairNames | null;
  mode: CompareMode;
  graphs: GraphsState;
}

/** The pairs listed, or both graphs. */
export type CompareMode = 'list' | 'graph';

type Comparing = { state: 'running'; done: number; total: number } | { state: 'cancelled' } | { state: 'error'; message: string } | { state: 'ready'; comparison: ModelComparison };

/** State of the page that compares two models. */
export class ModelCompareView {
  readonly host: Client<ModelCompareHostContract>;
  readonly files = signal<ComparedFiles | null>(null);
  readonly comparing = signal<Comparing>({ state: 'running', done: 0, total: 0 });
  /** How often there was a comparison: what was fetched for a node of one is of no other. */
  readonly compared = signal(0);
  readonly comparison = computed(() => (this.comparing.value.state === 'ready' ? this.comparing.value.comparison : null));
  readonly mode = signal<CompareMode>('list');
  readonly graphs: ComparedGraphs;
  readonly search = signal('');
  readonly words = computed(() => searchWords(this.search.value));
  readonly hidden = signal<ReadonlySet<NodeChange>>(new Set());
  /** The pair that is looked at. */
  readonly selected = signal<number | null>(null);
  readonly all: ReadonlySignal<PairRow[]>;
  /** Those that are searched for and not hidden. */
  readonly listed: ReadonlySignal<PairRow[]>;
  readonly rows: ReadonlySignal<CompareRow[]>;
  readonly row: ReadonlySignal<PairRow | null>;
  readonly counts: ReadonlySignal<Record<NodeChange, number>>;
  /** Pairs that differ, of those that are listed. */
  readonly differing: ReadonlySignal<number[]>;
  private readonly opened = signal<ReadonlySet<number>>(new Set());
  /** What was looked at before this comparison. */
  private readonly wanted = signal<PairNames | null>(null);
  private abort: AbortController | null = null;

  constructor(place: Place<ModelCompareHostContract, ModelCompareViewState, ModelCompareViewContract>) {
    const saved = place.readState();
    this.search.value = saved.search ?? '';
    this.hidden.value = new Set(saved.hidden ?? []);
    this.wanted.value = Array.isArray(saved.selected) ? saved.selected : null;
    this.host = place.connect({
      'files.changed': (files) => {
        this.start(files);
        return null;
      },
    });
    this.all = computed(() => (this.comparison.value ? pairRows(this.comparison.value) : []));
    this.listed = computed(() => this.all.value.filter(({ change, text }) => !this.hidden.value.has(change) && this.words.value.every((word) => text.includes(word))));
    this.rows = computed(() => (this.words.value.length > 0 ? this.listed.value : foldRows(this.listed.value, this.opened.value)));
    this.differing = computed(() => this.listed.value.filter(({ change }) => change !== 'equal').map(({ pair }) => pair));
    this.row = computed(() => this.all.value[this.selected.value ?? -1] ?? null);
    this.counts = computed(() => {
      const counts: Record<NodeChange, number> = { equal: 0, changed: 0, added: 0, removed: 0 };
      for (const { change } of this.all.value) counts[change]++;
      return counts;
    });
    this.mode.value = saved.mode ?? 'list';
    this.graphs = new ComparedGraphs(this, saved.graphs);
    this.host.call('ready', null).then((files) => this.start(files), (thrown: unknown) => this.failed(thrown));
    const kept = (): ModelCompareViewState => ({
      uris: this.files.value?.uris ?? [],
      search: this.search.value,
      hidden: [...this.hidden.value],
      selected: this.comparison.value ? (this.row.value?.names ?? null) : this.wanted.value,
      mode: this.mode.value,
      graphs: this.graphs.kept,
    });
    persist(kept, (state) => place.writeState(state));
    // By its files the panel is restored: they are kept at once.
    effect(() => {
      const files = this.files.value;
      if (files) untracked(() => place.writeState({ ...kept(), uris: files.uris }));
    });
  }

  private start(files: ComparedFiles): void {
    const before = this.files.peek()?.uris;
    this.remember();
    this.comparing.value = { state: 'running', done: 0, total: 0 };
    const { value: names } = this.wanted;
    if (before && before[0] !== before[1] && before[0] === files.uris[1] && before[1] === files.uris[0]) {
      if (names) this.wanted.value = [names[1], names[0]];
      this.graphs.swap();
    }
    this.files.value = files;
    this.compare();
  }

  private remember(): void {
    if (this.comparing.peek().state === 'ready') this.wanted.value = this.row.peek()?.names ?? null;
    this.selected.value = null;
  }

  /** Starts over; what runs is given up. */
  compare(): void {
    this.remember();
    this.abort?.abort();
    const { signal: ended } = (this.abort = new AbortController());
    this.opened.value = new Set();
    this.comparing.value = { state: 'running', done: 0, total: 0 };
    const onProgress = (progress: { done: number; total: number }): void => {
      if (!ended.aborted) this.comparing.value = { state: 'running', ...progress };
    };
    this.host.call('compare', null, { signal: ended, onProgress }).then(
      (comparison) => {
        if (ended.aborted) return;
        const at = pairOf(pairRows(comparison), this.wanted.peek());
        batch(() => {
          this.compared.value++;
          this.comparing.value = { state: 'ready', comparison };
          this.selected.value = at;
        });
      },
      (thrown: unknown) => {
        if (!ended.aborted) this.failed(thrown);
      },
    );
  }

  cancel(): void {
    this.abort?.abort();
    this.comparing.value = { state: 'cancelled' };
  }

  private failed(thrown: unknown): void {
    this.comparing.value = isCancelled(thrown) ? { state: 'cancelled' } : { state: 'error', message: toUnitscopeError(thrown).message };
  }

  toggle(change: NodeChange): void {
    const next = new Set(this.hidden.peek());
    if (!next.delete(change)) next.add(change);
    this.hidden.value = next;
  }

  unfold(first: number): void {
    this.opened.value = new Set([...this.opened.peek(), first]);
  }

  /** Goes to the next pair that differs, or the one before, round the ends. */
  step(by: 1 | -1): void {
    this.stepThrough(this.differing.peek(), by);
  }

  /** Goes to the next pair that is listed, equal or not. */
  stepListed(by: 1 | -1): void {
    this.stepThrough(this.listed.peek().map(({ pair }) => pair), by);
  }

  private stepThrough(pairs: readonly number[], by: 1 | -1): void {
    if (pairs.length === 0) return;
    const at = this.selected.peek();
    const next = by === 1 ? pairs.find((pair) => pair > (at ?? -1)) : pairs.findLast((pair) => pair < (at ?? Infinity));
    this.selected.value = next ?? (by === 1 ? pairs[0]! : pairs.at(-1)!);
  }

  open(file: 0 | 1, layer: string | null): void {
    this.host.notify('open', { file, layer });
  }
}
