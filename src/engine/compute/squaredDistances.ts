import type { Distance, RdmFault } from './contract';
import type { EmbeddingSource } from './embeddings';
import type { Products } from './products';
import { isCentred, moments, normalise, residuals, rowsNotFinite, scaleOf, type Normal } from './rowScale';
import type { Stretch, Stretches } from './stretches';

/** Rows of a block of the matrix of products. */
const blockRows = 100;
/** Near pairs that are summed in one go through the features. */
const mostNear = 1e6;

/**
 * How near two rows may be, as the share of their squared distance in their squared lengths, before float32 products leave
 * more than 1e-5 of it: such pairs are computed again, directly. The first is for rows as they are, whose sums are float32 too.
 */
const nearAsTheyAre = 0.1;
const nearResiduals = 0.03;
/** With more near pairs than this share of all, rows lose what they have in common first. */
const mostNearAsTheyAre = 0.02;

/** Products of rows `from` up to `to` with themselves and all rows after each, and the lengths and sums of all rows. */
interface Accumulated {
  /** In the order of the file. */
  products: Float64Array;
  squares: Float64Array;
  sums: Float64Array;
}

/** A pair's squared distance is own_i + own_j - 2 product_ij; `reach` is the length that the products were made with. */
interface Scaled {
  products: Float64Array;
  own: Float64Array;
  reach: Float64Array;
  near: number;
}

/**
 * All measures are squared distances of rows that have been shifted and scaled: correlation 1 - r = |u_i - u_j|^2 / 2 with u
 * centred and of length 1, cosine likewise without centring, `sqeuclidean/P` with rows scaled by 1 / sqrt(P).
 *
 * Products are float32 over a stretch of features, sums over stretches float64. Rows are multiplied as they are, and shift
 * and scale worked into the products: one pass. Where that would cancel too much (rows that are nearly alike, means far from
 * zero), rows are shifted and scaled first and lose what they have in common, which changes no distance and leaves small numbers.
 */
export class SquaredDistances {
  /** Found out by the first stripe that could not do without. */
  private needsResiduals = false;
  private exact: Promise<Normal | RdmFault> | undefined;

  constructor(
    private readonly stretches: Stretches,
    private readonly source: EmbeddingSource,
    private readonly distance: Distance,
    private readonly products: Products,
  ) {}

  /** Of rows `from` up to `to` and all rows after each, in the order of the file; or why they are not defined. */
  async compute(stripe: readonly [number, number], report: (share: number) => void): Promise<Float64Array | RdmFault> {
    const { stretches } = this;
    if (!this.needsResiduals) {
      const found = await this.asTheyAre(stripe, report);
      if (found) return await this.finish(stripe, found);
      this.needsResiduals = true;
    }
    const normal = await this.normal();
    if ('kind' in normal) return normal;
    const y = new Float32Array(stretches.rows * stretches.width);
    const residual = ({ values, width }: Stretch): Float32Array => {
      residuals(values, width, normal, y);
      return y.subarray(0, stretches.rows * width);
    };
    const { products, squares } = (await this.accumulate(stripe, residual, report))!;
    if (!squares.every(Number.isFinite)) return { kind: 'not-finite', rows: await rowsNotFinite(stretches) };
    return await this.finish(stripe, { products, own: squares, reach: squares, near: nearResiduals });
  }

  /** Exact, so that copies are the same: from float64 sums. */
  private normal(): Promise<Normal | RdmFault> {
    this.exact ??= normalise(this.stretches, this.source, this.distance);
    return this.exact;
  }

  /** Null where this would cancel too much, or something is not finite. */
  private async asTheyAre(stripe: readonly [number, number], report: (share: number) => void): Promise<Scaled | null> {
    const { distance, stretches } = this;
    const { features } = this.source;
    const centred = isCentred(distance);
    const scaled = ({ products, squares, sums }: Accumulated, seen: number): Scaled | null => {
      const variance = squares.map((square, row) => (centred ? square - sums[row]! ** 2 / seen : square));
      if (!squares.every(Number.isFinite) || variance.some((v, row) => v <= nearAsTheyAre * squares[row]!)) return null;
      const scale = scaleOf(distance, variance, features);
      const made = new Float64Array(products.length);
      eachPair(stripe, stretches.rows, (row, column, at) => {
        made[at] = (products[at]! - (centred ? (sums[row]! * sums[column]!) / seen : 0)) * scale[row]! * scale[column]!;
      });
      const lengths = (of: Float64Array): Float64Array => of.map((value, row) => value * scale[row]! ** 2);
      return { products: made, own: lengths(variance), reach: lengths(squares), near: nearAsTheyAre };
    };
    const isGood = (found: Scaled | null): found is Scaled => {
      if (!found) return false;
      let near = 0;
      eachPair(stripe, stretches.rows, (row, column, at) => {
        if (found.own[row]! + found.own[column]! - 2 * found.products[at]! < found.near * (found.reach[row]! + found.reach[column]!)) near++;
      });
      return near <= Math.max(100, mostNearAsTheyAre * found.products.length);
    };
    const accumulated = await this.accumulate(stripe, ({ values }) => values, report, (first, width) => isGood(scaled(first, width)));
    const found = accumulated && scaled(accumulated, features);
    return isGood(found) ? found : null;
  }

  /**
   * @param rowsOf rows to multiply, [N, width], or with a row of ones after them
   * @param goOn is asked after the first stretch, where there are several
   * @returns null where it was not to go on
   */
  private async accumulate(
    [from, to]: readonly [number, number],
    rowsOf: (stretch: Stretch) => Float32Array,
    report: (share: number) => void,
    goOn: (first: Accumulated, width: number) => boolean = () => true,
  ): Promise<Accumulated | null> {
    const { stretches } = this;
    const { rows } = stretches;
    const start = startOf(from, rows);
    const products = new Float64Array(startOf(to, rows) - start);
    const squares = new Float64Array(rows);
    const sums = new Float64Array(rows);
    let done = 0;
    for await (const stretch of stretches) {
      const { width } = stretch;
      const y = rowsOf(stretch);
      const hasOnes = y.length > rows * width;
      // Rows of the stripe have theirs in the product.
      for (let row = 0; row < rows; row++) {
        if (row >= from && row < to) continue;
        const { sum, square } = moments(y, row * width, (row + 1) * width);
        sums[row]! += sum;
        squares[row]! += square;
      }
      for (let first = from; first < to; first += blockRows) {
        const last = Math.min(to, first + blockRows);
        const tile = await this.products.inner(y.subarray(first * width, last * width), y.subarray(first * width), width);
        const columns = y.length / width - first;
        for (let row = first; row < last; row++) {
          const at = startOf(row, rows) - start - row - 1;
          const line = (row - first) * columns - first;
          squares[row]! += tile[line + row]!;
          if (hasOnes) sums[row]! += tile[line + rows]!;
          for (let column = row + 1; column < rows; column++) products[at + column]! += tile[line + column]!;
        }
        await stretches.breathe();
      }
      report(++done / stretches.count);
      if (done === 1 && stretches.count > 1 && !goOn({ products, squares, sums }, width)) return null;
    }
    return { products, squares, sums };
  }

  /** Pairs that are too near are computed again. */
  private async finish(stripe: readonly [number, number], { products, own, reach, near }: Scaled): Promise<Float64Array | RdmFault> {
    const pairs = new Int32Array(3 * Math.min(mostNear, products.length));
    let count = 0;
    const { rows } = this.stretches;
    for (let [row, at] = [stripe[0], 0]; row < stripe[1]; row++)
      for (let column = row + 1; column < rows; column++, at++) {
        const distance = Math.max(0, own[row]! + own[column]! - 2 * products[at]!);
        products[at] = distance;
        if (distance >= near * (reach[row]! + reach[column]!)) continue;
        pairs[count++] = row;
        pairs[count++] = column;
        pairs[count++] = at;
        if (count < pairs.length) continue;
        const fault = await this.computeDirectly(pairs, products);
        if (fault) return fault;
        count = 0;
      }
    return (count > 0 ? await this.computeDirectly(pairs.subarray(0, count), products) : null) ?? products;
  }

  /** @param pairs row, column and place in `distances`, for each pair */
  private async computeDirectly(pairs: Int32Array, distances: Float64Array): Promise<RdmFault | null> {
    const normal = await this.normal();
    if ('kind' in normal) return normal;
    const { shift, scale } = normal;
    for (let i = 2; i < pairs.length; i += 3) distances[pairs[i]!] = 0;
    for await (const { values, width } of this.stretches)
      for (let i = 0; i < pairs.length; i += 3) {
        const [row, column, at] = [pairs[i]!, pairs[i + 1]!, pairs[i + 2]!];
        const [a, b] = [row * width, column * width];
        const [shiftA, shiftB, scaleA, scaleB] = [shift[row]!, shift[column]!, scale[row]!, scale[column]!];
        let sum = 0;
        for (let f = 0; f < width; f++) {
          const difference = (values[a + f]! - shiftA) * scaleA - (values[b + f]! - shiftB) * scaleB;
          sum += difference * difference;
        }
        distances[at]! += sum;
        if (i % 3000 === 0) await this.stretches.breathe();
      }
    return null;
  }
}

/** Place of the first pair of a row. */
export function startOf(row: number, rows: number): number {
  return row * rows - (row * (row + 1)) / 2;
}

function eachPair([from, to]: readonly [number, number], rows: number, visit: (row: number, column: number, at: number) => void): void {
  for (let row = from, at = 0; row < to; row++) for (let column = row + 1; column < rows; column++, at++) visit(row, column, at);
}
