import type { TensorStatistics } from '../../protocol/checkpoint';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import { numberBlocks, type CheckpointTensor } from './tensor';

/** More slices along axis 0 than this have no norms of their own: rows of an embedding table, elements of a bias are fine. */
export const mostUnits = 65_536;

const bins = 64;

/**
 * Statistics, histogram and norms of units of one tensor, block by block in two passes. Memory: a block, and a number a
 * unit. Throws `cancelled`, and `reference.unreadable` where values are not read.
 * @param report values looked at, in both passes
 */
export async function tensorStatistics(tensor: CheckpointTensor, signal: AbortSignal, report: (done: number, total: number) => void = () => undefined): Promise<TensorStatistics> {
  if (!tensor.element) throw unread(tensor);
  const parts = tensor.element.parts;
  const total = 2 * tensor.count * parts;
  let done = 0;
  const step = async (length: number): Promise<void> => {
    report((done += length), total);
    await breathe(signal);
  };

  const units = unitsOf(tensor.shape);
  const unitSize = units === 0 ? 0 : (tensor.count * parts) / units;
  const squares = new Float64Array(units);
  const found = { finite: 0, sum: 0, min: Infinity, max: -Infinity, low: Infinity, high: -Infinity, zeros: 0, nans: 0, infs: 0, squares: 0 };
  for (const { first, values } of numberBlocks(tensor)) {
    let sum = 0;
    let square = 0;
    for (const value of values) {
      if (value < found.min) found.min = value;
      if (value > found.max) found.max = value;
      if (!Number.isFinite(value)) {
        if (Number.isNaN(value)) found.nans++;
        else found.infs++;
        continue;
      }
      if (value < found.low) found.low = value;
      if (value > found.high) found.high = value;
      if (value === 0) found.zeros++;
      found.finite++;
      sum += value;
      square += value * value;
    }
    found.sum += sum;
    found.squares += square;
    addUnits(squares, unitSize, first * parts, values, (value) => (Number.isFinite(value) ? value * value : 0));
    await step(values.length);
  }

  const mean = found.finite > 0 ? found.sum / found.finite : null;
  const histogram = { low: found.finite > 0 ? found.low : 0, high: found.finite > 0 ? found.high : 0, counts: new Float64Array(bins) };
  const width = histogram.high - histogram.low;
  let deviations = 0;
  for (const { values } of numberBlocks(tensor)) {
    let sum = 0;
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      sum += (value - mean!) ** 2;
      const bin = width > 0 ? Math.min(bins - 1, Math.floor(((value - histogram.low) / width) * bins)) : 0;
      histogram.counts[bin]!++;
    }
    deviations += sum;
    await step(values.length);
  }
  const real = tensor.count * parts - found.nans > 0;
  return {
    count: tensor.count,
    mean,
    std: mean === null ? null : Math.sqrt(deviations / found.finite),
    min: real ? found.min : null,
    max: real ? found.max : null,
    l2: Math.sqrt(found.squares),
    zeros: found.zeros,
    nans: found.nans,
    infs: found.infs,
    histogram,
    unitNorms: squares.map(Math.sqrt),
  };
}

/** Slices along axis 0, or 0 where they are not told apart. */
export function unitsOf(shape: readonly number[]): number {
  const [units = 0] = shape;
  return units <= mostUnits && !shape.includes(0) ? units : 0;
}

/** Adds what each value is worth to the sum of its unit. `first`: the place of the first value in the tensor. */
export function addUnits(sums: Float64Array, unitSize: number, first: number, values: ArrayLike<number>, worth: (value: number, i: number) => number): void {
  if (unitSize === 0) return;
  for (let i = 0; i < values.length; ) {
    const unit = Math.floor((first + i) / unitSize);
    const end = Math.min(values.length, (unit + 1) * unitSize - first);
    let sum = 0;
    for (; i < end; i++) sum += worth(values[i]!, i);
    sums[unit]! += sum;
  }
}

/** Lets messages in: a cancellation, too. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise(setImmediate);
  if (signal.aborted) throw cancelled();
}

export function unread({ name, problem }: CheckpointTensor): UnitscopeError {
  return new UnitscopeError('reference.unreadable', `The values of the tensor ${name} are not read: ${problem ?? 'their type is not known'}.`);
}
