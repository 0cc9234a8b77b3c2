/** The part of an RDM that is on screen, in cells: a square of `span` cells from the place (x, y). */
export interface Viewport {
  x: number;
  y: number;
  span: number;
}

/** A pair of stimuli is never larger than a quarter of the picture. */
const fewest = 4;

export function whole(cells: number): Viewport {
  return { x: 0, y: 0, span: Math.max(1, cells) };
}

/** Kept inside the RDM. */
export function clampViewport({ x, y, span }: Viewport, cells: number): Viewport {
  const size = Math.max(Math.min(fewest, cells), Math.min(cells, span), 1);
  const inside = (at: number): number => Math.max(0, Math.min(cells - size, at));
  return { x: inside(x), y: inside(y), span: size };
}

/** Enlarged by a factor while what is at a point stays there; the point in shares of the picture. */
export function zoomAt(
  { x, y, span }: Viewport,
  factor: number,
  [across, down]: readonly [number, number],
  cells: number,
): Viewport {
  const size = Math.max(Math.min(fewest, cells), Math.min(cells, span / factor));
  return clampViewport({ x: x + across * (span - size), y: y + down * (span - size), span: size }, cells);
}

/** Moved by a part of a picture's width and height. */
export function panBy({ x, y, span }: Viewport, across: number, down: number, cells: number): Viewport {
  return clampViewport({ x: x + across * span, y: y + down * span, span }, cells);
}

/** The row and column at a point in shares of the picture, or null outside. */
export function cellAt(
  { x, y, span }: Viewport,
  [across, down]: readonly [number, number],
  cells: number,
): [row: number, column: number] | null {
  if (across < 0 || down < 0 || across >= 1 || down >= 1) return null;
  const column = Math.floor(x + across * span);
  const row = Math.floor(y + down * span);
  return row < cells && column < cells ? [row, column] : null;
}

/** The part with whole cells that covers it: x, y, width, height. */
export function coveredCells({ x, y, span }: Viewport, cells: number): [number, number, number, number] {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = Math.min(cells, Math.ceil(x + span));
  const bottom = Math.min(cells, Math.ceil(y + span));
  return [left, top, right - left, bottom - top];
}

export function isWhole({ span }: Viewport, cells: number): boolean {
  return span >= cells;
}

/**
 * Side of the picture in CSS pixels: as large as there is room for, but every cell as wide as the others in device pixels,
 * unless that would cost more than a quarter of the room.
 */
export function crispSide(room: number, cells: number, ratio: number): number {
  const pixels = Math.max(1, Math.floor(room * ratio));
  const each = Math.floor(pixels / Math.max(1, cells));
  const side = each >= 1 && each * cells >= pixels * 0.75 ? each * cells : pixels;
  return side / ratio;
}
