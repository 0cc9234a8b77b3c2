import { UnitscopeError } from '../../protocol/errors';
import type { MeasuredRecall } from '../../protocol/retrieval';
import { sample, seeded } from '../numerics/random';
import { EmbeddingFile } from '../store/embeddingFile';
import { ApproximateIndexes, type ApproximateIndex } from './searchApproximate';
import { tableIndex } from './lanceTable';
import { Matrices, type SearchMatrix } from './searchMatrix';
import { countRanked, exactDistance, PreparedQuery, rank, RowLengths, type Found } from './searchRank';
import type { SearchAnswer, SearchTask } from './searchContract';
import { normaliseRows, whitenRows } from './whiten';

/** Queries that an approximate index is measured by, and the neighbours that count. */
const [recallQueries, recallAt] = [50, 10];

interface Ready {
  rows: SearchMatrix;
  lengths: RowLengths;
  query: PreparedQuery;
}

/**
 * Searches of one process, one after another: what was searched last stays in memory, so that the next search of it takes
 * milliseconds.
 */
export class Searches {
  private readonly matrices = new Matrices();
  private readonly indexes = new ApproximateIndexes();
  private readonly lengths = new WeakMap<SearchMatrix, Map<string, RowLengths>>();
  private readonly tables = new WeakMap<SearchMatrix, ApproximateIndex>();
  private readonly recalls = new WeakMap<ApproximateIndex, MeasuredRecall>();
  private last: Promise<unknown> = Promise.resolve();

  /** Waits for the search before. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work, work);
    this.last = mine.catch(() => undefined); // whoever asked for it hears
    return mine;
  }

  rank(task: SearchTask, signal: AbortSignal): Promise<SearchAnswer> {
    return this.alone(async () => {
      const ready = await this.ready(task, signal);
      const { ranked, silent, notFinite } = countRanked(ready.lengths, task.candidates);
      const approximate = task.approximate && !task.candidates.groups ? await this.approximately(task, ready, signal) : null;
      if (approximate) return { ...approximate, silent, notFinite };
      const start = performance.now();
      const [found] = await rank(ready.rows, ready.lengths, [ready.query], task.candidates, Math.min(task.count, ranked), task.threads, signal);
      const milliseconds = performance.now() - start;
      return { ...columnsOf(found!), total: ranked, silent, notFinite, milliseconds, exact: true, recall: null };
    });
  }

  /** Places in the whole ranking. With groups, of those that are the nearest of theirs. */
  places(task: SearchTask, of: Int32Array, signal: AbortSignal): Promise<{ places: Int32Array; distances: Float64Array; total: number }> {
    return this.alone(async () => {
      const { rows, lengths, query } = await this.ready(task, signal);
      const { ranked } = countRanked(lengths, task.candidates);
      const [found] = await rank(rows, lengths, [query], task.candidates, ranked, task.threads, signal);
      const at = new Map(found!.map(({ row }, place) => [row, place]));
      return {
        places: of.map((row) => (at.get(row) ?? -1) + 1),
        distances: Float64Array.from(of, (row) => found![at.get(row) ?? -1]?.distance ?? NaN),
        total: found!.length,
      };
    });
  }

  private async ready(task: SearchTask, signal: AbortSignal): Promise<Ready> {
    const rows = await this.matrices.get(task.file, task.budget, signal);
    let byMetric = this.lengths.get(rows);
    if (!byMetric) this.lengths.set(rows, (byMetric = new Map<string, RowLengths>()));
    let lengths = byMetric.get(task.metric);
    if (!lengths) byMetric.set(task.metric, (lengths = new RowLengths(task.metric, rows.squares)));
    const vector = await queryVector(task, rows.features);
    return { rows, lengths, query: new PreparedQuery(task.metric, vector, lengths.longest, lengths.shortest) };
  }

  /**
   * What an approximate index finds of the candidates; null where the filter leaves it too few, so that all rows are searched.
   * Distances are computed again, exactly.
   */
  private async approximately(task: SearchTask, { rows, lengths, query }: Ready, signal: AbortSignal): Promise<Omit<SearchAnswer, 'silent' | 'notFinite'> | null> {
    const { mask } = task.candidates;
    const index = await this.indexOf(task, rows, signal);
    if (!index) return null;
    const recall = await this.recallOf(index, task, rows, lengths, signal);
    const start = performance.now();
    for (let wanted = Math.min(rows.rows, task.count + 16); ; wanted = Math.min(rows.rows, wanted * 4)) {
      const near = await index.search(query.rounded, wanted);
      const allowed = near.filter((row) => mask?.[row] !== 0 && lengths.isRanked(row));
      if (allowed.length < task.count && wanted < rows.rows && wanted <= rows.rows / 8) continue;
      if (allowed.length < task.count) return null;
      const found: Found[] = [];
      for (const row of allowed) {
        const values = await index.vector(row);
        found.push({ row, distance: exactDistance(task.metric, query.vector, query.length, values, 0, rows.squares[row]!) });
      }
      found.sort((a, b) => a.distance - b.distance || a.row - b.row);
      const milliseconds = performance.now() - start;
      return { ...columnsOf(found.slice(0, task.count)), total: found.length, milliseconds, exact: false, recall };
    }
  }

  private async indexOf({ approximate, metric }: SearchTask, rows: SearchMatrix, signal: AbortSignal): Promise<ApproximateIndex | null> {
    if (!approximate) return null;
    if ('file' in approximate) return await this.indexes.get(approximate.file, rows, metric);
    const known = this.tables.get(rows);
    if (known) return known;
    const index = await tableIndex(approximate.table, rows, metric, signal);
    this.tables.set(rows, index);
    return index;
  }

  /** The share of the nearest ten that it finds, for fifty rows as queries, each without itself. */
  private async recallOf(index: ApproximateIndex, task: SearchTask, rows: SearchMatrix, lengths: RowLengths, signal: AbortSignal): Promise<MeasuredRecall> {
    const known = this.recalls.get(index);
    if (known) return known;
    const ranked = Array.from({ length: rows.rows }, (_, row) => row).filter((row) => lengths.isRanked(row));
    const chosen = Array.from(sample(Math.min(recallQueries, ranked.length), ranked.length, seeded(0)), (at) => ranked[at]!);
    const queries: PreparedQuery[] = [];
    for (const row of chosen) queries.push(new PreparedQuery(task.metric, Float64Array.from(await index.vector(row)), lengths.longest, lengths.shortest));
    const exact = await rank(rows, lengths, queries, {}, recallAt + 1, task.threads, signal);
    let [hits, all] = [0, 0];
    for (const [i, row] of chosen.entries()) {
      const nearest = exact[i]!.filter((found) => found.row !== row).slice(0, recallAt);
      const found = new Set((await index.search(queries[i]!.rounded, recallAt + 1)).filter((other) => other !== row).slice(0, recallAt));
      all += nearest.length;
      for (const near of nearest) if (found.has(near.row)) hits++;
    }
    const recall = { recall: all > 0 ? hits / all : 1, k: recallAt, queries: chosen.length };
    this.recalls.set(index, recall);
    return recall;
  }
}

/** The vector that is searched for: parts transformed as the rows were, of length 1 for cosine, added with their weights. */
async function queryVector({ parts, metric, transform, l2, threads }: SearchTask, features: number): Promise<Float64Array> {
  const vector = new Float64Array(features);
  for (const part of parts) {
    const values = part.transformed ? part.vector : await transformed(part.vector, transform, l2, threads);
    if (values.length !== features)
      throw new UnitscopeError('usage', `The index holds vectors of ${features} numbers, and ${part.name} gives ${values.length}; search with the layer and pooling that it was made with.`);
    const square = values.reduce((sum, value) => sum + value * value, 0);
    if (!Number.isFinite(square)) throw new UnitscopeError('layer.failed', `The layer has activations that are not finite numbers for ${part.name}; the model may overflow.`);
    if (metric === 'cosine' && square === 0)
      throw new UnitscopeError('layer.failed', `The layer is silent for ${part.name}, so angles with it are not defined; search by Euclidean distance.`);
    const scale = part.weight / (metric === 'cosine' ? Math.sqrt(square) : 1);
    values.forEach((value, i) => (vector[i]! += value * scale));
  }
  if (metric === 'cosine' && parts.length > 1 && Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) < 1e-6)
    throw new UnitscopeError('usage', 'The images of the query cancel each other out, so nothing is nearest to them; change one of them.');
  return vector;
}

async function transformed(vector: Float32Array, file: string | null, l2: boolean, threads: number): Promise<Float32Array> {
  let values = vector;
  if (file !== null) {
    const opened = EmbeddingFile.open(file);
    if (!opened) throw new UnitscopeError('embedding.missing', 'The embeddings have been deleted meanwhile; search again.');
    try {
      const whitening = opened.whitening();
      if (whitening?.mean.length === vector.length) values = await whitenRows(whitening, vector, threads);
    } finally {
      opened.close();
    }
  }
  if (!l2) return values;
  const scaled = values.slice();
  normaliseRows(scaled, scaled.length);
  return scaled;
}

function columnsOf(found: readonly Found[]): { rows: Int32Array; distances: Float64Array } {
  return { rows: Int32Array.from(found, ({ row }) => row), distances: Float64Array.from(found, ({ distance }) => distance) };
}

