import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';
import type { Client } from '../../../src/protocol/method';
import type { RdmLayer, RdmSet, RdmRecipe } from '../../../src/protocol/rdm';
import type { RdmHostContract, RdmSettings, RdmView as Tab, RdmViewContract } from '../../../src/protocol/rdmViews';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { Session } from '../../shared/session';
import { slowly } from '../../shared/slowly';
import { categorize, type Categories } from './axes';
import type { HeatScale } from './heat';
import { Matrices } from './matrices';
import { Pictures } from './pictures';
import { Answers, followQuestions, type Progress } from './questions';
import { identityRows } from './rows';
import type { Viewport } from './viewport';

export type ReadyLayer = Extract<RdmLayer, { state: 'ready' }>;

/** What survives hiding and reloading. `modelUri` is for the extension. */
export interface RdmViewState {
  modelUri: string;
  tab: Tab;
  layer: string | null;
  viewport: Viewport | null;
  pinned: readonly [number, number] | null;
  selection: number[];
  reference: string | null;
}

/** Rows of the set that the pointer is at, and where it is. */
export interface Hover {
  rows: readonly number[];
  at: 'heat' | 'scatter';
}

/** State of the RDM panel: the session's, what is chosen, the RDMs that there are, and what is looked at. */
export class RdmView extends Answers {
  readonly host: Client<RdmHostContract>;
  readonly session: Session;
  readonly settings = signal<RdmSettings | null>(null);
  readonly tab = signal<Tab>('rdm');
  /** Null: the whole RDM. */
  readonly viewport = signal<Viewport | null>(null);
  /** Rows of the pair whose card stays. */
  readonly pinned = signal<readonly [number, number] | null>(null);
  readonly selection = signal<ReadonlySet<number>>(new Set());
  readonly hover = signal<Hover | null>(null);
  /** Name of the reference whose curve is bold. */
  readonly reference = signal<string | null>(null);
  private readonly chosen = signal<string | null>(null);

  readonly rsaProgress = signal<Progress | null>(null);
  readonly layoutProgress = signal<Progress | null>(null);
  readonly matrices: Matrices;
  readonly thumbnails: Pictures;
  readonly pictures: Pictures;
  /** A compute call is under way: the extension may be asking, or about to start. */
  readonly starting = signal(false);
  /** The last call to do something that failed. */
  readonly failure = signal<UnitscopeError | null>(null);
  /** Grows when what is asked for again may have another answer; at most once a second. */
  readonly revision: ReadonlySignal<number>;
  /** Grows when settings that answers depend on have reached the extension. */
  readonly delivered = signal(0);
  /** Settings that are on their way there: until then, answers would be of others. */
  readonly delivering = signal(0);
  /** Whether what is missing is to be computed without asking, because something was changed here. */
  private wanted = false;
  /** The stimuli that what is looked at is of. */
  private lookedAt: readonly string[] | null = null;
  private settingsTimer: number | undefined;

  readonly set = computed(() => this.known.value.value?.set ?? null);
  readonly count = computed(() => this.set.value?.indices.length ?? 0);
  readonly ready = computed(() => (this.set.value?.layers ?? []).filter((layer): layer is ReadyLayer => layer.state === 'ready'));
  /** The layer that is shown: the one chosen, or else the deepest with an RDM. */
  readonly layer = computed<ReadyLayer | null>(
    () => this.ready.value.find(({ layer }) => layer === this.chosen.value) ?? this.ready.value.at(-1) ?? null,
  );
  readonly dataKey = computed(() => JSON.stringify([this.session.state.value?.studyRevision, this.settings.value?.recipe]));
  /** Whether what is known is of the settings as they are. */
  readonly current = computed(() => this.known.value.value?.key === this.dataKey.value);
  /** Rows of the set in the order that is shown. */
  readonly rows = computed(() => {
    const arrangement = this.arrangement.value;
    return arrangement?.rows ?? identityRows(this.count.value);
  });
  /** Says which order that is, of which stimuli. */
  readonly rowsKey = computed(() => (this.arrangement.value ? this.arranged.value.value!.name : this.dataKey.value));
  readonly arrangement = computed(() => {
    const arranged = this.arranged.value.value;
    return arranged?.key === this.known.value.value?.key && arranged?.arrangement.rows.length === this.count.value
      ? arranged.arrangement
      : null;
  });
  /** Classes of the rows, or values of the column that they are ordered by. */
  readonly categories = computed<Categories>(() => {
    const set = this.set.value;
    const order = this.settings.value?.order;
    const column = this.column.value.value;
    if (order?.by === 'column' && column?.column === order.column && column.values.length === this.count.value)
      return categorize(column.values);
    const dataset = this.session.state.value?.dataset;
    return categorize(set?.labels ?? [], dataset?.state === 'ready' ? dataset.value.labels.map(({ name }) => name) : []);
  });

  /** What is known is of it, while `current`. */
  get recipe(): RdmRecipe {
    return this.settings.peek()!.recipe;
  }

  constructor(place: Place<RdmHostContract, RdmViewState, RdmViewContract>) {
    super();
    const kept = place.readState();
    this.tab.value = kept.tab ?? 'rdm';
    this.chosen.value = kept.layer ?? null;
    this.viewport.value = kept.viewport ?? null;
    this.pinned.value = kept.pinned ?? null;
    this.selection.value = new Set(kept.selection);
    this.reference.value = kept.reference ?? null;

    let host: Client<RdmHostContract> | undefined;
    this.session = new Session(
      (handlers) =>
        (host = place.connect({
          ...handlers,
          'settings.set': (settings) => {
            this.take(settings);
            return null;
          },
          'view.show': ({ view, layer }) => {
            this.tab.value = view;
            if (layer !== null) this.chosen.value = layer;
            return null;
          },
        })),
    );
    this.host = host!;
    this.matrices = new Matrices((query, abort) => this.host.call('image', { ...query, recipe: this.recipe }, { signal: abort }));
    this.thumbnails = new Pictures((index) => this.host.call('picture', { index, size: 64 }), 1500);
    this.pictures = new Pictures((index) => this.host.call('picture', { index, size: 320 }), 24);
    this.host.call('settings', null).then(
      (settings) => (this.settings.value = settings),
      (error: unknown) => this.fail(error),
    );

    const { state } = this.session;
    this.revision = slowly(computed(() => state.value?.resultsRevision ?? 0));
    this.followStudy();
    followQuestions(this);
    effect(() => {
      const elsewhere = this.session.selectedElsewhere.value;
      if (elsewhere) this.chosen.value = elsewhere.layer;
    });
    persist(
      () => ({
        modelUri: state.value?.modelUri ?? '',
        tab: this.tab.value,
        layer: this.chosen.value,
        viewport: this.viewport.value,
        pinned: this.pinned.value,
        selection: [...this.selection.value],
        reference: this.reference.value,
      }),
      (next) => next.modelUri !== '' && place.writeState(next),
    );
  }

  /** Everything is of other images, or made otherwise. */
  private followStudy(): void {
    let last: number | undefined;
    effect(() => {
      const study = this.session.state.value?.studyRevision;
      if (study === undefined) return;
      if (last !== undefined && study !== last)
        untracked(() => {
          for (const remote of this.all) remote.clear();
          this.matrices.clear();
          this.thumbnails.clear();
          this.pictures.clear();
          this.failure.value = null;
        });
      last = study;
    });
  }

  /** Keeps what is looked at where the stimuli are the same, and computes what is missing where that was wanted. */
  takeSet(set: RdmSet, key: string): RdmSet {
    const before = this.lookedAt;
    const same = before?.length === set.names.length && before.every((name, row) => name === set.names[row]);
    if (before && !same) this.lookAnew();
    else if (!before) this.dropForeign(set.indices.length);
    this.lookedAt = set.names;
    // An answer to what was asked before the last change says nothing about what is missing now.
    const { layers } = this.settings.peek() ?? { layers: [] };
    const isNow = key === this.dataKey.peek() && set.layers.length === layers.length && set.layers.every(({ layer }, at) => layer === layers[at]);
    if (this.wanted && isNow && this.session.state.peek()?.scan.state !== 'running') {
      this.wanted = false;
      if (set.layers.some(({ state }) => state === 'missing')) queueMicrotask(() => this.compute());
    }
    return set;
  }

  private lookAnew(): void {
    this.viewport.value = null;
    this.pinned.value = null;
    this.selection.value = new Set();
    this.hover.value = null;
  }

  /** What was kept may be of more stimuli than there are now. */
  private dropForeign(count: number): void {
    if (this.pinned.peek()?.some((row) => row >= count)) this.pinned.value = null;
    if ([...this.selection.peek()].some((row) => row >= count)) this.selection.value = new Set();
    const viewport = this.viewport.peek();
    if (viewport && viewport.span > count) this.viewport.value = null;
  }

  /** Asks for what is missing to be computed. */
  compute(): void {
    const settings = this.settings.peek();
    if (!settings || settings.layers.length === 0 || this.starting.peek()) return;
    this.starting.value = true;
    this.failure.value = null;
    this.host
      .call('compute', settings)
      .then(
        () => this.delivered.value++,
        (error: unknown) => this.fail(error),
      )
      .finally(() => (this.starting.value = false));
  }

  change(part: Partial<RdmSettings>): void {
    const before = this.settings.peek();
    if (!before) return;
    const next = { ...before, ...part };
    window.clearTimeout(this.settingsTimer);
    if (!part.recipe && !part.layers && !part.references && !part.comparison) {
      this.settings.value = next;
      this.settingsTimer = window.setTimeout(() => this.host.notify('settings.changed', next), 250);
      return;
    }
    this.wanted ||= part.recipe !== undefined || part.layers !== undefined;
    this.delivering.value++;
    this.settings.value = next;
    this.host
      .call('settings.changed', next)
      .then(
        () => this.delivered.value++,
        (error: unknown) => {
          if (this.settings.peek() === next) this.settings.value = before;
          this.fail(error);
        },
      )
      .finally(() => this.delivering.value--);
  }

  /** Settings as a command has changed them; the command computes what is missing. */
  private take(settings: RdmSettings): void {
    window.clearTimeout(this.settingsTimer);
    this.settings.value = settings;
    this.delivered.value++;
  }

  show(layer: string): void {
    this.chosen.value = layer;
  }

  /** A row's stimulus for a person: the end of its path, and its class. */
  stimulusAt(row: number): { index: number; name: string; label: string | null } {
    const set = this.set.value;
    return { index: set?.indices[row] ?? 0, name: set?.names[row] ?? '', label: set?.labels[row] ?? null };
  }

  /** How the dissimilarities of a layer become colours; `range`: of the value scale, its own unless given. */
  scaleOf(layer: ReadyLayer, range?: readonly [number, number]): HeatScale {
    const { quantiles } = layer;
    const { scale = 'percentile', colours = 'viridis' } = this.settings.value ?? {};
    return { by: scale, colours, quantiles, range: range ?? [quantiles[0]!, quantiles[quantiles.length - 1]!] };
  }

  select(rows: Iterable<number>): void {
    this.selection.value = new Set(rows);
  }

  pin(pair: readonly [number, number]): void {
    this.pinned.value = pair;
  }

  /** Calls that ask for something to be done, and tell of their failure in the page. */
  act<K extends keyof RdmHostContract>(method: K, params: RdmHostContract[K]['params']): void {
    this.attempt(this.host.call(method, params));
  }

  /** Tells of the failure of something that was begun. */
  attempt(done: Promise<unknown>): void {
    done.catch((error: unknown) => this.fail(error));
  }

  /** Asks anew for everything that failed. */
  retry(): void {
    this.failure.value = null;
    for (const remote of this.all) if (remote.error.peek()) remote.expire();
    this.matrices.forgetFailures();
    this.delivered.value++;
  }

  private fail(error: unknown): void {
    if (!isCancelled(error)) this.failure.value = toUnitscopeError(error);
  }
}
