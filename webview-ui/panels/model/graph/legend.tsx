import type { VNode } from 'preact';
import { follow } from '../../../shared/follow';
import { themeVersion } from '../../../shared/theme';
import { unknownBecause } from './describe';
import type { GraphView } from './graphView';
import { heatColour } from './overlay';
import { readPalette } from './palette';

/** What the colours of the overlay mean. */
export function Legend({ view }: { view: GraphView }): VNode | null {
  const heat = view.heat.value;
  const index = view.index.value;
  follow(themeVersion);
  if (!heat || !index) return null;
  const { overlay, facts, range } = heat;
  if (!range)
    return (
      <div class="graph-legend">
        <p>{overlay.label}</p>
        <p class="quiet">{overlay.none?.(facts) ?? `Not known: ${unknownBecause(index.graph)}.`}</p>
      </div>
    );
  const palette = readPalette();
  const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => heatColour(palette, share));
  return (
    <div class="graph-legend">
      <p>
        {overlay.label} <span class="quiet">{overlay.logarithmic && range[1] > range[0] ? 'log scale' : ''}</span>
      </p>
      <div class="graph-ramp" style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }} />
      <p class="graph-ends quiet">
        <span>{overlay.format(range[0])}</span>
        <span>{overlay.format(range[1])}</span>
      </p>
      {overlay.explanation && <p class="graph-explanation quiet">{overlay.explanation(facts)}</p>}
    </div>
  );
}
