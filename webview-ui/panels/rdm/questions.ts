import { computed, effect, untracked, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Client } from '../../../src/protocol/method';
import type { LayoutMethod, RdmArrangement, RdmLayout, RdmRecipe, RdmSet, RsaProgress, RsaResult } from '../../../src/protocol/rdm';
import type { RdmHostContract, RdmSettings, RdmView as Tab } from '../../../src/protocol/rdmViews';
import type { Session } from '../../shared/session';
import { Remote } from './remote';

export interface Progress {
  done: number;
  total: number;
}

/** What the extension has answered; `key` says of which study and recipe. */
export class Answers {
  readonly known = new Remote<{ set: RdmSet; key: string }>();
  /** `name` says which order it is. */
  readonly arranged = new Remote<{ arrangement: RdmArrangement; key: string; name: string }>();
  readonly column = new Remote<{ column: string; values: (string | null)[]; key: string }>();
  readonly rsa = new Remote<RsaResult>();
  readonly layout = new Remote<{ layer: string; method: LayoutMethod; layout: RdmLayout; key: string }>();

  get all(): Pick<Remote<unknown>, 'clear' | 'cancel' | 'expire' | 'loading' | 'error'>[] {
    return [this.known, this.arranged, this.column, this.rsa, this.layout];
  }
}

/** What the questions depend on, and where the answers go. */
interface Questioner extends Answers {
  host: Client<RdmHostContract>;
  session: Session;
  settings: ReadonlySignal<RdmSettings | null>;
  tab: ReadonlySignal<Tab>;
  layer: ReadonlySignal<{ layer: string } | null>;
  ready: ReadonlySignal<{ layer: string }[]>;
  dataKey: ReadonlySignal<string>;
  readonly recipe: RdmRecipe;
  current: ReadonlySignal<boolean>;
  revision: ReadonlySignal<number>;
  delivered: ReadonlySignal<number>;
  delivering: ReadonlySignal<number>;
  rsaProgress: Signal<Progress | null>;
  layoutProgress: Signal<Progress | null>;
  takeSet: (set: RdmSet, key: string) => RdmSet;
}

/** Asks for what is to be seen whenever something changes that the answer depends on. */
export function followQuestions(view: Questioner): void {
  const ask = <T>(remote: Remote<T>, question: () => { key: string; fetch: (abort: AbortSignal, show: (first: T) => void) => Promise<T> } | null): void => {
    effect(() => {
      const next = question();
      if (next) untracked(() => remote.ask(next.key, next.fetch));
    });
  };
  const askable = computed(() => {
    const state = view.session.state.value;
    return (
      state?.trusted === true &&
      state.dataset.state === 'ready' &&
      state.engine.state === 'running' &&
      (view.settings.value?.layers.length ?? 0) > 0
    );
  });
  const asked = computed(() => (askable.value ? JSON.stringify([view.settings.value?.layers, view.dataKey.value]) : null));
  ask(view.known, () => {
    if (asked.value === null || view.delivering.value > 0) return null;
    const key = view.dataKey.value;
    return {
      key: JSON.stringify([asked.value, view.revision.value, view.delivered.value]),
      fetch: async (signal) => ({ set: view.takeSet(await view.host.call('set', null, { signal }), key), key }),
    };
  });
  ask(view.arranged, () => {
    const order = view.settings.value?.order;
    const layer = view.layer.value?.layer;
    const key = view.known.value.value?.key;
    if (!order || layer === undefined || key === undefined || !view.current.value) return null;
    // Only a clustering is of a layer.
    const name = JSON.stringify([key, order, order.by === 'cluster' ? layer : null]);
    return {
      key: name,
      fetch: async (signal) => ({ arrangement: await view.host.call('arrange', { recipe: view.recipe, layer, order }, { signal }), key, name }),
    };
  });
  ask(view.column, () => {
    const order = view.settings.value?.order;
    const key = view.known.value.value?.key;
    if (order?.by !== 'column' || key === undefined || !view.current.value) return null;
    const { column } = order;
    return {
      key: JSON.stringify([key, column]),
      fetch: async (signal) => ({ column, values: await view.host.call('column', { recipe: view.recipe, column }, { signal }), key }),
    };
  });
  ask(view.layout, () => {
    const method = view.settings.value?.layout;
    const layer = view.layer.value?.layer;
    const key = view.known.value.value?.key;
    if (view.tab.value !== 'rdm' || !method || layer === undefined || key === undefined || !view.current.value) return null;
    return {
      key: JSON.stringify([key, method, layer]),
      fetch: async (signal) => {
        view.layoutProgress.value = null;
        const onProgress = (progress: Progress): void => {
          if (!signal.aborted) view.layoutProgress.value = progress;
        };
        const layout = await view.host.call('layout', { recipe: view.recipe, layer, method }, { signal, onProgress });
        return { layer, method, layout, key };
      },
    };
  });
  const scanning = computed(() => view.session.state.value?.scan.state === 'running');
  ask(view.rsa, () => {
    const settings = view.settings.value;
    const ready = view.ready.value;
    // It takes longer than a layer does: while they come in, the comparison that there is stays.
    if (view.tab.value !== 'compare' || !settings || ready.length === 0 || !view.current.value) return null;
    if (view.delivering.value > 0 || (scanning.value && view.rsa.value.peek())) return null;
    const { comparison, references } = settings;
    return {
      key: JSON.stringify([view.known.value.value?.key, ready.map(({ layer }) => layer), comparison, references, view.delivered.value]),
      fetch: async (signal, show) => {
        view.rsaProgress.value = null;
        const onProgress = ({ done, total, result }: RsaProgress): void => {
          if (result) show(result);
          if (!signal.aborted) view.rsaProgress.value = { done, total };
        };
        return view.host.call('compare', null, { signal, onProgress });
      },
    };
  });
}
