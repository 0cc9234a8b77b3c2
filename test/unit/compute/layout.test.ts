import assert from 'node:assert/strict';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { classicalMds } from '../../../src/engine/compute/layout/classicalMds';
import { layOut } from '../../../src/engine/compute/layout/layout';
import { metricMds } from '../../../src/engine/compute/layout/metricMds';
import { neighboursIn, neighboursKept } from '../../../src/engine/compute/layout/neighbours';
import { pairsOf } from '../../../src/engine/numerics/condensed';
import { seeded } from '../../../src/engine/numerics/random';
import { layoutMethods } from '../../../src/protocol/rdm';
import { isCancelled, UnitscopeError } from '../../../src/protocol/errors';
import { centred, close, normalMatrix, rsa, squaredDistances } from '../../fixtures/rsa/rsa';

function distancesOf(rows: number[][]): Float64Array {
  return squaredDistances(rows).map(Math.sqrt);
}

/** Points [n, 2], row-major, as rows. */
function rowsOf(points: ArrayLike<number>): number[][] {
  return Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i]!, points[2 * i + 1]!]);
}

/** Three groups of points far from one another, and the group of each point. */
function clusters(each: number, random: () => number): { rows: number[][]; groups: number[] } {
  const groups = Array.from({ length: 3 * each }, (_, i) => i % 3);
  const noise = normalMatrix(3 * each, 5, random);
  return { rows: noise.map((row, i) => row.map((x, k) => x + (k === groups[i] ? 30 : 0))), groups };
}

describe('Classical MDS', () => {
  it('finds a configuration again, but for a rotation, whether all of the matrix is decomposed or not', async () => {
    for (const n of [12, 300, 420]) {
      const plane = normalMatrix(n, 2, seeded(n)).map(([x, y]) => [3 * x!, y!]);
      const wanted = distancesOf(plane);
      const { points, eigenvalues, trace } = await classicalMds(wanted, n, 2);
      distancesOf(rowsOf(points)).forEach((distance, i) => close(distance, wanted[i]!, 1e-6));
      close(eigenvalues[0]! + eigenvalues[1]!, trace, 1e-9);
    }
  });

  it('agrees with the whole decomposition where it is iterative, on dissimilarities that no points have', async () => {
    const n = 310; // up to 300, the whole matrix is decomposed
    const random = seeded(4);
    const full = Float64Array.from({ length: pairsOf(n) }, () => 0.2 + random());
    const vectors = await classicalMds(full, n, 3);
    // An eigenvector v of B = -1/2 J D J with eigenvalue l: B v = l v
    const rows = Array.from({ length: n }, () => new Float64Array(n));
    let at = 0;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) rows[i]![j] = rows[j]![i] = -0.5 * full[at++]! ** 2;
    const means = rows.map((row) => row.reduce((sum, value) => sum + value, 0) / n);
    const all = means.reduce((sum, value) => sum + value, 0) / n;
    const b = rows.map((row, i) => row.map((value, j) => value - means[i]! - means[j]! + all));
    for (let k = 0; k < 3; k++) {
      const v = Float64Array.from({ length: n }, (_, i) => vectors.points[3 * i + k]!);
      close(v.reduce((sum, x) => sum + x * x, 0), vectors.eigenvalues[k]!, 1e-9);
      b.forEach((row, i) => close(row.reduce((sum, value, j) => sum + value * v[j]!, 0), vectors.eigenvalues[k]! * v[i]!, 1e-5));
    }
    const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(b), { assumeSymmetric: true });
    const largest = [...realEigenvalues].sort((p, q) => q - p).slice(0, 3);
    largest.forEach((value, k) => close(vectors.eigenvalues[k]!, value, 1e-9));
  });
});

describe('Metric MDS', () => {
  it("agrees with scikit-learn's SMACOF from the same beginning", async () => {
    const { n, values, start, points, stress } = rsa.smacof;
    const found = await metricMds(Float64Array.from(values), n, { start: Float64Array.from(start), dimensions: 2 });
    close(found.stress, stress, 1e-9);
    found.points.forEach((x, i) => close(x, points[i]!, 1e-6));
  });

  it('fits distances of the plane without stress, and has a lower stress than the classical solution', async () => {
    const plane = distancesOf(normalMatrix(20, 2, seeded(6)));
    const start = Float64Array.from(normalMatrix(20, 2, seeded(7)).flat());
    const exact = await metricMds(plane, 20, { start, dimensions: 2, iterations: 3000, tolerance: 0 });
    assert(exact.stress < 1e-3, `${exact.stress}`);
    const space = distancesOf(normalMatrix(20, 8, seeded(8)));
    const classical = (await classicalMds(space, 20, 2)).points;
    const first = await metricMds(space, 20, { start: classical, dimensions: 2, iterations: 0 });
    const last = await metricMds(space, 20, { start: classical, dimensions: 2 });
    assert(last.stress < 0.95 * first.stress);
  });
});

describe('Layouts of stimuli', () => {
  it('by PCA are principal component scores with their share of the variance', async () => {
    const rows = centred(normalMatrix(40, 3, seeded(1)).map((row) => [4 * row[0]!, 2 * row[1]!, row[2]!]));
    const { points, quality } = await layOut('pca', Float32Array.from(distancesOf(rows)), 40, { seed: 1 });
    const variance = (scores: number[]) => scores.reduce((sum, x) => sum + x * x, 0);
    const total = variance(rows.flat());
    const shares = [0, 1].map((k) => variance(rowsOf(points).map((point) => point[k]!)) / total);
    assert.equal(quality, `${Math.round(100 * shares[0]!)} % and ${Math.round(100 * shares[1]!)} % of variance`);
    // The first score is a linear function of the features, and no direction has more variance.
    const direction = rows[0]!.map((_, k) => rows.reduce((sum, row, i) => sum + row[k]! * points[2 * i]!, 0));
    const norm = Math.hypot(...direction);
    rows.forEach((row, i) => close(row.reduce((sum, x, k) => sum + (x * direction[k]!) / norm, 0), points[2 * i]!, 1e-4));
    for (let k = 0; k < 3; k++) assert(variance(rows.map((row) => row[k]!)) <= shares[0]! * total * (1 + 1e-6));
  });

  it('keep well separated clusters apart, are the same for the same seed, and have no NaN', async () => {
    const { rows, groups } = clusters(20, seeded(9));
    const distances = Float32Array.from(distancesOf(rows));
    for (const method of layoutMethods) {
      const { points, quality } = await layOut(method, distances, 60, { seed: 3 });
      const again = await layOut(method, distances, 60, { seed: 3 });
      assert.deepEqual(again, { points, quality });
      assert(points.every(Number.isFinite), method);
      const near = await neighboursIn(distancesOf(rowsOf(points)), 60, 1);
      near.indices.forEach((other, i) => assert.equal(groups[other], groups[i], method));
    }
  });

  it('depend on the seed where they are random', async () => {
    const { rows } = clusters(10, seeded(9));
    const distances = Float32Array.from(distancesOf(rows));
    for (const method of ['tsne', 'umap'] as const) {
      const [one, other] = [await layOut(method, distances, 30, { seed: 1 }), await layOut(method, distances, 30, { seed: 2 })];
      assert.notDeepEqual(one.points, other.points);
    }
  });

  it('have mean 0, principal axes, and the farthest point of each axis at its positive side', async () => {
    const distances = Float32Array.from(distancesOf(normalMatrix(25, 4, seeded(12))));
    for (const method of layoutMethods) {
      const points = rowsOf((await layOut(method, distances, 25, { seed: 5 })).points);
      const extent = Math.max(...points.flat().map(Math.abs));
      for (let k = 0; k < 2; k++) {
        const axis = points.map((point) => point[k]!);
        assert(Math.abs(axis.reduce((sum, x) => sum + x, 0)) < 1e-4 * extent, method);
        assert(Math.max(...axis) >= -Math.min(...axis), method);
      }
      const variances = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k]! ** 2, 0));
      assert(variances[0]! >= variances[1]!, method);
      assert(Math.abs(points.reduce((sum, [x, y]) => sum + x! * y!, 0)) < 1e-4 * variances[0]!, method);
    }
  });

  it('take three stimuli, equal distances, no distance at all and negative ones', async () => {
    const cases: [number, Float32Array][] = [
      [3, Float32Array.of(1, 2, 2.5)],
      [3, new Float32Array(3).fill(1)],
      [40, new Float32Array(pairsOf(40)).fill(1)],
      [320, new Float32Array(pairsOf(320)).fill(0.5)],
      [8, new Float32Array(pairsOf(8))],
      [8, new Float32Array(pairsOf(8)).map((_, i) => Math.sin(i))],
    ];
    for (const [n, distances] of cases) {
      for (const method of layoutMethods) {
        if (n === 320 && (method === 'tsne' || method === 'umap')) continue; // slow, and no other code than for 40
        const { points, quality } = await layOut(method, distances, n, { seed: 1 });
        assert.equal(points.length, 2 * n);
        assert(points.every(Number.isFinite), `${method} ${n}`);
        assert.doesNotMatch(quality, /NaN/);
      }
    }
  });

  it('by MDS show three points as they are, two and one as well, and equal distances not as one point', async () => {
    const { points, quality } = await layOut('mds', Float32Array.of(3, 4, 5), 3, { seed: 1 });
    [3, 4, 5].forEach((distance, i) => close(distancesOf(rowsOf(points))[i]!, distance, 1e-2));
    assert.equal(quality, 'Kruskal stress 0.00');
    const two = await layOut('mds', Float32Array.of(2), 2, { seed: 1 });
    close(Math.abs(two.points[0]! - two.points[2]!), 2, 1e-4);
    assert.deepEqual((await layOut('mds', new Float32Array(0), 1, { seed: 1 })).points, new Float32Array(2));
    const equal = await layOut('mds', new Float32Array(pairsOf(12)).fill(1), 12, { seed: 1 });
    assert(Math.min(...distancesOf(rowsOf(equal.points))) > 0.1);
  });

  it('refuse with a sentence what they cannot do', async () => {
    const usage = (error: unknown): boolean => error instanceof UnitscopeError && error.code === 'usage';
    await assert.rejects(layOut('tsne', new Float32Array(pairsOf(3001)), 3001, { seed: 1 }), usage);
    await assert.rejects(layOut('umap', new Float32Array(1), 2, { seed: 1 }), usage);
    await assert.rejects(layOut('mds', Float32Array.of(1, NaN, 1), 3, { seed: 1 }), usage);
  });

  it('report progress and can be cancelled while they run', async () => {
    const distances = Float32Array.from(distancesOf(normalMatrix(400, 20, seeded(2))));
    const reports: number[] = [];
    const abort = new AbortController();
    const onProgress = (done: number, total: number): void => {
      reports.push(done / total);
      if (reports.length === 3) abort.abort();
    };
    await assert.rejects(layOut('tsne', distances, 400, { seed: 1, signal: abort.signal, onProgress }), isCancelled);
    assert.equal(reports.length, 3);
    assert(reports.every((share, i) => share >= (reports[i - 1] ?? 0) && share < 1));
    await assert.rejects(layOut('pca', distances, 400, { seed: 1, signal: abort.signal }), isCancelled);
  });
});

describe('Neighbours', () => {
  it('are the nearest ones, equally near ones by their index, and are counted in a picture', async () => {
    const line = distancesOf([[0], [1], [2], [4]]);
    const near = await neighboursIn(line, 4, 2);
    assert.deepEqual([...near.indices], [1, 2, 0, 2, 1, 0, 2, 1]);
    assert.deepEqual([...near.distances], [1, 2, 1, 1, 1, 2, 2, 3]);
    assert.equal(await neighboursKept(near, Float64Array.of(0, 0, 1, 0, 2, 0, 4, 0), 4), 1);
    const swapped = await neighboursKept(near, Float64Array.of(5, 0, 1, 0, 2, 0, 0, 0), 4);
    assert.equal(swapped, (2 + 1 + 1 + 2) / 8);
  });
});
