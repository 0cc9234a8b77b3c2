import type { VNode } from 'preact';
import { formatScore } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { Button, IconButton } from '../../ui/button';
import { layerText } from './layerText';
import { measureName } from './options';
import { usePair } from './pairs';
import { ordinal, shareBelow } from './quantiles';
import { StimulusPicture, StimulusText } from './stimulus';
import type { ReadyLayer, RdmView } from './view';

/** The pair that is kept: both images large, how dissimilar they are here, and through the layers. */
export function Pinned({ view, layer, pair }: { view: RdmView; layer: ReadyLayer; pair: readonly [number, number] }): VNode {
  const value = usePair(view, layer, pair);
  const measure = measureName(view.settings.value?.recipe.measure ?? 'correlation');
  const indices = pair.map((row) => view.stimulusAt(row).index);
  return (
    <section class="pinned" aria-label="Pinned pair">
      <div class="pinned-images">
        {pair.map((row) => (
          <figure key={row}>
            <StimulusPicture view={view} row={row} large />
            <StimulusText view={view} row={row} />
          </figure>
        ))}
      </div>
      <div class="pinned-facts">
        <p class="pinned-value">
          <strong>{value === null ? '…' : formatScore(value)}</strong> <span class="quiet">{measure}</span>
        </p>
        <p class="quiet">
          {value !== null && `More dissimilar than ${Math.round(shareBelow(layer.quantiles, value) * 100)} % of all pairs`}
        </p>
        <PairThroughDepth view={view} pair={pair} layer={layer.layer} />
        <div class="pinned-actions">
          <Button onPress={() => view.act('stimuli.open', { indices })}>Open both</Button>
          <IconButton icon="close" label="Unpin" onPress={() => (view.pinned.value = null)} />
        </div>
      </div>
    </section>
  );
}

const width = 220;
const height = 44;

/** The pair's percentile in every layer, as a line. */
function PairThroughDepth({ view, pair, layer }: { view: RdmView; pair: readonly [number, number]; layer: string }): VNode | null {
  const ready = view.ready.value;
  const layers = ready.map((one) => one.layer);
  const key = view.current.value ? JSON.stringify([view.known.value.value?.key, layers, pair]) : null;
  const { value, error } = useResource(key, 0, (signal) =>
    view.host.call('pairs', { recipe: view.recipe, layers, pairs: [[...pair]] }, { signal }),
  ).value;
  if (error) return <p class="quiet">{error.message}</p>;
  if (ready.length < 2) return null;
  const shares = ready.map(({ quantiles }, at) => {
    const one = value?.[at]?.[0];
    return one === undefined || Number.isNaN(one) ? null : shareBelow(quantiles, one);
  });
  const x = (at: number): number => 4 + ((width - 8) * at) / (ready.length - 1);
  const y = (share: number): number => height - 4 - share * (height - 8);
  const points = shares.flatMap((share, at) => (share === null ? [] : [`${x(at)},${y(share)}`]));
  const names = view.session.layers.value;
  return (
    <figure class="pair-depth">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label="Percentile of the pair’s dissimilarity through the layers">
        <line class="pair-middle" x1="0" x2={width} y1={y(0.5)} y2={y(0.5)} />
        <polyline class="pair-line" points={points.join(' ')} />
        {shares.map(
          (share, at) =>
            share !== null && (
              <circle key={at} class={layers[at] === layer ? 'pair-here' : 'pair-point'} cx={x(at)} cy={y(share)} r={layers[at] === layer ? 4 : 2.5}>
                <title>{`${layerText(names, layers[at]!)}: ${ordinal(Math.round(share * 100))} percentile`}</title>
              </circle>
            ),
        )}
      </svg>
      <figcaption class="quiet">Percentile through {ready.length} layers</figcaption>
    </figure>
  );
}
