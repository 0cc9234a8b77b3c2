import type { BoxText } from './boxText';
import type { CompoundResult } from './compound';
import type { Scene } from './scene';
import { showing, type Viewport } from './viewport';

/** A scene with places: what is drawn, walked and pointed at. */
export interface Placed extends Omit<CompoundResult, 'routes'> {
  scene: Scene;
  texts: readonly BoxText[];
  horizontal: boolean;
  /** Of each segment: corners x0, y0, x1, y1, …; empty where it is too long to be routed. */
  routes: Float64Array[];
  buckets: Buckets;
}

/** The scene where the worker put it; `result` is used up. */
export function place(scene: Scene, texts: readonly BoxText[], horizontal: boolean, result: CompoundResult): Placed {
  const routes = scene.segments.map(({ container, edge }) => result.routes[container]![edge]!);
  const { x, y, width, height, size } = result;
  // A closed box is in the middle of the room that was kept for it and its label.
  scene.boxes.forEach(({ open }, box) => {
    const spare = width[box]! - texts[box]!.width;
    if (open || horizontal || spare <= 0) return;
    x[box]! += spare / 2;
    width[box]! -= spare;
  });
  const along = horizontal ? size[0] : size[1];
  const buckets = new Buckets(along);
  scene.boxes.forEach((_, box) =>
    buckets.addBox(box, horizontal ? x[box]! : y[box]!, horizontal ? x[box]! + width[box]! : y[box]! + height[box]!),
  );
  routes.forEach((route, segment) => {
    for (let at = 0; at + 3 < route.length; at += 2) {
      const a = route[at + (horizontal ? 0 : 1)]!;
      const b = route[at + (horizontal ? 2 : 3)]!;
      buckets.addPiece(segment, at, Math.min(a, b), Math.max(a, b));
    }
  });
  return { scene, texts, horizontal, routes, buckets, x, y, width, height, size };
}

const bucketSize = 600;

/** Boxes and pieces of edges by where they are along the flow: what is off screen is not even looked at. */
class Buckets {
  private readonly boxes: number[][];
  /** Segment and corner, one after the other. */
  private readonly pieces: number[][];

  constructor(length: number) {
    const count = Math.max(1, Math.ceil(length / bucketSize) + 1);
    this.boxes = Array.from({ length: count }, () => []);
    this.pieces = Array.from({ length: count }, () => []);
  }

  private each(from: number, to: number, visit: (bucket: number) => void): void {
    const last = Math.min(this.boxes.length - 1, Math.floor(to / bucketSize));
    for (let at = Math.max(0, Math.floor(from / bucketSize)); at <= last; at++) visit(at);
  }

  addBox(box: number, from: number, to: number): void {
    this.each(from, to, (at) => this.boxes[at]!.push(box));
  }

  addPiece(segment: number, corner: number, from: number, to: number): void {
    this.each(from, to, (at) => this.pieces[at]!.push(segment, corner));
  }

  /** Boxes between two places, once each, those around before those inside. */
  boxesBetween(from: number, to: number): number[] {
    const found: number[] = [];
    this.each(from, to, (at) => {
      for (const box of this.boxes[at]!) found.push(box);
    });
    return [...new Set(found)].sort((a, b) => a - b);
  }

  /** Visits pieces between two places; one that spans buckets may come twice. */
  piecesBetween(from: number, to: number, visit: (segment: number, corner: number) => void): void {
    this.each(from, to, (at) => {
      const pieces = this.pieces[at]!;
      for (let index = 0; index < pieces.length; index += 2) visit(pieces[index]!, pieces[index + 1]!);
    });
  }
}

/** The innermost box at a point of the drawing, null where there is none. */
export function boxAt({ scene, x, y, width, height, horizontal, buckets }: Placed, px: number, py: number): number | null {
  const along = horizontal ? px : py;
  let found: number | null = null;
  for (const box of buckets.boxesBetween(along, along))
    if (px >= x[box]! && px <= x[box]! + width[box]! && py >= y[box]! && py <= y[box]! + height[box]!)
      if (found === null || scene.boxes[box]!.depth >= scene.boxes[found]!.depth) found = box;
  return found;
}

/** The innermost box at a point of the drawing, else the nearest one that is closed; null where there is none. */
export function boxNear(placed: Placed, px: number, py: number): number | null {
  const { scene, x, y, width, height } = placed;
  const at = boxAt(placed, px, py);
  if (at !== null) return at;
  const off = (point: number, start: number, length: number): number => Math.max(start - point, 0, point - start - length);
  let nearest: number | null = null;
  let least = Infinity;
  scene.boxes.forEach(({ open }, box) => {
    const distance = Math.hypot(off(px, x[box]!, width[box]!), off(py, y[box]!, height[box]!));
    if (open || distance >= least) return;
    least = distance;
    nearest = box;
  });
  return nearest;
}

/** A box as [x, y, width, height]. */
export function rectOf({ x, y, width, height }: Placed, box: number): readonly [number, number, number, number] {
  return [x[box]!, y[box]!, width[box]!, height[box]!];
}

/** Of the closed boxes in a box, the first along the flow; null where it is closed itself. */
function firstIn({ scene, x, y, horizontal }: Placed, box: number): number | null {
  const along = horizontal ? x : y;
  const inside = new Set([box]);
  let first: number | null = null;
  scene.boxes.forEach(({ parent, open }, at) => {
    if (!inside.has(parent)) return;
    if (open) inside.add(at);
    else if (first === null || along[at]! < along[first]!) first = at;
  });
  return first;
}

/** Moved as little as shows a box; of an open one that is larger than the window, where what is in it begins, not an empty corner. */
export function showingBox(viewport: Viewport, placed: Placed, box: number, window: readonly [number, number]): Viewport {
  const shown = showing(viewport, rectOf(placed, box), window);
  const first = firstIn(placed, box);
  return first === null ? shown : showing(shown, rectOf(placed, first), window);
}

/** Across the flow, where the drawing begins. */
export function middleOfFirst({ x, y, width, height, horizontal }: Placed): number {
  if (x.length === 0) return 0;
  return horizontal ? y[0]! + height[0]! / 2 : x[0]! + width[0]! / 2;
}
