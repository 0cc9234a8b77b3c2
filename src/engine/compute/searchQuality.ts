import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../../protocol/errors';
import type { QualityAnswer, QualityTask } from './searchContract';
import { Products } from './products';
import type { SearchMatrix } from './searchMatrix';
import { exactDistance, PreparedQuery, RowLengths, smallest, type Found } from './searchRank';

/** Queries that are compared with all rows at once: their products take so many bytes at most. */
const productBytes = 64e6;
const mostNeighbours = 10;

/**
 * How well nearest neighbours are of the same class: leave-one-out over the labelled rows, which are the candidates; queries
 * are those with a classmate. Exact, as computing every distance in float64 would have it; equal distances: the lower row first.
 * - Recall@k: share of queries with at least one classmate among the k nearest (H. Jégou, M. Douze and C. Schmid, "Product
 *   quantization for nearest neighbor search", PAMI 2011; in metric learning H. Oh Song et al., "Deep metric learning via lifted
 *   structured feature embedding", CVPR 2016).
 * - Mean average precision: over queries, of the mean over classmates of the precision at the classmate's place in the whole
 *   ranking (C. Manning, P. Raghavan and H. Schütze, Introduction to Information Retrieval, 2008, section 8.4).
 * - kNN accuracy: share of queries whose class most of the k nearest have; of classes with as many votes, that of the nearest.
 * Memory: the matrix, and products of some queries. Time: N^2 D products, N^2 log N steps.
 */
export async function measureQuality(matrix: SearchMatrix, { metric, classes, threads }: QualityTask, signal: AbortSignal, report: (progress: { share: number }) => void): Promise<QualityAnswer> {
  const { features } = matrix;
  const lengths = new RowLengths(metric, matrix.squares);
  const candidates: number[] = [];
  const sizes = new Map<number, number>();
  let leftOut = 0;
  classes.forEach((of, row) => {
    if (of < 0) return;
    if (!lengths.isRanked(row)) {
      leftOut++;
      return;
    }
    candidates.push(row);
    sizes.set(of, (sizes.get(of) ?? 0) + 1);
  });
  const queries = candidates.filter((row) => sizes.get(classes[row]!)! > 1);
  const tally = new Tally(classes);
  const held = new Rows(matrix, candidates);
  const atOnce = Math.max(1, Math.min(64, Math.floor(productBytes / (8 * Math.max(1, candidates.length)))));
  const products = await Products.open(threads);
  for (let first = 0; first < queries.length; first += atOnce) {
    const some = queries.slice(first, first + atOnce);
    const prepared = some.map((row) => new PreparedQuery(metric, Float64Array.from(matrix.row(row)), lengths.longest, lengths.shortest));
    const keys = some.map(() => new Float64Array(candidates.length));
    const together = new Float32Array(some.length * features);
    prepared.forEach(({ rounded }, i) => together.set(rounded, i * features));
    for await (const { from, values } of held.blocks(signal)) {
      const size = values.length / features;
      const inner = prepared.every((query) => query.usesProducts) ? await products.inner(together, values, features) : null;
      for (const [q, into] of keys.entries())
        for (let i = 0; i < size; i++) {
          const row = candidates[from + i]!;
          const product = inner ? inner[q * size + i]! : NaN;
          const key = metric === 'cosine' ? lengths.scale[row]! * product : matrix.squares[row]! - 2 * product;
          into[from + i] = row === some[q] ? Infinity : Number.isFinite(key) ? key : -Infinity;
        }
    }
    for (const [q, row] of some.entries()) {
      tally.take(row, rankOf(row, prepared[q]!, keys[q]!, candidates, classes, matrix));
      if (signal.aborted) throw cancelled();
      await setImmediate();
    }
    report({ share: (first + some.length) / queries.length });
  }
  return { features, queries: queries.length, candidates: candidates.length, leftOut, ...tally.result(queries.length) };
}

interface QueryRanking {
  /** The nearest ten, and the average precision. */
  nearest: Found[];
  averagePrecision: number;
}

/** Rows of the candidates, whole: in memory as far as the matrix is. */
class Rows {
  private readonly all: boolean;

  constructor(
    private readonly matrix: SearchMatrix,
    private readonly candidates: readonly number[],
  ) {
    this.all = matrix.resident && candidates.length === matrix.rows;
  }

  async *blocks(signal: AbortSignal): AsyncGenerator<{ from: number; values: Float32Array }> {
    if (this.all) {
      yield* this.matrix.blocks(Infinity, signal);
      return;
    }
    const { features } = this.matrix;
    const step = Math.max(1, Math.floor(32e6 / (4 * features)));
    for (let from = 0; from < this.candidates.length; from += step) {
      const some = this.candidates.slice(from, from + step);
      const values = new Float32Array(some.length * features);
      some.forEach((row, i) => values.set(this.matrix.row(row), i * features));
      yield { from, values };
      await setImmediate();
      if (signal.aborted) throw cancelled();
    }
  }
}

/** @param keys of the candidates, Infinity for the query itself */
function rankOf(row: number, query: PreparedQuery, keys: Float64Array, candidates: readonly number[], classes: Int32Array, matrix: SearchMatrix): QueryRanking {
  const known = new Map<number, number>();
  const distanceOf = (other: number): number => {
    let distance = known.get(other);
    if (distance === undefined) known.set(other, (distance = exactDistance(query.metric, query.vector, query.length, matrix.row(other), 0, matrix.squares[other]!)));
    return distance;
  };
  const before = (a: Found, b: Found): number => a.distance - b.distance || a.row - b.row;

  const unknown = keys.reduce((count, key) => count + Number(key === -Infinity), 0);
  const limit = query.keyAboveKey(smallest(keys, keys.length, mostNeighbours + unknown));
  const nearest: Found[] = [];
  keys.forEach((key, i) => {
    if (key <= limit && key !== Infinity) nearest.push({ row: candidates[i]!, distance: distanceOf(candidates[i]!) });
  });
  nearest.sort(before);

  const mates: Found[] = [];
  candidates.forEach((other, i) => {
    if (classes[other] === classes[row] && keys[i] !== Infinity) mates.push({ row: other, distance: distanceOf(other) });
  });
  mates.sort(before);
  const limits = Float64Array.from(mates, ({ distance }) => query.keyAbove(distance)); // above: after it, for certain
  const floors = Float64Array.from(mates, ({ distance }) => query.keyBelow(distance)); // below: before it, for certain
  // How many others come before the first, second, … mate and not before the one before it.
  const others = new Int32Array(mates.length + 1);
  candidates.forEach((other, i) => {
    const key = keys[i]!;
    if (key === Infinity || classes[other] === classes[row]) return;
    const from = countBelow(limits, key);
    const to = countBelow(floors, key, true);
    if (from === to) others[from]!++;
    else {
      const found = { row: other, distance: distanceOf(other) };
      let [low, high] = [0, mates.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (before(mates[middle]!, found) < 0) low = middle + 1;
        else high = middle;
      }
      others[low]!++;
    }
  });
  let [seen, sum] = [0, 0];
  mates.forEach((_mate, i) => {
    seen += others[i]!;
    sum += (i + 1) / (i + 1 + seen);
  });
  return { nearest: nearest.slice(0, mostNeighbours), averagePrecision: sum / mates.length };
}

/** How many of the ascending values are below `key`; with `orEqual`, or equal. */
function countBelow(values: Float64Array, key: number, orEqual = false): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (orEqual ? values[middle]! <= key : values[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds up what the queries found. */
class Tally {
  private readonly recalls: [number, number][] = [
    [1, 0],
    [5, 0],
    [10, 0],
  ];
  private precision = 0;
  private readonly votes: [number, number][] = [
    [1, 0],
    [10, 0],
  ];
  private readonly confusions = new Map<string, number>();

  constructor(private readonly classes: Int32Array) {}

  take(query: number, { nearest, averagePrecision }: QueryRanking): void {
    const own = this.classes[query]!;
    const found = nearest.map(({ row }) => this.classes[row]!);
    for (const recall of this.recalls) if (found.slice(0, recall[0]).includes(own)) recall[1]++;
    for (const vote of this.votes) if (majority(found.slice(0, vote[0])) === own) vote[1]++;
    this.precision += averagePrecision;
    if (found.length > 0 && found[0] !== own) {
      const key = `${own} ${found[0]}`;
      this.confusions.set(key, (this.confusions.get(key) ?? 0) + 1);
    }
  }

  result(queries: number): Pick<QualityAnswer, 'recallAt1' | 'recallAt5' | 'recallAt10' | 'meanAveragePrecision' | 'knn1' | 'knn10' | 'confusions'> {
    const share = (count: number): number => (queries > 0 ? count / queries : 0);
    const confusions = Array.from(this.confusions, ([key, count]) => [...key.split(' ').map(Number), count] as [number, number, number]);
    return {
      recallAt1: share(this.recalls[0]![1]),
      recallAt5: share(this.recalls[1]![1]),
      recallAt10: share(this.recalls[2]![1]),
      meanAveragePrecision: share(this.precision),
      knn1: share(this.votes[0]![1]),
      knn10: share(this.votes[1]![1]),
      confusions: confusions.sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]),
    };
  }
}

/** The class with most votes; of several the one that votes first. */
function majority(votes: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  let best: number | undefined;
  for (const [vote, count] of counts) if (best === undefined || count > counts.get(best)!) best = vote;
  return best;
}
