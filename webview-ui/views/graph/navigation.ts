import type { Placed } from './placed';

export type Direction = 'consumer' | 'producer' | 'before' | 'after';

/** Which way an arrow key leads: along the flow, or to what stands beside. */
export function directionOf(key: string, horizontal: boolean): Direction | null {
  const ways: Record<string, Direction> = horizontal
    ? { ArrowRight: 'consumer', ArrowLeft: 'producer', ArrowUp: 'before', ArrowDown: 'after' }
    : { ArrowDown: 'consumer', ArrowUp: 'producer', ArrowLeft: 'before', ArrowRight: 'after' };
  return ways[key] ?? null;
}

/** The box one step further: along an edge the nearest one to the side, or the neighbour beside it. Null: there is none. */
export function neighbour({ scene, x, y, width, height }: Placed, from: number, direction: Direction, horizontal: boolean): number | null {
  const across = (box: number): number => (horizontal ? y[box]! + height[box]! / 2 : x[box]! + width[box]! / 2);
  const along = (box: number): number => (horizontal ? x[box]! : y[box]!);
  const extent = (box: number): number => (horizontal ? width[box]! : height[box]!);
  if (direction === 'consumer' || direction === 'producer') {
    const linked = edgesOf(scene, from, direction);
    const apart = (box: number): number =>
      // The next one on; where several are, the one straight ahead.
      Math.abs(along(box) - along(from)) * 4 + Math.abs(across(box) - across(from));
    return nearest(linked, apart);
  }
  const sign = direction === 'after' ? 1 : -1;
  const { parent } = scene.boxes[from]!;
  const beside = scene.boxes.flatMap((box, at) => {
    if (at === from || box.parent !== parent || (across(at) - across(from)) * sign <= 0.5) return [];
    const overlap = Math.min(along(at) + extent(at), along(from) + extent(from)) - Math.max(along(at), along(from));
    return overlap > 0 ? [at] : [];
  });
  return nearest(beside, (box) => Math.abs(across(box) - across(from)));
}

/** Boxes that an edge leads to; of an open box, what edges lead to from inside it. */
function edgesOf(scene: Placed['scene'], from: number, direction: 'consumer' | 'producer'): number[] {
  const inside = (box: number): boolean => {
    for (let at = box; at >= 0; at = scene.boxes[at]!.parent) if (at === from) return true;
    return false;
  };
  const found = new Set<number>();
  scene.links.forEach(({ from: start, to: end }) => {
    const [own, other] = direction === 'consumer' ? [start, end] : [end, start];
    if (inside(own) && !inside(other)) found.add(other);
  });
  return [...found];
}

function nearest(boxes: readonly number[], distance: (box: number) => number): number | null {
  let best: number | null = null;
  for (const box of boxes) if (best === null || distance(box) < distance(best)) best = box;
  return best;
}
