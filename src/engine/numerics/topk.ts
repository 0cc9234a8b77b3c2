/**
 * The k best-scored items of each of `units` lists, kept while scores arrive in any order.
 *
 * Order: higher score first; equal scores, lower index first. NaN is never ranked: callers reject it before.
 * Memory: units * k * 8 bytes, whatever the number of items.
 */
export class TopK {
  /** [units, k], best first within a unit; valid up to `counts[unit]`. */
  readonly scores: Float32Array;
  readonly indices: Int32Array;
  readonly counts: Int32Array;

  constructor(
    readonly units: number,
    readonly k: number,
  ) {
    this.scores = new Float32Array(units * k);
    this.indices = new Int32Array(units * k);
    this.counts = new Int32Array(units);
  }

  offer(unit: number, index: number, score: number): void {
    const { k, scores, indices, counts } = this;
    const start = unit * k;
    let count = counts[unit]!;
    if (count === k) {
      const last = start + k - 1;
      const worst = scores[last]!;
      if (score < worst || (score === worst && index > indices[last]!)) return;
    } else {
      counts[unit] = ++count;
    }
    let at = start + count - 1;
    for (; at > start; at--) {
      const above = scores[at - 1]!;
      if (above > score || (above === score && indices[at - 1]! < index)) break;
      scores[at] = above;
      indices[at] = indices[at - 1]!;
    }
    scores[at] = score;
    indices[at] = index;
  }

  /** The best `count` of a unit, best first. */
  best(unit: number, count = this.k): { index: number; score: number }[] {
    const start = unit * this.k;
    const length = Math.min(count, this.counts[unit]!);
    return Array.from({ length }, (_, i) => ({ index: this.indices[start + i]!, score: this.scores[start + i]! }));
  }
}
