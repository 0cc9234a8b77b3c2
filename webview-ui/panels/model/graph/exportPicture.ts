import { UnitscopeError } from '../../../../src/protocol/errors';
import { drawGraph } from '../../../views/graph/drawing';
import type { Tints } from '../../../views/graph/drawingStyle';
import type { GraphIndex } from '../../../views/graph/graphIndex';
import { readPalette, type Palette } from '../../../views/graph/palette';
import { CanvasPen, SvgPen, type Pen } from '../../../views/graph/pen';
import type { Placed } from '../../../views/graph/placed';

const margin = 24;
/** Browsers make no larger canvases: pixels along a side, and in all. */
const longestSide = 16_000;
const mostPixels = 100_000_000;

function drawWhole(pen: Pen, placed: Placed, index: GraphIndex, palette: Palette, tints: Tints | null): void {
  const [width, height] = placed.size;
  const accent = { selected: null, hovered: null, marked: new Set<number>(), matches: new Set<number>(), current: null, tint: tints?.(palette) };
  drawGraph(pen, placed, { palette, index }, { x: 0, y: 0, width, height, scale: 1 }, accent);
}

export interface GraphPicture {
  data: Uint8Array;
  /** Pixels of the picture for one of the drawing. */
  scale: number;
}

/** All of the drawing as an SVG file. */
export function drawnSvg(placed: Placed, index: GraphIndex, tints: Tints | null, title: string): GraphPicture {
  const palette = readPalette();
  const pen = new SvgPen(palette.family);
  drawWhole(pen, placed, index, palette, tints);
  return { data: new TextEncoder().encode(pen.file(placed.size[0], placed.size[1], margin, palette.ground, title)), scale: 1 };
}

/** All of the drawing as a PNG file, at twice its size where that is possible. */
export async function drawnPng(placed: Placed, index: GraphIndex, tints: Tints | null): Promise<GraphPicture> {
  const palette = readPalette();
  const [width, height] = [placed.size[0] + 2 * margin, placed.size[1] + 2 * margin];
  const scale = Math.min(2, longestSide / Math.max(width, height), Math.sqrt(mostPixels / (width * height)));
  const canvas = new OffscreenCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
  const context = canvas.getContext('2d');
  if (!context) throw new UnitscopeError('internal', 'There is no memory for a picture of this size; export the graph as SVG.');
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, margin * scale, margin * scale);
  drawWhole(new CanvasPen(context, palette.family), placed, index, palette, tints);
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return { data: new Uint8Array(await blob.arrayBuffer()), scale };
}
