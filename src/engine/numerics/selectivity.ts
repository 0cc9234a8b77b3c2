/**
 * Class selectivity index of a unit: `(m_max - m_rest) / (|m_max| + |m_rest|)`, where m_max is the largest class mean of
 * the unit's score and m_rest the mean of the other classes' means. 0: the same for every class; 1: silent for all others.
 * Morcos, Barrett, Rabinowitz and Botvinick, "On the importance of single directions for generalization", ICLR 2018,
 * equation 1; absolute values in the denominator keep it in [0, 1] for scores below zero.
 *
 * @param means one mean per class; classes without stimuli are NaN and left out
 * @returns null where fewer than two classes have stimuli
 */
export function classSelectivity(means: ArrayLike<number>): { selectivity: number; preferred: number } | null {
  let preferred = -1;
  let best = -Infinity;
  let sum = 0;
  let classes = 0;
  for (let i = 0; i < means.length; i++) {
    const mean = means[i]!;
    if (Number.isNaN(mean)) continue;
    classes++;
    sum += mean;
    if (mean > best) {
      best = mean;
      preferred = i;
    }
  }
  if (classes < 2) return null;
  const rest = (sum - best) / (classes - 1);
  const scale = Math.abs(best) + Math.abs(rest);
  return { selectivity: scale === 0 ? 0 : (best - rest) / scale, preferred };
}
