import type { Placed } from './placed';

const steps = 12;

/** The segment of an edge that runs nearest to a point of the drawing, null where none does within `reach`. */
export function edgeAt(placed: Placed, px: number, py: number, reach: number): number | null {
  const { buckets, routes, horizontal } = placed;
  const along = horizontal ? px : py;
  let found: number | null = null;
  let nearest = reach;
  buckets.piecesBetween(along - reach, along + reach, (segment, corner) => {
    const route = routes[segment]!;
    const apart = distanceTo([route[corner]!, route[corner + 1]!, route[corner + 2]!, route[corner + 3]!], horizontal, px, py, nearest);
    if (apart >= nearest) return;
    nearest = apart;
    found = segment;
  });
  return found;
}

/** From a point to a piece of an edge, as pens draw it; Infinity where that is more than `reach`. */
function distanceTo([x1, y1, x2, y2]: readonly [number, number, number, number], horizontal: boolean, px: number, py: number, reach: number): number {
  if (px < Math.min(x1, x2) - reach || px > Math.max(x1, x2) + reach || py < Math.min(y1, y2) - reach || py > Math.max(y1, y2) + reach) return Infinity;
  if (x1 === x2 || y1 === y2) return toLine(x1, y1, x2, y2, px, py);
  const [ax, ay, bx, by] = horizontal ? [(x1 + x2) / 2, y1, (x1 + x2) / 2, y2] : [x1, (y1 + y2) / 2, x2, (y1 + y2) / 2];
  let best = Infinity;
  let [fromX, fromY] = [x1, y1];
  for (let step = 1; step <= steps; step++) {
    const t = step / steps;
    const at = (start: number, first: number, second: number, end: number): number =>
      (1 - t) ** 3 * start + 3 * t * (1 - t) ** 2 * first + 3 * t ** 2 * (1 - t) * second + t ** 3 * end;
    const [x, y] = [at(x1, ax, bx, x2), at(y1, ay, by, y2)];
    best = Math.min(best, toLine(fromX, fromY, x, y, px, py));
    [fromX, fromY] = [x, y];
  }
  return best;
}

function toLine(x1: number, y1: number, x2: number, y2: number, px: number, py: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((px - x1) * dx + (py - y1) * dy) / length));
  return Math.hypot(px - x1 - share * dx, py - y1 - share * dy);
}
