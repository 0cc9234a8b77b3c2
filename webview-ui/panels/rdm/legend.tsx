import type { VNode } from 'preact';
import { formatScore } from '../../shared/format';
import { gradientStops } from './colours';
import type { HeatScale } from './heat';
import { scaleEnds, scaleTitle } from './scaleText';

/** What the colours of an RDM stand for. */
export function Legend({ scale, measure }: { scale: HeatScale; measure: string }): VNode {
  const [low, high] = scaleEnds(scale);
  const [least, most] = [scale.quantiles[0]!, scale.quantiles[scale.quantiles.length - 1]!];
  return (
    <span class="legend" title={`From ${formatScore(least)} to ${formatScore(most)}: ${measure}`}>
      <span>{low}</span>
      <span class="legend-bar" style={{ background: `linear-gradient(to right, ${gradientStops(scale.colours).join(', ')})` }} />
      <span>{high}</span>
      <span class="quiet legend-title">{scaleTitle(scale, measure)}</span>
    </span>
  );
}
