import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { GraphIndex } from './graphIndex';
import type { Placed } from './placed';
import { findHits, ranks, type Hit } from './search';

/** What a drawing asks of its search. */
export interface DrawingSearch {
  readonly text: ReadonlySignal<string>;
  /** Boxes that were found, or that hold something found, and the one that was gone to. */
  readonly matches: ReadonlySignal<{ boxes: ReadonlySet<number>; current: number | null }>;
  start(text: string): void;
  next(step: 1 | -1): void;
}

/** Where a search leads: to the box of a node, or to one of the graph's own inputs and outputs, by its key. */
export type SearchPlace = number | string;

/** The drawing that is searched. */
interface SearchedGraph {
  readonly index: ReadonlySignal<GraphIndex | null>;
  readonly placed: ReadonlySignal<Placed | null>;
  /** Key of the box that shows a node or holds it. */
  visibleKey(node: number): string | null;
  /** Goes to a node and selects it. */
  visit(node: number): void;
  /** Goes to the box of this key, which is on show, and selects it. */
  visitBox(key: string): void;
}

/** The boxes that show these or hold them, and the one that was gone to. */
export function matchesOf(view: Pick<SearchedGraph, 'placed' | 'visibleKey'>, found: readonly SearchPlace[], current: SearchPlace | null): { boxes: ReadonlySet<number>; current: number | null } {
  const scene = view.placed.value?.scene;
  const boxOf = (place: SearchPlace): number | null => scene?.boxOfKey.get((typeof place === 'string' ? place : view.visibleKey(place)) ?? '') ?? null;
  return { boxes: new Set(found.map(boxOf).filter((box) => box !== null)), current: current === null ? null : boxOf(current) };
}

/** Where a hit leads. */
function placeOf({ graph: { values } }: GraphIndex, hit: Hit): SearchPlace {
  return 'node' in hit ? hit.node : `${hit.kind === 'input' ? 'i' : 'o'}:0:${values[hit.value]!.name}`;
}

/** What is searched in the graph and where one is among what was found. */
export class GraphSearch implements DrawingSearch {
  readonly text = signal('');
  /** All that is found, the best first; see `findHits`. */
  readonly hits: ReadonlySignal<readonly Hit[]>;
  /** Where they lead, each place once: one steps through these. What only takes something of that name is left out unless nothing else is found. */
  readonly places: ReadonlySignal<readonly SearchPlace[]>;
  /** The place that was gone to in the graph that is drawn; places of one are of no other. */
  readonly current: ReadonlySignal<SearchPlace | null>;
  /** Its number among `places`, -1 where it is none of them. */
  readonly at: ReadonlySignal<number>;
  readonly matches: DrawingSearch['matches'];
  private readonly gone = signal<{ index: GraphIndex | null; place: SearchPlace } | null>(null);

  constructor(private readonly view: SearchedGraph) {
    this.hits = computed(() => (view.index.value ? findHits(view.index.value, this.text.value) : []));
    this.places = computed(() => {
      const { value: hits } = this.hits;
      const own = hits.filter(({ rank }) => rank < ranks.takes);
      return [...new Set((own.length > 0 ? own : hits).map((hit) => placeOf(view.index.value!, hit)))];
    });
    this.current = computed(() => (this.gone.value?.index === view.index.value ? this.gone.value.place : null));
    this.at = computed(() => (this.current.value === null ? -1 : this.places.value.indexOf(this.current.value)));
    this.matches = computed(() => matchesOf(view, this.places.value, this.current.value));
  }

  /** Searches anew. */
  start(text: string): void {
    this.gone.value = null;
    this.text.value = text;
  }

  /** Goes to the next thing found, or the one before. */
  next(step: 1 | -1): void {
    const places = this.places.peek();
    if (places.length === 0) return;
    const at = this.at.peek();
    this.visit(places[at < 0 ? (step > 0 ? 0 : places.length - 1) : (at + step + places.length) % places.length]!);
  }

  /** Goes to something that was found. */
  go(hit: Hit): void {
    const index = this.view.index.peek();
    if (index) this.visit(placeOf(index, hit));
  }

  private visit(place: SearchPlace): void {
    this.gone.value = { index: this.view.index.peek(), place };
    if (typeof place === 'string') this.view.visitBox(place);
    else this.view.visit(place);
  }
}
