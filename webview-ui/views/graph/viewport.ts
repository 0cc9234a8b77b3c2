/** How the drawing lies under the window: a point p of it is at p * scale + (x, y), in CSS pixels. */
export interface Viewport {
  scale: number;
  x: number;
  y: number;
}

export const smallest = 0.002;
export const largest = 4;

/** Zooms about a point of the window, which stays where it is. */
export function zoomed({ scale, x, y }: Viewport, factor: number, [px, py]: readonly [number, number]): Viewport {
  const next = Math.min(largest, Math.max(smallest, scale * factor));
  const by = next / scale;
  return { scale: next, x: px - (px - x) * by, y: py - (py - y) * by };
}

const margin = 28;
/** Scales at which text can be read, and read well: all of a drawing is shown down to the one, a part of it at the other. */
export const legible = 0.6;
export const wellLegible = 0.8;

/**
 * All of the drawing in the window; where that would be too small to read, its beginning. `size`: of the drawing; `window`: in
 * CSS pixels; `middle`: what of its width (or height, where it flows to the right) stands in the middle of the window where it is not seen
 * whole; null: all of it is to be seen, however small.
 */
export function fitted(size: readonly [number, number], window: readonly [number, number], horizontal: boolean, middle: number | null): Viewport {
  const fit = Math.min((window[0] - 2 * margin) / Math.max(1, size[0]), (window[1] - 2 * margin) / Math.max(1, size[1]), 1);
  const across = horizontal ? (window[1] - 2 * margin) / Math.max(1, size[1]) : (window[0] - 2 * margin) / Math.max(1, size[0]);
  const readable = Math.min(1, Math.max(wellLegible, across));
  const scale = Math.max(smallest, middle === null || fit >= Math.min(readable, legible) ? fit : readable);
  const begin = (axis: 0 | 1): number => {
    const rest = window[axis] - size[axis] * scale;
    if (rest >= 2 * margin) return rest / 2;
    return (axis === 1) === horizontal && middle !== null ? window[axis] / 2 - middle * scale : margin;
  };
  return { scale, x: begin(0), y: begin(1) };
}

/** Moved as little as shows a box [x, y, width, height] whole, or its beginning, with some room around it. */
export function showing(viewport: Viewport, [x, y, width, height]: readonly [number, number, number, number], window: readonly [number, number]): Viewport {
  const { scale } = viewport;
  const axis = (at: number, length: number, shift: number, room: number): number => {
    const start = at * scale + shift;
    const end = start + length * scale;
    const border = Math.min(60, room / 4);
    if (start >= border && end <= room - border) return shift;
    // What is far away comes to the middle, what is near just inside.
    const far = end < -room / 2 || start > room * 1.5;
    if (far || length * scale > room - 2 * border) return length * scale > room - 2 * border ? shift + border - start : room / 2 - (at + length / 2) * scale;
    return start < border ? shift + border - start : shift + room - border - end;
  };
  return { scale, x: axis(x, width, viewport.x, window[0]), y: axis(y, height, viewport.y, window[1]) };
}

/** Whether all of a drawing of a size is in the window. */
export function isWhole(viewport: Viewport, size: readonly [number, number], window: readonly [number, number]): boolean {
  return seen(viewport, [0, 0, ...size], window) === 2;
}

/** 2: a box [x, y, width, height] is in the window as a whole; 1: a part of it; 0: nothing. */
export function seen({ scale, ...shift }: Viewport, [x, y, width, height]: readonly [number, number, number, number], window: readonly [number, number]): 0 | 1 | 2 {
  const spans = [[x * scale + shift.x, width * scale, window[0]], [y * scale + shift.y, height * scale, window[1]]] as const;
  if (spans.every(([start, length, room]) => start >= 0 && start + length <= room)) return 2;
  return spans.every(([start, length, room]) => start + length > 0 && start < room) ? 1 : 0;
}

/** Where the drawing lies once the window has another size: where it lay, but a box that was in the window is in it again. */
export function resized(viewport: Viewport, before: readonly [number, number], after: readonly [number, number], box: readonly [number, number, number, number]): Viewport {
  return seen(viewport, box, after) < seen(viewport, box, before) ? showing(viewport, box, after) : viewport;
}
