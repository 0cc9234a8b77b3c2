import sharp from 'sharp';
import type { Patch, PatchRequest, UnitRow, UnitTable } from '../../../protocol/patches';
import { UnitscopeError } from '../../../protocol/errors';

const gap = 10;
const labelHeight = 18;
const titleHeight = 44;
const paper = { r: 255, g: 255, b: 255 };
/** Larger sheets than this (pixels) are refused by most viewers: patches are made smaller instead. */
const maxPixels = 120e6;

export interface SheetLayout {
  /** Patches a row of a unit's mosaic, sides of a patch, of a unit's cell, and of the sheet, in pixels. */
  mosaic: number;
  patch: number;
  columns: number;
  cell: { width: number; height: number };
  width: number;
  height: number;
}

/** Units in a grid about as wide as high, each with its patches in a square mosaic under its number. */
export function layOut(units: number, top: number, wantedSize: number): SheetLayout {
  const mosaic = Math.ceil(Math.sqrt(top));
  const lines = Math.ceil(top / mosaic);
  for (let patch = Math.round(wantedSize); ; patch = Math.floor(patch * 0.8)) {
    const cell = { width: mosaic * patch + gap, height: lines * patch + labelHeight + gap };
    const columns = Math.max(1, Math.min(units, Math.round(Math.sqrt((units * cell.height * 1.4) / cell.width))));
    const width = columns * cell.width + gap;
    const height = titleHeight + Math.ceil(units / columns) * cell.height + gap;
    if (width * height <= maxPixels || patch <= 8) return { mosaic, patch, columns, cell, width, height };
  }
}

/**
 * Draws a contact sheet as PNG.
 * @param cut cuts out the patches it is given and reports each, as `cutPatches` does
 */
export async function drawSheet(
  table: UnitTable,
  top: number,
  size: number,
  title: string,
  file: string,
  cut: (requests: PatchRequest[], size: number, report: (value: { at: number; patch: Patch | { problem: string } }) => void) => Promise<void>,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<{ width: number; height: number }> {
  if (table.rows.length === 0)
    throw new UnitscopeError('layer.failed', table.failure ?? 'There are no units to draw: record the layer first.');
  const layout = layOut(table.rows.length, top, size);
  const canvas = Buffer.alloc(layout.width * layout.height * 3, 255);
  const total = table.rows.reduce((sum, row) => sum + row.top.length, 0);
  let done = 0;
  const rowsAtOnce = 32; // so that only so many pictures are held at a time
  for (let from = 0; from < table.rows.length; from += rowsAtOnce) {
    const places: { x: number; y: number }[] = [];
    const requests: PatchRequest[] = [];
    table.rows.slice(from, from + rowsAtOnce).forEach((row, i) => {
      const corner = cornerOf(layout, from + i);
      row.top.forEach(({ index }, rank) => {
        requests.push({ unit: row.unit, index });
        places.push({
          x: corner.x + (rank % layout.mosaic) * layout.patch,
          y: corner.y + labelHeight + Math.floor(rank / layout.mosaic) * layout.patch,
        });
      });
    });
    const drawn: Promise<void>[] = [];
    await cut(requests, layout.patch, ({ at, patch }) => {
      if ('picture' in patch) drawn.push(blit(canvas, layout, places[at]!, patch.picture.data));
      onProgress({ done: ++done, total });
    });
    await Promise.all(drawn);
  }
  const raw = { width: layout.width, height: layout.height, channels: 3 as const };
  await sharp(canvas, { raw, limitInputPixels: false })
    .composite([{ input: Buffer.from(labels(layout, table.rows, title)), left: 0, top: 0 }])
    .png({ compressionLevel: 6 })
    .toFile(file);
  return { width: layout.width, height: layout.height };
}

function cornerOf({ columns, cell }: SheetLayout, at: number): { x: number; y: number } {
  return { x: gap + (at % columns) * cell.width, y: titleHeight + Math.floor(at / columns) * cell.height };
}

async function blit(canvas: Buffer, layout: SheetLayout, at: { x: number; y: number }, picture: Uint8Array): Promise<void> {
  const side = Math.max(1, layout.patch - 1);
  const pixels = await sharp(picture)
    .resize(side, side, { fit: 'contain', background: paper })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  for (let y = 0; y < side; y++)
    pixels.copy(canvas, ((at.y + y) * layout.width + at.x) * 3, y * side * 3, (y + 1) * side * 3);
}

function labels(layout: SheetLayout, rows: UnitRow[], title: string): string {
  const texts = rows.map((row, i) => {
    const { x, y } = cornerOf(layout, i);
    const score = row.top[0] ? ` · ${row.top[0].score.toPrecision(3)}` : '';
    return `<text x="${x}" y="${y + 13}" font-size="11" fill="#555">${row.unit}${score}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${layout.width}" height="${layout.height}" font-family="sans-serif">
<text x="${gap}" y="28" font-size="18" fill="#222">${escape(title)}</text>${texts.join('')}</svg>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
