import type { RdmArrangement } from '../../../src/protocol/rdm';

type Tree = NonNullable<RdmArrangement['tree']>;

/** A merge of two clusters as a bracket: from each one's place and height, to the height of both together. */
export interface Bracket {
  /** Places, as the middles of clusters: 0.5 is the first stimulus. */
  places: [first: number, second: number];
  /** Shares of the highest merge, 0 to 1: of both clusters, then of the merge. */
  heights: [first: number, second: number, merged: number];
}

/**
 * Brackets of a tree of merges in SciPy's numbering: clusters below N are places, cluster N + k is the k-th merge.
 * A cluster stands at the mean of the two that it is made of.
 */
export function brackets({ left, right, height }: Tree): Bracket[] {
  const leaves = left.length + 1;
  const top = height.reduce((most, one) => Math.max(most, one), 0);
  const places = new Float64Array(leaves + left.length);
  const heights = new Float64Array(leaves + left.length);
  for (let leaf = 0; leaf < leaves; leaf++) places[leaf] = leaf + 0.5;
  const found: Bracket[] = [];
  left.forEach((one, merge) => {
    const other = right[merge]!;
    const merged = top > 0 ? height[merge]! / top : 0;
    places[leaves + merge] = (places[one]! + places[other]!) / 2;
    heights[leaves + merge] = merged;
    found.push({ places: [places[one]!, places[other]!], heights: [heights[one]!, heights[other]!, merged] });
  });
  return found;
}

/**
 * The part of a dendrogram beside places `from` to `from + span`, as lines: leaves at x = `breadth`, the root at 0,
 * y along the places, `length` pixels long. Brackets smaller than half a pixel are left out.
 */
export function bracketLines(
  list: readonly Bracket[],
  { from, span, length, breadth }: { from: number; span: number; length: number; breadth: number },
): (readonly [number, number])[][] {
  const lines: (readonly [number, number])[][] = [];
  const scale = length / span;
  for (const { places, heights } of list) {
    const [first, second] = [(places[0] - from) * scale, (places[1] - from) * scale];
    if (Math.max(first, second) < 0 || Math.min(first, second) > length) continue;
    if (Math.abs(first - second) < 0.5) continue;
    const x = heights.map((height) => breadth * (1 - height));
    const inside = (y: number): boolean => y >= 0 && y <= length;
    const clamped = (y: number): number => Math.max(0, Math.min(length, y));
    lines.push([
      ...(inside(first) ? [[x[0]!, first] as const] : []),
      [x[2]!, clamped(first)],
      [x[2]!, clamped(second)],
      ...(inside(second) ? [[x[1]!, second] as const] : []),
    ]);
  }
  return lines;
}
