import type { Vector } from './condensed';

/** Values as whole numbers in the same order: equal values have equal ids, 0 to `groups` - 1 without gaps. */
export interface DenseRanks {
  ids: Int32Array;
  groups: number;
}

const digitBits = 8;
const digits = 2 ** digitBits;

/** Values in their order: `order[i]` is the position of the i-th lowest, and equal ones follow each other. */
interface Sorted {
  order: Uint32Array;
  /** The sorted values as words of bits, equal where the values are. */
  words: readonly Uint32Array[];
}

/**
 * Positions of the values from the lowest to the highest, equal ones (0 and -0 are) in their order. NaN has no place in an
 * order and must not occur.
 */
export function ascending(values: Vector): Uint32Array {
  return sorted(values).order;
}

/** A radix sort of the floats' bits, O(m). The words move along: reading at random takes longer than writing in streams. */
function sorted(values: Vector): Sorted {
  const positions = new Uint32Array(values.length);
  for (let i = 0; i < positions.length; i++) positions[i] = i;
  let from: Uint32Array[] = [...sortableWords(values), positions];
  let to: Uint32Array[] = from.map((column) => new Uint32Array(column.length));
  for (let word = 0; word < from.length - 1; word++) {
    for (let shift = 0; shift < 32; shift += digitBits) {
      const keys = from[word]!;
      const starts = new Uint32Array(digits);
      for (const key of keys) starts[(key >>> shift) & (digits - 1)]!++;
      if (starts.includes(keys.length)) continue; // all have the same digit
      let sum = 0;
      for (let digit = 0; digit < digits; digit++) {
        const count = starts[digit]!;
        starts[digit] = sum;
        sum += count;
      }
      for (const [column, source] of from.entries()) scatter(source, keys, shift, starts.slice(), to[column]!);
      [from, to] = [to, from];
    }
  }
  return { order: from.at(-1)!, words: from.slice(0, -1) };
}

/** Puts each item at the place where its key's digit has the next free one. */
function scatter(source: Uint32Array, keys: Uint32Array, shift: number, starts: Uint32Array, out: Uint32Array): void {
  for (let i = 0; i < source.length; i++) out[starts[(keys[i]! >>> shift) & (digits - 1)]!++] = source[i]!;
}

/**
 * The values' bits as unsigned words whose order is the values', the least significant word first. The bits of an IEEE 754
 * number without its sign are in its order; negative numbers are reversed.
 */
function sortableWords(values: Vector): Uint32Array[] {
  const high = new Uint32Array(values.length);
  if (values instanceof Float32Array) {
    const bits = new Uint32Array(values.map((value) => value + 0).buffer); // -0 + 0 is 0
    for (let i = 0; i < high.length; i++) high[i] = bits[i]! >>> 31 ? ~bits[i]! : bits[i]! | 0x80000000;
    return [high];
  }
  const low = new Uint32Array(values.length);
  const number = new Float64Array(1);
  const bits = new Uint32Array(number.buffer);
  const [lowWord, highWord] = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? [0, 1] : [1, 0];
  for (let i = 0; i < high.length; i++) {
    number[0] = values[i]! + 0;
    const negative = bits[highWord]! >>> 31;
    high[i] = negative ? ~bits[highWord]! : bits[highWord]! | 0x80000000;
    low[i] = negative ? ~bits[lowWord]! : bits[lowWord]!;
  }
  return [low, high];
}

/** Where the run of equal values that begins at `from` ends. */
function endOfRun(words: readonly Uint32Array[], from: number): number {
  const [first, last] = [words[0]!, words.at(-1)!]; // the same one for float32
  let to = from + 1;
  while (to < first.length && first[to] === first[from] && last[to] === last[from]) to++;
  return to;
}

/** Dense ranks of values without NaN. */
export function denseRanks(values: Vector): DenseRanks {
  const { order, words } = sorted(values);
  const ids = new Int32Array(values.length);
  let groups = 0;
  for (let from = 0; from < order.length; groups++) {
    const to = endOfRun(words, from);
    for (; from < to; from++) ids[order[from]!] = groups;
  }
  return { ids, groups };
}

/** Twice the 1-based rank of each value, equal values sharing the mean of theirs: twice, so that they are whole numbers. */
export function doubledMidranks(values: Vector): Int32Array {
  const { order, words } = sorted(values);
  const ranks = new Int32Array(values.length);
  for (let from = 0; from < order.length; ) {
    const to = endOfRun(words, from);
    const doubled = from + 1 + to;
    for (; from < to; from++) ranks[order[from]!] = doubled;
  }
  return ranks;
}

/** 1-based ranks, equal values sharing the mean of theirs, as SciPy's `rankdata` gives them. The values have no NaN. */
export function midranks(values: Vector): Float64Array {
  const ranks = new Float64Array(doubledMidranks(values));
  for (let i = 0; i < ranks.length; i++) ranks[i]! /= 2;
  return ranks;
}
