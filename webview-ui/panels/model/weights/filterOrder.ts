import type { TensorSlice } from '../../../../src/protocol/checkpoint';
import type { GaborFit } from '../../../../src/protocol/graph';

export type FilterOrder = 'unit' | 'norm' | 'colour' | 'orientation' | 'frequency' | 'r2';

export const orderLabels: Record<FilterOrder, string> = {
  unit: 'By unit',
  norm: 'Norm, largest first',
  colour: 'Colourfulness, most first',
  orientation: 'Orientation',
  frequency: 'Frequency, lowest first',
  r2: 'Gabor fit, best first',
};

export interface FilterFacts {
  unit: number;
  norm: number;
  /** Share of the energy that is not the same in all channels: 0 grey, 1 without any grey. */
  colour: number;
}

/** Norm and colourfulness of filters [O, C, h, w]; `first`: number of the first one. */
export function filterFacts({ shape, values }: TensorSlice, first = 0): FilterFacts[] {
  const [units, channels, height, width] = shape as [number, number, number, number];
  const size = height * width;
  return Array.from({ length: units }, (_, unit) => {
    let [all, grey] = [0, 0];
    for (let pixel = 0; pixel < size; pixel++) {
      let sum = 0;
      for (let of = 0; of < channels; of++) {
        const value = values[(unit * channels + of) * size + pixel]!;
        all += value * value;
        sum += value;
      }
      grey += (sum * sum) / channels;
    }
    return { unit: first + unit, norm: Math.sqrt(all), colour: all > 0 ? Math.max(0, 1 - grey / all) : 0 };
  });
}

/** A filter: what it is, and where its weights are. */
export interface FilterPlace {
  facts: FilterFacts;
  slice: TensorSlice;
  place: number;
}

/** The filters of slices that follow each other from filter 0 on; how many each has is what fitted into it. */
export function filterPlaces(slices: readonly TensorSlice[]): FilterPlace[] {
  const places: FilterPlace[] = [];
  for (const slice of slices) places.push(...filterFacts(slice, places.length).map((facts, place) => ({ facts, slice, place })));
  return places;
}

const ofFits: readonly FilterOrder[] = ['orientation', 'frequency', 'r2'];

/** Whether an order is one of Gabor fits. */
export function isOfFits(order: FilterOrder): boolean {
  return ofFits.includes(order);
}

/** The orders that filters of so many channels have. @param fitted whether Gabor functions are fitted to them */
export function ordersOf(channels: number, fitted: boolean): FilterOrder[] {
  return (Object.keys(orderLabels) as FilterOrder[]).filter((order) => (isOfFits(order) ? fitted : order !== 'colour' || (channels > 1 && channels <= 4)));
}

/** Filters in an order; those without a Gabor fit or with weights that are no number, where it is by those, come last, by unit. */
export function orderFilters(filters: readonly FilterFacts[], order: FilterOrder, fits: ReadonlyMap<number, GaborFit>): FilterFacts[] {
  const rank = ({ unit, norm, colour }: FilterFacts): number => {
    const fit = fits.get(unit);
    switch (order) {
      case 'unit':
        return unit;
      case 'norm':
        return -norm;
      case 'colour':
        return -colour;
      case 'r2':
        return fit ? -fit.r2 : Infinity;
      case 'orientation':
      case 'frequency':
        return fit?.striped ? fit[order] : Infinity;
    }
  };
  const ranks = new Map(
    filters.map((filter) => {
      const of = rank(filter);
      return [filter.unit, Number.isNaN(of) ? Infinity : of];
    }),
  );
  // Infinity minus Infinity is no number.
  return [...filters].sort((a, b) => (ranks.get(a.unit) === ranks.get(b.unit) ? a.unit - b.unit : ranks.get(a.unit)! - ranks.get(b.unit)!));
}
