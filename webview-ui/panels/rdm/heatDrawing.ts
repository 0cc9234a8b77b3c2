import type { HeatPicture } from './heatPictures';
import type { Viewport } from './viewport';

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Draws the part of pictures that is in the viewport into a square at the origin; cells of a pixel or more stay sharp. */
export function drawPictures(context: Context, pictures: readonly HeatPicture[], { x, y, span }: Viewport, side: number, ratio: number): void {
  context.save();
  context.beginPath();
  context.rect(0, 0, side, side);
  context.clip();
  const scale = side / span;
  for (const { canvas, region } of pictures) {
    const [left, top, width, height] = region;
    context.imageSmoothingEnabled = (width * scale * ratio) / canvas.width < 1;
    context.imageSmoothingQuality = 'high';
    context.drawImage(canvas, (left - x) * scale, (top - y) * scale, width * scale, height * scale);
  }
  context.restore();
}

/** Places that are selected, as runs [from, to). */
export function selectedRuns(rows: Int32Array, selection: ReadonlySet<number>): [from: number, to: number][] {
  const runs: [number, number][] = [];
  if (selection.size === 0) return runs;
  rows.forEach((row, place) => {
    if (!selection.has(row)) return;
    const last = runs.at(-1);
    if (last?.[1] === place) last[1]++;
    else runs.push([place, place + 1]);
  });
  return runs;
}

/** How much of what is not selected is still seen. */
export const greyed = 0.35;

/** Covers all but the selected rows and columns with the ground. */
export function drawVeil(
  context: Context,
  runs: readonly (readonly [number, number])[],
  { x, y, span }: Viewport,
  side: number,
  ratio: number,
  ground: string,
): void {
  if (runs.length === 0) return;
  const pixels = Math.max(1, Math.round(side * ratio));
  const veil = new OffscreenCanvas(pixels, pixels);
  const on = veil.getContext('2d')!;
  const scale = pixels / span;
  on.fillStyle = ground;
  on.globalAlpha = 1 - greyed;
  on.fillRect(0, 0, pixels, pixels);
  for (const [from, to] of runs) {
    on.clearRect((from - x) * scale, 0, (to - from) * scale, pixels);
    on.clearRect(0, (from - y) * scale, pixels, (to - from) * scale);
  }
  context.drawImage(veil, 0, 0, side, side);
}

/** Places whose thumbnails are drawn along an axis, with the pixel that each starts at; none where cells are too small. */
export function thumbnailPlaces(from: number, span: number, length: number, count: number): { place: number; at: number; size: number }[] {
  const cell = length / span;
  if (cell < smallestThumbnail) return [];
  const places: { place: number; at: number; size: number }[] = [];
  for (let place = Math.max(0, Math.floor(from)); place < Math.min(count, from + span); place++)
    places.push({ place, at: (place - from) * cell, size: cell });
  return places;
}

export const smallestThumbnail = 14;

/** Draws a picture in a square, the middle of its longer side only. */
export function drawThumbnail(context: Context, bitmap: ImageBitmap, x: number, y: number, side: number): void {
  const from = Math.min(bitmap.width, bitmap.height);
  context.imageSmoothingEnabled = true;
  context.drawImage(bitmap, (bitmap.width - from) / 2, (bitmap.height - from) / 2, from, from, x, y, side, side);
}
