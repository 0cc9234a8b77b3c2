/** Cells of the table of a longest common subsequence; longer stretches are cut at what is unique in both first. */
const mostCells = 4e6;

/**
 * Pairs of places of equal keys in two sequences, rising in both: a longest common subsequence; an approximation by what is
 * unique in both where the sequences are long. Time: at most 4 million steps a stretch.
 */
export function align(a: readonly number[], b: readonly number[]): [number, number][] {
  const pairs: [number, number][] = [];
  const stretches: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let stretch = stretches.pop(); stretch; stretch = stretches.pop()) {
    let [fromA, toA, fromB, toB] = stretch;
    for (; fromA < toA && fromB < toB && a[fromA] === b[fromB]; fromA++, fromB++) pairs.push([fromA, fromB]);
    for (; fromA < toA && fromB < toB && a[toA - 1] === b[toB - 1]; toA--, toB--) pairs.push([toA - 1, toB - 1]);
    if (fromA === toA || fromB === toB) continue;
    if ((toA - fromA) * (toB - fromB) <= mostCells) pairs.push(...longestCommon(a, b, fromA, toA, fromB, toB));
    else {
      const fixed = rising(uniquePairs(a, b, fromA, toA, fromB, toB));
      pairs.push(...fixed);
      if (fixed.length > 0) stretches.push(...between(fixed, fromA, toA, fromB, toB));
    }
  }
  return pairs.sort(([x], [y]) => x - y);
}

/** Stretches that pairs, rising in both, leave before, between and after them. */
export function between(pairs: readonly (readonly [number, number])[], fromA: number, toA: number, fromB: number, toB: number): [number, number, number, number][] {
  const stretches: [number, number, number, number][] = [];
  let [a, b] = [fromA, fromB];
  for (const [nextA, nextB] of [...pairs, [toA, toB] as const]) {
    if (nextA > a || nextB > b) stretches.push([a, nextA, b, nextB]);
    [a, b] = [nextA + 1, nextB + 1];
  }
  return stretches;
}

function longestCommon(a: readonly number[], b: readonly number[], fromA: number, toA: number, fromB: number, toB: number): [number, number][] {
  const [rows, columns] = [toA - fromA, toB - fromB];
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--)
    for (let j = columns - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[fromA + i] === b[fromB + j] ? lengths[(i + 1) * width + j + 1]! + 1 : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (a[fromA + i] === b[fromB + j]) pairs.push([fromA + i++, fromB + j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

function uniquePairs(a: readonly number[], b: readonly number[], fromA: number, toA: number, fromB: number, toB: number): [number, number][] {
  const inA = once(a, fromA, toA);
  const inB = once(b, fromB, toB);
  return [...inA].flatMap(([key, at]): [number, number][] => (at >= 0 && (inB.get(key) ?? -1) >= 0 ? [[at, inB.get(key)!]] : []));
}

/** Place of each key, -1 for those that occur more than once. */
export function once(keys: readonly number[], from = 0, to = keys.length): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = from; at < to; at++) found.set(keys[at]!, found.has(keys[at]!) ? -1 : at);
  return found;
}

/** A longest choice of pairs that rises in both (Schensted's patience sorting). */
export function rising(pairs: readonly (readonly [number, number])[]): [number, number][] {
  const sorted = [...pairs].sort(([a1, b1], [a2, b2]) => a1 - a2 || b1 - b2);
  const tops: number[] = [];
  const previous = new Int32Array(sorted.length).fill(-1);
  for (const [at, [, b]] of sorted.entries()) {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[tops[middle]!]![1] < b) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[at] = tops[low - 1]!;
    tops[low] = at;
  }
  const chosen: [number, number][] = [];
  for (let at = tops.at(-1) ?? -1; at >= 0; at = previous[at]!) chosen.push([...sorted[at]!]);
  return chosen.reverse();
}
