import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Vector } from '../../numerics/condensed';
import { seeded } from '../../numerics/random';
import { breaths, type Watch } from './breaths';

export interface ClassicalSolution {
  /** Coordinates: [n, dimensions], row-major, with mean 0. */
  points: Float64Array;
  /** The largest eigenvalues of the centred Gram matrix, descending; those below 0 have coordinates of 0: [dimensions]. */
  eigenvalues: Float64Array;
  /** The sum of all eigenvalues: for Euclidean distances, all that there is to explain. */
  trace: number;
}

/** Up to here the whole Gram matrix is decomposed. */
const wholeUpTo = 300;
const block = 4;
const mostSteps = 60;
const stepsAtATime = 4;
const tolerance = 1e-6;

/**
 * Classical (Torgerson's) MDS: coordinates from the leading eigenvectors of B = -1/2 J D^2 J. Torgerson, "Multidimensional
 * scaling: I. Theory and method", Psychometrika 17, 1952. Beyond 300 stimuli a block Lanczos method with full
 * reorthogonalization finds them (Golub and Van Loan, Matrix Computations, chapter 10): B is never formed, a step costs one
 * pass over the distances, and negative eigenvalues, which RDMs may have, do no harm.
 *
 * @param condensed distances of n stimuli
 * @throws UnitscopeError `cancelled`
 */
export async function classicalMds(
  condensed: Vector,
  n: number,
  dimensions: number,
  watch: Watch = {},
): Promise<ClassicalSolution> {
  let squares = 0;
  for (const distance of condensed) squares += distance * distance;
  const { values, vectors } = n <= wholeUpTo ? whole(condensed, n) : await leading(condensed, n, dimensions, watch);
  const points = new Float64Array(n * dimensions);
  const eigenvalues = new Float64Array(dimensions);
  for (let k = 0; k < Math.min(dimensions, values.length); k++) {
    eigenvalues[k] = values[k]!;
    const length = Math.sqrt(Math.max(0, values[k]!));
    for (let i = 0; i < n; i++) points[i * dimensions + k] = length * vectors[k]![i]!;
  }
  return { points, eigenvalues, trace: squares / n };
}

interface Eigenpairs {
  /** Descending. */
  values: number[];
  /** A unit vector each. */
  vectors: Float64Array[];
}

function whole(condensed: Vector, n: number): Eigenpairs {
  const columns = Array.from({ length: n }, (_, j) => Float64Array.from({ length: n }, (_, i) => (i === j ? 1 : 0)));
  return eigenpairs(new Matrix(multiply(condensed, n, columns)));
}

/** Eigenpairs of a symmetric matrix. */
function eigenpairs(matrix: Matrix): Eigenpairs {
  if (matrix.rows === 0) return { values: [], vectors: [] };
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const order = Array.from(realEigenvalues.keys()).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  return {
    values: order.map((k) => realEigenvalues[k]!),
    vectors: order.map((k) => Float64Array.from(eigenvectorMatrix.getColumn(k))),
  };
}

/** The leading eigenpairs of B, to a residual of 1e-6 of the largest eigenvalue. */
async function leading(condensed: Vector, n: number, count: number, watch: Watch): Promise<Eigenpairs> {
  const breathe = breaths(watch);
  const random = seeded(1);
  const width = Math.max(block, count + 2);
  const basis: Float64Array[] = [];
  const images: Float64Array[] = []; // B times the basis
  const projected: number[][] = []; // B in the basis, its lower triangle
  let next = Array.from({ length: width }, () => centre(new Float64Array(n).map(() => random() - 0.5)));
  for (let step = 0; ; step++) {
    const added = next.flatMap((vector) => orthonormalized(vector, basis));
    images.push(...multiply(condensed, n, added));
    next = images.slice(images.length - added.length).map((image) => image.slice());
    for (let i = projected.length; i < basis.length; i++) {
      projected.push(images.slice(0, i + 1).map((image) => product(basis[i]!, image)));
    }
    await breathe(step, mostSteps);
    const last = added.length === 0 || step === mostSteps;
    if (!last && step % stepsAtATime < stepsAtATime - 1) continue;
    const ritz = eigenpairs(symmetric(projected));
    const found: Eigenpairs = { values: ritz.values.slice(0, count), vectors: [] };
    let residual = 0;
    for (const [k, value] of found.values.entries()) {
      const vector = combined(basis, ritz.vectors[k]!);
      const image = combined(images, ritz.vectors[k]!);
      residual = Math.max(residual, Math.sqrt(image.reduce((sum, x, i) => sum + (x - value * vector[i]!) ** 2, 0)));
      found.vectors.push(vector);
    }
    if (last || residual <= tolerance * Math.abs(found.values[0]!)) return found;
  }
}

function symmetric(lower: readonly number[][]): Matrix {
  return new Matrix(lower.map((_, i) => lower.map((_, j) => lower[Math.max(i, j)]![Math.min(i, j)]!)));
}

/** Appends to the basis what is new in a vector, and returns it; nothing when there is only rounding. */
function orthonormalized(vector: Float64Array, basis: Float64Array[]): Float64Array[] {
  const before = Math.sqrt(product(vector, vector));
  for (let pass = 0; pass < 2; pass++) {
    for (const q of basis) {
      const share = product(q, vector);
      for (let i = 0; i < vector.length; i++) vector[i]! -= share * q[i]!;
    }
  }
  const norm = Math.sqrt(product(vector, vector));
  if (!(norm > 1e-10 * before)) return [];
  basis.push(vector.map((x) => x / norm));
  return basis.slice(-1);
}

/** B times each vector. */
function multiply(condensed: Vector, n: number, vectors: readonly Float64Array[]): Float64Array[] {
  const width = vectors.length;
  const x = new Float64Array(n * width);
  for (const [k, vector] of vectors.entries()) {
    const centred = centre(vector.slice());
    for (let i = 0; i < n; i++) x[i * width + k] = centred[i]!;
  }
  const y = new Float64Array(n * width);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const distance = condensed[at++]!;
      const weight = -0.5 * distance * distance;
      for (let k = 0, p = i * width, q = j * width; k < width; k++, p++, q++) {
        y[p]! += weight * x[q]!;
        y[q]! += weight * x[p]!;
      }
    }
  }
  return vectors.map((_, k) => centre(Float64Array.from({ length: n }, (_, i) => y[i * width + k]!)));
}

function centre(vector: Float64Array): Float64Array {
  let sum = 0;
  for (const x of vector) sum += x;
  for (let i = 0; i < vector.length; i++) vector[i]! -= sum / vector.length;
  return vector;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function combined(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const [k, vector] of vectors.entries()) {
    for (let i = 0; i < sum.length; i++) sum[i]! += weights[k]! * vector[i]!;
  }
  return sum;
}
