import type { Shape } from './shapes';
import { fitText } from './shapes';

/** Places in a row whose stimuli are of the same class (or have the same value of the column they are ordered by). */
export interface Run {
  /** Index of the category; -1: none. */
  category: number;
  name: string | null;
  from: number;
  to: number;
}

/** What each row of the set belongs to. */
export interface Categories {
  /** Names in the order of their colours. */
  names: string[];
  /** Index of its name for each row; -1: none. */
  of: Int32Array;
}

/** Categories of rows; those in `known` come first, in that order, then by first appearance. */
export function categorize(values: readonly (string | null)[], known: readonly string[] = []): Categories {
  const present = new Set(values);
  const names = known.filter((name) => present.has(name));
  const index = new Map(names.map((name, at) => [name, at]));
  const of = Int32Array.from(values, (value) => {
    if (value === null) return -1;
    let at = index.get(value);
    if (at === undefined) {
      at = names.length;
      names.push(value);
      index.set(value, at);
    }
    return at;
  });
  return { names, of };
}

/** Runs of equal categories, along the places of an arrangement: `rows[place]` is the row of the set. */
export function runsOf(rows: Int32Array, { names, of }: Categories): Run[] {
  const runs: Run[] = [];
  rows.forEach((row, place) => {
    const category = of[row]!;
    const last = runs.at(-1);
    if (last?.category === category) last.to = place + 1;
    else runs.push({ category, name: names[category] ?? null, from: place, to: place + 1 });
  });
  return runs;
}

export interface AxisStyle {
  colourOf: (category: number) => string;
  nameOf: (name: string) => string;
  text: string;
}

export interface AxisSpace {
  from: number;
  span: number;
  /** In pixels. */
  length: number;
  side: 'top' | 'left';
  /** Room for names across the axis, in pixels; 0: no names. */
  names: number;
  /** Pixels between the bar and the names that something else takes. */
  shift?: number;
}

/** Pixels from the edge of an axis to its bar, and the bar's breadth. */
export const bar = { gap: 3, breadth: 7 } as const;

/**
 * The class bar and class names of one axis, for places `from` to `from + span`. Drawn around the origin: along x with the
 * picture below (`top`), or along y with the picture to the right (`left`).
 */
export function axisShapes(runs: readonly Run[], { from, span, length, side, names, shift = 0 }: AxisSpace, style: AxisStyle): Shape[] {
  const shapes: Shape[] = [];
  const scale = length / span;
  const near = -bar.gap - bar.breadth;
  for (const run of runs) {
    const start = Math.max(0, (run.from - from) * scale);
    const end = Math.min(length, (run.to - from) * scale);
    if (end <= start) continue;
    const extent = end - start;
    const fill = style.colourOf(run.category);
    const title = run.name === null ? 'no class' : style.nameOf(run.name);
    // A hair of ground between neighbours, where they are large enough to spare it.
    const hair = extent > 6 ? 1 : 0;
    shapes.push(
      side === 'top'
        ? { kind: 'rect', x: start, y: near, width: extent - hair, height: bar.breadth, fill, title }
        : { kind: 'rect', x: near, y: start, width: bar.breadth, height: extent - hair, fill, title },
    );
    if (run.name === null || names === 0) continue;
    const middle = (start + end) / 2;
    if (side === 'top') {
      const text = fitText(title, extent - 4);
      if (text !== '') shapes.push({ kind: 'text', x: middle, y: near - 5 - shift, text, fill: style.text, anchor: 'middle' });
    } else if (extent >= 12) {
      const text = fitText(title, names);
      if (text !== '') shapes.push({ kind: 'text', x: near - 5 - shift, y: middle + 4, text, fill: style.text, anchor: 'end' });
    }
  }
  return shapes;
}

/** Room for class names beside the left axis. */
export const leftNames = 96;

/** The run that a place belongs to. */
export function runAt(runs: readonly Run[], place: number): Run | undefined {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.to <= place) low = middle + 1;
    else high = middle;
  }
  return runs[low];
}
