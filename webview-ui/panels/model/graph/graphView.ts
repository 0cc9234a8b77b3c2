import { batch, computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError } from '../../../../src/protocol/errors';
import type { ModelGraph } from '../../../../src/protocol/graph';
import type { Client } from '../../../../src/protocol/method';
import type { GraphPictureFormat, ModelHostContract } from '../../../../src/protocol/modelViews';
import type { Resource } from '../../../../src/protocol/views';
import type { Session } from '../../../shared/session';
import { boxTexts } from './boxText';
import { Camera } from './camera';
import { allOpen, copiesOf, expandedAtFirst, keyOf, keysAround } from './expansion';
import { drawnPng, drawnSvg } from './exportPicture';
import { GraphIndex } from './graphIndex';
import { LayerLink } from './layerLink';
import { layOutInWorker } from './layoutClient';
import { measureText } from './measure';
import { heatOf, type Heat, type OverlayName } from './overlay';
import { GraphSearch } from './graphSearch';
import { place, type Placed } from './placed';
import { sceneOf } from './sceneBuilder';
import { layoutRequest } from './segments';
import { SparsityShares } from './sparsityShares';
import type { Viewport } from './viewport';

/** What of the graph survives hiding and reloading. */
export interface GraphViewState {
  /** Null: as deep as is readable. */
  expanded: string[] | null;
  selected: string | null;
  viewport: Viewport | null;
  horizontal: boolean;
  overlay: OverlayName | null;
  properties: boolean;
  propertiesShare: number;
}

/** Beyond as many boxes, opening asks first. */
export const manyBoxes = 4000;

/** State of the graph: what is open, selected and found, and how it lies under the window. */
export class GraphView {
  readonly graph = signal<Resource<ModelGraph>>({ state: 'none' });
  readonly index: ReadonlySignal<GraphIndex | null>;
  readonly horizontal = signal(false);
  readonly overlay = signal<OverlayName | null>(null);
  readonly properties = signal(true);
  /** Share of the pane that the properties take. */
  readonly propertiesShare = signal(0.32);
  readonly placed = signal<Placed | null>(null);
  readonly layout = signal<{ state: 'ready' } | { state: 'busy' } | { state: 'error'; message: string }>({ state: 'ready' });
  readonly camera = new Camera();
  /** Key of the selected box. */
  readonly selected = signal<string | null>(null);
  readonly hovered = signal<number | null>(null);
  readonly search: GraphSearch;
  readonly heat: ReadonlySignal<Heat | null>;
  readonly sparsity: SparsityShares;
  /** An opening that would show very many boxes, until it is confirmed. */
  readonly question = signal<{ keys: ReadonlySet<string>; boxes: number } | null>(null);
  /** Whether the graph is on show: it is not fetched before. */
  readonly shown = signal(false);
  readonly expanded: ReadonlySignal<ReadonlySet<string>>;
  /** Shows the numbers of a weight. */
  showWeight: (tensor: string) => void = () => undefined;
  /** Number of the selected box in what is drawn; null where nothing is, or it is not there. */
  readonly selectedBox: ReadonlySignal<number | null>;
  private readonly opened = signal<ReadonlySet<string> | null>(null);
  private goal: string | null = null;
  private readonly layerLink: LayerLink;

  constructor(
    readonly session: Session,
    readonly client: Client<ModelHostContract>,
    saved: Partial<GraphViewState> = {},
  ) {
    this.opened.value = saved.expanded ? new Set(saved.expanded) : null;
    this.selected.value = saved.selected ?? null;
    this.camera.viewport.value = saved.viewport ?? null;
    this.horizontal.value = saved.horizontal ?? false;
    this.overlay.value = saved.overlay ?? null;
    this.properties.value = saved.properties ?? true;
    this.propertiesShare.value = saved.propertiesShare ?? 0.32;
    this.index = computed(() => (this.graph.value.state === 'ready' ? new GraphIndex(this.graph.value.value) : null));
    const atFirst = computed(() => (this.index.value ? expandedAtFirst(this.index.value) : new Set<string>()));
    this.expanded = computed(() => this.opened.value ?? atFirst.value);
    this.selectedBox = computed(() => this.placed.value?.scene.boxOfKey.get(this.selected.value ?? '') ?? null);
    this.search = new GraphSearch(this);
    this.sparsity = new SparsityShares(session, client, computed(() => this.shown.value && this.overlay.value === 'sparsity'));
    const { sparsity } = this;
    this.heat = computed(() => {
      const index = this.index.value;
      const scene = this.placed.value?.scene;
      return this.overlay.value && index && scene ? heatOf(this.overlay.value, scene, index, { layers: session.layers.value, sparsity: sparsity.layers.value, sparsityProblem: sparsity.problem.value }) : null;
    });
    this.fetchWhenShown();
    this.layOutWhenChanged();
    this.layerLink = new LayerLink(this);
  }

  get kept(): GraphViewState {
    return {
      expanded: this.opened.value && [...this.opened.value],
      selected: this.selected.value,
      viewport: this.camera.viewport.value,
      horizontal: this.horizontal.value,
      overlay: this.overlay.value,
      properties: this.properties.value,
      propertiesShare: this.propertiesShare.value,
    };
  }

  private fetchWhenShown(): void {
    const { session } = this;
    const revision = computed(() => (this.shown.value && session.state.value?.model.state === 'ready' ? session.state.value.modelRevision : null));
    effect(() => {
      if (revision.value === null) return;
      const abort = new AbortController();
      if (this.graph.peek().state !== 'ready') this.graph.value = { state: 'loading' };
      this.client.call('graph', null, { signal: abort.signal }).then(
        (value) => (this.graph.value = { state: 'ready', value }),
        (thrown: unknown) => {
          if (isCancelled(thrown) || abort.signal.aborted) return;
          const { code, message } = toUnitscopeError(thrown);
          this.graph.value = { state: 'error', code, message };
        },
      );
      return () => abort.abort();
    });
  }

  private layOutWhenChanged(): void {
    effect(() => {
      const index = this.index.value;
      const horizontal = this.horizontal.value;
      const expanded = this.expanded.value;
      if (!index) {
        this.placed.value = null;
        return;
      }
      const scene = sceneOf(index, expanded);
      const texts = boxTexts(scene, index, measureText);
      const abort = new AbortController();
      this.layout.value = { state: 'busy' };
      layOutInWorker(layoutRequest(scene, texts, horizontal), abort.signal).then(
        (result) => this.show(place(scene, texts, horizontal, result)),
        (thrown: unknown) => {
          if (!isCancelled(thrown)) this.layout.value = { state: 'error', message: toUnitscopeError(thrown).message };
        },
      );
      return () => abort.abort();
    });
  }

  private show(placed: Placed): void {
    batch(() => {
      const before = this.placed.peek();
      this.layout.value = { state: 'ready' };
      this.hovered.value = null;
      this.placed.value = placed;
      if (before && before.horizontal !== placed.horizontal) this.camera.viewport.value = null;
      this.camera.keepHeld(placed);
      if (before === null) this.layerLink.selectAtFirst();
      this.reach();
    });
  }

  /** Key of the box that shows a node or holds it. */
  visibleKey(node: number): string | null {
    const index = this.index.peek();
    const scene = this.placed.peek()?.scene;
    if (!index || !scene) return null;
    const keys = [...keysAround(index, node), keyOf(index, node)];
    return keys.findLast((key) => scene.boxOfKey.has(key)) ?? null;
  }

  nodeOf(key: string | null): number | null {
    const { scene } = this.placed.peek() ?? {};
    const box = key === null ? undefined : scene?.boxes[scene.boxOfKey.get(key) ?? -1];
    return box?.kind === 'node' ? box.node : null;
  }

  /** Goes to a node and selects it in list and tree, too. */
  visit(node: number): void {
    this.goTo(node);
    this.layerLink.tell(node);
  }

  /** Opens what a node is in, selects it and brings it into view; of a constant, what uses it. */
  goTo(node: number): void {
    const index = this.index.peek();
    if (!index) return;
    const shown = index.shownAs(node);
    if (shown === null) return;
    const closed = keysAround(index, shown).filter((key) => !this.expanded.peek().has(key));
    this.goal = keyOf(index, shown);
    if (closed.length > 0) this.open(new Set([...this.expanded.peek(), ...closed]), null);
    else this.reach();
  }

  private reach(): void {
    const placed = this.placed.peek();
    if (this.goal === null || !placed) return;
    const box = placed.scene.boxOfKey.get(this.goal);
    if (box === undefined) return;
    this.selected.value = this.goal;
    this.goal = null;
    this.camera.bringIntoView(placed, box);
  }

  /** Selects a box; one that makes a layer is selected in list and tree, too. */
  select(box: number | null): void {
    const placed = this.placed.peek();
    const one = box === null ? undefined : placed?.scene.boxes[box];
    this.selected.value = one?.key ?? null;
    if (one?.kind === 'node') this.layerLink.tell(one.node);
  }

  /** A layer is visualized; of anything else the properties are shown. */
  visualize(box: number): void {
    const one = this.placed.peek()?.scene.boxes[box];
    const layer = one?.kind === 'node' ? this.index.peek()?.graph.nodes[one.node]?.layer : null;
    const summary = this.session.summary.peek();
    if (typeof layer === 'string' && summary.state === 'ready' && 'input' in summary.value.image) this.session.visualize(layer);
    else this.properties.value = true;
  }

  /** Opens or closes a box; `all`: and all that are built like it. */
  toggle(box: number, all = false, pointer: readonly [number, number] | null = null): void {
    const placed = this.placed.peek();
    const index = this.index.peek();
    const one = placed?.scene.boxes[box];
    if (!placed || !index || !one?.openable) return;
    const next = new Set(this.expanded.peek());
    for (const { key } of all ? copiesOf(index, placed.scene, one) : [one]) {
      if (one.open) next.delete(key);
      else next.add(key);
    }
    this.open(next, { box, pointer });
  }

  /** Opens all scopes, or none. */
  setAll(open: boolean): void {
    const index = this.index.peek();
    if (index) this.open(open ? allOpen(index) : new Set(), null);
  }

  private open(keys: ReadonlySet<string>, hold: { box: number; pointer: readonly [number, number] | null } | null): void {
    const index = this.index.peek();
    const placed = this.placed.peek();
    if (!index) return;
    const { boxes } = sceneOf(index, keys);
    if (boxes.length > manyBoxes && boxes.length > 1.2 * (placed?.scene.boxes.length ?? 0)) {
      this.question.value = { keys, boxes: boxes.length };
      return;
    }
    const box = hold?.box ?? this.selectedBox.peek();
    if (placed && box !== null) this.camera.hold(placed, box, hold?.pointer ?? null);
    this.question.value = null;
    this.opened.value = keys;
  }

  /** The answer to `question`. */
  answer(yes: boolean): void {
    const asked = this.question.peek();
    this.question.value = null;
    if (asked && yes) this.opened.value = asked.keys;
    else this.goal = null;
  }

  fitAll(): void {
    const placed = this.placed.peek();
    if (placed) this.camera.fit(placed, true);
  }

  /** What is drawn, once it is; null where it cannot be, which the pane says. */
  private drawn(): Promise<Placed | null> {
    return new Promise((resolve) => {
      const end = effect(() => {
        const failed = this.graph.value.state === 'error' || this.layout.value.state === 'error';
        if (!failed && (!this.placed.value || this.layout.value.state === 'busy')) return;
        resolve(failed ? null : this.placed.value);
        queueMicrotask(() => end());
      });
    });
  }

  /** Draws all of the graph, once it is laid out, and hands it to be saved. The graph has to be on show. */
  async export(format: GraphPictureFormat): Promise<void> {
    const placed = await this.drawn();
    const index = this.index.peek();
    if (!placed || !index) return;
    const name = this.session.state.peek()?.modelName ?? 'model';
    const heat = this.heat.peek();
    const data = format === 'svg' ? new TextEncoder().encode(drawnSvg(placed, index, heat, name)) : await drawnPng(placed, index, heat);
    this.client.notify('graph.save', { format, data });
  }
}
