import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import type { Layer } from '../../../src/protocol/model';
import type { UnitDetail } from '../../../src/protocol/patches';
import { formatLabel, formatScore } from '../../shared/format';
import { moveAmong } from '../../shared/roving';
import { Button } from '../../ui/button';
import { Checkbox } from '../../ui/checkbox';
import { Slider } from '../../ui/numberFields';
import { infernoGradient } from './heat';
import { StimulusCard } from './stimulusCard';
import type { PatchesView } from './view';

/** A unit in a few numbers. */
export function UnitFacts({ detail }: { detail: UnitDetail }): VNode {
  const { selectivity, preferred, mean, standardDeviation } = detail;
  return (
    <dl class="detail-facts">
      <Fact label="Top score">{formatScore(detail.top[0]?.score ?? 0)}</Fact>
      <Fact label="Mean">{formatScore(mean)}</Fact>
      <Fact label="Standard deviation">{formatScore(standardDeviation)}</Fact>
      {selectivity !== null && <Fact label="Class selectivity">{selectivity.toFixed(2)}</Fact>}
      {preferred !== null && <Fact label="Preferred class">{formatLabel(preferred)}</Fact>}
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface StimuliProps {
  view: PatchesView;
  layer: Layer;
  detail: UnitDetail;
  /** What the colours of activations stand for: 0 up to this score. */
  highest: number;
  /** How many are shown before all are asked for. */
  first?: number;
  /** Whose activations: the model's, or those of the one it is compared with. */
  activation?: 'activation' | 'other.activation';
  /** Where two models are compared: stimuli that are among the strongest of both. */
  common?: ReadonlySet<number>;
}

/** A unit's strongest stimuli. */
export function Stimuli({ view, layer, detail, highest, first = 12, activation = 'activation', common }: StimuliProps): VNode {
  const all = useSignal(false);
  const shown = all.value ? detail.top : detail.top.slice(0, first);
  const mapped = layer.positionAxes.length > 0;
  return (
    <section class="stimuli">
      <header>
        <h3>Strongest stimuli</h3>
        {mapped && !common && <HeatControls view={view} highest={highest} />}
      </header>
      <div class="stimulus-grid" role="group" aria-label="Strongest stimuli" onKeyDown={moveAmong}>
        {shown.map((stimulus, rank) => (
          <StimulusCard
            key={stimulus.index}
            view={view}
            layer={layer}
            unit={detail.unit}
            stimulus={stimulus}
            rank={rank}
            highest={highest}
            activation={activation}
            common={common?.has(stimulus.index) ?? false}
          />
        ))}
      </div>
      {detail.top.length > first && !all.value && (
        <Button onPress={() => (all.value = true)}>{`Show all ${detail.top.length}`}</Button>
      )}
    </section>
  );
}

/** Whether and how strongly activations lie over the pictures, and what their colours stand for. */
export function HeatControls({ view, highest }: { view: PatchesView; highest: number }): VNode {
  return (
    <span class="heat-controls">
      <Checkbox
        checked={view.heat.value}
        onChange={(on) => (view.heat.value = on)}
        title="Show where the unit responds"
      >
        Activation
      </Checkbox>
      {view.heat.value && (
        <>
          <Slider
            label="Opacity of the activation"
            text={`${Math.round(view.opacity.value * 100)} percent`}
            min={10}
            max={100}
            step={5}
            value={Math.round(view.opacity.value * 100)}
            onChange={(percent) => (view.opacity.value = percent / 100)}
          />
          {highest > 0 && (
            <span class="heat-legend" title="The same scale for all stimuli: from 0 to the unit’s top score">
              <span>0</span>
              <span class="heat-scale" style={{ background: infernoGradient }} />
              <span>{formatScore(highest)}</span>
            </span>
          )}
        </>
      )}
    </span>
  );
}
