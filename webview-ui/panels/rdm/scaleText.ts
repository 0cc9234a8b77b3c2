import { formatScore } from '../../shared/format';
import type { HeatScale } from './heat';

/** "0", "1.23": what the first and last colour stand for. */
export function scaleEnds({ by, range }: HeatScale): [string, string] {
  return by === 'percentile' ? ['0', '100'] : [formatScore(range[0]), formatScore(range[1])];
}

/** "Percentile of 1 − Pearson r" */
export function scaleTitle({ by }: HeatScale, measure: string): string {
  return by === 'percentile' ? `Percentile of ${measure}` : measure;
}
