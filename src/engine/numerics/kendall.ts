import type { DenseRanks } from './ranks';

/** How the pairs of items (here: pairs of dissimilarities) are ordered by two rankings. */
export interface Concordance {
  /** Pairs in the same order in both, less pairs in the opposite order. */
  difference: number;
  pairs: number;
  tiesA: number;
  tiesB: number;
}

/**
 * Counts concordant and discordant pairs in O(m log m): Knight, "A computer method for calculating Kendall's tau with ungrouped
 * data", Journal of the American Statistical Association 61, 1966. An item of weight w counts as w equal items.
 *
 * @param weights one whole number an item; null: 1 each
 */
export function concordance(a: DenseRanks, b: DenseRanks, weights: Float32Array | null): Concordance {
  const order = sortedBy(a, sortedBy(b, null));
  const idsB = new Int32Array(order.length);
  const sortedWeights = weights && new Float64Array(order.length);
  let joint = 0;
  let jointWeight = 0;
  let total = 0;
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!;
    const weight = weights ? weights[at]! : 1;
    idsB[i] = b.ids[at]!;
    if (sortedWeights) sortedWeights[i] = weight;
    const before = i > 0 ? order[i - 1]! : -1;
    if (before < 0 || a.ids[before] !== a.ids[at] || b.ids[before] !== b.ids[at]) {
      joint += pairsAmong(jointWeight);
      jointWeight = 0;
    }
    jointWeight += weight;
    total += weight;
  }
  joint += pairsAmong(jointWeight);
  const pairs = pairsAmong(total);
  const tiesA = ties(a, weights);
  const tiesB = ties(b, weights);
  const discordant = inversions(idsB, sortedWeights);
  return { difference: pairs - tiesA - tiesB + joint - 2 * discordant, pairs, tiesA, tiesB };
}

/** Kendall's tau-a: ties count as neither, in the numerator only. NaN where one of both is all ties. */
export function tauA({ difference, pairs, tiesA, tiesB }: Concordance): number {
  return tiesA === pairs || tiesB === pairs ? NaN : difference / pairs;
}

/** Kendall's tau-b: corrected for ties. NaN where one of both is all ties. */
export function tauB({ difference, pairs, tiesA, tiesB }: Concordance): number {
  return tiesA === pairs || tiesB === pairs ? NaN : difference / Math.sqrt((pairs - tiesA) * (pairs - tiesB));
}

function pairsAmong(count: number): number {
  return (count * (count - 1)) / 2;
}

/** Items by their id, those of equal id in the order given: a counting sort. */
function sortedBy({ ids, groups }: DenseRanks, order: Int32Array | null): Int32Array {
  const starts = new Int32Array(groups + 1);
  for (const id of ids) starts[id + 1]!++;
  for (let group = 0; group < groups; group++) starts[group + 1]! += starts[group]!;
  const sorted = new Int32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const item = order ? order[i]! : i;
    sorted[starts[ids[item]!]!++] = item;
  }
  return sorted;
}

function ties({ ids, groups }: DenseRanks, weights: Float32Array | null): number {
  const sizes = new Float64Array(groups);
  for (let i = 0; i < ids.length; i++) sizes[ids[i]!]! += weights ? weights[i]! : 1;
  let sum = 0;
  for (const size of sizes) sum += pairsAmong(size);
  return sum;
}

/** The weight of the pairs i < j with ids[i] > ids[j], by merging from the bottom up; both arrays come back sorted. */
function inversions(ids: Int32Array, weights: Float64Array | null): number {
  const length = ids.length;
  let from: Int32Array = ids;
  let to: Int32Array = new Int32Array(length);
  let fromWeights: Float64Array | null = weights;
  let toWeights: Float64Array | null = weights && new Float64Array(length);
  let sum = 0;
  for (let width = 1; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      const middle = Math.min(start + width, length);
      const end = Math.min(start + 2 * width, length);
      let waiting = middle - start; // what is left of the first half, by weight
      if (fromWeights) {
        waiting = 0;
        for (let i = start; i < middle; i++) waiting += fromWeights[i]!;
      }
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        const takeLeft = right === end || (left < middle && from[left]! <= from[right]!);
        const taken = takeLeft ? left++ : right++;
        const weight = fromWeights ? fromWeights[taken]! : 1;
        if (takeLeft) waiting -= weight;
        else sum += weight * waiting;
        to[at] = from[taken]!;
        if (toWeights) toWeights[at] = weight;
      }
    }
    [from, to] = [to, from];
    [fromWeights, toWeights] = [toWeights, fromWeights];
  }
  return sum;
}
