import assert from 'node:assert/strict';
import { categoryRdm } from '../../../src/engine/numerics/categories';
import { unbiasedLinearCka } from '../../../src/engine/numerics/cka';
import { pairsOf } from '../../../src/engine/numerics/condensed';
import { participationRatio } from '../../../src/engine/numerics/participationRatio';
import { seeded } from '../../../src/engine/numerics/random';
import { compareRdms, comparePrepared, prepareRdm, type VectorComparison } from '../../../src/engine/numerics/rdmComparisons';
import { centred, close, gram, normalMatrix, rsa, squaredDistances } from '../../fixtures/rsa/rsa';

const comparisons = Object.keys(rsa.comparison.values) as VectorComparison[];
/** Names of the golden values. */
const golden = {
  'rho-a': 'rho_a',
  spearman: 'spearman',
  pearson: 'corr',
  'tau-a': 'tau_a',
  'tau-b': 'tau_b',
  cosine: 'cosine',
  'whitened-cosine': 'cosine_cov',
  'whitened-pearson': 'corr_cov',
} as const;

const x = Array.from({ length: 6 }, (_, i) => Array.from({ length: 5 }, (_, j) => Math.sin((i + 1) * (j + 2))));
const y = Array.from({ length: 6 }, (_, i) => Array.from({ length: 4 }, (_, j) => Math.cos(0.7 * (i + 2) * (j + 1)) + 0.1 * i));
const squaredX = Float64Array.from(rsa.golden.rdm.sqeuclid_X);

/** Correlation distances of the rows. */
function correlationRdm(rows: number[][]): Float64Array {
  const unit = rows.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const norm = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    return row.map((value) => (value - mean) / norm);
  });
  return squaredDistances(unit).map((value) => value / 2);
}

describe('RDM comparisons', () => {
  it('agree with the golden values', () => {
    const squaredY = Float64Array.from(rsa.golden.rdm.sqeuclid_Y);
    squaredDistances(x).forEach((value, i) => close(value / 5, squaredX[i]!, 1e-14));
    const cases = [
      [squaredX, squaredY, rsa.golden.compare_euclid_XY],
      [correlationRdm(x), correlationRdm(y), rsa.golden.compare_corr_XY],
      [squaredX, Float64Array.from(categoryRdm(['a', 'a', 'a', 'b', 'b', 'b'])), rsa.golden.compare_euclid_X_vs_2category],
    ] as const;
    for (const [a, b, expected] of cases) {
      for (const comparison of comparisons) {
        close(compareRdms(comparison, a, b, 6), expected[golden[comparison]], 1e-12, comparison);
      }
    }
  });

  it('agree with rsatoolbox on RDMs with many ties', () => {
    const [a, b] = [Float64Array.from(rsa.comparison.a), Float64Array.from(rsa.comparison.b)];
    for (const comparison of comparisons) {
      close(compareRdms(comparison, a, b, 20), rsa.comparison.values[comparison], 1e-12, comparison);
      close(compareRdms(comparison, Float32Array.from(a), b, 20), rsa.comparison.values[comparison], 1e-12, comparison);
    }
  });

  it('are symmetric, and 1 of an RDM without ties with itself', () => {
    const random = seeded(3);
    const [a, b] = [new Float32Array(pairsOf(30)), new Float32Array(pairsOf(30))].map((values) => values.map(random));
    for (const comparison of comparisons) {
      const [first, second] = [prepareRdm(comparison, a!, 30), prepareRdm(comparison, b!, 30)];
      close(comparePrepared(first, first), 1, 1e-12, comparison);
      close(comparePrepared(first, second), comparePrepared(second, first), 1e-12, comparison);
    }
  });

  it('are not defined where an RDM does not vary, whatever rounding makes of its mean', () => {
    const varied = new Float64Array(pairsOf(5)).map((_, i) => Math.sin(i));
    const constant = new Float64Array(pairsOf(5)).fill(0.1);
    for (const comparison of comparisons) {
      const value = compareRdms(comparison, varied, constant, 5);
      assert.equal(Number.isNaN(value), !comparison.includes('cosine'), comparison);
      assert(Number.isNaN(compareRdms(comparison, constant.fill(0), varied, 5)), comparison);
      constant.fill(0.1);
    }
  });

  it('refuse RDMs of other sizes', () => {
    assert.throws(() => compareRdms('pearson', new Float32Array(6), new Float32Array(10), 4), RangeError);
    const [ranked, plain] = [prepareRdm('rho-a', squaredX, 6), prepareRdm('pearson', squaredX, 6)];
    assert.throws(() => comparePrepared(ranked, plain), RangeError);
  });

  it('count concordant pairs as counting one by one does', () => {
    const random = seeded(5);
    for (let trial = 0; trial < 20; trial++) {
      const n = 3 + Math.floor(random() * 8);
      const [a, b] = [0, 1].map(() => new Float64Array(pairsOf(n)).map(() => Math.floor(random() * 4)));
      let difference = 0;
      let untiedA = 0;
      let untiedB = 0;
      for (let i = 0; i < a!.length; i++) {
        for (let j = i + 1; j < a!.length; j++) {
          const [signA, signB] = [Math.sign(a![i]! - a![j]!), Math.sign(b![i]! - b![j]!)];
          difference += signA * signB;
          untiedA += signA * signA;
          untiedB += signB * signB;
        }
      }
      if (untiedA === 0 || untiedB === 0) continue;
      close(compareRdms('tau-a', a!, b!, n), difference / pairsOf(a!.length), 1e-14);
      close(compareRdms('tau-b', a!, b!, n), difference / Math.sqrt(untiedA * untiedB), 1e-14);
    }
  });
});

describe('CKA', () => {
  const linearCka = (a: ArrayLike<number>, b: ArrayLike<number>, n: number): number => compareRdms('whitened-cosine', a as Float64Array, b as Float64Array, n);

  it('agrees with the golden values', () => {
    const squaredY = Float64Array.from(rsa.golden.rdm.sqeuclid_Y);
    close(linearCka(squaredX, squaredY, 6), rsa.golden.cka_linear_biased, 1e-12);
    close(unbiasedLinearCka(squaredX, squaredY, 6), rsa.golden.cka_linear_unbiased_song, 1e-12);
  });

  it('agrees with what Gram matrices of embeddings give', () => {
    const random = seeded(8);
    const n = 12;
    const a = normalMatrix(n, 5, random);
    const b = a.map((row) => [row[0]! + random(), row[1]! * 2, random()]);
    const frobenius = (p: number[][], q: number[][]) => p.flat().reduce((sum, value, i) => sum + value * q.flat()[i]!, 0);
    const [p, q] = [gram(centred(a)), gram(centred(b))];
    const biased = frobenius(p, q) / Math.sqrt(frobenius(p, p) * frobenius(q, q));
    close(linearCka(squaredDistances(a), squaredDistances(b), n), biased, 1e-12);

    // Song et al. 2012, equation 5: tr(KL) + 1'K1 1'L1 / ((n-1)(n-2)) - 2/(n-2) 1'KL1, zero diagonals
    const hollow = (rows: number[][]) => gram(rows).map((row, i) => row.map((value, j) => (i === j ? 0 : value)));
    const rowTotals = (m: number[][]) => m.map((row) => row.reduce((sum, value) => sum + value, 0));
    const hsic = (k: number[][], l: number[][]) => {
      const [u, v] = [rowTotals(k), rowTotals(l)];
      const all = (w: number[]) => w.reduce((sum, value) => sum + value, 0);
      return frobenius(k, l) + (all(u) * all(v)) / ((n - 1) * (n - 2)) - (2 / (n - 2)) * all(u.map((value, i) => value * v[i]!));
    };
    const [k, l] = [hollow(a), hollow(b)];
    const unbiased = hsic(k, l) / Math.sqrt(hsic(k, k) * hsic(l, l));
    close(unbiasedLinearCka(squaredDistances(a), squaredDistances(b), n), unbiased, 1e-12);
  });

  it('is not defined for a constant embedding', () => {
    const zero = new Float64Array(15);
    assert(Number.isNaN(linearCka(squaredX, zero, 6)));
    assert(Number.isNaN(unbiasedLinearCka(squaredX, zero, 6)));
    assert(Number.isNaN(unbiasedLinearCka(squaredX.subarray(0, 3), squaredX.subarray(3, 6), 3)));
  });
});

describe('Participation ratio', () => {
  it('agrees with the golden value', () => {
    close(participationRatio(squaredDistances(x), 6), rsa.golden.participation_ratio_X, 1e-12);
  });

  it('is the number of dimensions of a simplex, 1 of points on a line, and not defined for a single point', () => {
    close(participationRatio(new Float32Array(pairsOf(9)).fill(2), 9), 8, 1e-12);
    close(participationRatio(squaredDistances([[0], [1], [5], [7]]), 4), 1, 1e-12);
    assert(Number.isNaN(participationRatio(new Float32Array(3), 3)));
  });
});
