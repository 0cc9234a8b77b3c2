import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError } from '../../../../src/protocol/errors';
import type { Client } from '../../../../src/protocol/method';
import type { GraphPictureFormat, ModelHostContract } from '../../../../src/protocol/modelViews';
import type { Session } from '../../../shared/session';
import { menuContext } from '../menu';
import { drawnPng, drawnSvg } from './exportPicture';
import { GraphDrawing, type DrawingState } from '../../../views/graph/graphDrawing';
import { GraphSearch } from '../../../views/graph/graphSearch';
import { LayerLink } from './layerLink';
import { heatOf, heatTints, overlayFacts, type Heat, type LayerFacts, type OverlayName } from './overlay';
import type { Placed } from '../../../views/graph/placed';
import { SparsityShares } from './sparsityShares';

/** What of the graph survives hiding and reloading. */
export interface GraphViewState extends DrawingState {
  overlay: OverlayName | null;
  properties: boolean;
  propertiesShare: number;
}

/** State of a model's graph in its editor: the drawing, and what ties it to the model's session. */
export class GraphView extends GraphDrawing {
  readonly overlay = signal<OverlayName | null>(null);
  readonly properties = signal(true);
  /** Share of the pane that the properties take. */
  readonly propertiesShare = signal(0.32);
  readonly search: GraphSearch;
  readonly facts: ReadonlySignal<LayerFacts>;
  readonly heat: ReadonlySignal<Heat | null>;
  readonly tints = computed(() => this.heat.value && heatTints(this.heat.value));
  readonly name = computed(() => this.session.state.value?.modelName ?? 'the model');
  readonly sparsity: SparsityShares;
  /** Whether the graph is on show: it is not fetched before. */
  readonly shown = signal(false);
  /** Shows the numbers of a weight. */
  showWeight: (tensor: string) => void = () => undefined;
  private readonly layerLink: LayerLink;

  constructor(
    readonly session: Session,
    readonly client: Client<ModelHostContract>,
    saved: Partial<GraphViewState> = {},
  ) {
    super(saved);
    this.overlay.value = saved.overlay ?? null;
    this.properties.value = saved.properties ?? true;
    this.propertiesShare.value = saved.propertiesShare ?? 0.32;
    this.search = new GraphSearch(this);
    this.sparsity = new SparsityShares(session, client, computed(() => this.shown.value && this.overlay.value === 'sparsity'));
    const { sparsity } = this;
    this.facts = computed(() => ({ layers: session.layers.value, sparsity: sparsity.layers.value, sparsityProblem: sparsity.problem.value }));
    this.heat = computed(() => {
      const index = this.index.value;
      const scene = this.placed.value?.scene;
      return this.overlay.value && index && scene ? heatOf(this.overlay.value, scene, index, this.facts.value) : null;
    });
    this.fetchWhenShown();
    this.layerLink = new LayerLink(this);
  }

  override get kept(): GraphViewState {
    return { ...super.kept, overlay: this.overlay.value, properties: this.properties.value, propertiesShare: this.propertiesShare.value };
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

  protected override drawnFirst(): void {
    this.layerLink.selectAtFirst();
  }

  /** Goes to a node and selects it in list and tree, too. */
  visit(node: number): void {
    this.goTo(node);
    this.layerLink.tell(node);
  }

  /** Goes to the box of this key, which is on show, and selects it. */
  visitBox(key: string): void {
    const placed = this.placed.peek();
    const box = placed?.scene.boxOfKey.get(key);
    if (!placed || box === undefined) return;
    this.select(box);
    this.camera.bringIntoView(placed, box);
  }

  /** Selects a box; one that makes a layer is selected in list and tree, too. */
  override select(box: number | null): void {
    super.select(box);
    const node = this.nodeOf(this.selected.peek());
    if (node !== null) this.layerLink.tell(node);
  }

  private layerOf(box: number): string | null {
    const one = this.placed.peek()?.scene.boxes[box];
    return one?.kind === 'node' ? (this.index.peek()?.graph.nodes[one.node]?.layer ?? null) : null;
  }

  /** A layer is visualized; of anything else the properties are shown. */
  activate(box: number): void {
    const layer = this.layerOf(box);
    const summary = this.session.summary.peek();
    if (layer !== null && summary.state === 'ready' && 'input' in summary.value.image) this.session.visualize(layer);
    else this.properties.value = true;
  }

  inspect(): void {
    this.properties.value = !this.properties.peek();
  }

  contextOf(box: number | null): string {
    const layer = box === null ? null : this.layerOf(box);
    return layer === null
      ? JSON.stringify({ webviewSection: 'graph', preventDefaultContextMenuItems: true })
      : menuContext(this.session.state.peek()?.modelUri ?? '', layer, new Set());
  }

  factsOf(box: number): { label: string; text: string }[] {
    const field = this.overlay.value !== 'field' && this.layerOf(box) !== null ? this.overlayFactsOf(box, 'field') : [];
    return [...field, ...this.overlayFactsOf(box)];
  }

  /** What the chosen overlay, or another one, says of a box beside its costs. */
  overlayFactsOf(box: number, name = this.overlay.value): { label: string; text: string }[] {
    const one = this.placed.peek()?.scene.boxes[box];
    const index = this.index.peek();
    return name && one && index ? overlayFacts(name, one, index, this.facts.value) : [];
  }

  remarkOn(): string {
    return '';
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
    const tints = this.tints.peek();
    const picture = format === 'svg' ? drawnSvg(placed, index, tints, name) : await drawnPng(placed, index, tints);
    this.client.notify('graph.save', { format, ...picture });
  }
}
