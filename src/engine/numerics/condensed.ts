/** A condensed RDM: n (n - 1) / 2 dissimilarities, the upper triangle row by row, as SciPy's `pdist` has it. */
export type Vector = Float32Array | Float64Array;

/** Pairs of n stimuli. */
export function pairsOf(n: number): number {
  return (n * (n - 1)) / 2;
}

/** Where row i begins in a condensed RDM: the pair (i, j), i < j, is at `rowStart(i, n) + j`. */
export function rowStart(i: number, n: number): number {
  return i * n - (i * (i + 1)) / 2 - i - 1;
}

/** The sum of each stimulus' dissimilarities to the others, each less `shift`: [n]. */
export function rowSums(values: Vector, n: number, shift = 0): Float64Array {
  const sums = new Float64Array(n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    let own = 0;
    for (let j = i + 1; j < n; j++) {
      const value = values[at++]! - shift;
      own += value;
      sums[j]! += value;
    }
    sums[i]! += own;
  }
  return sums;
}

/** Arithmetic mean; NaN of nothing. */
export function mean(values: Vector): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The sum of (a - shiftA) (b - shiftB). */
export function dot(a: Vector, b: Vector, shiftA = 0, shiftB = 0): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - shiftA) * (b[i]! - shiftB);
  return sum;
}

/** Whether there are two different values; where there are not, rounding of a mean could feign a variance. */
export function varies(values: Vector): boolean {
  const first = values[0];
  return values.some((value: number) => value !== first);
}
