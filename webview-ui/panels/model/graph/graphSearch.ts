import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { GraphIndex } from './graphIndex';
import type { Placed } from './placed';
import { findNodes } from './search';

/** The drawing that is searched. */
interface SearchedGraph {
  readonly index: ReadonlySignal<GraphIndex | null>;
  readonly placed: ReadonlySignal<Placed | null>;
  /** Key of the box that shows a node or holds it. */
  visibleKey(node: number): string | null;
  /** Goes to a node and selects it. */
  visit(node: number): void;
}

/** What is searched in the graph and where one is among what was found. */
export class GraphSearch {
  readonly text = signal('');
  /** Nodes that are found, and which of them was gone to. */
  readonly found: ReadonlySignal<number[]>;
  readonly foundAt = signal(-1);

  constructor(private readonly view: SearchedGraph) {
    this.found = computed(() => (view.index.value ? findNodes(view.index.value, this.text.value) : []));
  }

  /** Searches anew. */
  start(text: string): void {
    this.foundAt.value = -1;
    this.text.value = text;
  }

  /** Boxes that the search found, or that hold something found. */
  readonly matches = computed<{ boxes: ReadonlySet<number>; current: number | null }>(() => {
    const placed = this.view.placed.value;
    const boxes = new Set<number>();
    if (!placed) return { boxes, current: null };
    const found = this.found.value;
    for (const node of found) {
      const key = this.view.visibleKey(node);
      if (key !== null) boxes.add(placed.scene.boxOfKey.get(key)!);
    }
    const at = found[this.foundAt.value];
    const key = at === undefined ? null : this.view.visibleKey(at);
    return { boxes, current: key === null ? null : placed.scene.boxOfKey.get(key)! };
  });

  /** Goes to the next thing found, or the one before. */
  next(step: 1 | -1): void {
    const found = this.found.peek();
    if (found.length === 0) return;
    const at = this.foundAt.peek();
    this.foundAt.value = at < 0 ? (step > 0 ? 0 : found.length - 1) : (at + step + found.length) % found.length;
    this.view.visit(found[this.foundAt.peek()]!);
  }
}
