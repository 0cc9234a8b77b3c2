/**
 * The inner product of whitened RDMs.
 *
 * Estimated dissimilarities that share a stimulus covary: with independent, equally noisy patterns their covariance is
 * V = (C C^T) squared by element, C the contrasts of pairs. Diedrichsen, Berlot, Mur, Schütt, Shahbazi and Kriegeskorte,
 * "Comparing representational geometries using whitened unbiased-distance-matrix similarity", Neurons, Behavior, Data analysis,
 * and Theory 5(3), 2021, show that a^T V^-1 b is, but for a factor, the inner product of the doubly centred matrices, and so
 * the numerator of linear CKA. With A the matrix of dissimilarities and A_s its row sums that is
 *
 *   2 sum_pairs a b - 2 sum_s A_s e_s,   e the row effects of B: the least squares fit of B_st by e_s + e_t.
 *
 * In a bootstrap sample, stimulus s is there c_s times, and pairs of a stimulus with itself are missing (but for the zero
 * diagonal), which centring has to leave out of the fit. Its normal equations for the c_s equal copies are
 *
 *   A_s = (M - 2 c_s + 2) e_s + sum_t c_t e_t,   M = sum c,   A_s = sum_(t != s) c_t a_st,
 *
 * which are solved in closed form below; c = 1 gives ordinary double centring.
 */

/**
 * The row effects e of a matrix.
 *
 * @param sums row sums A_s, weighted by `counts`: [n]
 * @param counts c_s > 0: [n]; null: 1 each
 */
export function rowEffects(sums: Float64Array, counts: ArrayLike<number> | null): Float64Array {
  const n = sums.length;
  let copies = n;
  if (counts) {
    copies = 0;
    for (let s = 0; s < n; s++) copies += counts[s]!;
  }
  let numerator = 0;
  let denominator = 1;
  let alone = -1; // a stimulus of which there are so many copies that its own effect falls out of its equation
  for (let s = 0; s < n; s++) {
    const count = counts ? counts[s]! : 1;
    const own = copies - 2 * count + 2;
    if (own === 0) {
      alone = s;
      continue;
    }
    numerator += (count * sums[s]!) / own;
    denominator += count / own;
  }
  const common = alone >= 0 ? sums[alone]! : numerator / denominator;
  const effects = new Float64Array(n);
  let others = 0;
  for (let s = 0; s < n; s++) {
    if (s === alone) continue;
    const count = counts ? counts[s]! : 1;
    effects[s] = (sums[s]! - common) / (copies - 2 * count + 2);
    others += count * effects[s]!;
  }
  if (alone >= 0) effects[alone] = (common - others) / counts![alone]!;
  return effects;
}

/**
 * The inner product of two doubly centred matrices.
 *
 * @param product the sum of a b over pairs, weighted by how often each is there
 */
export function whitenedProduct(
  product: number,
  sumsA: Float64Array,
  effectsB: Float64Array,
  counts: ArrayLike<number> | null,
): number {
  let rows = 0;
  for (let s = 0; s < sumsA.length; s++) rows += (counts ? counts[s]! : 1) * sumsA[s]! * effectsB[s]!;
  return 2 * product - 2 * rows;
}
