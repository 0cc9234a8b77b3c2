import { dot, mean, pairsOf, rowSums, varies, type Vector } from './condensed';
import { concordance, tauA, tauB } from './kendall';
import { denseRanks, doubledMidranks, type DenseRanks } from './ranks';
import { rowEffects, whitenedProduct } from './whitening';

/** How two condensed RDMs are compared; all are similarities of at most 1. */
export type VectorComparison =
  | 'rho-a'
  | 'spearman'
  | 'pearson'
  | 'tau-a'
  | 'tau-b'
  | 'cosine'
  | 'whitened-cosine'
  | 'whitened-pearson';

/**
 * What comparing an RDM needs and can be computed once. It refers to the values and does not copy them: they must not change.
 * `scale` is the norm that the product of two is divided by; NaN where the RDM does not vary.
 */
export type PreparedRdm =
  | { comparison: 'rho-a' | 'spearman'; doubledRanks: Int32Array; scale: number }
  | { comparison: 'tau-a' | 'tau-b'; ranks: DenseRanks }
  | { comparison: 'pearson' | 'cosine'; values: Vector; shift: number; scale: number }
  | {
      comparison: 'whitened-cosine' | 'whitened-pearson';
      values: Vector;
      shift: number;
      sums: Float64Array;
      effects: Float64Array;
      scale: number;
    };

/**
 * The similarity of two RDMs over the same stimuli. Agrees with rsatoolbox 0.3 (`rdm/compare.py`, no `sigma_k`):
 *
 * - `pearson`, `spearman`, `cosine` of the upper triangles;
 * - `rho-a`: the expectation of Spearman's rho when ties are broken at random. Nili, Wingfield, Walther, Su, Marslen-Wilson
 *   and Kriegeskorte 2014; Schütt, Kipnis, Diedrichsen and Kriegeskorte 2023: 12 / (m^3 - m) sum r s - 3 (m + 1) / (m - 1)
 *   over the m pairs, r and s their midranks;
 * - `tau-a`, `tau-b`: Kendall's, see `kendall.ts`;
 * - `whitened-cosine`, `whitened-pearson`: see `whitening.ts`; `cosine_cov` and `corr_cov` of rsatoolbox.
 *
 * NaN where it is not defined: one of both does not vary (for the cosines: is zero). That includes rho-a and tau-a, where
 * rsatoolbox says 0.
 *
 * @throws RangeError when the lengths do not fit
 */
export function compareRdms(comparison: VectorComparison, a: Vector, b: Vector, n: number): number {
  return comparePrepared(prepareRdm(comparison, a, n), prepareRdm(comparison, b, n));
}

/**
 * Computes once what each comparison of an RDM needs: with `comparePrepared`, all pairs of L RDMs cost L times this.
 *
 * @param values condensed RDM of n stimuli without NaN
 * @throws RangeError when there are not n (n - 1) / 2 values
 */
export function prepareRdm(comparison: VectorComparison, values: Vector, n: number): PreparedRdm {
  if (values.length !== pairsOf(n)) {
    throw new RangeError(`A condensed RDM of ${n} stimuli has ${pairsOf(n)} values, not ${values.length}.`);
  }
  switch (comparison) {
    case 'rho-a':
    case 'spearman': {
      const doubledRanks = doubledMidranks(values);
      const scale = comparison === 'rho-a' ? rhoAScale(values.length) : Math.sqrt(rankProduct(doubledRanks, doubledRanks));
      return { comparison, doubledRanks, scale: varies(values) ? scale : NaN };
    }
    case 'tau-a':
    case 'tau-b':
      return { comparison, ranks: denseRanks(values) };
    case 'pearson':
    case 'cosine': {
      const shift = comparison === 'pearson' ? mean(values) : 0;
      const norm = comparison === 'cosine' || varies(values) ? Math.sqrt(dot(values, values, shift, shift)) : NaN;
      return { comparison, values, shift, scale: norm };
    }
    case 'whitened-cosine':
    case 'whitened-pearson': {
      const shift = comparison === 'whitened-pearson' ? mean(values) : 0;
      const sums = rowSums(values, n, shift);
      const effects = rowEffects(sums, null);
      const square = whitenedProduct(dot(values, values, shift, shift), sums, effects, null);
      const defined = comparison === 'whitened-cosine' || varies(values);
      return { comparison, values, shift, sums, effects, scale: defined ? Math.sqrt(square) : NaN };
    }
  }
}

/** The similarity of two RDMs prepared for the same comparison. */
export function comparePrepared(a: PreparedRdm, b: PreparedRdm): number {
  if ('doubledRanks' in a && 'doubledRanks' in b) {
    return similarity(rankProduct(a.doubledRanks, b.doubledRanks), a.scale, b.scale);
  }
  if ('ranks' in a && 'ranks' in b) {
    const counts = concordance(a.ranks, b.ranks, null);
    return a.comparison === 'tau-a' ? tauA(counts) : tauB(counts);
  }
  if ('effects' in a && 'effects' in b) {
    const product = dot(a.values, b.values, a.shift, b.shift);
    return similarity(whitenedProduct(product, a.sums, b.effects, null), a.scale, b.scale);
  }
  if ('values' in a && 'values' in b) return similarity(dot(a.values, b.values, a.shift, b.shift), a.scale, b.scale);
  throw new RangeError('The RDMs were prepared for different comparisons.');
}

/** A product over both norms, rounded into [-1, 1]; NaN where a norm is 0 or NaN. */
export function similarity(product: number, scaleA: number, scaleB: number): number {
  if (!(scaleA > 0 && scaleB > 0)) return NaN;
  return Math.max(-1, Math.min(1, product / scaleA / scaleB));
}

/** The norm of m different doubled ranks less their mean: dividing by it twice makes a product of ranks rho-a. */
export function rhoAScale(m: number): number {
  return Math.sqrt((m ** 3 - m) / 3);
}

function rankProduct(a: Int32Array, b: Int32Array): number {
  const middle = a.length + 1; // the mean of doubled ranks
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - middle) * (b[i]! - middle);
  return sum;
}
