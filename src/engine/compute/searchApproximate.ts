import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Index } from 'usearch';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { Metric } from '../../protocol/retrieval';
import { RowLengths } from './searchRank';
import type { SearchMatrix } from './searchMatrix';

/** Rows that are near a query, most of them. */
export interface ApproximateIndex {
  /** Nearest first. @param query [features] */
  search(query: Float32Array, count: number): Promise<number[]>;
  vector(row: number): Promise<Float32Array>;
}

/** Rows that are added between two breaths. */
const rowsAtOnce = 2000;
const connectivity = 16;

/**
 * HNSW indexes of embeddings in files of their own (usearch; Y. Malkov and D. Yashunin, "Efficient and robust approximate nearest
 * neighbor search using hierarchical navigable small world graphs", 2016), float16 inside, read through the memory map.
 * @throws usage where the native library is not made for this platform
 */
async function load(): Promise<typeof import('usearch')> {
  try {
    const module = (await import('usearch')) as typeof import('usearch') & { default?: typeof import('usearch') };
    return module.default ?? module;
  } catch (error) {
    throw new UnitscopeError(
      'usage',
      `Approximate search is not available on ${process.platform}-${process.arch}: its library (usearch) is not made for it. Search exactly; that has no such limit.`,
      { cause: error },
    );
  }
}

async function emptyIndex(features: number, metric: Metric): Promise<Index> {
  const usearch = await load();
  return new usearch.Index({
    dimensions: features,
    metric: metric === 'cosine' ? usearch.MetricKind.Cos : usearch.MetricKind.L2sq,
    quantization: usearch.ScalarKind.F16,
    connectivity,
    expansion_add: 128,
    expansion_search: 64,
    multi: false,
  });
}

/** Builds the index of a matrix into a file. Rows that have no distance are left out. @throws usage, cancelled */
export async function buildIndex(matrix: SearchMatrix, metric: Metric, file: string, threads: number, signal: AbortSignal, report: (progress: { share: number }) => void): Promise<void> {
  const { features, rows } = matrix;
  const index = await emptyIndex(features, metric);
  const lengths = new RowLengths(metric, matrix.squares);
  for await (const { from, values } of matrix.blocks(rowsAtOnce, signal)) {
    const count = values.length / features;
    const kept: number[] = [];
    for (let i = 0; i < count; i++) if (lengths.isRanked(from + i)) kept.push(i);
    const some = kept.length === count ? values : new Float32Array(kept.length * features);
    if (kept.length < count) kept.forEach((i, at) => some.set(values.subarray(i * features, (i + 1) * features), at * features));
    if (kept.length > 0) index.add(BigUint64Array.from(kept, (i) => BigInt(from + i)), some, threads);
    report({ share: from / rows });
    await setImmediate();
    if (signal.aborted) throw cancelled();
  }
  const aside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    index.save(aside);
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw new UnitscopeError('cache.failed', `The approximate index cannot be kept at ${file}; make room or choose another cache folder.`, { cause: error });
  }
}

/** The indexes that were searched last. */
export class ApproximateIndexes {
  private readonly kept = new Map<string, { version: string; matrix: SearchMatrix; index: ApproximateIndex }>();

  /** Null where the file is not there (any more). */
  async get(file: string, matrix: SearchMatrix, metric: Metric): Promise<ApproximateIndex | null> {
    const status = statSync(file, { throwIfNoEntry: false });
    if (!status) return null;
    const version = `${status.ino} ${status.size} ${status.mtimeMs}`;
    const known = this.kept.get(file);
    if (known?.version === version && known.matrix === matrix) return known.index;
    const made = await emptyIndex(matrix.features, metric);
    made.view(file);
    const index: ApproximateIndex = {
      search: (query, count) => {
        const { keys } = made.search(query, count, 1);
        return Promise.resolve(Array.from(keys, Number).filter((row) => row >= 0 && row < matrix.rows));
      },
      vector: (row) => Promise.resolve(matrix.row(row)),
    };
    this.kept.set(file, { version, matrix, index });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= 4) break;
      this.kept.delete(oldest);
    }
    return index;
  }
}
