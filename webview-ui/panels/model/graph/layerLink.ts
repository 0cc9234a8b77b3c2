import { effect, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Client } from '../../../../src/protocol/method';
import type { ModelHostContract } from '../../../../src/protocol/modelViews';
import type { Session } from '../../../shared/session';
import type { GraphIndex } from '../../../views/graph/graphIndex';

/** The drawing whose nodes make layers. */
interface LinkedGraph {
  readonly session: Session;
  readonly client: Client<ModelHostContract>;
  readonly index: ReadonlySignal<GraphIndex | null>;
  /** Key and number of the selected box. */
  readonly selected: Signal<string | null>;
  readonly selectedBox: ReadonlySignal<number | null>;
  /** The node that a box with this key shows. */
  nodeOf(key: string | null): number | null;
  /** Key of the box that shows a node or holds it. */
  visibleKey(node: number): string | null;
  /** Opens what a node is in, selects it and brings it into view. */
  goTo(node: number): void;
}

/** Keeps the layer that is selected in graph, list and tree the same. */
export class LayerLink {
  private selectTimer: ReturnType<typeof setTimeout> | undefined;
  /** The layer that was selected here last, until the session has it: what comes before that is of earlier steps. */
  private told: string | null = null;

  constructor(private readonly view: LinkedGraph) {
    this.follow();
  }

  /** A layer that was selected anywhere is selected here. */
  private follow(): void {
    let before: string | null | undefined;
    effect(() => {
      const layer = this.view.session.state.value?.selectedLayer ?? null;
      const index = this.view.index.value;
      if (!index || layer === before) return;
      const first = before === undefined;
      before = layer;
      if (this.told !== null) {
        if (layer === this.told) this.told = null;
        return;
      }
      const node = layer === null ? undefined : index.nodeOfLayer.get(layer);
      if (node === undefined || this.view.nodeOf(this.view.selected.peek()) === node || first) return;
      this.view.goTo(node);
    });
  }

  /** At the start nothing is opened for the session's layer: the box that holds it is selected. */
  selectAtFirst(): void {
    const index = this.view.index.peek();
    const layer = this.view.session.state.peek()?.selectedLayer;
    const node = layer ? index?.nodeOfLayer.get(layer) : undefined;
    if (!index || node === undefined || this.view.selectedBox.peek() !== null) return;
    this.view.selected.value = this.view.visibleKey(node);
  }

  /** Selects the layer that a node makes in list and tree, too. */
  tell(node: number): void {
    clearTimeout(this.selectTimer);
    const layer = this.view.index.peek()?.graph.nodes[node]?.layer;
    if (layer === null || layer === undefined || layer === (this.told ?? this.view.session.state.peek()?.selectedLayer)) return;
    // Someone who walks with the arrow keys does not want every layer on the way to be opened.
    this.selectTimer = setTimeout(() => {
      this.told = layer;
      this.view.client.notify('layer.select', { layer });
    }, 120);
  }
}
