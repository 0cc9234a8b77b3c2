import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { setImmediate } from 'node:timers/promises';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import { sample, seeded } from '../numerics/random';
import type { Whitening } from '../store/embeddingFile';
import { Products } from './products';

/**
 * PCA whitening: x becomes V (x - m) / sqrt(lambda + eps), component by component, with m the mean of the rows, V the D leading
 * eigenvectors of their covariance (over N - 1), lambda its eigenvalues, and eps a millionth of the largest, so that directions
 * without variance do not become noise. Of each eigenvector the sign is such that its entry of largest magnitude is positive.
 * H. Jégou and O. Chum, "Negative evidences and co-occurences in image retrieval: the benefit of PCA and whitening", ECCV 2012.
 *
 * The covariance of P features is decomposed where P <= 4096, else the Gram matrix of N rows where N <= 4096, both of all rows;
 * where neither is, the Gram matrix of 4096 rows chosen with a seed, and `fittedOn` says so.
 */
export const mostDecomposed = 4096;
const epsilonShare = 1e-6;
/** Decomposed whole up to here; beyond, a block Krylov space finds the leading eigenvectors. */
const wholeUpTo = 512;
const tolerance = 1e-6;
/** Bytes of rows that are held at once. */
const stretchBytes = 64e6;

/** Rows to fit to, readable as often as needed. */
export interface FitRows {
  rows: number;
  features: number;
  /** Features `first` up to `last` (default: all) of rows `from` up to `to`: [to - from, last - first]. */
  read(from: number, to: number, first?: number, last?: number): Float32Array;
}

/** @throws usage where there are fewer directions than components asked for; cancelled */
export async function fitWhitening(all: FitRows, components: number, threads: number, signal: AbortSignal): Promise<Whitening & { fittedOn: number }> {
  const byFeatures = all.features <= mostDecomposed;
  const from = byFeatures || all.rows <= mostDecomposed ? all : sampled(all, mostDecomposed);
  const { rows, features } = from;
  const most = Math.min(rows - 1, features);
  if (components > most)
    throw new UnitscopeError('usage', `Whitening to ${components} components needs more images or features: ${rows} embeddings of ${features} numbers vary in ${Math.max(0, most)} directions at most.`);
  const mean = await meanOf(all, signal);
  const products = await Products.open(threads);
  const matrix = byFeatures ? await covariance(from, mean, products, signal) : await gram(from, mean, products, signal);
  const size = byFeatures ? features : rows;
  const { values, vectors } = await leading(matrix, size, components, products, signal);
  const eigenvalues = Float64Array.from(values, (value) => Math.max(0, value));
  const directions = byFeatures ? vectors : await directionsOf(from, mean, vectors, eigenvalues, signal);
  const flat = new Float32Array(components * features);
  directions.forEach((vector, k) => flat.set(signed(vector), k * features));
  return { mean, eigenvalues, components: flat, epsilon: epsilonShare * (eigenvalues[0] ?? 0), fittedOn: rows };
}

/** Whitens rows [some, inputs]. @returns [some, components] */
export async function whitenRows({ mean, eigenvalues, components, epsilon }: Whitening, rows: Float32Array, threads: number): Promise<Float32Array> {
  const inputs = mean.length;
  const centred = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) centred[i] = rows[i]! - mean[i % inputs]!;
  const projected = await (await Products.open(threads)).inner(centred, components, inputs);
  const scale = eigenvalues.map((value) => 1 / Math.sqrt(value + epsilon));
  return Float32Array.from(projected, (value, i) => value * scale[i % scale.length]!);
}

/** Scales rows to length 1, in place; those of length 0 stay. */
export function normaliseRows(rows: Float32Array, features: number): void {
  for (let from = 0; from < rows.length; from += features) {
    let square = 0;
    for (let i = from; i < from + features; i++) square += rows[i]! * rows[i]!;
    if (square === 0) continue;
    const scale = 1 / Math.sqrt(square);
    for (let i = from; i < from + features; i++) rows[i]! *= scale;
  }
}

function sampled(all: FitRows, count: number): FitRows {
  const chosen = sample(count, all.rows, seeded(0));
  return {
    rows: count,
    features: all.features,
    read: (from, to, first = 0, last = all.features) => {
      const some = new Float32Array((to - from) * (last - first));
      for (let i = from; i < to; i++) some.set(all.read(chosen[i]!, chosen[i]! + 1, first, last), (i - from) * (last - first));
      return some;
    },
  };
}

async function* stretches(from: FitRows, signal: AbortSignal): AsyncGenerator<{ from: number; values: Float32Array }> {
  const { rows, features } = from;
  const step = Math.max(1, Math.floor(stretchBytes / (4 * features)));
  for (let first = 0; first < rows; first += step) {
    yield { from: first, values: from.read(first, Math.min(rows, first + step)) };
    await setImmediate();
    if (signal.aborted) throw cancelled();
  }
}

async function meanOf(all: FitRows, signal: AbortSignal): Promise<Float64Array> {
  const mean = new Float64Array(all.features);
  for await (const { values } of stretches(all, signal))
    for (let at = 0; at < values.length; at += all.features) for (let f = 0; f < all.features; f++) mean[f]! += values[at + f]!;
  for (let f = 0; f < mean.length; f++) mean[f]! /= all.rows;
  if (!mean.every(Number.isFinite)) throw new UnitscopeError('layer.failed', 'Some embeddings have numbers that are not finite, so they cannot be whitened; the model may overflow.');
  return mean;
}

/** Covariance [P, P]: products in float32 over at most so many rows, their sums in float64. */
async function covariance(from: FitRows, mean: Float64Array, products: Products, signal: AbortSignal): Promise<Float64Array> {
  const { rows, features } = from;
  const sums = new Float64Array(features * features);
  for await (const { values } of stretches(from, signal)) {
    const count = values.length / features;
    for (let first = 0; first < count; first += mostSummed) {
      const some = Math.min(mostSummed, count - first);
      const transposed = new Float32Array(features * some);
      for (let row = 0; row < some; row++)
        for (let f = 0; f < features; f++) transposed[f * some + row] = values[(first + row) * features + f]! - mean[f]!;
      const inner = await products.inner(transposed, transposed, some);
      for (let i = 0; i < sums.length; i++) sums[i]! += inner[i]!;
    }
  }
  return sums.map((sum) => sum / (rows - 1));
}

/** Float32 sums of more terms lose more. */
const mostSummed = 2048;

/** Gram matrix [N, N] of the centred rows, over N - 1: it has the covariance's eigenvalues. */
async function gram(from: FitRows, mean: Float64Array, products: Products, signal: AbortSignal): Promise<Float64Array> {
  const { rows, features } = from;
  const sums = new Float64Array(rows * rows);
  const width = Math.max(1, Math.min(mostSummed, Math.floor(stretchBytes / (4 * rows))));
  for (let first = 0; first < features; first += width) {
    const some = Math.min(width, features - first);
    const centred = from.read(0, rows, first, first + some);
    for (let i = 0; i < centred.length; i++) centred[i]! -= mean[first + (i % some)]!;
    await setImmediate();
    if (signal.aborted) throw cancelled();
    const inner = await products.inner(centred, centred, some);
    for (let i = 0; i < sums.length; i++) sums[i]! += inner[i]!;
  }
  return sums.map((sum) => sum / (rows - 1));
}

/** Eigenvectors of the covariance from those of the Gram matrix: X' u / |X' u|. */
async function directionsOf(from: FitRows, mean: Float64Array, vectors: Float64Array[], eigenvalues: Float64Array, signal: AbortSignal): Promise<Float64Array[]> {
  const { features } = from;
  const directions = vectors.map(() => new Float64Array(features));
  const centred = new Float64Array(features);
  for await (const { from: first, values } of stretches(from, signal))
    for (let row = 0; row * features < values.length; row++) {
      for (let f = 0; f < features; f++) centred[f] = values[row * features + f]! - mean[f]!;
      for (const [k, direction] of directions.entries()) {
        const weight = vectors[k]![first + row]!;
        for (let f = 0; f < features; f++) direction[f]! += weight * centred[f]!;
      }
      await setImmediate();
      if (signal.aborted) throw cancelled();
    }
  for (const [k, direction] of directions.entries()) {
    const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
    if (length > 0 && eigenvalues[k]! > 0) for (let f = 0; f < features; f++) direction[f]! /= length;
    else direction.fill(0);
  }
  return directions;
}

function signed(vector: Float64Array): Float64Array {
  let largest = 0;
  for (const x of vector) if (Math.abs(x) > Math.abs(largest)) largest = x;
  return largest < 0 ? vector.map((x) => -x) : vector;
}

interface Eigenpairs {
  /** Descending. */
  values: number[];
  vectors: Float64Array[];
}

/**
 * The leading eigenpairs of a symmetric matrix [n, n]: whole for small ones; else Rayleigh-Ritz in a block Krylov space with full
 * reorthogonalisation (C. Musco and C. Musco, "Randomized block Krylov methods for stronger and faster approximate SVD", NIPS 2015),
 * which is begun anew from its best vectors when it has grown to four times what is wanted (Y. Saad, Numerical Methods for Large
 * Eigenvalue Problems, 2011, section 7.4), until all residuals are below a millionth of the largest eigenvalue: products that are
 * float32 leave no more, and eigenvectors that are mixed by it have the same variance.
 */
export async function leading(matrix: Float64Array, n: number, count: number, products: Products, signal: AbortSignal): Promise<Eigenpairs> {
  const width = count + 8;
  const room = 4 * width;
  if (n <= wholeUpTo || room >= n) return decompose(matrix, n, count);
  const rounded = Float32Array.from(matrix);
  const random = seeded(1);
  let basis: Float64Array[] = [];
  let images: Float64Array[] = [];
  let next = Array.from({ length: width }, () => new Float64Array(n).map(() => random() - 0.5));
  for (;;) {
    const before = basis.length;
    for (const vector of next) orthonormalised(vector, basis);
    images.push(...(await multiply(rounded, n, basis.slice(before), products)));
    await setImmediate();
    if (signal.aborted) throw cancelled();
    const grown = basis.length > before;
    if (grown && basis.length + width <= room) {
      next = images.slice(before).map((image) => image.slice());
      continue;
    }
    const m = basis.length;
    const small = new Float64Array(m * m);
    for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) small[i * m + j] = small[j * m + i] = dot(basis[i]!, images[j]!);
    const { values, vectors } = decompose(small, m, width);
    basis = vectors.map((weights) => combined(basis, weights));
    images = vectors.map((weights) => combined(images, weights));
    next = images.map((image, k) => image.map((x, i) => x - values[k]! * basis[k]![i]!));
    const residual = Math.max(...next.slice(0, count).map((vector) => Math.sqrt(dot(vector, vector))));
    if (!grown || residual <= tolerance * Math.abs(values[0]!)) return { values: values.slice(0, count), vectors: basis.slice(0, count) };
  }
}

function decompose(matrix: Float64Array, n: number, count: number): Eigenpairs {
  const square = new Matrix(Array.from({ length: n }, (_, i) => matrix.subarray(i * n, (i + 1) * n)));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(square, { assumeSymmetric: true });
  const order = Array.from(realEigenvalues.keys()).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!).slice(0, count);
  return { values: order.map((k) => realEigenvalues[k]!), vectors: order.map((k) => Float64Array.from(eigenvectorMatrix.getColumn(k))) };
}

/** Appends to the basis what is new in a vector, which is overwritten; nothing when there is only rounding. */
function orthonormalised(vector: Float64Array, basis: Float64Array[]): void {
  const before = Math.sqrt(dot(vector, vector));
  for (let pass = 0; pass < 2; pass++)
    for (const q of basis) {
      const share = dot(q, vector);
      for (let i = 0; i < vector.length; i++) vector[i]! -= share * q[i]!;
    }
  const length = Math.sqrt(dot(vector, vector));
  if (length > 1e-10 * before) basis.push(vector.map((x) => x / length));
}

/** The matrix times each of some vectors of length 1. */
async function multiply(matrix: Float32Array, n: number, vectors: readonly Float64Array[], products: Products): Promise<Float64Array[]> {
  if (vectors.length === 0) return [];
  const together = new Float32Array(vectors.length * n);
  vectors.forEach((vector, k) => together.set(vector, k * n));
  const inner = await products.inner(together, matrix, n); // the matrix is symmetric
  return vectors.map((_, k) => Float64Array.from(inner.subarray(k * n, (k + 1) * n)));
}

function dot(a: Float64Array, b: Float64Array): number {
  let [x, y] = [0, 0];
  let i = 0;
  for (; i + 1 < a.length; i += 2) {
    x += a[i]! * b[i]!;
    y += a[i + 1]! * b[i + 1]!;
  }
  return i < a.length ? x + y + a[i]! * b[i]! : x + y;
}

function combined(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const [k, vector] of vectors.entries()) for (let i = 0; i < sum.length; i++) sum[i]! += weights[k]! * vector[i]!;
  return sum;
}
