import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Stimulus, ValueCounts } from '../../../src/protocol/dataset';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';
import type { Client } from '../../../src/protocol/method';
import type { Layer } from '../../../src/protocol/model';
import type { PublishedTable, QualityReport, QueryImageInput } from '../../../src/protocol/retrieval';
import { noFilter, similarTo, type RetrievalHostContract, type RetrievalSettings, type RetrievalShow, type RetrievalViewContract } from '../../../src/protocol/retrievalViews';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { Session } from '../../shared/session';
import { firstLook } from '../../views/firstLook';
import { Pictures } from '../rdm/pictures';
import { Remote } from '../rdm/remote';
import { Files } from './files';
import { followQuality, followRanks, followSession, followTable } from './following';
import { Ranking, type Progress } from './ranking';

export type Shown = RetrievalShow['view'];

/** What survives hiding and reloading. `modelUri` is for the extension. */
export interface RetrievalViewState {
  modelUri: string;
  shown: Shown;
  region: QueryImageInput | null;
  paste: 'similar' | 'region';
  size: number;
  scroll: number;
  measured: boolean;
  qualityLayer: string | null;
}

/** State of the retrieval panel: the session's, what is searched for and how, the rankings, and what is looked at. */
export class RetrievalView {
  readonly host: Client<RetrievalHostContract>;
  readonly session: Session;
  readonly settings = signal<RetrievalSettings | null>(null);
  readonly shown = signal<Shown>('results');
  /** The image that a box is drawn on. */
  readonly region = signal<QueryImageInput | null>(null);
  readonly pasteFor = signal<'similar' | 'region'>('similar');
  /** Side of a picture in CSS pixels. */
  readonly size = signal(112);
  readonly scroll = signal(0);
  /** Index of the stimulus under the pointer: it is marked in both rankings. */
  readonly hovered = signal<number | null>(null);
  readonly thumbnails = new Pictures((index) => this.host.call('picture', { index, size: 256 }), 900);
  readonly files = new Files((path) => this.host.call('file', { path }));
  readonly root = signal<string | null>(null);
  /** A call that starts a recording is under way. */
  readonly starting = signal(false);
  readonly failure = signal<UnitscopeError | null>(null);
  readonly study = computed(() => this.session.state.value?.studyRevision);
  /** Grows whenever a recording has ended: what was missing may be there. */
  readonly settled = signal(0);
  readonly askable = computed(() => {
    const state = this.session.state.value;
    return state?.trusted === true && state.dataset.state === 'ready' && state.engine.state === 'running';
  });
  readonly layer: ReadonlySignal<Layer | null> = computed(() => {
    const layers = this.session.layers.value;
    const { settings } = this;
    return (
      layers.get(settings.value?.layer ?? '') ??
      layers.get(this.session.state.value?.selectedLayer ?? '') ??
      firstLook([...layers.values()]) ??
      null
    );
  });
  readonly second = computed(() => this.session.layers.value.get(this.settings.value?.second ?? '') ?? null);
  readonly first: Ranking;
  readonly other: Ranking;
  /** What the published table holds that is searched; null: none is. */
  readonly table = new Remote<PublishedTable>();
  /** Classes of what is searched, and its columns other than the classes'. */
  readonly scope = computed((): { labels: ValueCounts; columns: readonly string[] } => {
    if (this.settings.value?.index) {
      const { labels = [], columns = [] } = this.table.value.value ?? {};
      return { labels, columns: columns.map(({ name }) => name) };
    }
    const dataset = this.session.state.value?.dataset;
    if (dataset?.state !== 'ready') return { labels: [], columns: [] };
    const { labels, columns, labelColumn } = dataset.value;
    return { labels, columns: columns.filter((name) => name !== labelColumn) };
  });
  /** Where the results of the second layer stand in the first one's ranking; 0: nowhere. */
  readonly ranks = new Remote<{ question: string; ranks: Map<number, number> }>();
  /** Indices of the second ranking that are on screen. */
  readonly rankedIndices = signal<number[]>([]);
  readonly quality = new Remote<{ report: QualityReport; question: string }>();
  readonly qualityProgress = signal<Progress | null>(null);
  /** Whether quality was asked to be measured. */
  readonly measured = signal(false);
  readonly qualityLayer = signal<string | null>(null);
  readonly qualityLayers = computed(() => {
    const chosen = this.settings.value?.qualityLayers ?? [];
    const layers = [...this.session.layers.value.values()];
    const known = layers.filter(({ name }) => chosen.includes(name));
    return (known.length > 0 ? known : layers.filter(({ primary }) => primary)).map(({ name }) => name);
  });
  /** The question whose embeddings were asked for without being told to. */
  private prepared: string | null = null;
  private readonly stimuli = new Map<number | string, Promise<Stimulus | null>>();

  constructor(place: Place<RetrievalHostContract, RetrievalViewState, RetrievalViewContract>) {
    const kept = place.readState();
    this.shown.value = kept.shown ?? 'results';
    this.region.value = kept.region ?? null;
    this.pasteFor.value = kept.paste ?? 'similar';
    this.size.value = kept.size ?? 112;
    this.scroll.value = kept.scroll ?? 0;
    this.measured.value = kept.measured ?? false;
    this.qualityLayer.value = kept.qualityLayer ?? null;
    let host: Client<RetrievalHostContract> | undefined;
    this.session = new Session(
      (handlers) =>
        (host = place.connect({
          ...handlers,
          'settings.set': (settings) => this.take(settings),
          'view.show': (what) => this.show(what),
        })),
    );
    this.host = host!;
    this.host.call('settings', null).then(
      (settings) => (this.settings.value = settings),
      (error: unknown) => this.fail(error),
    );
    const { settings, askable, study, settled } = this;
    const asker = { host: this.host, settings, askable, study, settled, missing: (question: string) => this.missing(question) };
    this.first = new Ranking(asker, computed(() => this.layer.value?.name ?? null));
    this.other = new Ranking(asker, computed(() => this.second.value?.name ?? null));
    followSession(this);
    followTable(this);
    followRanks(this);
    followQuality(this);
    persist(
      () => ({
        modelUri: this.session.state.value?.modelUri ?? '',
        shown: this.shown.value,
        region: this.region.value,
        paste: this.pasteFor.value,
        size: this.size.value,
        scroll: this.scroll.value,
        measured: this.measured.value,
        qualityLayer: this.qualityLayer.value,
      }),
      (next) => next.modelUri !== '' && place.writeState(next),
    );
  }

  private missing(question: string): void {
    if (this.prepared === question || this.session.state.peek()?.scan.state === 'running') return;
    this.prepared = question;
    this.prepare();
  }

  /** Has the embeddings made that what is searched for needs. */
  prepare(): void {
    const settings = this.settings.peek();
    const layer = this.layer.peek();
    if (!settings || !layer || this.starting.peek()) return;
    this.starting.value = true;
    this.attempt(
      this.host.call('prepare', { ...settings, layer: layer.name }).finally(() => {
        batch(() => {
          this.starting.value = false;
          this.settled.value++;
        });
      }),
    );
  }

  change(part: Partial<RetrievalSettings>): void {
    const before = this.settings.peek();
    if (!before) return;
    const next = { ...before, ...part };
    this.settings.value = next;
    this.scroll.value = 0;
    this.host.notify('settings.changed', next);
  }

  /** The values of a column of what is searched, most frequent first. */
  async valuesOf(column: string, signal: AbortSignal): Promise<ValueCounts> {
    if (!this.settings.peek()?.index) return await this.host.call('column', { column }, { signal });
    return this.table.value.peek()?.columns.find(({ name }) => name === column)?.values ?? [];
  }

  /** Back to the images that are open. */
  leaveTable(): void {
    this.change({ index: null, filter: noFilter });
  }

  /** What is known of stimuli is of other ones now. */
  forget(): void {
    this.first.pages.clear();
    this.other.pages.clear();
    this.thumbnails.clear();
    this.stimuli.clear();
    this.quality.clear();
    this.root.value = null;
    this.settled.value++; // what was asked a moment before this is asked again
  }

  take(settings: RetrievalSettings): null {
    if (JSON.stringify(settings.query) !== JSON.stringify(this.settings.peek()?.query)) this.scroll.value = 0;
    this.settings.value = settings;
    return null;
  }

  private show({ view, image, paste }: RetrievalShow): null {
    batch(() => {
      if (image) this.region.value = image;
      if (paste) this.pasteFor.value = paste;
      this.shown.value = view;
    });
    return null;
  }

  /** Opens the page where a box is drawn on an image. */
  drawOn(image: QueryImageInput): void {
    this.show({ view: 'region', image: { context: 1, ...image } });
  }

  /** Searches for an image, or a box of one. */
  search(image: QueryImageInput): void {
    this.shown.value = 'results';
    this.act('query.set', similarTo(image));
  }

  /** The stimulus that an image of a query is; null: it is not of these images. Fetched once. */
  stimulus({ index, path }: QueryImageInput): Promise<Stimulus | null> {
    const key = path ?? index ?? 0;
    let known = this.stimuli.get(key);
    if (!known) {
      const found = path === undefined ? this.host.call('stimuli', { indices: [index ?? 0] }).then(([one]) => one ?? null) : this.host.call('find', { path });
      known = found.catch((error: unknown) => {
        this.stimuli.delete(key);
        this.fail(error);
        return null;
      });
      this.stimuli.set(key, known);
    }
    return known;
  }

  /** Asks for something to be done; its failure is told in the page. */
  act<K extends keyof RetrievalHostContract>(method: K, params: RetrievalHostContract[K]['params']): void {
    this.attempt(this.host.call(method, params));
  }

  attempt(done: Promise<unknown>): void {
    done.catch((error: unknown) => this.fail(error));
  }

  /** Asks anew for everything that failed. */
  retry(): void {
    this.failure.value = null;
    this.files.forgetProblems();
    if (this.quality.error.peek()) this.quality.expire();
    if (this.ranks.error.peek()) this.ranks.expire();
    if (this.table.error.peek()) this.table.expire();
    this.settled.value++;
  }

  private fail(error: unknown): void {
    if (!isCancelled(error)) this.failure.value = toUnitscopeError(error);
  }
}
