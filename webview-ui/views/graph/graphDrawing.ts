import { batch, computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError } from '../../../src/protocol/errors';
import type { ModelGraph } from '../../../src/protocol/graph';
import type { Resource } from '../../../src/protocol/views';
import { boxTexts } from './boxText';
import { Camera } from './camera';
import type { Tints } from './drawingStyle';
import { allOpen, copiesOf, expandedAtFirst, keyOf, keysAround } from './expansion';
import { GraphIndex } from './graphIndex';
import type { DrawingSearch } from './graphSearch';
import { layOutInWorker } from './layoutClient';
import { measureText } from './measure';
import { middleOfFirst, place, type Placed } from './placed';
import type { SceneBox } from './scene';
import { sceneOf } from './sceneBuilder';
import { layoutRequest } from './segments';
import { fitted, type Viewport } from './viewport';

/** What of a drawing survives hiding and reloading. */
export interface DrawingState {
  /** Null: as deep as is readable. */
  expanded: string[] | null;
  selected: string | null;
  viewport: Viewport | null;
  horizontal: boolean;
}

/** Beyond as many boxes, opening asks first. */
export const manyBoxes = 4000;

/** A graph as it is drawn: what is open, selected and found, and how it lies under the window. What it is drawn for is said by those that extend it. */
export abstract class GraphDrawing {
  readonly graph = signal<Resource<ModelGraph>>({ state: 'none' });
  /** Of the graph that is drawn: a new one takes its place together with its drawing, so that the two always belong together. */
  readonly index = signal<GraphIndex | null>(null);
  readonly horizontal = signal(false);
  readonly placed = signal<Placed | null>(null);
  readonly layout = signal<{ state: 'ready' } | { state: 'busy' } | { state: 'error'; message: string }>({ state: 'ready' });
  readonly camera = new Camera();
  /** Key of the selected box. */
  readonly selected = signal<string | null>(null);
  readonly hovered = signal<number | null>(null);
  /** The segment of an edge that is pointed at. */
  readonly hoveredEdge = signal<number | null>(null);
  /** Values of the edge that was clicked; none while a box is selected. */
  readonly picked = signal<readonly number[]>([]);
  /** Segments along which what is picked or pointed at flows. */
  readonly marked = computed((): ReadonlySet<number> => {
    const scene = this.placed.value?.scene;
    const values = new Set([...this.picked.value, ...(scene?.segments[this.hoveredEdge.value ?? -1]?.values ?? [])]);
    return new Set(values.size === 0 || !scene ? [] : scene.links.filter(({ value }) => values.has(value)).flatMap(({ segments }) => segments));
  });
  /** An opening that would show very many boxes, until it is confirmed. */
  readonly question = signal<{ keys: ReadonlySet<string>; boxes: number } | null>(null);
  readonly expanded: ReadonlySignal<ReadonlySet<string>>;
  /** Number of the selected box in what is drawn; null where nothing is, or it is not there. */
  readonly selectedBox: ReadonlySignal<number | null>;
  abstract readonly search: DrawingSearch;
  /** Colours of boxes by something else than what they are. */
  abstract readonly tints: ReadonlySignal<Tints | null>;
  /** Of the model. */
  abstract readonly name: ReadonlySignal<string>;
  /** Of the graph that was fetched last. */
  protected readonly given: ReadonlySignal<GraphIndex | null>;
  private readonly opened = signal<ReadonlySet<string> | null>(null);
  /** What stands on a closed box before how much is in it; "" for nothing. It may not change while the graph does not. */
  protected readonly noteOn: (box: SceneBox) => string = () => '';
  /** As `tooMany`, of what opens elsewhere along with these. */
  protected readonly tooManyAlong: (keys: ReadonlySet<string>) => number | null = () => null;
  private goal: string | null = null;

  constructor(saved: Partial<DrawingState> = {}) {
    this.restore(saved);
    this.given = computed(() => (this.graph.value.state === 'ready' ? new GraphIndex(this.graph.value.value) : null));
    const atFirst = computed(() => (this.given.value ? this.expandedAtFirst(this.given.value) : new Set<string>()));
    this.expanded = computed(() => this.opened.value ?? atFirst.value);
    this.selectedBox = computed(() => this.placed.value?.scene.boxOfKey.get(this.selected.value ?? '') ?? null);
    this.layOutWhenChanged();
    this.fitAtFirst();
    effect(() => {
      if (this.selected.value !== null) this.picked.value = [];
    });
  }

  get kept(): DrawingState {
    return {
      expanded: this.opened.value && [...this.opened.value],
      selected: this.selected.value,
      viewport: this.camera.viewport.value,
      horizontal: this.horizontal.value,
    };
  }

  restore(saved: Partial<DrawingState>): void {
    this.opened.value = saved.expanded ? new Set(saved.expanded) : null;
    this.selected.value = saved.selected ?? null;
    this.camera.viewport.value = saved.viewport ?? null;
    this.horizontal.value = saved.horizontal ?? false;
  }

  /** A box that does not open was opened: double-clicked, or Enter. */
  abstract activate(box: number): void;

  /** Space was pressed. */
  abstract inspect(): void;

  /** What VS Code's own context menu is told of a box, or of the ground. */
  abstract contextOf(box: number | null): string;

  /** What stands on the card of a box beside its costs. */
  abstract factsOf(box: number): { label: string; text: string }[];

  /** What is said of a box beside what it is; "" for nothing. */
  abstract remarkOn(box: number): string;

  protected expandedAtFirst(index: GraphIndex): ReadonlySet<string> {
    return expandedAtFirst(index);
  }

  /** The graph has been drawn for the first time. */
  protected drawnFirst(): void {}

  private layOutWhenChanged(): void {
    effect(() => {
      const index = this.given.value;
      const horizontal = this.horizontal.value;
      const expanded = this.expanded.value;
      if (!index) {
        batch(() => {
          this.placed.value = null;
          this.index.value = null;
        });
        return;
      }
      const scene = sceneOf(index, expanded);
      const texts = boxTexts(scene, index, measureText, this.noteOn);
      const abort = new AbortController();
      this.layout.value = { state: 'busy' };
      layOutInWorker(layoutRequest(scene, texts, horizontal), abort.signal).then(
        (result) => this.show(index, place(scene, texts, horizontal, result)),
        (thrown: unknown) => {
          if (!isCancelled(thrown)) this.layout.value = { state: 'error', message: toUnitscopeError(thrown).message };
        },
      );
      return () => abort.abort();
    });
  }

  /** Once it is known how large the window is. */
  private fitAtFirst(): void {
    effect(() => {
      const placed = this.placed.value;
      const [width, height] = this.camera.window.value;
      if (!placed || width === 0 || height === 0 || this.camera.viewport.value) return;
      this.camera.viewport.value = fitted(placed.size, [width, height], placed.horizontal, middleOfFirst(placed));
      untracked(() => this.reach());
    });
  }

  private show(index: GraphIndex, placed: Placed): void {
    batch(() => {
      const before = this.placed.peek();
      if (before) this.camera.holdSeen(before, this.selectedBox.peek(), this.goal === null);
      const another = this.index.peek() !== index; // the file was read again
      if (before && !another) this.selected.value = leftOf(before, this.selected.peek(), placed);
      this.layout.value = { state: 'ready' };
      this.hovered.value = null;
      this.hoveredEdge.value = null;
      if (another) this.picked.value = [];
      this.index.value = index;
      this.placed.value = placed;
      if (before && before.horizontal !== placed.horizontal) {
        this.camera.viewport.value = null;
        this.goal ??= this.selected.peek();
      }
      this.camera.keepHeld(placed, another);
      if (before === null) this.drawnFirst();
      this.reach();
      // What is neither there nor asked about was given up.
      if (!this.question.peek() && !placed.scene.boxOfKey.has(this.goal ?? '')) this.goal = null;
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

  /** Opens what a node is in, selects it and brings it into view; of a constant, what uses it. */
  goTo(node: number): void {
    const index = this.index.peek();
    if (!index) return;
    const shown = index.shownAs(node);
    if (shown === null) return;
    const closed = keysAround(index, shown).filter((key) => !this.expanded.peek().has(key));
    this.goal = keyOf(index, shown);
    if (closed.length > 0) this.open(new Set([...this.expanded.peek(), ...closed]));
    else this.reach();
  }

  private reach(): void {
    const placed = this.placed.peek();
    if (this.goal === null || !placed) return;
    const box = placed.scene.boxOfKey.get(this.goal);
    if (box === undefined) return;
    this.selected.value = this.goal;
    if (!this.camera.viewport.peek()) return; // gone to when there is a window
    this.goal = null;
    this.camera.bringIntoView(placed, box);
  }

  /** Selects a box, and no edge. */
  select(box: number | null): void {
    this.picked.value = [];
    this.selected.value = box === null ? null : (this.placed.peek()?.scene.boxes[box]?.key ?? null);
  }

  /** Selects what flows along a segment of an edge, and no box. */
  pickEdge(segment: number): void {
    this.select(null);
    this.picked.value = this.placed.peek()?.scene.segments[segment]?.values ?? [];
  }

  /** Opens or closes a box, or does what is done with one that does not open. */
  enter(box: number, all: boolean, pointer: readonly [number, number] | null): void {
    if (this.placed.peek()?.scene.boxes[box]?.openable) this.toggle(box, all, pointer);
    else this.activate(box);
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
    this.open(this.allKeys(open));
  }

  /** What is open when all is, or nothing. */
  allKeys(open: boolean): ReadonlySet<string> {
    const index = this.index.peek();
    return index && open ? allOpen(index) : new Set();
  }

  /** How many boxes there are when these are open, where that is very many, and many more than now; else null. */
  tooMany(keys: ReadonlySet<string>): number | null {
    const index = this.index.peek();
    if (!index) return null;
    const { length } = sceneOf(index, keys).boxes;
    return length > manyBoxes && length > 1.2 * (this.placed.peek()?.scene.boxes.length ?? 0) ? length : null;
  }

  private open(keys: ReadonlySet<string>, hold?: { box: number; pointer: readonly [number, number] | null }): void {
    if (!this.index.peek()) return;
    const boxes = this.tooMany(keys) ?? this.tooManyAlong(keys);
    this.question.value = boxes === null ? null : { keys, boxes };
    if (boxes === null) this.expand(keys, hold);
  }

  /** Opens these and no others. A box stays where it is; without one, what is selected or in the middle of the window does, and what was fitted is fitted again. */
  expand(keys: ReadonlySet<string>, held?: { box: number; pointer: readonly [number, number] | null }): void {
    const placed = this.placed.peek();
    if (placed && held) this.camera.hold(placed, held.box, held.pointer);
    this.opened.value = keys;
  }

  /** The answer to `question`. */
  answer(yes: boolean): void {
    const asked = this.question.peek();
    this.question.value = null;
    if (asked && yes) this.expand(asked.keys);
    else this.goal = null;
  }

  fitAll(): void {
    const placed = this.placed.peek();
    if (placed) this.camera.fit(placed, true);
  }
}

/** Key of a box in the next drawing: its own, or of what holds it, where that is closed now. */
function leftOf({ scene }: Placed, key: string | null, next: Placed): string | null {
  let box = key === null ? undefined : scene.boxOfKey.get(key);
  if (box === undefined) return key;
  while (box >= 0 && !next.scene.boxOfKey.has(scene.boxes[box]!.key)) box = scene.boxes[box]!.parent;
  return box < 0 ? key : scene.boxes[box]!.key;
}
