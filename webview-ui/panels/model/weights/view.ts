import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { CheckpointSummary } from '../../../../src/protocol/checkpoint';
import { isCancelled, toUnitscopeError } from '../../../../src/protocol/errors';
import type { GaborFit, ModelGraph } from '../../../../src/protocol/graph';
import type { Client } from '../../../../src/protocol/method';
import type { ModelHostContract } from '../../../../src/protocol/modelViews';
import type { Resource } from '../../../../src/protocol/views';
import type { Session } from '../../../shared/session';
import { searchWords } from '../../../views/search';
import { weightsOf, type Weight } from './weights';
import type { FilterOrder } from './filterOrder';

/** What of the page of weights survives hiding and reloading. */
export interface WeightsViewState {
  open: boolean;
  tensor: string | null;
  search: string;
  order: FilterOrder;
  jointly: boolean;
  ticks: boolean;
}

export type Fitting = { state: 'none' } | { state: 'running'; done: number; total: number } | { state: 'cancelled' } | { state: 'error'; message: string } | { state: 'ready'; fits: ReadonlyMap<number, GaborFit> };

/** State of the page of weights: the model's tensors, and the one that is looked at. */
export class WeightsView {
  readonly open = signal(false);
  readonly tensor = signal<string | null>(null);
  readonly search = signal('');
  readonly order = signal<FilterOrder>('unit');
  /** One scale for all filters, instead of each its own. */
  readonly jointly = signal(false);
  /** Whether lines on filters say which way their stripes run. */
  readonly ticks = signal(true);
  readonly filter = signal<number | null>(null);
  readonly all = signal<Resource<Weight[]>>({ state: 'none' });
  readonly words = computed(() => searchWords(this.search.value));
  readonly found: ReadonlySignal<Weight[]>;
  readonly chosen: ReadonlySignal<Weight | null>;
  readonly fitting = signal<Fitting>({ state: 'none' });
  /** How the layer is called that was asked for and takes no tensor of the file. */
  readonly without = signal<string | null>(null);
  private readonly wanted = signal<string | null>(null);
  private fitAbort: AbortController | null = null;

  constructor(
    readonly session: Session,
    readonly host: Client<ModelHostContract>,
    saved: Partial<WeightsViewState> = {},
  ) {
    this.open.value = saved.open ?? false;
    this.tensor.value = saved.tensor ?? null;
    this.search.value = saved.search ?? '';
    this.order.value = saved.order ?? 'unit';
    this.jointly.value = saved.jointly ?? false;
    this.ticks.value = saved.ticks ?? true;
    this.found = computed(() => (this.all.value.state === 'ready' ? this.all.value.value.filter(({ text }) => this.words.value.every((word) => text.includes(word))) : []));
    this.chosen = computed(() => {
      if (this.all.value.state !== 'ready') return null;
      return this.all.value.value.find(({ name }) => name === this.tensor.value) ?? null;
    });
    this.fetchWhenOpen();
    this.forgetFitsOfOldFile();
    effect(() => {
      if (this.all.value.state !== 'ready') return;
      const layer = this.wanted.value;
      if (layer !== null) {
        this.wanted.value = null;
        const own = this.all.value.value.find((weight) => weight.layer === layer);
        this.choose(own?.name ?? null);
        if (!own) this.without.value = this.nameOf(layer);
      }
      if (this.without.value !== null) return;
      if (this.tensor.peek() === null || !this.chosen.peek()) this.choose(this.all.value.value.find(({ filters }) => filters)?.name ?? this.all.value.value[0]?.name ?? null);
    });
  }

  get kept(): WeightsViewState {
    return { open: this.open.value, tensor: this.tensor.value, search: this.search.value, order: this.order.value, jointly: this.jointly.value, ticks: this.ticks.value };
  }

  /** Fits are of the weights that the file had: with other ones they are begun anew. */
  private forgetFitsOfOldFile(): void {
    const revision = computed(() => this.session.state.value?.modelRevision ?? null);
    let before = revision.peek();
    effect(() => {
      const now = revision.value;
      if (now !== before && before !== null) this.forgetFit();
      before = now;
    });
  }

  private fetchWhenOpen(): void {
    const revision = computed(() => (this.open.value && this.session.state.value?.model.state === 'ready' ? this.session.state.value.modelRevision : null));
    effect(() => {
      if (revision.value === null) return;
      const abort = new AbortController();
      if (this.all.peek().state !== 'ready') this.all.value = { state: 'loading' };
      const { signal } = abort;
      Promise.all([this.host.call('weights', null, { signal }), this.host.call('graph', null, { signal })]).then(
        ([summary, graph]: [CheckpointSummary, ModelGraph]) => {
          if (!signal.aborted) this.all.value = { state: 'ready', value: weightsOf(summary.tensors, graph) };
        },
        (thrown: unknown) => {
          if (signal.aborted || isCancelled(thrown)) return;
          const { code, message } = toUnitscopeError(thrown);
          this.all.value = { state: 'error', code, message };
        },
      );
      return () => abort.abort();
    });
  }

  /** Opens the page at a tensor, at the first one of a layer, or where it was. */
  show(what: { tensor: string } | { layer: string | null }): void {
    this.open.value = true;
    this.without.value = null;
    if ('tensor' in what) this.choose(what.tensor);
    else this.wanted.value = what.layer;
  }

  /** As the list of tensors calls it: by module, without its operator. */
  private nameOf(layer: string): string {
    const known = this.session.layers.peek().get(layer);
    return known ? [...known.group, known.label.split(' · ')[0]].join('.') : layer;
  }

  choose(tensor: string | null): void {
    this.without.value = null;
    if (tensor === this.tensor.peek()) return;
    this.forgetFit();
    this.filter.value = null;
    this.tensor.value = tensor;
  }

  fit({ name, dequantize }: Weight): void {
    this.cancelFit();
    const { signal } = (this.fitAbort = new AbortController());
    this.fitting.value = { state: 'running', done: 0, total: 0 };
    const onProgress = (progress: { done: number; total: number }): void => {
      if (!signal.aborted) this.fitting.value = { state: 'running', ...progress };
    };
    this.host.call('gabor', { tensor: name, ...(dequantize && { dequantize }) }, { signal, onProgress }).then(
      (fits) => {
        if (!signal.aborted) this.fitting.value = { state: 'ready', fits: new Map(fits.map((fit) => [fit.unit, fit])) };
      },
      (thrown: unknown) => {
        if (!signal.aborted) this.fitting.value = isCancelled(thrown) ? { state: 'cancelled' } : { state: 'error', message: toUnitscopeError(thrown).message };
      },
    );
  }

  cancelFit(): void {
    this.fitAbort?.abort();
    this.fitAbort = null;
    if (this.fitting.peek().state === 'running') this.fitting.value = { state: 'cancelled' };
  }

  private forgetFit(): void {
    this.cancelFit();
    this.fitting.value = { state: 'none' };
  }

  act(method: 'tensor.export' | 'tensor.copyName' | 'tensor.copyPython', tensor: string): void {
    this.host.notify(method, { tensor });
  }

  /** A unit's patches, where the model can be run over images at once. */
  showUnit(layer: string, unit: number): void {
    this.host.notify('unit.show', { layer, unit });
  }
}
