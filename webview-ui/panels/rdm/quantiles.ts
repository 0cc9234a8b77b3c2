/**
 * Share of dissimilarities below a value, 0 to 1, from their quantiles at equal shares (linear in between). Where many are
 * equal to it, the middle of theirs: a mid-rank.
 */
export function shareBelow(quantiles: Float32Array, value: number): number {
  const last = quantiles.length - 1;
  if (!(value >= quantiles[0]!)) return 0;
  if (value > quantiles[last]!) return 1;
  const first = lowerBound(quantiles, value);
  const end = upperBound(quantiles, value);
  if (end > first) return (first + end - 1) / 2 / last;
  const low = quantiles[first - 1]!;
  return (first - 1 + (value - low) / (quantiles[first]! - low)) / last;
}

/** The first place whose quantile is not below the value. */
function lowerBound(quantiles: Float32Array, value: number): number {
  let low = 0;
  let high = quantiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (quantiles[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first place whose quantile is above the value. */
function upperBound(quantiles: Float32Array, value: number): number {
  let low = 0;
  let high = quantiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (quantiles[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** "71st" */
export function ordinal(number: number): string {
  const tens = number % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${suffix}`;
}

/** "71st percentile" */
export function percentileText(quantiles: Float32Array, value: number): string {
  return `${ordinal(Math.round(shareBelow(quantiles, value) * 100))} percentile`;
}
