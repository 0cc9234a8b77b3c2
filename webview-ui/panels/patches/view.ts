import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import type { Stimulus } from '../../../src/protocol/dataset';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';
import type { Client } from '../../../src/protocol/method';
import type { Layer } from '../../../src/protocol/model';
import type { PatchesHostContract, PatchesSettings } from '../../../src/protocol/views';
import { follow } from '../../shared/follow';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { Session } from '../../shared/session';
import { slowly } from '../../shared/slowly';
import { firstLook } from '../../views/firstLook';
import { PatchLoader } from './patchLoader';
import { PictureCache } from './pictureCache';
import { UnitPages } from './unitPages';

/** What survives hiding and reloading. `modelUri` is for the extension. */
export interface PatchesViewState {
  modelUri: string;
  layer: string | null;
  /** The unit that is open, and its place in the order then. */
  unit: number | null;
  position: number | null;
  scroll: number;
  heat: boolean;
  opacity: number;
}

/** State of the patches panel: the session's, the units of one layer, and what is looked at. */
export class PatchesView {
  readonly host: Client<PatchesHostContract>;
  readonly session: Session;
  readonly settings = signal<PatchesSettings | null>(null);
  /** The layer whose units are shown: the one selected in the model's editor. */
  readonly layer: ReadonlySignal<Layer | null>;
  readonly pages: UnitPages;
  readonly pictures = new PictureCache();
  readonly patches: PatchLoader;
  /** The last failure of a call for patches, until one succeeds again. */
  readonly patchError = signal<UnitscopeError | null>(null);
  readonly opened = signal<{ unit: number; position: number | null } | null>(null);
  /** The classes chosen, of those that the images have. */
  readonly labels = computed(() => {
    const dataset = this.session.state.value?.dataset;
    const known = new Set(dataset?.state === 'ready' ? dataset.value.labels.map(({ name }) => name) : []);
    return (this.settings.value?.labels ?? []).filter((label) => known.has(label));
  });
  /** Position of the card with the focus. */
  readonly focused = signal(0);
  readonly scroll = signal(0);
  readonly heat = signal(true);
  readonly opacity = signal(0.8);
  /** Grows when results may have changed; at most once a second. */
  readonly revision: ReadonlySignal<number>;
  /** Grows when what is on screen is of another study; undefined before the session is known. */
  readonly study = computed(() => this.session.state.value?.studyRevision);
  private readonly stimuli = new Map<number, Promise<Stimulus | undefined>>();
  private settingsTimer: number | undefined;

  constructor(place: Place<PatchesHostContract, PatchesViewState>) {
    const kept = place.readState();
    if (typeof kept.unit === 'number') this.opened.value = { unit: kept.unit, position: kept.position ?? null };
    this.scroll.value = kept.scroll ?? 0;
    this.heat.value = kept.heat ?? true;
    this.opacity.value = kept.opacity ?? 0.8;

    let host: Client<PatchesHostContract> | undefined;
    this.session = new Session((handlers) => (host = place.connect(handlers)));
    this.host = host!;
    this.pages = new UnitPages((query, abort) => this.host.call('table', query, { signal: abort }));
    this.patches = new PatchLoader(
      (wish, options) => this.host.call('cut', wish, options),
      this.pictures,
      (error) => (this.patchError.value = toUnitscopeError(error)),
    );
    this.host.call('settings', null).then(
      (settings) => (this.settings.value = settings),
      (error: unknown) => console.error(error),
    );

    const { state, layers } = this.session;
    this.layer = computed(() => {
      const known = layers.value;
      if (known.size === 0) return null;
      const chosen = known.get(state.value?.selectedLayer ?? '') ?? known.get(kept.layer ?? '');
      return chosen ?? firstLook([...known.values()]) ?? null;
    });
    this.revision = slowly(computed(() => state.value?.resultsRevision ?? 0));
    this.followQuestion(kept.layer ?? null);
    this.followResults();
    persist(
      () => ({
        modelUri: state.value?.modelUri ?? '',
        layer: this.layer.value?.name ?? kept.layer ?? null,
        unit: this.opened.value?.unit ?? null,
        position: this.opened.value?.position ?? null,
        scroll: this.scroll.value,
        heat: this.heat.value,
        opacity: this.opacity.value,
      }),
      (next) => next.modelUri !== '' && place.writeState(next),
    );
  }

  /** Asks for the units anew when layer, order, filter, number of patches, or images change. */
  private followQuestion(keptLayer: string | null): void {
    let shown = keptLayer;
    const askable = computed(() => this.session.state.value?.dataset.state === 'ready' && this.session.state.value.trusted);
    const question = computed(() => {
      const layer = this.layer.value?.name;
      const settings = this.settings.value;
      if (layer === undefined || !settings || !askable.value) return '';
      const { order, descending, top } = settings;
      return JSON.stringify({ layer, order, descending, labels: this.labels.value, top });
    });
    effect(() => {
      const asked = question.value;
      untracked(() => {
        const next = asked === '' ? null : (JSON.parse(asked) as Parameters<UnitPages['ask']>[0]);
        this.pages.ask(next);
        if (!next) return;
        // Another layer starts at its first unit; the one that was kept goes on where it was.
        if (shown !== null && next.layer !== shown) {
          this.opened.value = null;
          this.focused.value = 0;
          this.scroll.value = 0;
        }
        shown = next.layer;
      });
    });
    // After the layer's own reset.
    let turn = 0;
    effect(() => {
      const asked = this.session.state.value?.askedUnit;
      if (!asked || asked.turn === turn || question.value === '' || this.layer.value?.name !== asked.layer) return;
      turn = asked.turn;
      this.opened.value = { unit: asked.unit, position: null };
      this.host.notify('unit.taken', null);
    });
  }

  private followResults(): void {
    let last: number | undefined;
    effect(() => {
      const study = this.study.value;
      if (last !== undefined && study !== last) {
        this.stimuli.clear();
        this.patches.startAnew();
        untracked(() => this.retry());
      }
      last = study;
    });
    effect(() => {
      if (this.revision.value > 0) untracked(() => this.retry());
    });
  }

  /** Asks anew for what is on screen, also for what failed. */
  retry(): void {
    this.pictures.forgetProblems();
    this.patchError.value = null;
    this.pages.refresh();
  }

  change(settings: Partial<PatchesSettings>): void {
    const before = this.settings.peek();
    if (!before) return;
    const next = { ...before, ...settings };
    this.settings.value = next;
    if (settings.order !== undefined || settings.descending !== undefined || settings.labels !== undefined) {
      this.scroll.value = 0;
      this.focused.value = 0;
    }
    window.clearTimeout(this.settingsTimer);
    this.settingsTimer = window.setTimeout(() => this.host.notify('settings.changed', next), 250);
  }

  /** Asks for something that shows by itself once it is done. */
  act(method: 'other.choose' | 'other.leave'): void {
    this.host.call(method, null).catch((thrown: unknown) => {
      if (!isCancelled(thrown)) this.patchError.value = toUnitscopeError(thrown);
    });
  }

  open(unit: number, position: number | null): void {
    this.opened.value = { unit, position };
    if (position !== null) this.focused.value = position;
  }

  /** Opens the unit next to the open one, in the order shown. */
  step(by: number): void {
    const { position } = this.openedPlace();
    if (position === null) return;
    const row = this.pages.row(position + by);
    if (row) this.open(row.unit, position + by);
  }

  /** Whether there is a neighbour to step to. */
  canStep(by: number): boolean {
    follow(this.pages.version);
    const { position } = this.openedPlace();
    return position !== null && this.pages.row(position + by) !== undefined;
  }

  private openedPlace(): { position: number | null } {
    const opened = this.opened.value;
    if (!opened) return { position: null };
    if (opened.position !== null && this.pages.row(opened.position)?.unit === opened.unit)
      return { position: opened.position };
    for (const [position, row] of this.pages.known()) if (row.unit === opened.unit) return { position };
    return { position: null };
  }

  /** A stimulus by its index; fetched once. */
  stimulus(index: number): Promise<Stimulus | undefined> {
    let known = this.stimuli.get(index);
    if (!known) {
      known = this.host.call('stimuli', { indices: [index] }).then(
        ([stimulus]) => stimulus,
        (error: unknown) => {
          this.stimuli.delete(index);
          if (!isCancelled(error)) console.error(error);
          return undefined;
        },
      );
      this.stimuli.set(index, known);
    }
    return known;
  }
}
