/**
 * Counts of values in `bins` equal bins between their minimum and maximum, or of a `range` that holds them all; the last bin is
 * closed on both sides.
 * All values equal: one bin around them holds all. No values: range [0, 0] and zero counts.
 */
export function histogram(values: readonly number[], bins: number, range?: [number, number]): { range: [number, number]; counts: number[] } {
  const counts = new Array<number>(bins).fill(0);
  if (values.length === 0) return { range: [0, 0], counts };
  let [low, high] = range ?? [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const width = high - low;
  for (const value of values) {
    const bin = width === 0 ? 0 : Math.min(bins - 1, Math.floor(((value - low) / width) * bins));
    counts[bin]!++;
  }
  return { range: [low, high], counts };
}
