import { batch, computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { groupLayers, type LayerGroup, type SessionHostContract } from '../../../src/protocol/views';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { Session } from '../../shared/session';
import { expandedAtFirst, groupsAround, layerKey, treeRows, type TreeRow } from '../../views/layerTree';
import { matchesLayer, searchWords } from '../../views/search';

/** What survives hiding and reloading. `modelUri` is for the extension. */
export interface ModelViewState {
  modelUri: string;
  search: string;
  intermediate: boolean;
  /** Null: as deep as is sensible for the model. */
  expanded: string[] | null;
  focused: string | null;
  scroll: number;
}

/** State of the model page: the session's, and what is looked at. */
export class ModelView {
  readonly session: Session;
  readonly search = signal('');
  /** Whether pre-activations, reshapes and the like are listed. */
  readonly intermediate = signal(true);
  /** Key of the row with the focus. */
  readonly focused = signal<string | null>(null);
  readonly scroll = signal(0);
  /** Layers marked beside the selected one, for commands on several. */
  readonly marked = signal<ReadonlySet<string>>(new Set());
  /** Where a range begins that Shift extends. */
  private anchor: string | null = null;
  readonly words = computed(() => searchWords(this.search.value));
  readonly rows: ReadonlySignal<TreeRow[]>;
  /** Layers that the search and the toggle leave. */
  readonly shown: ReadonlySignal<number>;
  private readonly expanded = signal<ReadonlySet<string> | null>(null);
  private readonly root: ReadonlySignal<LayerGroup>;

  constructor(place: Place<SessionHostContract, ModelViewState>) {
    const saved = place.readState();
    this.search.value = saved.search ?? '';
    this.intermediate.value = saved.intermediate ?? true;
    this.expanded.value = saved.expanded ? new Set(saved.expanded) : null;
    this.focused.value = saved.focused ?? null;
    this.scroll.value = saved.scroll ?? 0;

    this.session = new Session((handlers) => place.connect(handlers));
    const { summary, state, selectedElsewhere } = this.session;
    this.root = computed(() => groupLayers(summary.value.state === 'ready' ? summary.value.value.layers : []));
    const atFirst = computed(() => expandedAtFirst(this.root.value));
    const accepts = computed(() => {
      const words = this.words.value;
      const all = this.intermediate.value;
      return (layer: Parameters<typeof matchesLayer>[0]) => (all || layer.primary) && matchesLayer(layer, words);
    });
    this.rows = computed(() => {
      const expanded = this.expanded.value ?? atFirst.value;
      const searching = this.words.value.length > 0;
      return treeRows(this.root.value, { accepts: accepts.value, isExpanded: (key) => searching || expanded.has(key) });
    });
    this.shown = computed(() => {
      let count = 0;
      for (const layer of this.session.layers.value.values()) if (accepts.value(layer)) count++;
      return count;
    });

    effect(() => {
      if (selectedElsewhere.value) this.reveal(selectedElsewhere.value.layer);
    });
    persist(
      () => ({
        modelUri: state.value?.modelUri ?? '',
        search: this.search.value,
        intermediate: this.intermediate.value,
        expanded: this.expanded.value && [...this.expanded.value],
        focused: this.focused.value,
        scroll: this.scroll.value,
      }),
      (next) => next.modelUri !== '' && place.writeState(next),
    );
  }

  /** Marks one layer alone, or one more or less, or all rows on screen from the last one to this. */
  mark(layer: string, how: 'alone' | 'toggle' | 'range'): void {
    const before = this.marked.peek();
    if (how === 'range' && this.anchor !== null) {
      const names = this.rows.peek().flatMap((row) => (row.kind === 'layer' ? [row.layer.name] : []));
      const [from, to] = [names.indexOf(this.anchor), names.indexOf(layer)].sort((a, b) => a - b);
      if (from! >= 0) {
        this.marked.value = new Set(names.slice(from, to! + 1));
        return;
      }
    }
    this.anchor = layer;
    if (how !== 'toggle') {
      this.marked.value = new Set([layer]);
      return;
    }
    const selected = this.session.state.peek()?.selectedLayer;
    const next = new Set(before.size === 0 && selected ? [selected] : before);
    if (!next.delete(layer)) next.add(layer);
    this.marked.value = next;
  }

  setExpanded(key: string, expanded: boolean): void {
    const next = new Set(this.expanded.peek() ?? expandedAtFirst(this.root.peek()));
    if (expanded) next.add(key);
    else next.delete(key);
    this.expanded.value = next;
  }

  /** Opens or closes all groups. */
  setAllExpanded(expanded: boolean): void {
    const keys = expanded ? [...this.session.layers.peek().values()].flatMap(groupsAround) : [];
    this.expanded.value = new Set(keys);
  }

  /** Makes a layer's row be there, whatever was searched or closed, and gives it the focus. */
  private reveal(name: string): void {
    const layer = this.session.layers.value.get(name);
    if (!layer) return;
    batch(() => {
      if (!matchesLayer(layer, this.words.peek())) this.search.value = '';
      if (!layer.primary) this.intermediate.value = true;
      for (const key of groupsAround(layer)) this.setExpanded(key, true);
      this.focused.value = layerKey(name);
    });
  }
}
