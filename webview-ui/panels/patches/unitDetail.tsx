import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Layer } from '../../../src/protocol/model';
import type { UnitDetail as Detail } from '../../../src/protocol/patches';
import { unitMenu } from '../../../src/protocol/retrievalViews';
import { formatCount, splitLabel } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { IconButton } from '../../ui/button';
import { ProgressRing } from '../../ui/progress';
import { EmptyState } from '../../views/notice';
import { ClassScores } from './classScores';
import { Histogram } from './histogram';
import { UnitComparison } from './unitComparison';
import { Stimuli, UnitFacts } from './unitFacts';
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

/** All about one unit: its strongest stimuli whole, and how it responds to the rest. */
export function UnitDetail({ view, layer, unit, beside, onClose }: UnitDetailProps): VNode {
  const page = useRef<HTMLElement>(null);
  const other = view.session.state.value?.other ?? null;
  const detail = useResource(other ? null : `${layer.name} ${unit}`, view.revision.value, (signal) =>
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
          {!other && <IconButton icon="beside" label="Compare with a checkpoint…" onPress={() => view.act('other.choose')} />}
          {beside && <IconButton icon="close" label="Close (Escape)" onPress={onClose} />}
        </span>
      </header>
      {other ? (
        <UnitComparison key={`${layer.name} ${other.uri}`} view={view} layer={layer} unit={unit} other={other} />
      ) : value ? (
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
  const { unit, histogram, classes } = detail;
  const best = detail.top[0]?.score ?? 0;
  return (
    <div class="detail-content">
      <UnitFacts detail={detail} />
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
