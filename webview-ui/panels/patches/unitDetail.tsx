import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Layer } from '../../../src/protocol/model';
import type { UnitDetail as Detail } from '../../../src/protocol/patches';
import { unitMenu } from '../../../src/protocol/retrievalViews';
import { formatCount, formatLabel, formatScore, splitLabel } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { moveAmong } from '../../shared/roving';
import { Button, IconButton } from '../../ui/button';
import { Checkbox } from '../../ui/checkbox';
import { Slider } from '../../ui/numberFields';
import { ProgressRing } from '../../ui/progress';
import { EmptyState } from '../../views/notice';
import { ClassScores } from './classScores';
import { infernoGradient } from './heat';
import { Histogram } from './histogram';
import { StimulusCard } from './stimulusCard';
import type { PatchesView } from './view';
import './charts.css';
import './unitDetail.css';

interface UnitDetailProps {
  view: PatchesView;
  layer: Layer;
  unit: number;
  /** Whether it stands beside the grid; else it covers it. */
  beside: boolean;
  onClose: () => void;
}

const top = 50;
const first = 12;

/** All about one unit: its strongest stimuli whole, and how it responds to the rest. */
export function UnitDetail({ view, layer, unit, beside, onClose }: UnitDetailProps): VNode {
  const page = useRef<HTMLElement>(null);
  const detail = useResource(`${layer.name} ${unit}`, view.revision.value, (signal) =>
    view.host.call('unit', { layer: layer.name, unit, top }, { signal }),
  );
  const { value, error } = detail.value;
  useLayoutEffect(() => {
    if (!beside && document.hasFocus()) page.current?.focus();
    page.current?.scrollTo(0, 0);
  }, [unit, beside]);
  useLayoutEffect(() => {
    // Wherever the focus is: beside the grid it stays there.
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      if (event.key === 'Escape') onClose();
      else if (event.altKey && event.key === 'ArrowRight') view.step(1);
      else if (event.altKey && event.key === 'ArrowLeft') view.step(-1);
      else return;
      event.preventDefault();
      event.stopPropagation(); // VS Code listens further out, where these keys go back and forth
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [view]);
  return (
    <section
      ref={page}
      class="detail"
      aria-label={`Unit ${unit}`}
      tabIndex={-1}
      data-vscode-context={unitMenu(view.session.state.value?.modelUri ?? '', layer.name, unit)}
    >
      <header class="detail-head">
        {!beside && <IconButton icon="chevron-left" label="Back to all units (Escape)" onPress={onClose} />}
        <h2>
          Unit {formatCount(unit)} <span class="quiet">of {splitLabel(layer).name}</span>
        </h2>
        <span class="detail-steps">
          <IconButton
            icon="arrow-up"
            label="Previous unit (Alt+Left)"
            disabled={!view.canStep(-1)}
            onPress={() => view.step(-1)}
          />
          <IconButton
            icon="arrow-down"
            label="Next unit (Alt+Right)"
            disabled={!view.canStep(1)}
            onPress={() => view.step(1)}
          />
          {beside && <IconButton icon="close" label="Close (Escape)" onPress={onClose} />}
        </span>
      </header>
      {value ? (
        <Content view={view} layer={layer} detail={value} />
      ) : error ? (
        <EmptyState tone="error" icon="error" title="This unit cannot be shown">
          {error.message}
        </EmptyState>
      ) : (
        <div class="waiting">
          <ProgressRing />
        </div>
      )}
    </section>
  );
}

function Content({ view, layer, detail }: { view: PatchesView; layer: Layer; detail: Detail }): VNode {
  const { unit, selectivity, preferred, mean, standardDeviation, histogram, classes } = detail;
  const best = detail.top[0]?.score ?? 0;
  return (
    <div class="detail-content">
      <dl class="detail-facts">
        <Fact label="Top score">{formatScore(best)}</Fact>
        <Fact label="Mean">{formatScore(mean)}</Fact>
        <Fact label="Standard deviation">{formatScore(standardDeviation)}</Fact>
        {selectivity !== null && <Fact label="Class selectivity">{selectivity.toFixed(2)}</Fact>}
        {preferred !== null && <Fact label="Preferred class">{formatLabel(preferred)}</Fact>}
      </dl>
      <Stimuli key={unit} view={view} layer={layer} detail={detail} highest={best} />
      <div class="detail-numbers">
        <section>
          <h3>Scores over all stimuli</h3>
          <Histogram histogram={histogram} />
        </section>
        {classes.length > 1 && (
          <section>
            <h3>Scores by class</h3>
            <ClassScores key={unit} classes={classes} />
          </section>
        )}
      </div>
    </div>
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

function Stimuli({
  view,
  layer,
  detail,
  highest,
}: {
  view: PatchesView;
  layer: Layer;
  detail: Detail;
  highest: number;
}): VNode {
  const all = useSignal(false);
  const shown = all.value ? detail.top : detail.top.slice(0, first);
  const mapped = layer.positionAxes.length > 0;
  return (
    <section class="stimuli">
      <header>
        <h3>Strongest stimuli</h3>
        {mapped && <HeatControls view={view} highest={highest} />}
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
          />
        ))}
      </div>
      {detail.top.length > first && !all.value && (
        <Button onPress={() => (all.value = true)}>{`Show all ${detail.top.length}`}</Button>
      )}
    </section>
  );
}

function HeatControls({ view, highest }: { view: PatchesView; highest: number }): VNode {
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
