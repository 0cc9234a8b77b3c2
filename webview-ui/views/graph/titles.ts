import { titleHeight } from './compound';
import { leastNamed, type Accent, type Style } from './drawingStyle';
import type { Pen } from './pen';
import type { Placed } from './placed';

/** Names of open boxes, at their tops: on all that is in them. */
export function drawTitles(pen: Pen, placed: Placed, style: Style, boxes: readonly number[], accent: Accent, scale: number): void {
  if (scale < leastNamed) drawFarTitles(pen, placed, style, boxes, accent, scale);
  else for (const box of boxes) drawTitle(pen, placed, style, box, accent);
}

/** In pixels of the window. */
const far = { letter: 6.2, height: 15, left: 5, least: 34 };

/** From afar names keep a size that can be read, as on a map, where their boxes have the room; those further out come first. */
function drawFarTitles(pen: Pen, { scene, x, y, width, height }: Placed, { palette }: Style, boxes: readonly number[], { selected }: Accent, scale: number): void {
  const taken: (readonly [left: number, top: number, right: number, bottom: number])[] = [];
  for (const box of boxes) {
    const { kind, label } = scene.boxes[box]!;
    const room = width[box]! * scale - 2 * far.left;
    if (kind === 'body' || height[box]! * scale < far.least || room < 4 * far.letter) continue;
    const title = shortFor(label, room, far.letter);
    const [left, top] = [x[box]! * scale + far.left, y[box]! * scale + 2];
    const [right, bottom] = [left + far.letter * title.length, top + far.height];
    if (taken.some((one) => left < one[2] && right > one[0] && top < one[3] && bottom > one[1])) continue;
    taken.push([left, top, right, bottom]);
    pen.rect((left - 2) / scale, top / scale, (right - left + 4) / scale, far.height / scale, { fill: palette.ground });
    pen.text(title, left / scale, (top + far.height / 2) / scale, 'strong', box === selected ? palette.text : palette.quiet, 'left', 0.87 / scale);
  }
}

function drawTitle(pen: Pen, { scene, texts, x, y, width }: Placed, { palette }: Style, box: number, { selected }: Accent): void {
  const { kind, label, depth } = scene.boxes[box]!;
  const { title: measured, badge } = texts[box]!;
  // As it was measured: every box has room for that, whatever the font; more of it where there is much room.
  const title = 8 * label.length + 50 + 6.6 * badge.length <= width[box]! ? label : measured;
  const middle = y[box]! + titleHeight / 2 + 1;
  if (kind !== 'body') pen.icon('chevron-down', x[box]! + 7, middle - 7, 14, palette.quiet);
  const start = x[box]! + (kind === 'body' ? 12 : 25);
  // An edge that comes in at the top does not strike the name through. Wells let through what they lie on.
  for (let level = -1; level <= depth; level++)
    pen.rect(start - 3, middle - 8, Math.min(6.9 * title.length + 8, width[box]! - 40), 16, { fill: level < 0 ? palette.ground : palette.well });
  pen.text(title, start, middle, 'strong', box === selected ? palette.text : palette.quiet);
  if (badge !== '') pen.text(badge, x[box]! + width[box]! - 10, middle, 'detail', palette.quiet, 'right');
}

function shortFor(label: string, room: number, letter: number): string {
  const most = Math.max(4, Math.floor(room / letter));
  return label.length <= most ? label : `…${label.slice(1 - most)}`;
}
