import type { Placed } from '../../views/graph/placed';
import type { Viewport } from '../../views/graph/viewport';

type Point = readonly [number, number];

/** Boxes that stand for the same in two drawings: where their middles are in the first, and how far from there in the second. */
export interface Anchors {
  at: Point[];
  shift: Point[];
}

/** `partnerOf`: of a box of the first drawing, the one of the second. Open boxes are as large as what is in them, and anchor nothing. */
export function anchorsOf(first: Placed, second: Placed, partnerOf: (box: number) => number | null): Anchors {
  const anchors: Anchors = { at: [], shift: [] };
  first.scene.boxes.forEach(({ open }, box) => {
    const partner = open ? null : partnerOf(box);
    if (partner === null || second.scene.boxes[partner]!.open) return;
    const [x, y] = middleOf(first, box);
    const [toX, toY] = middleOf(second, partner);
    anchors.at.push([x, y]);
    anchors.shift.push([toX - x, toY - y]);
  });
  return anchors;
}

export function middleOf({ x, y, width, height }: Placed, box: number): Point {
  return [x[box]! + width[box]! / 2, y[box]! + height[box]! / 2];
}

/**
 * Where a point of the first drawing is in the second: moved as the anchors around it are, near ones much more than far ones (inverse distance weighting, Shepard
 * 1968, with the fourth power), so that panning the one moves the other without jumps. Without anchors, the same point.
 */
export function across({ at, shift }: Anchors, [x, y]: Point): Point {
  let sum = 0;
  let [dx, dy] = [0, 0];
  at.forEach(([ax, ay], anchor) => {
    const weight = 1 / ((ax - x) ** 2 + (ay - y) ** 2 + 1) ** 2;
    sum += weight;
    dx += weight * shift[anchor]![0];
    dy += weight * shift[anchor]![1];
  });
  return sum === 0 ? [x, y] : [x + dx / sum, y + dy / sum];
}

/**
 * The second drawing under its window as the first is under its own: at the same scale, with what belongs to `focus` (a point of the first drawing) at the same place,
 * as a share of the windows.
 */
export function aligned(viewport: Viewport, anchors: Anchors, focus: Point, window: Point, other: Point): Viewport {
  const { scale, x, y } = viewport;
  const [toX, toY] = across(anchors, focus);
  const place = (along: number, shift: number, from: number, to: number): number => ((along * scale + shift) / from) * to;
  // Whole pixels: between them, text blurs.
  return { scale, x: Math.round(place(focus[0], x, window[0], other[0]) - toX * scale), y: Math.round(place(focus[1], y, window[1], other[1]) - toY * scale) };
}
