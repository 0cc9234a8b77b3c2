import type { ReceptiveField } from '../../../protocol/model';
import type { Box, PatchPlace } from '../../../protocol/patches';
import type { Geometry, Region } from '../../dataset/geometry';
import type { Tap } from '../../runtime/tap';

/**
 * The input region that a position sees, in input pixels; it may reach into the padding outside.
 * Row y sees `offset + y * stride` up to `+ size`; a global field, or none that is known, is the whole input.
 */
export function inputRegion(
  field: ReceptiveField | null,
  [row, column]: [number, number],
  [height, width]: [number, number],
): Region {
  if (!field || field.kind === 'global') return [0, 0, width, height];
  const y = field.offset[0] + row * field.stride[0];
  const x = field.offset[1] + column * field.stride[1];
  return [x, y, x + field.size[1], y + field.size[0]];
}

/** Where a unit fired most: a row-major index on the layer's grid, and what it sees there in the original image. */
export function place(tap: Tap, field: ReceptiveField | null, at: number, geometry: Geometry): PatchPlace {
  const columns = tap.grid[1];
  const position: [number, number] = [Math.floor(at / columns), at % columns];
  const { height, width } = geometry.input;
  return { position, box: geometry.toOriginal(inputRegion(field, position, [height, width])) };
}

/**
 * What the layer's grid covers in the original image, in fractional pixels, not clipped: every cell is one stride wide
 * around the centre of its field. A grid whose field is global is laid over the whole input.
 */
export function gridExtent(tap: Tap, field: ReceptiveField | null, geometry: Geometry): Box {
  const { crop, input, original, resized } = geometry;
  const spans = [input.height, input.width].map((whole, axis): [number, number] => {
    if (!field || field.kind === 'global') return [0, whole];
    const start = field.offset[axis]! + field.size[axis]! / 2 - field.stride[axis]! / 2;
    return [start, field.stride[axis]! * tap.grid[axis]!];
  });
  const [[y, height], [x, width]] = spans as [[number, number], [number, number]];
  const scaleX = original.width / resized.width;
  const scaleY = original.height / resized.height;
  return [(x + crop.x) * scaleX, (y + crop.y) * scaleY, width * scaleX, height * scaleY];
}
