import { UnitscopeError } from '../../../protocol/errors';
import type { ReceptiveField } from '../../../protocol/model';
import type { Box } from '../../../protocol/patches';
import type { GridWindow } from '../../../protocol/retrieval';
import type { ActivationShape } from '../../compute/searchContract';
import type { Geometry } from '../../dataset/geometry';
import type { Tap } from '../../runtime/tap';
import type { OpenStudy } from '../../study/openStudy';

/** A layer whose positions see parts of the image. */
export interface SpatialLayer {
  tap: Tap;
  field: ReceptiveField;
  shape: ActivationShape;
}

/** Rows and columns of a grid: first row and column, then how many. */
export interface Window {
  position: [row: number, column: number];
  size: [rows: number, columns: number];
}

/** @throws usage for a layer without such positions */
export function spatialLayer(study: OpenStudy, layer: string): SpatialLayer {
  const tap = study.tap(layer);
  const field = study.field(layer);
  const [rows, columns] = tap.grid;
  if (!field || field.kind === 'global' || rows * columns < 2)
    throw new UnitscopeError('usage', `Layer ${layer} has no positions that see parts of the image, so regions cannot be compared in it; choose a convolutional layer before the pooling.`);
  const { shape } = study.layer(layer);
  const sizes = shape.slice(tap.unitAxis + 1) as number[];
  const inner = sizes.reduce((product, size) => product * size, 1);
  return { tap, field, shape: { outer: (rows * columns) / inner, units: tap.units, inner, grid: tap.grid } };
}

/** The positions whose receptive fields have their centre in a box of the original image; the nearest one where there is none. */
export function windowIn(box: Box, { field, shape: { grid } }: SpatialLayer, geometry: Geometry): Window {
  const [rows, firstRow] = span(box[1], box[3], 0);
  const [columns, firstColumn] = span(box[0], box[2], 1);
  return { position: [firstRow, firstColumn], size: [rows, columns] };

  function span(start: number, length: number, axis: 0 | 1): [count: number, first: number] {
    const side = axis === 0 ? 'height' : 'width';
    const scale = geometry.original[side] / geometry.resized[side];
    const shift = axis === 0 ? geometry.crop.y : geometry.crop.x;
    const centre = (at: number): number => (field.offset[axis] + at * field.stride[axis] + field.size[axis] / 2 + shift) * scale;
    const within: number[] = [];
    let nearest = 0;
    const middle = start + length / 2;
    for (let at = 0; at < grid[axis]; at++) {
      if (centre(at) >= start && centre(at) < start + length) within.push(at);
      if (Math.abs(centre(at) - middle) < Math.abs(centre(nearest) - middle)) nearest = at;
    }
    return within.length > 0 ? [within.length, within[0]!] : [1, nearest];
  }
}

/** Where a window lies in an original image: its cells, one stride each about the centres of their fields, and all that they see. */
export function placeWindow({ position: [row, column], size: [rows, columns] }: Window, { field }: SpatialLayer, geometry: Geometry): GridWindow {
  const spans = ([first, count]: [number, number], axis: 0 | 1): { cell: [number, number]; seen: [number, number] } => {
    const [offset, stride, size] = [field.offset[axis], field.stride[axis], field.size[axis]];
    const start = offset + first * stride;
    const half = (size - stride) / 2;
    return { cell: [start + half, start + half + count * stride], seen: [start, start + (count - 1) * stride + size] };
  };
  const y = spans([row, rows], 0);
  const x = spans([column, columns], 1);
  return {
    position: [row, column],
    box: geometry.toOriginal([x.cell[0], y.cell[0], x.cell[1], y.cell[1]]),
    field: geometry.toOriginal([x.seen[0], y.seen[0], x.seen[1], y.seen[1]]),
  };
}
