import type { CheckpointProgress, CheckpointStep, TensorChange } from '../../protocol/checkpoint';
import type { Checkpoint } from './checkpoint';
import { decode } from './elements';
import { matchNames } from './names';
import { isUnreadable } from './problem';
import { addUnits, breathe, unitsOf } from './statistics';
import { blockLength, type CheckpointTensor } from './tensor';

/** Sums of a tensor that is in two checkpoints. */
interface Sums {
  change: number;
  before: number;
  after: number;
  product: number;
  most: number;
  equal: boolean;
}

/**
 * How the tensors of `after` differ from those of `before`, matched by name. Memory: two blocks, and a number a unit. NaN
 * elements make the numbers of their tensor null; equal ones count as the same. Throws `cancelled`.
 */
export async function compareCheckpoints(
  before: Checkpoint,
  after: Checkpoint,
  signal: AbortSignal,
  report: (progress: CheckpointProgress) => void,
): Promise<CheckpointStep> {
  const a = new Map(before.tensors.map((tensor) => [tensor.name, tensor]));
  const b = new Map(after.tensors.map((tensor) => [tensor.name, tensor]));
  const match = matchNames([...a.keys()], [...b.keys()]);
  const pairs = match.pairs.map(([nameA, nameB]) => [a.get(nameA)!, b.get(nameB)!] as const);
  const whole = { change: 0, before: 0 };
  const tensors = await comparePairs(pairs, signal, report, (sums) => {
    whole.change += sums.change;
    whole.before += sums.before;
  });
  for (const name of match.onlyA) tensors.push({ ...unchanged(a.get(name)!, 'gone'), names: [name, null] });
  for (const name of match.onlyB) tensors.push({ ...unchanged(b.get(name)!, 'new'), names: [null, name] });
  return { paths: [before.path, after.path], tensors, prefixes: match.prefixes, relative: ratio(whole.change, whole.before) };
}

/** The same for tensors that are known to belong together, in their order. */
export async function comparePairs(
  pairs: readonly (readonly [CheckpointTensor, CheckpointTensor])[],
  signal: AbortSignal,
  report: (progress: CheckpointProgress) => void,
  count: (sums: Sums) => void = () => undefined,
): Promise<TensorChange[]> {
  const total = pairs.reduce((sum, [one]) => sum + one.bytes, 0);
  let done = 0;
  const rows: TensorChange[] = [];
  for (const [one, other] of pairs) {
    const { row, sums } = await compareTensors(one, other, signal, (bytes) => report({ done: done + bytes, total }));
    if (sums) count(sums);
    rows.push(row);
    report({ done: (done += one.bytes), total });
  }
  return rows;
}

async function compareTensors(
  one: CheckpointTensor,
  other: CheckpointTensor,
  signal: AbortSignal,
  report: (bytes: number) => void,
): Promise<{ row: TensorChange; sums: Sums | null }> {
  const names: [string, string] = [one.name, other.name];
  if (one.shape.join() !== other.shape.join()) return { row: { ...unchanged(other, 'reshaped'), names, name: one.name }, sums: null };
  if (!one.element || one.element.parts !== other.element?.parts) {
    const problem = one.problem ?? other.problem ?? `${one.dtype} cannot be compared with ${other.dtype}`;
    return { row: { ...unchanged(one, 'unread'), names, problem }, sums: null };
  }
  let found: Awaited<ReturnType<typeof difference>>;
  try {
    found = await difference(one, other, signal, report);
  } catch (error) {
    // A file beside one of the checkpoints that is missing: the other tensors can be compared all the same.
    if (!isUnreadable(error)) throw error;
    return { row: { ...unchanged(one, 'unread'), names, problem: error.message }, sums: null };
  }
  const { sums, units } = found;
  const row: TensorChange = {
    name: one.name,
    names,
    state: sums.equal ? 'same' : 'changed',
    shape: one.shape,
    relative: sums.equal ? 0 : ratio(sums.change, sums.before),
    cosine: sums.before > 0 && sums.after > 0 ? finite(Math.max(-1, Math.min(1, sums.product / Math.sqrt(sums.before) / Math.sqrt(sums.after)))) : null,
    maxAbs: finite(sums.most),
    units,
  };
  return { row, sums };
}

async function difference(one: CheckpointTensor, other: CheckpointTensor, signal: AbortSignal, report: (bytes: number) => void): Promise<{ sums: Sums; units: Float64Array }> {
  const [typeA, typeB] = [one.element!, other.element!];
  const sums: Sums = { change: 0, before: 0, after: 0, product: 0, most: 0, equal: true };
  const count = unitsOf(one.shape);
  const units = new Float64Array(count);
  const unitSize = count === 0 ? 0 : (one.count * typeA.parts) / count;
  const length = Math.min(blockLength(typeA), blockLength(typeB));
  for (let first = 0; first < one.count; first += length) {
    const size = Math.min(length, one.count - first);
    const [bytesA, bytesB] = [new Uint8Array(one.read(first, size)), other.read(first, size)];
    // 64-bit integers that are rounded to one number still differ.
    if (typeA.name === typeB.name && typeA.name.includes('int64') && Buffer.compare(bytesA, bytesB) !== 0) sums.equal = false;
    const a = decode(bytesA, typeA);
    const b = decode(bytesB, typeB);
    let [change, before, after, product] = [0, 0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      const x = a[i]!;
      const y = b[i]!;
      before += x * x;
      after += y * y;
      product += x * y;
      if (Object.is(x, y) || x === y) continue;
      sums.equal = false;
      const d = y - x;
      change += d * d;
      if (!(Math.abs(d) <= sums.most)) sums.most = Math.abs(d); // NaN stays
    }
    sums.change += change;
    sums.before += before;
    sums.after += after;
    sums.product += product;
    if (change !== 0) addUnits(units, unitSize, first * typeA.parts, a, (x, i) => (Object.is(x, b[i]) || x === b[i] ? 0 : (b[i]! - x) ** 2));
    report((first + size) * typeA.bytes);
    await breathe(signal);
  }
  return { sums, units: units.map(Math.sqrt) };
}

function unchanged({ name, shape }: CheckpointTensor, state: TensorChange['state']): TensorChange {
  return { name, names: [name, name], state, shape, relative: null, cosine: null, maxAbs: null, units: new Float64Array(0) };
}

/** ||change|| / ||before|| of squared norms; infinite for a change from nothing, null where one is not a number. */
function ratio(change: number, before: number): number | null {
  if (Number.isNaN(change) || Number.isNaN(before)) return null;
  return change === 0 ? 0 : Math.sqrt(change) / Math.sqrt(before);
}

function finite(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
