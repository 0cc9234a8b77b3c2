import { unreadable } from '../../../io/wholeFile';

/** An RDM found in a file. */
export interface RdmEntry {
  name: string;
  /** How many stimuli. */
  n: number;
  /** Upper triangle without the diagonal, row by row, as SciPy's `pdist` and MATLAB's `squareform`: [n(n-1)/2]. */
  condensed: Float64Array;
  /** Names of its stimuli, where the file has them. */
  names: string[] | null;
}

/** An array of numbers, the last axis fastest. */
export interface NumberArray {
  shape: number[];
  data: Float64Array;
}

/** Values that mirror each other may differ by this share of the largest value: results of float32 computations do. */
const asymmetry = 1e-6;

/** The number of stimuli, 3 or more, that has so many pairs; null where there is none. */
export function stimuliOf(pairs: number): number | null {
  const n = Math.round((1 + Math.sqrt(1 + 8 * pairs)) / 2);
  return n >= 3 && (n * (n - 1)) / 2 === pairs ? n : null;
}

/**
 * The RDMs in an array: square [n, n], condensed [m], [1, m] or [m, 1], or several of them, [k, n, n] or [k, m]; n is at
 * least 3. A square array is taken for one RDM. The diagonal is ignored.
 * @param place for messages: the file, and where in it
 * Throws `reference.unreadable` where it has another shape, is not symmetric (to 1e-6 of the largest value), or where a
 * pair has no finite value.
 */
export function entriesOf({ shape, data }: NumberArray, name: string, names: string[] | null, place: string): RdmEntry[] {
  const layout = layoutOf(shape);
  if (!layout) throw unreadable(`${place} ${shapeProblem(shape)}`);
  const { count, n, square } = layout;
  if (names && names.length !== n) {
    throw unreadable(`${place} has ${names.length} names for ${n} stimuli; give each stimulus one name.`);
  }
  const size = data.length / count;
  return Array.from({ length: count }, (_, k) => {
    const own = count === 1 ? name : `${name} ${k + 1}`;
    const where = count === 1 ? place : `${place}, RDM ${k + 1},`;
    const values = data.subarray(k * size, (k + 1) * size);
    const condensed = square ? upperTriangle(values, n, names, where) : values;
    checkFinite(condensed, n, names, where);
    return { name: own, n, condensed, names };
  });
}

function layoutOf(shape: number[]): { count: number; n: number; square: boolean } | null {
  const [first = 0, second = 0, third = 0] = shape;
  if (shape.length === 3) {
    return second === third && second >= 3 && first > 0 ? { count: first, n: second, square: true } : null;
  }
  if (shape.length === 2 && first === second && first >= 3) return { count: 1, n: first, square: true };
  const [count, pairs] = shape.length === 1 ? [1, first] : second === 1 ? [1, first] : [first, second];
  const n = shape.length === 1 || shape.length === 2 ? stimuliOf(pairs) : null;
  return n === null || count === 0 ? null : { count, n, square: false };
}

function shapeProblem(shape: number[]): string {
  if (shape.length === 1 || (shape.length === 2 && shape.includes(1))) {
    const pairs = Math.max(...shape);
    return `has ${pairs} values, but the upper triangle of an RDM has n(n-1)/2 for n stimuli, 3 or more (${trianglesAround(pairs)}); give it without the diagonal, or give the square matrix.`;
  }
  return `has the shape ${shape.join(' x ')}, neither square nor an upper triangle; give an RDM of 3 stimuli or more, n x n, or its n(n-1)/2 values.`;
}

function trianglesAround(pairs: number): string {
  const n = Math.max(3, Math.floor((1 + Math.sqrt(1 + 8 * pairs)) / 2));
  return `${(n * (n - 1)) / 2} for ${n}, ${(n * (n + 1)) / 2} for ${n + 1}`;
}

function upperTriangle(square: Float64Array, n: number, names: string[] | null, place: string): Float64Array {
  const condensed = new Float64Array((n * (n - 1)) / 2);
  let largest = 0;
  for (let i = 0, at = 0; i < n; i++)
    for (let j = i + 1; j < n; j++, at++) {
      condensed[at] = square[i * n + j]!;
      const mirrored = Math.abs(square[j * n + i]!);
      largest = Math.max(largest, Math.abs(condensed[at]!), mirrored);
    }
  // A value that is not finite on either side makes `largest` so.
  if (!Number.isFinite(largest)) checkMirrored(square, n, names, place);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = i + 1; j < n; j++, at++) {
      const mirrored = square[j * n + i]!;
      if (Math.abs(condensed[at]! - mirrored) > asymmetry * largest) {
        throw unreadable(
          `${place} is not symmetric: ${pairName(i, j, names)} have ${condensed[at]} above the diagonal and ${mirrored} below; give a symmetric matrix or only its upper triangle, condensed.`,
        );
      }
    }
  return condensed;
}

function checkMirrored(square: Float64Array, n: number, names: string[] | null, place: string): void {
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) if (i !== j) checkPair(square[i * n + j]!, i, j, names, place);
}

function checkFinite(condensed: Float64Array, n: number, names: string[] | null, place: string): void {
  for (let i = 0, at = 0; i < n; i++) for (let j = i + 1; j < n; j++, at++) checkPair(condensed[at]!, i, j, names, place);
}

function checkPair(value: number, i: number, j: number, names: string[] | null, place: string): void {
  if (Number.isFinite(value)) return;
  const what = Number.isNaN(value) ? 'no number (NaN)' : 'an infinite value';
  throw unreadable(`${place} has ${what} for ${pairName(i, j, names)}; every pair needs a finite dissimilarity.`);
}

function pairName(i: number, j: number, names: string[] | null): string {
  return names ? `"${names[i]}" and "${names[j]}"` : `stimuli ${i + 1} and ${j + 1}`;
}
