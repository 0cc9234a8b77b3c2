import { titleHeight } from './compound';
import { edgeAt } from './edgeAt';
import type { GraphDrawing } from './graphDrawing';
import { boxAt } from './placed';

/** What of a drawing a point is on. */
export interface Pointed {
  /** Null where it is on the ground, which the inside of an open box is, too. */
  box: number | null;
  /** Of the box: whether it is on what opens and closes it. */
  chevron: boolean;
  /** A segment of an edge, where it is on no box. */
  edge: number | null;
}

export const nowhere: Pointed = { box: null, chevron: false, edge: null };

/** From an edge, in pixels of the window. */
const reach = 5;
/** Below this scale edges lie too close together to be told apart. */
const leastPointed = 0.2;

/** What is at a point of the window. */
export function pointedAt({ placed, camera }: Pick<GraphDrawing, 'placed' | 'camera'>, [left, top]: readonly [number, number]): Pointed {
  const drawn = placed.peek();
  const viewport = camera.viewport.peek();
  if (!drawn || !viewport) return nowhere;
  const { scale } = viewport;
  const [x, y] = [(left - viewport.x) / scale, (top - viewport.y) / scale];
  const box = boxAt(drawn, x, y);
  if (box !== null) {
    const { open, openable } = drawn.scene.boxes[box]!;
    const [dx, dy] = [x - drawn.x[box]!, y - drawn.y[box]!];
    if (!open || dy < titleHeight + 2) return { box, chevron: openable && dx < 25 && dy < 30, edge: null };
  }
  return scale < leastPointed ? nowhere : { ...nowhere, edge: edgeAt(drawn, x, y, reach / scale) };
}
