import { computed, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ComparedFiles } from '../../../src/protocol/checkpointViews';
import type { ModelComparison, NodeChange } from '../../../src/protocol/graph';
import type { ComparedNodeContext } from '../../../src/protocol/modelCompareViews';
import { expandedAtFirst } from '../../views/graph/expansion';
import { GraphDrawing, type DrawingState } from '../../views/graph/graphDrawing';
import type { GraphIndex } from '../../views/graph/graphIndex';
import { matchesOf, type DrawingSearch } from '../../views/graph/graphSearch';
import type { SceneBox } from '../../views/graph/scene';
import { BoxChanges, countsText, verdictOf } from './boxChanges';
import { changeTints } from './changeTints';
import { changeLabels, differenceText, type PairRow } from './rows';

/** The page whose graphs are drawn. */
export interface ComparedPage {
  readonly files: ReadonlySignal<ComparedFiles | null>;
  readonly comparison: ReadonlySignal<ModelComparison | null>;
  readonly mode: ReadonlySignal<'list' | 'graph'>;
  readonly hidden: ReadonlySignal<ReadonlySet<NodeChange>>;
  readonly search: Signal<string>;
  readonly words: ReadonlySignal<string[]>;
  /** All pairs; those that are searched for and not hidden; the selected one, and its place. */
  readonly all: ReadonlySignal<PairRow[]>;
  readonly listed: ReadonlySignal<PairRow[]>;
  readonly row: ReadonlySignal<PairRow | null>;
  readonly selected: Signal<number | null>;
  stepListed(by: 1 | -1): void;
  open(file: 0 | 1, layer: string | null): void;
}

/** What one graph knows of the other. */
interface BothGraphs {
  readonly view: ComparedPage;
  /** Null: as in a graph alone. */
  expandedAtFirst(side: 0 | 1): ReadonlySet<string> | null;
  /** How many boxes the other graph has when these are open here, where that is very many; else null. */
  tooManyAlong(side: 0 | 1, keys: ReadonlySet<string>): number | null;
  /** A box of a side has been selected there. */
  picked(side: 0 | 1): void;
  fitAll(): void;
}

/** One of the two graphs: the drawing, in the colours of what differs. */
export class ComparedGraph extends GraphDrawing {
  readonly changes: ReadonlySignal<BoxChanges | null>;
  readonly tints = computed(() => {
    const boxes = this.placed.value?.scene.boxes;
    const changes = this.changes.value;
    const { value: hidden } = this.both.view.hidden;
    return boxes && changes ? changeTints((box) => verdict(changes, boxes[box]!, hidden)) : null;
  });
  readonly name = computed(() => this.both.view.files.value?.names[this.side] ?? 'the model');
  readonly search: DrawingSearch;
  protected override readonly tooManyAlong = (keys: ReadonlySet<string>): number | null => this.both.tooManyAlong(this.side, keys);
  private readonly givenChanges: ReadonlySignal<BoxChanges | null>;
  protected override readonly noteOn = (box: SceneBox): string => countsText(this.givenChanges.value?.countsOf(box) ?? none);

  constructor(
    private readonly both: BothGraphs,
    private readonly side: 0 | 1,
    saved: Partial<DrawingState>,
  ) {
    super(saved);
    const { view } = both;
    const changesIn = (index: GraphIndex | null): BoxChanges | null => {
      const comparison = view.comparison.value;
      return index && comparison && new BoxChanges(index, comparison.pairs, side);
    };
    this.givenChanges = computed(() => changesIn(this.given.value));
    this.changes = computed(() => (this.index.value === this.given.value ? this.givenChanges.value : changesIn(this.index.value)));
    this.search = {
      text: view.search,
      start: (text) => (view.search.value = text),
      next: (by) => view.stepListed(by),
      matches: computed(() => {
        const rows = view.words.value.length > 0 ? view.listed.value : [];
        const shown = rows.map((row) => this.shownNode(row)).filter((node) => node !== null);
        const current = rows.find(({ pair }) => pair === view.selected.value);
        return matchesOf(this, shown, current ? this.shownNode(current) : null);
      }),
    };
  }

  /** The node whose box shows a pair here, null where none does. */
  shownNode({ nodes }: PairRow): number | null {
    const node = nodes[this.side];
    return node === null ? null : (this.index.value?.shownAs(node) ?? null);
  }

  /** Shows a pair: its box is selected and comes into view. */
  showPair(row: PairRow): void {
    const node = this.shownNode(row);
    if (node === null) this.selected.value = null;
    else if (this.nodeOf(this.selected.peek()) !== node) this.goTo(node);
  }

  protected override expandedAtFirst(index: GraphIndex): ReadonlySet<string> {
    return this.both.expandedAtFirst(this.side) ?? expandedAtFirst(index);
  }

  override select(box: number | null): void {
    super.select(box);
    this.both.picked(this.side);
  }

  override fitAll(): void {
    this.both.fitAll();
  }

  /** The node is opened in its own model. */
  activate(box: number): void {
    const one = this.placed.peek()?.scene.boxes[box];
    const node = one?.kind === 'node' ? this.index.peek()?.graph.nodes[one.node] : undefined;
    if (node) this.both.view.open(this.side, node.layer);
  }

  /** Beside the graphs stands what differs, as soon as something is selected. */
  inspect(): void {}

  contextOf(box: number | null): string {
    const one = box === null ? undefined : this.placed.peek()?.scene.boxes[box];
    const node = one?.kind === 'node' ? this.index.peek()?.graph.nodes[one.node] : undefined;
    const uri = this.both.view.files.peek()?.uris[this.side];
    if (!node || uri === undefined) return JSON.stringify({ preventDefaultContextMenuItems: true });
    const context: ComparedNodeContext = { webviewSection: 'comparedNode', unitscopeModel: uri, ...(node.layer !== null && { unitscopeLayer: node.layer }), preventDefaultContextMenuItems: true };
    return JSON.stringify(context);
  }

  factsOf(): [] {
    return [];
  }

  /** "Changed: weights 3.2 %"; of a module "3 changed, 1 added". */
  remarkOn(box: number): string {
    const one = this.placed.peek()?.scene.boxes[box];
    const counts = one && this.changes.peek()?.countsOf(one);
    if (!one || !counts) return '';
    const pair = one.kind === 'node' ? (this.changes.peek()?.pairOf(one.node) ?? null) : null;
    const row = pair === null ? undefined : this.both.view.all.peek()[pair];
    const inside = countsText(counts);
    if (!row) return inside || 'all equal';
    const what = differenceText(row.differences);
    return `${changeLabels[row.change]}${what === '' ? '' : `: ${what}`}${row.change === 'equal' && inside !== '' ? `; with it ${inside}` : ''}`;
  }
}

const none = { equal: 0, changed: 0, added: 0, removed: 0 };

function verdict(changes: BoxChanges, box: SceneBox, hidden: ReadonlySet<NodeChange>): NodeChange | 'hidden' | null {
  const counts = changes.countsOf(box);
  return counts && verdictOf(counts, hidden);
}
