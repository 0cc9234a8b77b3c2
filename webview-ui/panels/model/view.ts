import { batch, computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Client } from '../../../src/protocol/method';
import type { ModelHostContract, ModelViewContract } from '../../../src/protocol/modelViews';
import { groupLayers, type LayerGroup } from '../../../src/protocol/views';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { Session } from '../../shared/session';
import { expandedAtFirst, groupsAround, layerKey, treeRows, type TreeRow } from '../../views/layerTree';
import { matchesLayer, searchWords } from '../../views/search';
import { GraphView, type GraphViewState } from './graph/graphView';
import { WeightsView, type WeightsViewState } from './weights/view';

/** What the editor shows: the list of layers, the graph, or one beside the other. */
export type EditorMode = 'list' | 'both' | 'graph';

/** What survives hiding and reloading. `modelUri` is for the extension. */
export interface ModelViewState {
  modelUri: string;
  search: string;
  intermediate: boolean;
  /** Null: as deep as is sensible for the model. */
  expanded: string[] | null;
  focused: string | null;
  scroll: number;
  /** Null: as wide as the editor is. */
  mode: EditorMode | null;
  /** Share of the width that the list takes beside the graph. */
  split: number;
  graph: Partial<GraphViewState>;
  weights: Partial<WeightsViewState>;
}

/** Below this width, in CSS pixels, one of list and graph is on show. */
export const narrowWidth = 1000;

/** State of the model page: the session's, and what is looked at. */
export class ModelView {
  readonly session: Session;
  readonly graph: GraphView;
  /** The page of weights, in place of list and graph while it is open. */
  readonly weights: WeightsView;
  readonly chosenMode = signal<EditorMode | null>(null);
  readonly split = signal(0.42);
  readonly width = signal(window.innerWidth);
  readonly narrow: ReadonlySignal<boolean>;
  /** What is on show. */
  readonly mode: ReadonlySignal<EditorMode>;
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

  constructor(place: Place<ModelHostContract, ModelViewState, ModelViewContract>) {
    const saved = place.readState();
    this.search.value = saved.search ?? '';
    this.intermediate.value = saved.intermediate ?? true;
    this.expanded.value = saved.expanded ? new Set(saved.expanded) : null;
    this.focused.value = saved.focused ?? null;
    this.scroll.value = saved.scroll ?? 0;

    this.chosenMode.value = saved.mode ?? null;
    this.split.value = saved.split ?? 0.42;
    this.narrow = computed(() => this.width.value < narrowWidth);
    this.mode = computed(() => {
      const chosen = this.chosenMode.value ?? 'both';
      return chosen === 'both' && this.narrow.value ? 'list' : chosen;
    });

    let host: Client<ModelHostContract> | undefined;
    this.session = new Session(
      (handlers) =>
        (host = place.connect({
          ...handlers,
          'graph.export': ({ format }) => {
            this.showGraph();
            void this.graph.export(format);
            return null;
          },
          'weights.show': ({ layer }) => {
            this.weights.show({ layer });
            return null;
          },
          'graph.show': () => {
            this.showGraph();
            return null;
          },
        })),
    );
    this.weights = new WeightsView(this.session, host!, saved.weights);
    this.graph = new GraphView(this.session, host!, saved.graph);
    this.graph.showWeight = (tensor) => this.weights.show({ tensor });
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
    // Marks go when a layer beside them is selected in the graph, in the tree or by a command.
    const selectedLayer = computed(() => state.value?.selectedLayer ?? null);
    effect(() => {
      const layer = selectedLayer.value;
      if (layer !== null && !this.marked.peek().has(layer)) this.marked.value = new Set([layer]);
    });
    persist(
      () => ({
        modelUri: state.value?.modelUri ?? '',
        search: this.search.value,
        intermediate: this.intermediate.value,
        expanded: this.expanded.value && [...this.expanded.value],
        focused: this.focused.value,
        scroll: this.scroll.value,
        mode: this.chosenMode.value,
        split: this.split.value,
        graph: this.graph.kept,
        weights: this.weights.kept,
      }),
      (next) => next.modelUri !== '' && place.writeState(next),
    );
  }

  private showGraph(): void {
    this.weights.open.value = false;
    if (this.mode.peek() === 'list') this.chosenMode.value = this.narrow.peek() ? 'graph' : 'both';
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
