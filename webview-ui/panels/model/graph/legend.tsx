import type { VNode } from 'preact';
import { follow } from '../../../shared/follow';
import { themeVersion } from '../../../shared/theme';
import { unknownBecause } from '../../../views/graph/describe';
import type { GraphView } from './graphView';
import { heatColour } from './overlay';
import { readPalette } from '../../../views/graph/palette';
import './legend.css';

/** What the colours of the overlay mean: a strip above the drawing, of which it hides nothing. */
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
        <p class="quiet" role="status">{overlay.none?.(facts) ?? `Not known: ${unknownBecause(index.graph)}.`}</p>
      </div>
    );
  const palette = readPalette();
  const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => heatColour(palette, share));
  return (
    <div class="graph-legend">
      <p>{overlay.label}</p>
      <p class="graph-scale-line">
        <span>{overlay.format(range[0])}</span>
        <span class="graph-ramp" style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }} />
        <span>{overlay.format(range[1])}</span>
        {overlay.logarithmic && range[1] > range[0] && <span class="quiet">log scale</span>}
      </p>
      {overlay.explanation && (
        <p class="graph-explanation quiet">
          {overlay.explanation(facts)} <span role="status">{overlay.outdated?.(facts)}</span>
        </p>
      )}
    </div>
  );
}
