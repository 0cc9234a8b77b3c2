import type { TensorStatistics } from '../../protocol/checkpoint';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { Numbers } from './elements';
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
  const found = { finite: 0, sum: 0, low: Infinity, high: -Infinity, zeros: 0, nans: 0, positive: 0, negative: 0, squares: 0 };
  for (const { first, values } of numberBlocks(tensor)) {
    // Along units, so that one pass gives their norms and all else.
    for (let at = 0; at < values.length; ) {
      const unit = unitSize === 0 ? 0 : Math.floor((first * parts + at) / unitSize);
      const end = unitSize === 0 ? values.length : Math.min(values.length, (unit + 1) * unitSize - first * parts);
      const square = take(found, values, at, end);
      if (unitSize > 0) squares[unit]! += square;
      found.squares += square;
      at = end;
    }
    await step(values.length);
  }

  const mean = found.finite > 0 ? found.sum / found.finite : null;
  const histogram = { low: found.finite > 0 ? found.low : 0, high: found.finite > 0 ? found.high : 0, counts: new Float64Array(bins) };
  let deviations = 0;
  for (const { values } of numberBlocks(tensor)) {
    deviations += count(histogram, values, mean ?? 0);
    await step(values.length);
  }
  const infs = found.positive + found.negative;
  const real = tensor.count * parts - found.nans > 0;
  return {
    count: tensor.count,
    mean,
    std: mean === null ? null : Math.sqrt(deviations / found.finite),
    min: real ? (found.negative > 0 ? -Infinity : found.finite > 0 ? found.low : Infinity) : null,
    max: real ? (found.positive > 0 ? Infinity : found.finite > 0 ? found.high : -Infinity) : null,
    l2: Math.sqrt(found.squares),
    zeros: found.zeros,
    nans: found.nans,
    infs,
    histogram,
    unitNorms: squares.map(Math.sqrt),
  };
}

/** What one pass finds; sums over finite values. */
interface Found {
  finite: number;
  sum: number;
  low: number;
  high: number;
  zeros: number;
  nans: number;
  positive: number;
  negative: number;
}

/** Takes in the values from `at` up to `end`. Returns the sum of their squares. Two sums each: none waits for the one before. */
function take(found: Found, values: Numbers, at: number, end: number): number {
  let { low, high } = found;
  let zeros = 0;
  let sum0 = 0;
  let sum1 = 0;
  let square0 = 0;
  let square1 = 0;
  let i = at;
  for (; i + 1 < end; i += 2) {
    const a = values[i]!;
    const b = values[i + 1]!;
    sum0 += a;
    sum1 += b;
    square0 += a * a;
    square1 += b * b;
    if (a < low) low = a;
    if (a > high) high = a;
    if (b < low) low = b;
    if (b > high) high = b;
    if (a === 0) zeros++;
    if (b === 0) zeros++;
  }
  if (i < end) {
    const a = values[i]!;
    sum0 += a;
    square0 += a * a;
    if (a < low) low = a;
    if (a > high) high = a;
    if (a === 0) zeros++;
  }
  // A sum is finite where all its values are: else these few are looked at one by one.
  if (!Number.isFinite(sum0 + sum1)) return takeOdd(found, values, at, end);
  found.low = low;
  found.high = high;
  found.zeros += zeros;
  found.finite += end - at;
  found.sum += sum0 + sum1;
  return square0 + square1;
}

/** The same where some values are NaN or infinite, or so large that their sum is. */
function takeOdd(found: Found, values: Numbers, at: number, end: number): number {
  let squares = 0;
  for (let i = at; i < end; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) found.nans++;
    else if (value === Infinity) found.positive++;
    else if (value === -Infinity) found.negative++;
    else {
      found.finite++;
      found.sum += value;
      squares += value * value;
      if (value < found.low) found.low = value;
      if (value > found.high) found.high = value;
      if (value === 0) found.zeros++;
    }
  }
  return squares;
}

/** Counts values in the bins of a histogram that holds all finite ones. Returns the sum of their squared distances from the mean. */
function count({ low, high, counts }: TensorStatistics['histogram'], values: Numbers, mean: number): number {
  const width = high - low;
  const last = bins - 1;
  const { length } = values;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    if (value - value !== 0) continue; // NaN or infinite
    const distance = value - mean;
    squares += distance * distance;
    const bin = width > 0 ? (((value - low) / width) * bins) | 0 : 0;
    counts[bin < last ? bin : last]!++;
  }
  return squares;
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
