/** Where stimuli are on the screen, and which of them is at a point. */

export interface Box2 {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Screen = point * scale + shift, the y axis upward. */
export interface Transform {
  scale: number;
  x: number;
  y: number;
}

const margin = 18;

/** All points [N, 2] in the middle of a picture, both axes on one scale. */
export function fitPoints(points: Float32Array, width: number, height: number): Transform {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at]!);
    right = Math.max(right, points[at]!);
    low = Math.min(low, points[at + 1]!);
    high = Math.max(high, points[at + 1]!);
  }
  if (left > right) return { scale: 1, x: width / 2, y: height / 2 };
  const across = (width - 2 * margin) / Math.max(right - left, 1e-12);
  const up = (height - 2 * margin) / Math.max(high - low, 1e-12);
  const scale = Math.max(1e-9, Math.min(across, up, 1e9));
  return { scale, x: width / 2 - (scale * (left + right)) / 2, y: height / 2 + (scale * (low + high)) / 2 };
}

/** Enlarged by a factor while what is at a point of the screen stays there. */
export function zoomTransform({ scale, x, y }: Transform, factor: number, [toX, toY]: readonly [number, number]): Transform {
  return { scale: scale * factor, x: toX - (toX - x) * factor, y: toY - (toY - y) * factor };
}

/** Points [N, 2] on the screen, as x and y in turns. */
export function project(points: Float32Array, { scale, x, y }: Transform): Float32Array {
  const placed = new Float32Array(points.length);
  for (let at = 0; at < points.length; at += 2) {
    placed[at] = points[at]! * scale + x;
    placed[at + 1] = y - points[at + 1]! * scale;
  }
  return placed;
}

const cell = 24;

/** Points on the screen by the square they are in: what is near is found without looking at all. */
export class ScreenGrid {
  private readonly squares = new Map<number, number[]>();

  constructor(private readonly placed: Float32Array) {
    for (let row = 0; row * 2 < placed.length; row++) {
      const key = this.key(Math.floor(placed[row * 2]! / cell), Math.floor(placed[row * 2 + 1]! / cell));
      const square = this.squares.get(key);
      if (square) square.push(row);
      else this.squares.set(key, [row]);
    }
  }

  /** The row nearest to a point, within a reach of at most 24 pixels; null where there is none. */
  nearest(x: number, y: number, reach: number): number | null {
    let best: number | null = null;
    let least = reach * reach;
    const [across, down] = [Math.floor(x / cell), Math.floor(y / cell)];
    for (let column = across - 1; column <= across + 1; column++)
      for (let line = down - 1; line <= down + 1; line++)
        for (const row of this.squares.get(this.key(column, line)) ?? []) {
          const away = (this.placed[row * 2]! - x) ** 2 + (this.placed[row * 2 + 1]! - y) ** 2;
          if (away > least) continue;
          least = away;
          best = row;
        }
    return best;
  }

  private key(column: number, line: number): number {
    return column * 0x100000 + line;
  }
}

/** Rows inside a box on the screen. */
export function rowsInside(placed: Float32Array, { left, top, right, bottom }: Box2): number[] {
  const rows: number[] = [];
  for (let row = 0; row * 2 < placed.length; row++) {
    const x = placed[row * 2]!;
    const y = placed[row * 2 + 1]!;
    if (x >= left && x <= right && y >= top && y <= bottom) rows.push(row);
  }
  return rows;
}

/** Rows that can be shown as pictures of a side without covering one another: the first of each place. */
export function uncovered(placed: Float32Array, side: number, { left, top, right, bottom }: Box2): number[] {
  const rows: number[] = [];
  const taken = new Map<string, number[]>();
  for (let row = 0; row * 2 < placed.length; row++) {
    const x = placed[row * 2]!;
    const y = placed[row * 2 + 1]!;
    if (x < left || x > right || y < top || y > bottom) continue;
    const [across, down] = [Math.floor(x / side), Math.floor(y / side)];
    let free = true;
    for (let column = across - 1; free && column <= across + 1; column++)
      for (let line = down - 1; free && line <= down + 1; line++)
        for (const other of taken.get(`${column} ${line}`) ?? [])
          if (Math.abs(placed[other * 2]! - x) < side && Math.abs(placed[other * 2 + 1]! - y) < side) free = false;
    if (!free) continue;
    rows.push(row);
    const key = `${across} ${down}`;
    const square = taken.get(key);
    if (square) square.push(row);
    else taken.set(key, [row]);
  }
  return rows;
}

/** Radius of a point among so many, in pixels. */
export function pointRadius(count: number): number {
  return count <= 200 ? 5 : count <= 1000 ? 4 : count <= 4000 ? 3 : 2.2;
}
