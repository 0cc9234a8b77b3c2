import { beside, labelGap } from './boxText';
import { leastNamed, type Accent, type Style, type Window } from './drawingStyle';
import type { Pen } from './pen';
import type { Placed } from './placed';

/** Draws the edges in the window, those of what is selected or pointed at on top. */
export function drawEdges(
  pen: Pen,
  placed: Placed,
  { palette }: Style,
  window: Window,
  { selected, hovered, marked }: Accent,
  from: number,
  to: number,
): void {
  const { scene, horizontal, routes, buckets } = placed;
  const { scale } = window;
  const across = horizontal ? [window.y - 20, window.y + window.height + 20] : [window.x - 20, window.x + window.width + 20];
  const into = new Set<number>();
  const out = new Set<number>();
  for (const box of new Set([selected, hovered])) {
    if (box === null) continue;
    for (const link of linksOf(placed, box, 'into')) scene.links[link]!.segments.forEach((segment) => into.add(segment));
    for (const link of linksOf(placed, box, 'out')) scene.links[link]!.segments.forEach((segment) => out.add(segment));
  }
  const drawn = { plain: stroke(), inward: stroke(), outward: stroke(), marked: stroke() };
  const seen = new Set<number>();
  const withArrows = scale > 0.28;
  buckets.piecesBetween(from, to, (segment, corner) => {
    const route = routes[segment]!;
    const x1 = route[corner]!;
    const y1 = route[corner + 1]!;
    const x2 = route[corner + 2]!;
    const y2 = route[corner + 3]!;
    const [low, high] = horizontal ? [Math.min(y1, y2), Math.max(y1, y2)] : [Math.min(x1, x2), Math.max(x1, x2)];
    if (high < across[0]! || low > across[1]!) return;
    const key = segment * 1_048_576 + corner;
    if (seen.has(key)) return;
    seen.add(key);
    const { pieces, heads } = drawn[marked.has(segment) ? 'marked' : out.has(segment) ? 'outward' : into.has(segment) ? 'inward' : 'plain'];
    pieces.push(x1, y1, x2, y2);
    if (withArrows && scene.segments[segment]!.ends && corner + 4 === route.length)
      heads.push(...arrowHead(x2, y2, horizontal ? Math.sign(x2 - x1) : 0, horizontal ? 0 : Math.sign(y2 - y1)));
  });
  const thin = Math.max(1, 0.9 / scale);
  for (const [{ pieces, heads }, colour, lineWidth] of [
    [drawn.plain, palette.edge, scale < leastNamed ? 0.7 / scale : thin],
    [drawn.inward, palette.input, thin * 2],
    [drawn.outward, palette.output, thin * 2],
    [drawn.marked, palette.text, thin * 2],
  ] as const) {
    pen.curves(pieces, horizontal, colour, lineWidth);
    pen.triangles(heads, colour);
  }
  // Edges too long to be routed are drawn where they are asked for.
  for (const [segments, colour] of [
    [into, palette.input],
    [out, palette.output],
    [marked, palette.text],
  ] as const)
    for (const segment of segments) {
      if (routes[segment]!.length > 0) continue;
      const { from: start, to: end } = scene.segments[segment]!;
      if (start >= 0 && end >= 0) pen.curves([...middleOf(placed, start), ...middleOf(placed, end)], horizontal, colour, thin, [4, 4]);
    }
}

function stroke(): { pieces: number[]; heads: number[] } {
  return { pieces: [], heads: [] };
}

function middleOf({ x, y, width, height }: Placed, box: number): [number, number] {
  return [x[box]! + width[box]! / 2, y[box]! + height[box]! / 2];
}

/** Links of a box and of all that is in it, but for those that stay inside. */
export function linksOf({ scene }: Placed, box: number, side: 'into' | 'out'): number[] {
  if (!scene.boxes[box]!.open) return scene[side][box]!;
  const inside = new Set<number>([box]);
  scene.boxes.forEach(({ parent }, at) => {
    if (inside.has(parent)) inside.add(at);
  });
  return [...inside].flatMap((at) => scene[side][at]!).filter((link) => !inside.has(scene.links[link]![side === 'into' ? 'from' : 'to']));
}

function arrowHead(x: number, y: number, dx: number, dy: number): number[] {
  const [length, half] = [6, 3.2];
  return dx !== 0 ? [x, y, x - dx * length, y - half, x - dx * length, y + half] : [x, y, x - half, y - dy * length, x + half, y - dy * length];
}

/** Shapes and types of what flows, where it begins. */
export function drawShapes(pen: Pen, placed: Placed, { palette }: Style, boxes: readonly number[]): void {
  const { scene, texts, routes, horizontal } = placed;
  for (const box of boxes) {
    const { label, dtype } = texts[box]!;
    if (label === '') continue;
    const starts = scene.out[box]!.map((link) => routes[scene.links[link]!.segments[0]!]).filter((route) => route !== undefined && route.length > 0);
    const route = starts[0];
    if (!route) continue;
    const [x, y] = [route[0]!, route[1]!];
    // On the side to which no edge turns.
    const turns = (sign: 1 | -1): boolean => starts.some((one) => one!.some((corner, place) => place % 2 === (horizontal ? 1 : 0) && sign * (corner - (horizontal ? y : x)) > 2));
    if (horizontal) {
      const lines = turns(-1) && !turns(1) ? [9, 20] : [-19, -8];
      pen.text(label, x + 8, y + lines[0]!, 'label', palette.quiet);
      pen.text(dtype, x + 8, y + lines[1]!, 'label', palette.quiet);
      continue;
    }
    const leftward = turns(1);
    const at = x + (leftward ? -labelGap : labelGap);
    pen.text(beside(label, dtype), at, y + 11, 'label', palette.quiet, leftward ? 'right' : 'left');
  }
}
