import type { Box } from '../../../src/protocol/patches';

const smallest = 4;

/** The box between two points, inside the image, in whole pixels. Null: too small to be meant. */
export function drawnBox(from: readonly [number, number], to: readonly [number, number], width: number, height: number): Box | null {
  const inside = (value: number, most: number): number => Math.round(Math.max(0, Math.min(most, value)));
  const [left, right] = [inside(Math.min(from[0], to[0]), width), inside(Math.max(from[0], to[0]), width)];
  const [top, bottom] = [inside(Math.min(from[1], to[1]), height), inside(Math.max(from[1], to[1]), height)];
  return right - left < smallest || bottom - top < smallest ? null : [left, top, right - left, bottom - top];
}

/** Where an arrow key leads a box, or with Shift its lower right corner; without a box, the middle half. Null: no such key. */
export function movedBox(box: Box | undefined, key: string, resize: boolean, width: number, height: number): Box | null {
  const [across, down] = [Math.max(1, Math.round(width / 50)), Math.max(1, Math.round(height / 50))];
  const step = { ArrowLeft: [-across, 0], ArrowRight: [across, 0], ArrowUp: [0, -down], ArrowDown: [0, down] }[key];
  if (!step) return null;
  if (!box) return [Math.round(width / 4), Math.round(height / 4), Math.round(width / 2), Math.round(height / 2)];
  const [x, y, w, h] = box;
  const [dx, dy] = [step[0]!, step[1]!];
  const between = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
  return resize
    ? [x, y, between(w + dx, Math.min(smallest, w), width - x), between(h + dy, Math.min(smallest, h), height - y)]
    : [between(x + dx, 0, width - w), between(y + dy, 0, height - h), w, h];
}
