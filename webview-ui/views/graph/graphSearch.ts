import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { GraphIndex } from './graphIndex';
import type { Placed } from './placed';
import { findNodes } from './search';

/** What a drawing asks of its search. */
export interface DrawingSearch {
  readonly text: ReadonlySignal<string>;
  /** Boxes that were found, or that hold something found, and the one that was gone to. */
  readonly matches: ReadonlySignal<{ boxes: ReadonlySet<number>; current: number | null }>;
  start(text: string): void;
  next(step: 1 | -1): void;
}

/** The drawing that is searched. */
interface SearchedGraph {
  readonly index: ReadonlySignal<GraphIndex | null>;
  readonly placed: ReadonlySignal<Placed | null>;
  /** Key of the box that shows a node or holds it. */
  visibleKey(node: number): string | null;
  /** Goes to a node and selects it. */
  visit(node: number): void;
}

/** The boxes that show these nodes or hold them, and the one of the node that was gone to. */
export function matchesOf(view: Pick<SearchedGraph, 'placed' | 'visibleKey'>, found: readonly number[], current: number | null): { boxes: ReadonlySet<number>; current: number | null } {
  const scene = view.placed.value?.scene;
  const boxOf = (node: number): number | null => scene?.boxOfKey.get(view.visibleKey(node) ?? '') ?? null;
  return { boxes: new Set(found.map(boxOf).filter((box) => box !== null)), current: current === null ? null : boxOf(current) };
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
  readonly matches = computed(() => matchesOf(this.view, this.found.value, this.found.value[this.foundAt.value] ?? null));

  /** Goes to the next thing found, or the one before. */
  next(step: 1 | -1): void {
    const found = this.found.peek();
    if (found.length === 0) return;
    const at = this.foundAt.peek();
    this.foundAt.value = at < 0 ? (step > 0 ? 0 : found.length - 1) : (at + step + found.length) % found.length;
    this.view.visit(found[this.foundAt.peek()]!);
  }
}
