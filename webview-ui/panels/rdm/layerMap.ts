import { fitPoints, project, type Transform } from './scatterPlot';
import { middleText } from './shapes';

/** A layer or a reference on the map. */
export interface MapPoint {
  name: string;
  x: number;
  y: number;
  /** Where its name goes; null where it would cover others. */
  label: { x: number; y: number; anchor: 'start' | 'end'; text: string } | null;
}

const letter = 6.2;
const line = 13;
const most = 110;
/** On the left and the right, for names. */
const room = 70;

/**
 * Points of a second-order MDS [n, 2] in a picture. The last points (references) are named in any case; then the first and
 * last layer and the others, where there is room.
 */
export function mapPoints(map: Float64Array, names: readonly string[], layers: number, width: number, height: number): MapPoint[] {
  const points = Float32Array.from(map.subarray(0, names.length * 2));
  const fitted = fitPoints(points, width - 2 * room, height - 20);
  const transform: Transform = { ...fitted, x: fitted.x + room, y: fitted.y + 10 };
  const placed = project(points, transform);
  const order = [...names.keys()].sort((a, b) => priority(a, layers) - priority(b, layers) || a - b);
  const found: MapPoint[] = names.map((name, at) => ({ name, x: placed[at * 2]!, y: placed[at * 2 + 1]!, label: null }));
  const taken = found.map(({ x, y }): [left: number, top: number, right: number, bottom: number] => [x - 5, y - 5, x + 5, y + 5]);
  for (const at of order) {
    const point = found[at]!;
    const text = middleText(point.name, most);
    const long = text.length * letter;
    const boxes = (['start', 'end'] as const).map((anchor) => {
      const left = anchor === 'start' ? point.x + 8 : point.x - 8 - long;
      const box = [left, point.y - line / 2, left + long, point.y + line / 2] as const;
      const inside = box[0] >= 0 && box[2] <= width;
      const covered = taken.filter((other) => box[2] >= other[0] && box[0] <= other[2] && box[3] >= other[1] && box[1] <= other[3]).length;
      return { anchor, box, inside, covered };
    });
    const free = boxes.find(({ inside, covered }) => inside && covered === 0);
    const least = boxes.filter(({ inside }) => inside).sort((one, other) => one.covered - other.covered)[0];
    const chosen = free ?? (at >= layers ? least : undefined);
    if (!chosen) continue;
    taken.push([...chosen.box]);
    const { anchor } = chosen;
    point.label = { x: anchor === 'start' ? point.x + 8 : point.x - 8, y: point.y + 4, anchor, text };
  }
  return found;
}

function priority(at: number, layers: number): number {
  return at >= layers ? 0 : at === 0 || at === layers - 1 ? 1 : 2;
}
