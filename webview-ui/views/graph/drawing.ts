import type { GraphIndex } from './graphIndex';
import type { Pen } from './pen';
import { channels, type Palette } from './palette';
import { drawEdges, drawShapes } from './edges';
import { leastNamed, type Accent, type Style, type Window } from './drawingStyle';
import type { Placed } from './placed';
import type { SceneBox } from './scene';
import type { LayerKind } from '../../../src/protocol/model';
import type { IconName } from '../../ui/iconDrawings';
import { drawTitles } from './titles';

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
  if (scale < leastNamed) drawFar(pen, placed, style, closed, accent, scale);
  else {
    if (scale > 0.5) drawShapes(pen, placed, style, closed);
    for (const box of closed) drawBox(pen, placed, style, box, accent, scale);
  }
  drawTitles(pen, placed, style, open, accent, scale);
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

/** All boxes as plain rectangles, colour by colour. */
function drawFar(pen: Pen, { scene, x, y, width, height }: Placed, { palette, index }: Style, boxes: readonly number[], { selected, matches, tint }: Accent, scale: number): void {
  for (const box of boxes) {
    const one = scene.boxes[box]!;
    const own = tint?.(box);
    const colour = tint ? (own?.stroke ?? own?.fill) : one.kind === 'node' ? palette.kinds[kindOf(index, one)] : palette.edge;
    // What has a broken border near by is hollow from afar.
    const hollow = own?.dash && colour;
    // Nothing gets thinner than what can be seen.
    const least = 1.2 / scale;
    pen.rect(x[box]!, y[box]!, Math.max(width[box]!, least), Math.max(height[box]!, least), {
      fill: hollow ? palette.ground : (colour ?? palette.scope),
      ...(hollow && { stroke: hollow, lineWidth: 1.6 / scale }),
      ...(box === selected && { stroke: palette.focus, lineWidth: 2 / scale }),
    });
    if (matches.has(box)) frame(pen, [x[box]!, y[box]!, Math.max(width[box]!, least), Math.max(height[box]!, least)], palette.match, 2.5 / scale, 1.5 / scale, 0);
  }
}

function drawBox(pen: Pen, { scene, texts, x, y, width, height }: Placed, { palette, index }: Style, box: number, accent: Accent, scale: number): void {
  const { selected, hovered, matches, current } = accent;
  const one = scene.boxes[box]!;
  const [left, top, wide, high] = [x[box]!, y[box]!, width[box]!, height[box]!];
  const { title, badge } = texts[box]!;
  const chosen = box === selected;
  const kind = kindOf(index, one);
  const tint = accent.tint?.(box) ?? null;
  const coloured = one.kind === 'node' && !one.openable && !accent.tint;
  const corner = one.kind === 'value' ? high / 2 : radius;
  const stroke = chosen ? palette.focus : (tint?.stroke ?? (coloured ? palette.borders[kind] : palette.line));
  const lineWidth = chosen ? 2 : tint?.stroke ? 1.5 : 1;
  if (badge !== '') pen.rect(left + 4, top + 4, wide, high, { radius, fill: palette.box, stroke: palette.line });

  const plain = coloured ? palette.fills[kind] : one.kind === 'scope' || (one.openable && !one.open) ? palette.scope : one.kind === 'value' ? palette.ground : palette.box;
  pen.rect(left, top, wide, high, { radius: corner, fill: tint?.fill ?? (chosen ? palette.selection : box === hovered ? palette.hover : plain), stroke, lineWidth, ...(!chosen && tint?.dash && { dash: tint.dash }) });
  if (matches.has(box)) frame(pen, [left, top, wide, high], palette.match, 3, Math.max(box === current ? 2.5 : 1.5, 1 / scale), corner);
  const two = high > 30;
  const first = two ? top + 14 : top + high / 2;
  const text = tint ? (tint.text ?? legible(tint.fill, palette)) : palette.text;
  const quiet = tint ? text : palette.quiet;
  if (tint?.sign) drawSign(pen, tint.sign, left + wide, top, tint.stroke ?? text, palette);
  if (one.kind === 'value') {
    pen.icon(one.role === 'input' ? 'arrow-down' : 'arrow-up', left + 8, first - 7, 14, quiet);
  } else if (one.openable) pen.icon('chevron-right', left + 8, first - 7, 14, quiet);
  else pen.icon(kind, left + 8, first - 7, 14, tint ? text : accent.tint ? palette.quiet : palette.kinds[kind]);
  const start = left + 27;
  const note = tint?.note ?? '';
  const fits = 6 * note.length <= (two ? wide - 40 : wide - 48 - 6.9 * title.length);
  const detail = note !== '' && fits ? note : texts[box]!.detail;
  if (note !== '' && !fits && 10 * scale >= 5) pen.text(note, left + wide + 6, top + high / 2, 'label', palette.text);
  pen.text(title, start, first, one.openable ? 'strong' : 'title', text);
  if (detail !== '' && 11 * scale >= 5) {
    if (two) pen.text(detail, start, top + 31, 'detail', quiet);
    else pen.text(detail, left + wide - 10, first, 'detail', quiet, 'right');
  }
  if (badge !== '') pen.text(badge, left + wide - 10, first, 'detail', quiet, 'right');
}

/** On the corner of a box, where it stands beside all that is written on it. */
function drawSign(pen: Pen, sign: IconName, x: number, y: number, colour: string, { ground }: Palette): void {
  pen.rect(x - 9, y - 7, 16, 16, { radius: 8, fill: ground, stroke: colour, lineWidth: 1.2 });
  pen.icon(sign, x - 6.5, y - 4.5, 11, colour);
}

/** Around a box, with ground between: it is seen on any colour that the box may have. */
function frame(pen: Pen, [left, top, width, height]: readonly [number, number, number, number], stroke: string, apart: number, lineWidth: number, radius: number): void {
  pen.rect(left - apart, top - apart, width + 2 * apart, height + 2 * apart, { radius: radius + apart, stroke, lineWidth });
}

function legible(fill: string, { text, ground }: Palette): string {
  const light = (colour: string): number => {
    const [red, green, blue] = channels(colour);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  return Math.abs(light(fill) - light(text)) >= Math.abs(light(fill) - light(ground)) ? text : ground;
}
