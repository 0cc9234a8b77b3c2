import type { GraphIndex } from './graphIndex';
import { shortShape } from './boxText';
import type { Pen } from './pen';
import type { Palette } from './palette';
import type { Placed } from './placed';
import type { SceneBox } from './scene';
import type { LayerKind } from '../../../../src/protocol/model';
import { titleHeight } from './compound';

/** What of a drawing is accentuated. */
export interface Accent {
  selected: number | null;
  hovered: number | null;
  /** Boxes that the search found, or that hold something found. */
  matches: ReadonlySet<number>;
  current: number | null;
  /** Colour of a box in the overlay; null: it has no value there. Absent without an overlay. */
  heat?: (box: number) => string | null;
}

export interface Window {
  /** Part of the drawing that is seen. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** Pixels on screen of one in the drawing. */
  scale: number;
}

export interface Style {
  palette: Palette;
  index: GraphIndex;
}

const radius = 5;

/** Draws what is in the window, with as much detail as the scale allows. */
export function drawGraph(pen: Pen, placed: Placed, style: Style, window: Window, accent: Accent): void {
  const { horizontal, buckets, scene, x, y, width, height } = placed;
  const { scale } = window;
  const margin = 40;
  const from = (horizontal ? window.x : window.y) - margin;
  const to = from + 2 * margin + (horizontal ? window.width : window.height);
  const visible = buckets
    .boxesBetween(from, to)
    .filter(
      (box) =>
        x[box]! + width[box]! >= window.x - margin &&
        x[box]! <= window.x + window.width + margin &&
        y[box]! + height[box]! >= window.y - margin &&
        y[box]! <= window.y + window.height + margin,
    );
  const open = visible.filter((box) => scene.boxes[box]!.open);
  const closed = visible.filter((box) => !scene.boxes[box]!.open);
  for (const box of open) drawOpen(pen, placed, style, box, accent, scale);
  drawEdges(pen, placed, style, window, accent, from, to);
  if (scale < 0.2) drawFar(pen, placed, style, closed, accent, scale);
  else {
    if (scale > 0.5) drawShapes(pen, placed, style, closed, scale);
    for (const box of closed) drawBox(pen, placed, style, box, accent, scale);
  }
  for (const box of open) drawTitle(pen, placed, style, box, accent, scale);
}

export function kindOf(index: GraphIndex, box: SceneBox): LayerKind {
  return box.kind === 'node' ? index.graph.nodes[box.node]!.kind : 'other';
}

function drawOpen(pen: Pen, { scene, x, y, width, height }: Placed, { palette }: Style, box: number, { selected, hovered }: Accent, scale: number): void {
  const chosen = box === selected;
  pen.rect(x[box]!, y[box]!, width[box]!, height[box]!, {
    radius: 8,
    fill: palette.well,
    stroke: chosen ? palette.focus : box === hovered ? palette.edge : palette.line,
    lineWidth: Math.max(chosen ? 2 : 1, (chosen ? 2 : 0.75) / scale),
    ...(scene.boxes[box]!.kind === 'body' && { dash: [4, 3] }),
  });
}

function drawTitle(pen: Pen, { scene, texts, x, y, width }: Placed, { palette }: Style, box: number, { selected }: Accent, scale: number): void {
  const { kind, label } = scene.boxes[box]!;
  const onScreen = 12 * scale;
  const { badge } = texts[box]!;
  if (onScreen < 5) return;
  const middle = y[box]! + titleHeight / 2 + 1;
  if (kind !== 'body') pen.icon('chevron-down', x[box]! + 7, middle - 7, 14, palette.quiet);
  pen.text(shortFor(label, width[box]! - 50), x[box]! + (kind === 'body' ? 12 : 25), middle, 'strong', box === selected ? palette.text : palette.quiet);
  if (badge !== '') pen.text(badge, x[box]! + width[box]! - 10, middle, 'detail', palette.quiet, 'right');
}

function shortFor(label: string, room: number): string {
  const most = Math.max(4, Math.floor(room / 6.6));
  return label.length <= most ? label : `…${label.slice(1 - most)}`;
}

/** All boxes as plain rectangles, colour by colour. */
function drawFar(pen: Pen, { scene, x, y, width, height }: Placed, { palette, index }: Style, boxes: readonly number[], { selected, matches, heat }: Accent, scale: number): void {
  for (const box of boxes) {
    const one = scene.boxes[box]!;
    const colour = heat ? heat(box) : one.kind === 'node' ? palette.kinds[kindOf(index, one)] : palette.edge;
    // Nothing gets thinner than what can be seen.
    const least = 1.2 / scale;
    pen.rect(x[box]!, y[box]!, Math.max(width[box]!, least), Math.max(height[box]!, least), {
      fill: colour ?? palette.scope,
      ...((box === selected || matches.has(box)) && {
        stroke: box === selected ? palette.focus : palette.matchBorder,
        lineWidth: 2 / scale,
      }),
    });
  }
}

function drawBox(pen: Pen, { scene, texts, x, y, width, height }: Placed, { palette, index }: Style, box: number, accent: Accent, scale: number): void {
  const { selected, hovered, matches, current, heat } = accent;
  const one = scene.boxes[box]!;
  const [left, top, wide, high] = [x[box]!, y[box]!, width[box]!, height[box]!];
  const { title, detail, badge } = texts[box]!;
  const chosen = box === selected;
  const kind = kindOf(index, one);
  const hot = heat?.(box) ?? null;
  const corner = one.kind === 'value' ? high / 2 : radius;
  const stroke = chosen || box === current ? palette.focus : matches.has(box) ? palette.matchBorder : one.kind === 'node' && !one.openable && !heat ? palette.borders[kind] : palette.line;
  const lineWidth = chosen ? 2 : matches.has(box) ? 1.5 : 1;
  if (badge !== '') pen.rect(left + 4, top + 4, wide, high, { radius, fill: palette.box, stroke: palette.line });

  const plain = one.kind === 'node' && !one.openable && !heat ? palette.fills[kind] : one.kind === 'scope' || (one.openable && !one.open) ? palette.scope : one.kind === 'value' ? palette.ground : palette.box;
  pen.rect(left, top, wide, high, { radius: corner, fill: hot ?? (chosen ? palette.selection : box === hovered ? palette.hover : plain), stroke, lineWidth });
  if (matches.has(box) && !chosen) pen.rect(left, top, wide, high, { radius: corner, fill: palette.match });
  const two = high > 30;
  const first = two ? top + 14 : top + high / 2;
  const text = hot ? legible(hot, palette) : palette.text;
  const quiet = hot ? text : palette.quiet;
  if (one.kind === 'value') {
    pen.icon(one.role === 'input' ? 'arrow-down' : 'arrow-up', left + 8, first - 7, 14, quiet);
  } else if (one.openable) pen.icon('chevron-right', left + 8, first - 7, 14, quiet);
  else pen.icon(kind, left + 8, first - 7, 14, hot ? text : heat ? palette.quiet : palette.kinds[kind]);
  if (12 * scale < 4.5) return;
  const start = left + 27;
  pen.text(title, start, first, one.openable ? 'strong' : 'title', text);
  if (detail !== '' && 11 * scale >= 5) {
    if (two) pen.text(detail, start, top + 31, 'detail', quiet);
    else pen.text(detail, left + wide - 10, first, 'detail', quiet, 'right');
  }
  if (badge !== '') pen.text(badge, left + wide - 10, first, 'detail', quiet, 'right');
}

function legible(fill: string, { text, ground }: Palette): string {
  const light = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = (/\(([^)]*)\)/.exec(colour)?.[1] ?? '').split(/[\s,/]+/).map(Number);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  return Math.abs(light(fill) - light(text)) >= Math.abs(light(fill) - light(ground)) ? text : ground;
}

function drawEdges(
  pen: Pen,
  placed: Placed,
  { palette }: Style,
  window: Window,
  { selected, hovered }: Accent,
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
  const plain: number[] = [];
  const inward: number[] = [];
  const outward: number[] = [];
  const arrows: { plain: number[]; inward: number[]; outward: number[] } = { plain: [], inward: [], outward: [] };
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
    const group = out.has(segment) ? 'outward' : into.has(segment) ? 'inward' : 'plain';
    (group === 'outward' ? outward : group === 'inward' ? inward : plain).push(x1, y1, x2, y2);
    if (withArrows && scene.segments[segment]!.ends && corner + 4 === route.length)
      arrows[group].push(...arrowHead(x2, y2, horizontal ? Math.sign(x2 - x1) : 0, horizontal ? 0 : Math.sign(y2 - y1)));
  });
  const thin = Math.max(1, 0.9 / scale);
  pen.curves(plain, horizontal, palette.edge, scale < 0.2 ? 0.7 / scale : thin);
  pen.triangles(arrows.plain, palette.edge);
  for (const [pieces, heads, colour] of [
    [inward, arrows.inward, palette.input],
    [outward, arrows.outward, palette.output],
  ] as const) {
    pen.curves(pieces, horizontal, colour, thin * 2);
    pen.triangles(heads, colour);
  }
  // Edges too long to be routed are drawn where they are asked for.
  for (const [segments, colour] of [
    [into, palette.input],
    [out, palette.output],
  ] as const)
    for (const segment of segments) {
      if (routes[segment]!.length > 0) continue;
      const { from: start, to: end } = scene.segments[segment]!;
      if (start >= 0 && end >= 0) pen.curves([...middleOf(placed, start), ...middleOf(placed, end)], horizontal, colour, thin, [4, 4]);
    }
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

/** Shapes of what flows, once where it begins. */
function drawShapes(pen: Pen, placed: Placed, { palette, index }: Style, boxes: readonly number[], scale: number): void {
  const { scene, routes, horizontal } = placed;
  const { values } = index.graph;
  for (const box of boxes) {
    if (scene.boxes[box]!.kind === 'value') continue; // it says its shape itself
    const said = new Set<string>();
    for (const link of scene.out[box]!) {
      const { segments, value } = scene.links[link]!;
      const segment = segments[0];
      const route = segment === undefined ? undefined : routes[segment];
      if (!route || route.length === 0) continue;
      const { shape, dtype } = values[value]!;
      const at = `${Math.round(route[0]!)} ${Math.round(route[1]!)}`;
      if (said.has(at)) continue;
      said.add(at);
      const others = new Set(scene.out[box]!.map((other) => scene.links[other]!.value)).size;
      const text = others > 1 && scene.boxes[box]!.kind === 'scope' ? `${others} values` : shortShape(shape, dtype) + (scale > 1.3 && shape ? `  ${dtype}` : '');
      if (text === '') continue;
      if (horizontal) pen.text(text, route[0]! + 8, route[1]! - 8, 'label', palette.quiet);
      else {
        const leftward = scene.out[box]!.some((other) => {
          const first = routes[scene.links[other]!.segments[0]!];
          return first !== undefined && first.length > 0 && [...first].some((corner, place) => place % 2 === 0 && corner > route[0]! + 2);
        });
        pen.text(text, route[0]! + (leftward ? -6 : 6), route[1]! + 11, 'label', palette.quiet, leftward ? 'right' : 'left');
      }
    }
  }
}
