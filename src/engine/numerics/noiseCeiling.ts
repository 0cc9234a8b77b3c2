import { mean, type Vector } from './condensed';
import { comparePrepared, prepareRdm, type PreparedRdm, type VectorComparison } from './rdmComparisons';

/**
 * What a perfect model could reach, given that the reference RDMs disagree: the mean similarity of the references to their
 * pooled RDM (upper), and of each to the pooled RDM of the others (lower). Nili et al., "A toolbox for representational
 * similarity analysis", PLOS Computational Biology 10(4), 2014. Pooled is what resembles all best: the mean of the RDMs with
 * norm 1 (cosine), with mean 0 and norm 1 (pearson), or of midranks (rank comparisons; for Kendall's tau an approximation).
 * For whitened comparisons the norms are not whitened, another approximation. All this as in rsatoolbox 0.3's
 * `boot_noise_ceiling` and `util/inference_util.pool_rdm`.
 *
 * @param references at least two condensed RDMs of n stimuli without NaN
 * @returns NaN where a reference does not vary
 * @throws RangeError for fewer than two references
 */
export function noiseCeiling(
  comparison: VectorComparison,
  references: readonly Vector[],
  n: number,
): { lower: number; upper: number } {
  if (references.length < 2) throw new RangeError('A noise ceiling needs at least two references.');
  const prepared = references.map((values) => prepareRdm(comparison, values, n));
  const parts = references.map((values, i) => normalized(prepared[i]!, values, n));
  const pooled = (some: readonly Normalized[]): PreparedRdm => prepareRdm(comparison, pool(some), n);
  const everyone = pooled(parts);
  return {
    lower: mean(Float64Array.from(prepared, (own, i) => comparePrepared(pooled(parts.toSpliced(i, 1)), own))),
    upper: mean(Float64Array.from(prepared, (own) => comparePrepared(everyone, own))),
  };
}

/** Values to be read less `shift` and over `scale`. */
interface Normalized {
  values: Vector | Int32Array;
  shift: number;
  scale: number;
}

function normalized(rdm: PreparedRdm, values: Vector, n: number): Normalized {
  switch (rdm.comparison) {
    case 'rho-a':
    case 'spearman':
      return { values: rdm.doubledRanks, shift: 0, scale: 1 };
    case 'tau-a':
    case 'tau-b':
      return normalized(prepareRdm('spearman', values, n), values, n);
    case 'pearson':
    case 'cosine':
      return rdm;
    case 'whitened-cosine':
      return normalized(prepareRdm('cosine', values, n), values, n);
    case 'whitened-pearson':
      return normalized(prepareRdm('pearson', values, n), values, n);
  }
}

/** The sum: a factor does not change what it resembles. */
function pool(parts: readonly Normalized[]): Float64Array {
  const sum = new Float64Array(parts[0]!.values.length);
  for (const { values, shift, scale } of parts) {
    for (let i = 0; i < sum.length; i++) sum[i]! += (values[i]! - shift) / scale;
  }
  return sum;
}
