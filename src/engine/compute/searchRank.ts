import type { Metric } from '../../protocol/retrieval';
import type { SearchRows } from './searchMatrix';
import { Products } from './products';

/** A row that was found. */
export interface Found {
  row: number;
  distance: number;
}

/** Longer vectors are compared in float64 at once: the bound on float32 products would let nearly all rows through. */
const mostFeatures = 2 ** 15;
/** Bytes of products that are held at once. */
const productBytes = 64e6;
/** Rounding of float32 and float64, and the smallest normal float32. */
const [u32, u64, tiny32] = [2 ** -24, 2 ** -53, 2 ** -126];

export interface Candidates {
  /** 0: not a candidate. One a row; absent: all are. */
  mask?: Uint8Array;
  /** Only the nearest of each group counts; below 0: not a candidate. One a row. */
  groups?: Int32Array;
}

/**
 * Distance of a float64 query to a float32 row, in float64: what "exact" means here. Cosine: 1 - a.b / (|a| |b|), at least 0;
 * Euclidean: |a - b|. The same numbers give the same distance to the bit, wherever they lie.
 */
export function exactDistance(metric: Metric, query: Float64Array, length: number, values: Float32Array, at: number, square: number): number {
  const features = query.length;
  let [a, b, c, d] = [0, 0, 0, 0];
  let f = 0;
  if (metric === 'cosine') {
    for (; f + 3 < features; f += 4) {
      a += query[f]! * values[at + f]!;
      b += query[f + 1]! * values[at + f + 1]!;
      c += query[f + 2]! * values[at + f + 2]!;
      d += query[f + 3]! * values[at + f + 3]!;
    }
    for (; f < features; f++) a += query[f]! * values[at + f]!;
    return Math.min(2, Math.max(0, 1 - (a + b + (c + d)) / (length * Math.sqrt(square))));
  }
  for (; f + 1 < features; f += 2) {
    const x = query[f]! - values[at + f]!;
    const y = query[f + 1]! - values[at + f + 1]!;
    a += x * x;
    b += y * y;
  }
  if (f < features) a += (query[f]! - values[at + f]!) ** 2;
  return Math.sqrt(a + b);
}

/** What a query needs to be compared with rows. */
export class PreparedQuery {
  readonly length: number;
  readonly rounded: Float32Array;
  /** Keys of rows are further from their true value by no more than this. */
  private readonly slack: number;

  /**
   * A row's key orders rows as the distance does: cosine -cos, Euclidean |x|^2 - 2 q.x. It is made of a float32 product, whose
   * error is at most g |q| |x| with g = (n + 2) u / (1 - (n + 2) u) in whatever order it is summed (Higham, Accuracy and Stability
   * of Numerical Algorithms, 2002, section 3.1), and n times the smallest normal number where products are flushed to 0;
   * rounding q to float32 adds u |q| |x|, float64 arithmetic a few n 2^-53.
   * @param longest and shortest of the lengths of all rows, rows of length 0 left out
   */
  constructor(
    readonly metric: Metric,
    readonly vector: Float64Array,
    longest: number,
    shortest: number,
  ) {
    let square = 0;
    for (const value of vector) square += value * value;
    this.length = Math.sqrt(square);
    const unit = metric === 'cosine' ? 1 / this.length : 1;
    this.rounded = Float32Array.from(vector, (value) => value * unit);
    const n = vector.length + 2;
    const share = (n * u32) / (1 - n * u32) + 2 * u32;
    const rounding = 8 * n * u64;
    this.slack =
      vector.length > mostFeatures
        ? Infinity
        : metric === 'cosine'
          ? share + rounding + (n * tiny32 * 2) / shortest
          : 2 * (share * this.length * longest + n * tiny32) + rounding * (square + longest * longest);
  }

  /** Rows whose key is above this have a distance above the given one. */
  keyAbove(distance: number): number {
    const key = this.metric === 'cosine' ? distance - 1 : (distance * (1 + 4 * u64)) ** 2 - this.length ** 2;
    return key + this.slack;
  }

  /** Rows whose key is below this have a distance below the given one. */
  keyBelow(distance: number): number {
    const key = this.metric === 'cosine' ? distance - 1 : (distance * (1 - 4 * u64)) ** 2 - this.length ** 2;
    return key - this.slack;
  }

  /** The same where the distance is that of a row of which only the key is known. */
  keyAboveKey(key: number): number {
    return key + 2 * this.slack;
  }

  /** Whether float32 products say anything. */
  get usesProducts(): boolean {
    return Number.isFinite(this.slack);
  }
}

/** Lengths of rows, and which of them have a distance. */
export class RowLengths {
  /** What the product is multiplied by, and what is added, to make a row's key. */
  readonly scale: Float64Array;
  readonly longest: number;
  readonly shortest: number;

  constructor(
    readonly metric: Metric,
    readonly squares: Float64Array,
  ) {
    let [longest, shortest] = [0, Infinity];
    this.scale = new Float64Array(metric === 'cosine' ? squares.length : 0);
    squares.forEach((square, row) => {
      if (!this.isRanked(row)) return;
      longest = Math.max(longest, square);
      if (square > 0) shortest = Math.min(shortest, square);
      if (metric === 'cosine') this.scale[row] = -1 / Math.sqrt(square);
    });
    this.longest = Math.sqrt(longest);
    this.shortest = Math.sqrt(shortest);
  }

  /** A row that is not finite has no distance, and one of length 0 no angle. */
  isRanked(row: number): boolean {
    const square = this.squares[row]!;
    return Number.isFinite(square) && (square > 0 || this.metric === 'euclidean');
  }

  /**
   * Keys of the rows of a block, Infinity for those that are not ranked or not candidates, -Infinity where the product
   * overflowed, which says nothing. @returns how many of the latter there are
   */
  keys(products: Float32Array, start: number, from: number, count: number, { mask, groups }: Candidates, into: Float64Array): number {
    const { metric, scale, squares } = this;
    let unknown = 0;
    for (let i = 0, row = from; i < count; i++, row++) {
      const key = metric === 'cosine' ? scale[row]! * products[start + i]! : squares[row]! - 2 * products[start + i]!;
      const out = !isCandidate(row, mask, groups) || !this.isRanked(row);
      into[i] = out ? Infinity : Number.isFinite(key) ? key : -Infinity;
      if (into[i] === -Infinity) unknown++;
    }
    return unknown;
  }
}

function isCandidate(row: number, mask: Uint8Array | undefined, groups: Int32Array | undefined): boolean {
  return mask?.[row] !== 0 && !(groups && groups[row]! < 0);
}

/** The best of what is offered: the nearest `count`, or the nearest of each group. */
class Best {
  private found: Found[] = [];
  private ofGroup = new Map<number, Found>();
  /** No row that is further away can be among the best any more. */
  worst = Infinity;

  constructor(
    private readonly count: number,
    private readonly groups?: Int32Array,
  ) {}

  offer(row: number, distance: number): void {
    const group = this.groups?.[row];
    if (group !== undefined) {
      const known = this.ofGroup.get(group);
      if (!known || distance < known.distance) this.ofGroup.set(group, { row, distance });
      return;
    }
    if (distance > this.worst) return;
    this.found.push({ row, distance });
    if (this.found.length > 4 * this.count + 1000) this.prune();
  }

  worstOf(row: number): number {
    const group = this.groups?.[row];
    return group === undefined ? this.worst : (this.ofGroup.get(group)?.distance ?? Infinity);
  }

  prune(): void {
    if (this.groups || this.found.length < this.count) return;
    this.found = ordered(this.found).slice(0, this.count);
    this.worst = this.found.at(-1)!.distance;
  }

  result(): Found[] {
    return ordered(this.groups ? [...this.ofGroup.values()] : this.found).slice(0, this.count);
  }
}

/** Nearest first; the lower row first where distances are equal. */
function ordered(found: Found[]): Found[] {
  return found.sort((a, b) => a.distance - b.distance || a.row - b.row);
}

/**
 * The `count` nearest rows of each query, exactly as computing every distance in float64 would have them: float32 products
 * say which rows cannot be among them, by a bound that is proven, and all others are computed.
 * Memory: a block of rows and its products.
 * @param queries [features] each; for cosine none of length 0
 */
export async function rank(
  rows: SearchRows,
  lengths: RowLengths,
  queries: readonly PreparedQuery[],
  candidates: Candidates,
  count: number,
  threads: number,
  signal: AbortSignal,
): Promise<Found[][]> {
  const { features } = rows;
  const bests = queries.map(() => new Best(count, candidates.groups));
  const usesProducts = queries.every((query) => query.usesProducts);
  const products = usesProducts ? await Products.open(threads) : null;
  const together = new Float32Array(queries.length * features);
  queries.forEach(({ rounded }, i) => together.set(rounded, i * features));
  let keys = new Float64Array(0);
  for await (const { from, values } of rows.blocks(Math.max(1, Math.floor(productBytes / (4 * queries.length))), signal)) {
    const size = values.length / features;
    const inner = products ? await products.inner(together, values, features) : null;
    if (keys.length < size) keys = new Float64Array(size);
    for (const [q, query] of queries.entries()) {
      const best = bests[q]!;
      let unknown = 0;
      if (inner) unknown = lengths.keys(inner, q * size, from, size, candidates, keys);
      else fillKeys(lengths, from, size, candidates, keys);
      let limit = candidates.groups ? Infinity : query.keyAbove(best.worst);
      if (inner && !candidates.groups && count + unknown < size / 4)
        limit = Math.min(limit, query.keyAboveKey(smallest(keys, size, count + unknown)));
      for (let i = 0, row = from; i < size; i++, row++) {
        const key = keys[i]!;
        if (key > limit || key === Infinity) continue;
        if (candidates.groups && key > query.keyAbove(best.worstOf(row))) continue;
        best.offer(row, exactDistance(query.metric, query.vector, query.length, values, i * features, rows.squares[row]!));
      }
      best.prune();
    }
  }
  return bests.map((best) => best.result());
}

function fillKeys(lengths: RowLengths, from: number, size: number, { mask, groups }: Candidates, into: Float64Array): void {
  for (let i = 0, row = from; i < size; i++, row++)
    into[i] = isCandidate(row, mask, groups) && lengths.isRanked(row) ? -Infinity : Infinity;
}

/** The `count`-th smallest of the first `size` values: a heap of the smallest so far, largest on top. */
export function smallest(values: Float64Array, size: number, count: number): number {
  const heap = values.slice(0, Math.min(count, size));
  for (let at = heap.length >> 1; at-- > 0; ) sink(heap, at);
  for (let i = heap.length; i < size; i++) {
    if (values[i]! >= heap[0]!) continue;
    heap[0] = values[i]!;
    sink(heap, 0);
  }
  return heap.length < count ? Infinity : heap[0]!;
}

function sink(heap: Float64Array, at: number): void {
  const value = heap[at]!;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++;
    if (heap[child]! <= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}

/** How many rows of the candidates have a distance, and why the others have none. */
export function countRanked(lengths: RowLengths, { mask, groups }: Candidates): { ranked: number; silent: number; notFinite: number } {
  let [ranked, silent, notFinite] = [0, 0, 0];
  const seen = new Set<number>();
  lengths.squares.forEach((square, row) => {
    if (!isCandidate(row, mask, groups)) return;
    if (!Number.isFinite(square)) notFinite++;
    else if (!lengths.isRanked(row)) silent++;
    else if (!groups) ranked++;
    else if (!seen.has(groups[row]!)) {
      seen.add(groups[row]!);
      ranked++;
    }
  });
  return { ranked, silent, notFinite };
}
