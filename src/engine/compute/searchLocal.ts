import type { Metric } from '../../protocol/retrieval';
import type { ActivationShape, LocalBest, LocalTask } from './searchContract';
import { rowsOf } from './searchPack';

/** Bytes of activations that are held at once. */
const chunkBytes = 64e6;

/**
 * For each activation the window that is nearest to the query: channel vectors averaged over the window, compared by cosine or
 * Euclidean distance; of windows that are equally near the first in row-major order. Sums over windows come from integral images
 * in float64 (F. Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984); the distance of the best window is then computed
 * from the activations themselves. Windows without an angle (all 0) are passed over for cosine.
 * Memory: some activations. @throws cancelled, cache.failed
 */
export async function searchLocal(task: LocalTask, signal: AbortSignal, report: (progress: { share: number }) => void): Promise<LocalBest> {
  const { rows, features } = task.source;
  const best: LocalBest = { distances: new Float64Array(rows).fill(NaN), positions: new Int32Array(rows).fill(-1), faults: new Uint8Array(rows) };
  for await (const { from, values } of rowsOf(task.source, chunkBytes, signal)) {
    for (let i = 0; i * features < values.length; i++) {
      const activation = values.subarray(i * features, (i + 1) * features);
      const found = bestWindow(activation, task);
      best.faults[from + i] = found.fault;
      if (found.fault !== 0) continue;
      best.positions[from + i] = found.position;
      best.distances[from + i] = distanceOf(windowMean(activation, task.shape, found.position, task.window), task.query, task.metric);
    }
    report({ share: (from + values.length / features) / rows });
  }
  return best;
}

/** The mean over a window, unit by unit, summed directly. @param position row-major index of the window's first position */
export function windowMean(activation: Float32Array, { units, inner, grid: [, columns] }: ActivationShape, position: number, [height, width]: [number, number]): Float64Array {
  const mean = new Float64Array(units);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = position + y * columns + x;
      const start = Math.floor(at / inner) * units * inner + (at % inner);
      for (let unit = 0; unit < units; unit++) mean[unit]! += activation[start + unit * inner]!;
    }
  return mean.map((sum) => sum / (height * width));
}

/** NaN for cosine where one of them is 0. */
export function distanceOf(a: Float64Array, b: Float64Array, metric: Metric): number {
  let [dot, squareA, squareB, difference] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    dot += x * y;
    squareA += x * x;
    squareB += y * y;
    difference += (x - y) ** 2;
  }
  if (metric === 'euclidean') return Math.sqrt(difference);
  return Math.min(2, Math.max(0, 1 - dot / Math.sqrt(squareA * squareB)));
}

interface BestWindow {
  position: number;
  /** See `LocalBest`. */
  fault: 0 | 1 | 2;
}

/** Rounding of integral images may leave this share of a window's true square where it is 0. */
const nothing = 1e-20;

function bestWindow(activation: Float32Array, { shape, query, window: [height, width], metric }: LocalTask): BestWindow {
  const { units, inner, grid } = shape;
  const [rows, columns] = grid;
  const across = columns - width + 1;
  const windows = (rows - height + 1) * across;
  const dots = new Float64Array(windows);
  const squares = new Float64Array(windows);
  const table = new Float64Array((rows + 1) * (columns + 1));
  let total = 0;
  for (let unit = 0; unit < units; unit++) {
    const weight = query[unit]! * height * width; // compares sums, not means
    for (let y = 0; y < rows; y++) {
      let line = 0;
      for (let x = 0; x < columns; x++) {
        const at = y * columns + x;
        const value = activation[Math.floor(at / inner) * units * inner + unit * inner + (at % inner)]!;
        line += value;
        total += value * value;
        table[(y + 1) * (columns + 1) + x + 1] = table[y * (columns + 1) + x + 1]! + line;
      }
    }
    for (let y = 0, at = 0; y + height <= rows; y++)
      for (let x = 0; x < across; x++, at++) {
        const top = y * (columns + 1) + x;
        const bottom = top + height * (columns + 1);
        const sum = table[bottom + width]! - table[bottom]! - table[top + width]! + table[top]!;
        dots[at]! += weight * sum;
        squares[at]! += metric === 'cosine' ? sum * sum : (sum - weight) ** 2;
      }
  }
  if (!Number.isFinite(total)) return { position: -1, fault: 2 };
  let [best, nearest] = [-1, Infinity];
  for (let at = 0; at < windows; at++) {
    if (metric === 'cosine' && squares[at]! <= nothing * total) continue;
    const score = metric === 'cosine' ? -dots[at]! / Math.sqrt(squares[at]!) : squares[at]!;
    if (best < 0 || score < nearest - 1e-12 * Math.abs(nearest)) [best, nearest] = [at, score];
  }
  if (best < 0) return { position: -1, fault: 1 };
  return { position: Math.floor(best / across) * columns + (best % across), fault: 0 };
}
