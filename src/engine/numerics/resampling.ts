import { pairsOf, rowStart, type Vector } from './condensed';
import { concordance, tauA, tauB } from './kendall';
import { denseRanks, type DenseRanks } from './ranks';
import { rhoAScale, similarity, type VectorComparison } from './rdmComparisons';
import { rowEffects, whitenedProduct } from './whitening';

/** An RDM's values in a sample, as products need them. */
interface Part {
  /** Values or midranks, centred where the comparison does: [present pairs]. */
  values: Float64Array;
  /** Dense ranks, for Kendall's tau only. */
  ranks: DenseRanks;
  sums: Float64Array;
  effects: Float64Array;
  scale: number;
}

/**
 * RDMs and a reference, compared on bootstrap samples of the stimuli. A sample in which stimulus i is there c_i times has
 * the pair (i, j) c_i c_j times; the pairs of a stimulus with itself are left out (rsatoolbox's `bootstrap_sample_pattern`).
 * Nothing is sorted or copied out for a sample: values are ranked once, and a rank among weighted values is a running sum.
 */
export class Resampling {
  private readonly ranks: DenseRanks[];
  /** Stimuli of the sample, how often each is there, and its pairs: positions in a condensed RDM and weights. */
  private present = new Int32Array(0);
  private counts = new Float64Array(0);
  private positions = new Int32Array(0);
  private weights = new Float32Array(0);
  /** Pairs with their multiplicity. */
  private total = 0;
  private scratch = [new Float64Array(0), new Float64Array(0)] as const;
  private groupWeights = new Float64Array(0);

  /** @param rdms condensed RDMs of n stimuli without NaN; the reference is one, too */
  constructor(
    private readonly comparison: VectorComparison,
    private readonly rdms: readonly Vector[],
    private readonly reference: Vector,
    private readonly n: number,
  ) {
    for (const values of [...rdms, reference]) {
      if (values.length !== pairsOf(n)) throw new RangeError(`A condensed RDM of ${n} stimuli has ${pairsOf(n)} values.`);
    }
    this.ranks = needsRanks(comparison) ? [...rdms, reference].map(denseRanks) : [];
  }

  /**
   * The similarity of each RDM to the reference in a sample; NaN where it is not defined.
   *
   * @param counts how often each stimulus is there: [n]
   */
  similarities(counts: ArrayLike<number>): Float64Array {
    this.take(counts);
    const reference = this.part(this.rdms.length, 1);
    return Float64Array.from(this.rdms, (_, i) => this.similarity(this.part(i, 0), reference));
  }

  private take(counts: ArrayLike<number>): void {
    const present: number[] = [];
    for (let i = 0; i < this.n; i++) if (counts[i]! > 0) present.push(i);
    this.present = Int32Array.from(present);
    this.counts = Float64Array.from(present, (i) => counts[i]!);
    const pairs = pairsOf(present.length);
    if (this.scratch[0].length < pairs) {
      const room = Math.min(pairsOf(this.n), Math.ceil(pairs * 1.1));
      this.scratch = [new Float64Array(room), new Float64Array(room)];
      this.positions = new Int32Array(room);
      this.weights = new Float32Array(room);
    }
    this.total = 0;
    let at = 0;
    for (let s = 0; s < present.length; s++) {
      const start = rowStart(present[s]!, this.n);
      for (let t = s + 1; t < present.length; t++, at++) {
        const weight = this.counts[s]! * this.counts[t]!;
        this.positions[at] = start + present[t]!;
        this.weights[at] = weight;
        this.total += weight;
      }
    }
  }

  private part(index: number, slot: 0 | 1): Part {
    const pairs = pairsOf(this.present.length);
    const values = this.scratch[slot].subarray(0, pairs);
    const part: Part = { values, ranks: none, sums: nothing, effects: nothing, scale: NaN };
    if (pairs === 0) return part;
    switch (this.comparison) {
      case 'tau-a':
      case 'tau-b':
        part.ranks = this.ranksOf(index, pairs);
        return part;
      case 'rho-a':
      case 'spearman': {
        const varies = this.centredMidranks(this.ranks[index]!, values);
        if (!varies) return part;
        part.scale = this.comparison === 'rho-a' ? rhoAScale(this.total) / 2 : Math.sqrt(this.product(values, values));
        return part;
      }
      default: {
        const centred = this.comparison === 'pearson' || this.comparison === 'whitened-pearson';
        if (!this.valuesOf(this.rdms[index] ?? this.reference, values, centred) && centred) return part;
        const square = this.product(values, values);
        if (this.comparison === 'pearson' || this.comparison === 'cosine') {
          part.scale = Math.sqrt(square);
          return part;
        }
        part.sums = this.rowSums(values);
        part.effects = rowEffects(part.sums, this.counts);
        part.scale = Math.sqrt(whitenedProduct(square, part.sums, part.effects, this.counts));
        return part;
      }
    }
  }

  private similarity(a: Part, b: Part): number {
    switch (this.comparison) {
      case 'tau-a':
      case 'tau-b': {
        const counts = concordance(a.ranks, b.ranks, this.weights.subarray(0, a.values.length));
        return this.comparison === 'tau-a' ? tauA(counts) : tauB(counts);
      }
      case 'whitened-cosine':
      case 'whitened-pearson': {
        const product = this.product(a.values, b.values);
        return similarity(whitenedProduct(product, a.sums, b.effects, this.counts), a.scale, b.scale);
      }
      default:
        return similarity(this.product(a.values, b.values), a.scale, b.scale);
    }
  }

  private product(a: Float64Array, b: Float64Array): number {
    const weights = this.weights;
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += weights[i]! * a[i]! * b[i]!;
    return sum;
  }

  /** Puts the values of the pairs present into `out`, less their mean if wanted; says whether they vary. */
  private valuesOf(values: Vector, out: Float64Array, centred: boolean): boolean {
    const { positions, weights } = this;
    const first = values[positions[0]!]!;
    let varies = false;
    let sum = 0;
    for (let i = 0; i < out.length; i++) {
      const value = values[positions[i]!]!;
      out[i] = value;
      if (value !== first) varies = true;
      sum += weights[i]! * value;
    }
    if (!centred) return varies;
    const mean = sum / this.total;
    for (let i = 0; i < out.length; i++) out[i]! -= mean;
    return varies;
  }

  /** Puts midranks among the weighted pairs into `out`, less their mean; says whether they vary. */
  private centredMidranks({ ids, groups }: DenseRanks, out: Float64Array): boolean {
    const { positions, weights } = this;
    if (this.groupWeights.length < groups) this.groupWeights = new Float64Array(groups);
    const ranks = this.groupWeights;
    ranks.fill(0, 0, groups);
    for (let i = 0; i < out.length; i++) ranks[ids[positions[i]!]!]! += weights[i]!;
    const middle = (this.total + 1) / 2;
    let below = 0;
    for (let group = 0; group < groups; group++) {
      const weight = ranks[group]!;
      ranks[group] = below + (weight + 1) / 2 - middle;
      below += weight;
    }
    let varies = false;
    for (let i = 0; i < out.length; i++) {
      out[i] = ranks[ids[positions[i]!]!]!;
      if (out[i] !== 0) varies = true;
    }
    return varies;
  }

  /** Ranks of the pairs present; ids that none of them has stay unused. */
  private ranksOf(index: number, pairs: number): DenseRanks {
    const { ids, groups } = this.ranks[index]!;
    const out = new Int32Array(pairs);
    for (let i = 0; i < pairs; i++) out[i] = ids[this.positions[i]!]!;
    return { ids: out, groups };
  }

  private rowSums(values: Float64Array): Float64Array {
    const { counts } = this;
    const sums = new Float64Array(counts.length);
    let at = 0;
    for (let s = 0; s < counts.length; s++) {
      let own = 0;
      for (let t = s + 1; t < counts.length; t++) {
        const value = values[at++]!;
        own += counts[t]! * value;
        sums[t]! += counts[s]! * value;
      }
      sums[s]! += own;
    }
    return sums;
  }
}

const nothing = new Float64Array(0);
const none: DenseRanks = { ids: new Int32Array(0), groups: 0 };

/** Whether RDMs are ranked to be compared: 4 bytes a pair and RDM. */
export function needsRanks(comparison: VectorComparison): boolean {
  return comparison === 'rho-a' || comparison === 'spearman' || comparison === 'tau-a' || comparison === 'tau-b';
}
