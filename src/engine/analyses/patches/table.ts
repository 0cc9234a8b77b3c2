import { UnitscopeError } from '../../../protocol/errors';
import type { UnitRow, UnitTable, UnitTableQuery } from '../../../protocol/patches';
import { classSelectivity } from '../../numerics/selectivity';
import { TopK } from '../../numerics/topk';
import type { Tap } from '../../runtime/tap';
import type { Population } from '../../store/population';
import type { Recording } from '../../store/recording';

/** As many stimuli a unit are kept ranked for the panel; the detail of a unit shows as many. */
export const rankedStimuli = 50;

/** Class sums are kept up to this many units times classes (64 MB); beyond it selectivity is not computed. */
const maxClassSums = 8_000_000;

/** A stimulus of the population in a column of a segment. */
interface Column {
  column: number;
  index: number;
  /** Whether it is of the classes that are ranked. */
  ranked: boolean;
}

/**
 * The ranking of all units of one layer over a population of stimuli. `update` takes in what has been recorded since the
 * last time, so a table stays cheap while a scan runs. Memory: units * (k + classes) * 8 bytes.
 */
export class LayerTable {
  readonly top: TopK;
  private readonly seen: Uint8Array;
  private readonly classSums: Float64Array | null;
  private readonly classCounts: Int32Array;
  private segmentsRead = 0;
  private updating = Promise.resolve();
  private orderCache: { name: string; order: Int32Array } | null = null;
  scanned = 0;
  failure: string | null = null;

  /** @param labels only stimuli of these classes are ranked; empty: all. Selectivity always uses all classes. */
  constructor(
    private readonly recording: Recording,
    private readonly tap: Tap,
    private readonly population: Population,
    private readonly labels: ReadonlySet<string> = new Set(),
    private readonly k = rankedStimuli,
  ) {
    this.top = new TopK(tap.units, k);
    this.seen = new Uint8Array(population.count);
    const classes = population.classes.length;
    this.classCounts = new Int32Array(classes);
    this.classSums = classes > 1 && classes * tap.units <= maxClassSums ? new Float64Array(classes * tap.units) : null;
  }

  /** Several may ask at once: each waits for the one before, and finds what has come since. */
  update(): Promise<void> {
    const updated = this.updating.then(() => this.readNew());
    this.updating = updated.catch(() => undefined); // whoever asked hears of it; the next one tries again
    return updated;
  }

  private async readNew(): Promise<void> {
    for (const segment of this.recording.segmentsFrom(this.segmentsRead)) {
      const columns = segment.has(this.tap.key) ? this.newColumns(segment.header.images) : [];
      const scores = columns.length > 0 ? await segment.read(this.tap.key) : null;
      if (scores) this.take(scores, segment.header.images.length, columns);
      this.segmentsRead++;
    }
  }

  /** Columns of a segment that hold stimuli of the population that have not been taken in. */
  private newColumns(images: string[]): Column[] {
    return images.flatMap((image, column) =>
      this.population
        .indicesOf(image)
        .filter((index) => !this.seen[index])
        .map((index) => ({ column, index, ranked: this.isRanked(index) })),
    );
  }

  private isRanked(index: number): boolean {
    return this.labels.size === 0 || this.labels.has(this.population.labelOf(index) ?? '');
  }

  private take(scores: Float32Array, width: number, columns: Column[]): void {
    const { units } = this.tap;
    const { classOf } = this.population;
    const classes = this.classCounts.length;
    for (let unit = 0; unit < units; unit++) {
      const row = unit * width;
      for (const { column, index, ranked } of columns) {
        const score = scores[row + column]!;
        const at = classOf[index]!;
        if (Number.isNaN(score)) this.fail(index);
        else if (ranked) this.top.offer(unit, index, score);
        if (this.classSums && at >= 0) this.classSums[unit * classes + at]! += score;
      }
    }
    for (const { index, ranked } of columns) {
      const at = classOf[index]!;
      if (at >= 0) this.classCounts[at]!++;
      if (ranked) this.scanned++;
      this.seen[index] = 1;
    }
    this.orderCache = null;
  }

  private fail(index: number): void {
    this.failure ??= `Layer ${this.tap.name} has NaN or infinite activations (first seen on ${this.population.pathOf(index)}), so its units cannot be ranked.`;
  }

  selectivity(unit: number): { selectivity: number; preferred: string } | null {
    if (!this.classSums) return null;
    const classes = this.classCounts.length;
    const means = Float64Array.from(this.classCounts, (count, at) => this.classSums![unit * classes + at]! / count);
    const found = classSelectivity(means);
    return found && { selectivity: found.selectivity, preferred: this.population.classes[found.preferred]! };
  }

  row(unit: number, top: number): UnitRow {
    const found = this.selectivity(unit);
    return {
      unit,
      selectivity: found?.selectivity ?? null,
      preferred: found?.preferred ?? null,
      top: this.top.best(unit, top),
    };
  }

  answer(query: UnitTableQuery): UnitTable {
    const { units } = this.tap;
    if (query.top < 1 || query.top > this.k)
      throw new UnitscopeError('usage', `The number of patches a unit is from 1 to ${this.k}, not ${query.top}.`);
    const order = this.failure === null ? this.order(query) : new Int32Array(0);
    const rows = [...order.subarray(query.offset, query.offset + query.count)].map((unit) => this.row(unit, query.top));
    return { units, scanned: this.scanned, total: this.total(), offset: query.offset, rows, failure: this.failure };
  }

  private total(): number {
    if (this.labels.size === 0) return this.population.count;
    let total = 0;
    for (const label of this.labels) total += this.population.sizeOf(label);
    return total;
  }

  /** Units in the order asked for; equal keys by unit number. */
  private order({ order, descending }: UnitTableQuery): Int32Array {
    const name = `${order} ${descending}`;
    if (this.orderCache?.name === name) return this.orderCache.order;
    const units = Int32Array.from({ length: this.tap.units }, (_, unit) => unit);
    if (order === 'unit') {
      if (descending) units.reverse();
    } else {
      const key = Float64Array.from(units, (unit) =>
        order === 'score' ? (this.top.best(unit, 1)[0]?.score ?? -Infinity) : (this.selectivity(unit)?.selectivity ?? -1),
      );
      const sign = descending ? -1 : 1;
      units.sort((a, b) => sign * (key[a]! - key[b]!) || a - b);
    }
    this.orderCache = { name, order: units };
    return units;
  }
}
