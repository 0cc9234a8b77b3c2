import type { VNode } from 'preact';
import { formatScore } from '../../shared/format';
import { measureName } from './options';
import { usePair } from './pairs';
import { percentileText } from './quantiles';
import { StimulusPicture, StimulusText } from './stimulus';
import type { ReadyLayer, RdmView } from './view';

/** How dissimilar the two stimuli under the pointer are. */
export function Readout({ view, layer }: { view: RdmView; layer: ReadyLayer }): VNode {
  const hover = view.hover.value;
  const [row, column] = hover?.rows ?? [];
  const pair = row !== undefined && column !== undefined ? ([row, column] as const) : null;
  const value = usePair(view, layer, pair);
  if (row === undefined || hover?.at === 'scatter')
    return (
      <div class="readout readout-empty quiet">
        Point at a cell: how similar are these two images? Click to keep the pair.
      </div>
    );
  const measure = measureName(view.settings.value?.recipe.measure ?? 'correlation');
  return (
    <div class="readout">
      <StimulusPicture view={view} row={row} />
      <StimulusText view={view} row={row} />
      {pair && row !== column && (
        <>
          <StimulusPicture view={view} row={pair[1]} />
          <StimulusText view={view} row={pair[1]} />
        </>
      )}
      <span class="readout-value">
        {row === column ? (
          <span class="quiet">the same image</span>
        ) : (
          <>
            <strong>{value === null ? '…' : formatScore(value)}</strong>
            <span class="quiet">
              {value === null ? measure : percentileText(layer.quantiles, value)}
            </span>
          </>
        )}
      </span>
    </div>
  );
}
