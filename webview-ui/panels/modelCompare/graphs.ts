import { batch, computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { expandedAtFirst, keyOf } from '../../views/graph/expansion';
import type { DrawingState } from '../../views/graph/graphDrawing';
import type { Placed } from '../../views/graph/placed';
import { fitted, type Viewport } from '../../views/graph/viewport';
import { aligned, anchorsOf, middleOf, type Anchors } from './alignment';
import { alikeKeys, type AlikeKeys } from './alike';
import { ComparedGraph, type ComparedPage } from './comparedGraph';

/** What of the two graphs survives hiding and reloading. */
export interface GraphsState {
  sides: [Partial<DrawingState>, Partial<DrawingState>];
  /** Null: where most nodes have partners. */
  linked: boolean | null;
}

/** The graphs of both models side by side: what is selected, opened and seen in one is so in the other. */
export class ComparedGraphs {
  readonly sides: readonly [ComparedGraph, ComparedGraph];
  /** Whether the graphs move and open together. */
  readonly linked: ReadonlySignal<boolean>;
  /** The one that is moved; the other follows. */
  readonly leader = signal<0 | 1>(0);
  private readonly chosenLinked = signal<boolean | null>(null);
  private readonly alike: ReadonlySignal<AlikeKeys | null>;
  /** From the leader to the other. */
  private readonly anchors: ReadonlySignal<Anchors | null>;

  constructor(
    readonly view: ComparedPage,
    saved: Partial<GraphsState> = {},
  ) {
    this.sides = [new ComparedGraph(this, 0, saved.sides?.[0] ?? {}), new ComparedGraph(this, 1, saved.sides?.[1] ?? {})];
    const [a, b] = this.sides;
    this.chosenLinked.value = saved.linked ?? null;
    this.linked = computed(() => this.chosenLinked.value ?? mostlyPaired(view));
    this.alike = computed(() => {
      const comparison = view.comparison.value;
      return a.index.value && b.index.value && comparison && alikeKeys(a.index.value, b.index.value, comparison.pairs);
    });
    this.anchors = computed(() => {
      const [first, second] = this.inOrder();
      const [one, other] = [first.placed.value, second.placed.value];
      return one && other ? anchorsOf(one, other, (box) => this.partnerOf(this.leader.value, box, one, other)) : null;
    });
    this.drawWhenShown();
    this.showSelected();
    this.openTogether(0);
    this.openTogether(1);
    this.moveTogether();
  }

  get kept(): GraphsState {
    return { sides: [this.sides[0].kept, this.sides[1].kept], linked: this.chosenLinked.value };
  }

  /** The models have changed places. */
  swap(): void {
    const [a, b] = [this.sides[0].kept, this.sides[1].kept];
    this.sides[0].restore(b);
    this.sides[1].restore(a);
  }

  link(linked: boolean): void {
    this.chosenLinked.value = linked;
  }

  turn(): void {
    const horizontal = !this.sides[0].horizontal.peek();
    batch(() => {
      for (const side of this.sides) side.horizontal.value = horizontal;
    });
  }

  /** Opens all of both, or nothing; asks first where that is very much in either. */
  setAll(open: boolean): void {
    const sides = this.sides.filter(({ index }) => index.peek()).map((side) => ({ side, keys: side.allKeys(open) }));
    const boxes = Math.max(0, ...sides.map(({ side, keys }) => side.tooMany(keys) ?? 0));
    batch(() => {
      for (const { side, keys } of sides) {
        side.question.value = boxes > 0 ? { keys, boxes } : null;
        if (boxes === 0) side.expand(keys);
      }
    });
  }

  /** Both are answered before either follows the other. */
  answer(yes: boolean): void {
    batch(() => {
      for (const side of this.sides) side.answer(yes);
    });
  }

  /** All of both graphs, at one scale where they move together. */
  fitAll(): void {
    const [first, second] = this.inOrder();
    const [one, other] = [first.placed.peek(), second.placed.peek()];
    if (one && other && this.linked.peek()) {
      const size = [Math.max(one.size[0], other.size[0]), Math.max(one.size[1], other.size[1])] as const;
      first.camera.moveTo(fitted(size, first.camera.window.peek(), one.horizontal, null));
    } else for (const { camera, placed } of this.sides) if (placed.peek()) camera.fit(placed.peek()!, true);
  }

  /** What is open in a graph at first: in the second, what is in the first, and what has nothing like it there. Null: as in a graph alone. */
  expandedAtFirst(side: 0 | 1): ReadonlySet<string> | null {
    const [first, second] = [this.sides[0].index.value, this.sides[1].index.value];
    const alike = this.alike.value;
    if (side === 0 || !first || !second || !alike) return null;
    const opposite = [...expandedAtFirst(first)].flatMap((key) => alike[0].get(key) ?? []);
    return new Set([...opposite, ...[...expandedAtFirst(second)].filter((key) => !alike[1].has(key))]);
  }

  /** How many boxes the other graph has when it follows a side in which these are open, where that is very many; else null. */
  tooManyAlong(side: 0 | 1, keys: ReadonlySet<string>): number | null {
    const [from, to] = this.inOrder(side);
    const next = this.linked.peek() ? this.followed(side, from.expanded.peek(), keys) : null;
    return next && to.tooMany(next);
  }

  /** A box of a side has been selected there, or an edge and no box. */
  picked(side: 0 | 1): void {
    const [from, to] = this.inOrder(side);
    const key = from.selected.peek();
    const node = from.nodeOf(key);
    batch(() => {
      this.leader.value = side;
      to.picked.value = [];
      this.view.selected.value = node === null ? null : (from.changes.peek()?.pairOf(node) ?? null);
      if (node === null) to.selected.value = key === null ? null : this.partnerKey(side, key);
    });
  }

  private inOrder(leader = this.leader.value): readonly [ComparedGraph, ComparedGraph] {
    return leader === 0 ? [this.sides[0], this.sides[1]] : [this.sides[1], this.sides[0]];
  }

  /** Of a module, or of an input or output: what it is in the other graph. */
  private partnerKey(side: 0 | 1, key: string): string | null {
    return this.alike.value?.[side].get(key) ?? (/^[io]:0:/.test(key) ? key : null);
  }

  private partnerOf(side: 0 | 1, box: number, from: Placed, to: Placed): number | null {
    const one = from.scene.boxes[box]!;
    let key: string | null = null;
    if (one.kind === 'node') {
      const pair = this.sides[side].changes.value?.pairOf(one.node) ?? null;
      const row = pair === null ? undefined : this.view.all.value[pair];
      const other = this.sides[side === 0 ? 1 : 0];
      const partner = row ? other.shownNode(row) : null;
      const { value: index } = this.sides[side].index;
      // Of a function that is called again and again, the first call stands for all.
      if (partner !== null && index && keyOf(index, one.node) === one.key) key = keyOf(other.index.value!, partner);
    } else key = this.partnerKey(side, one.key);
    return key === null ? null : (to.scene.boxOfKey.get(key) ?? null);
  }

  private drawWhenShown(): void {
    effect(() => {
      const comparison = this.view.comparison.value;
      const shown = this.view.mode.value === 'graph';
      batch(() => {
        this.sides.forEach((side, at) => {
          const before = side.graph.peek();
          if (!comparison) side.graph.value = { state: 'none' };
          else if (shown && !(before.state === 'ready' && before.value === comparison.models[at])) side.graph.value = { state: 'ready', value: comparison.models[at]! };
        });
      });
    });
  }

  private showSelected(): void {
    effect(() => {
      const row = this.view.row.value;
      if (this.view.mode.value !== 'graph' || !this.sides[0].index.value || !this.sides[1].index.value) return;
      untracked(() => {
        if (row === null) {
          for (const side of this.sides) if (side.nodeOf(side.selected.peek()) !== null) side.selected.value = null;
          return;
        }
        if (row.nodes[this.leader.peek()] === null) this.leader.value = this.leader.peek() === 0 ? 1 : 0;
        for (const side of this.sides) side.showPair(row);
      });
    });
  }

  private openTogether(side: 0 | 1): void {
    const [from, to] = this.inOrder(side);
    let before: ReadonlySet<string> | null = null;
    effect(() => {
      const now = from.expanded.value;
      const was = before;
      before = this.alike.value && now;
      if (!before || was === null || was === now || !this.linked.peek()) return;
      untracked(() => {
        to.question.value = null;
        const next = this.followed(side, was, now);
        if (next) to.expand(next);
      });
    });
  }

  /** What is open in the other graph when a side opens and closes what it does from one state to the next; null where nothing changes there. */
  private followed(side: 0 | 1, was: ReadonlySet<string>, now: ReadonlySet<string>): ReadonlySet<string> | null {
    const current = this.inOrder(side)[1].expanded.peek();
    const next = new Set(current);
    for (const [key, partner] of this.alike.peek()?.[side] ?? []) {
      if (now.has(key) === was.has(key)) continue;
      if (now.has(key)) next.add(partner);
      else next.delete(partner);
    }
    return next.size !== current.size || [...next].some((key) => !current.has(key)) ? next : null;
  }

  private moveTogether(): void {
    effect(() => {
      const [first, second] = this.inOrder();
      const anchors = this.anchors.value;
      const placed = first.placed.value;
      const viewport = first.camera.viewport.value;
      const [window, other] = [first.camera.window.value, second.camera.window.value];
      const selected = first.selectedBox.value;
      const now = second.camera.viewport.value;
      const busy = this.sides.some(({ layout }) => layout.value.state === 'busy');
      if (!this.linked.value || busy || !anchors || !placed || !viewport || window[0] * window[1] * other[0] * other[1] === 0) return;
      const next = aligned(viewport, anchors, focusOf(placed, viewport, window, selected), window, other);
      if (!now || Math.abs(now.scale / next.scale - 1) > 1e-9 || Math.hypot(now.x - next.x, now.y - next.y) > 1e-3) second.camera.viewport.value = next;
    });
  }
}

/** Whether the middle of a box is in the window. */
function isSeen(placed: Placed, { scale, x, y }: Viewport, window: readonly [number, number], box: number): boolean {
  const [across, down] = middleOf(placed, box);
  return [across * scale + x, down * scale + y].every((at, axis) => at >= 0 && at <= window[axis]!);
}

/** What of a drawing is looked at: the middle of what is selected, where it is in the window, else of the window. */
function focusOf(placed: Placed, viewport: Viewport, window: readonly [number, number], selected: number | null): readonly [number, number] {
  if (selected !== null && !placed.scene.boxes[selected]!.open && isSeen(placed, viewport, window, selected)) return middleOf(placed, selected);
  const { scale, x, y } = viewport;
  return [(window[0] / 2 - x) / scale, (window[1] / 2 - y) / scale];
}

/** Whether at least half of the nodes of the smaller model have partners. */
function mostlyPaired({ comparison }: ComparedPage): boolean {
  if (!comparison.value) return false;
  const { models, pairs } = comparison.value;
  const paired = pairs.filter(({ nodes }) => nodes[0] !== null && nodes[1] !== null).length;
  return 2 * paired >= Math.min(models[0].nodes.length, models[1].nodes.length);
}
