import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { isCancelled, toUnitscopeError } from '../../../src/protocol/errors';
import type { Layer } from '../../../src/protocol/model';
import type { UnitDetail, UnitPair } from '../../../src/protocol/patches';
import type { ScanProgress } from '../../../src/protocol/scan';
import type { OtherModel } from '../../../src/protocol/views';
import { formatCount, plural } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { Button, IconButton, LinkButton } from '../../ui/button';
import { ProgressLine, ProgressRing } from '../../ui/progress';
import { EmptyState } from '../../views/notice';
import { describeProgress } from '../../views/scanText';
import { ClassScores } from './classScores';
import { Histogram } from './histogram';
import { HeatControls, Stimuli, UnitFacts } from './unitFacts';
import type { PatchesView } from './view';
import './unitComparison.css';

interface UnitComparisonProps {
  view: PatchesView;
  layer: Layer;
  unit: number;
  other: OtherModel;
}

const top = 50;

/** The same unit in two models, side by side: strongest stimuli, scores and classes, each on one scale for both. */
export function UnitComparison({ view, layer, unit, other }: UnitComparisonProps): VNode {
  const recording = useOther(view, layer.name, other.uri);
  return (
    <div class="comparison-page">
      <div class="comparison-bar">
        <p>
          <strong>{other.own}</strong> <span class="quiet">beside</span> <strong>{other.name}</strong>
        </p>
        <LinkButton onPress={() => view.act('other.choose')}>Other checkpoint…</LinkButton>
        <IconButton icon="close" label="Without comparison" onPress={() => view.act('other.leave')} />
      </div>
      {recording.state === 'ready' ? <Pair view={view} layer={layer} unit={unit} other={other} /> : <NotYet other={other} recording={recording} />}
    </div>
  );
}

type OtherRecording = { again: () => void; cancel: () => void } & (
  | { state: 'waiting' | 'ready' | 'cancelled' }
  | { state: 'running'; progress: ScanProgress | null }
  | { state: 'error'; message: string }
);

/** Has a layer of the other model recorded, once the session's own recording is over: they would share the processor. */
function useOther(view: PatchesView, layer: string, uri: string): OtherRecording {
  const now = useSignal<{ state: 'ready' | 'cancelled' } | { state: 'running'; progress: ScanProgress | null } | { state: 'error'; message: string }>({ state: 'running', progress: null });
  const turn = useSignal(0);
  const abort = useSignal<AbortController | null>(null);
  const busy = view.session.state.value?.scan.state === 'running';
  const study = view.study.value;
  useEffect(() => {
    if (busy) return;
    const controller = new AbortController();
    const { signal } = controller;
    abort.value = controller;
    now.value = { state: 'running', progress: null };
    const onProgress = (progress: ScanProgress): void => {
      if (!signal.aborted) now.value = { state: 'running', progress };
    };
    view.host.call('other.record', { layer }, { signal, onProgress }).then(
      () => {
        if (!signal.aborted) now.value = { state: 'ready' };
      },
      (thrown: unknown) => {
        if (signal.aborted) return;
        now.value = isCancelled(thrown) ? { state: 'cancelled' } : { state: 'error', message: toUnitscopeError(thrown).message };
      },
    );
    return () => controller.abort();
  }, [busy, layer, uri, study, turn.value]);
  const controls = {
    again: () => {
      turn.value++;
    },
    cancel: () => {
      abort.peek()?.abort();
      now.value = { state: 'cancelled' };
    },
  };
  return busy ? { state: 'waiting', ...controls } : { ...now.value, ...controls };
}

function NotYet({ other, recording }: { other: OtherModel; recording: OtherRecording }): VNode {
  switch (recording.state) {
    case 'waiting':
    case 'ready':
      return (
        <EmptyState icon="info" title="Compared when the recording is over">
          {other.name} is recorded over the same images after the model itself.
        </EmptyState>
      );
    case 'running': {
      const { progress } = recording;
      const share = progress && progress.total > 0 && progress.phase !== 'preparing' ? progress.done / progress.total : null;
      return (
        <div class="comparison-recording" role="status">
          <ProgressLine value={share} label={`Recording ${other.name}`} />
          <p class="quiet">
            Recording {other.name}: {progress ? describeProgress(progress) : 'preparing…'} <LinkButton onPress={recording.cancel}>Cancel</LinkButton>
          </p>
        </div>
      );
    }
    case 'cancelled':
      return (
        <EmptyState icon="stop" title="Cancelled" actions={<Button onPress={recording.again}>Resume</Button>}>
          {other.name} has not been recorded over all images. What was recorded stays.
        </EmptyState>
      );
    case 'error':
      return (
        <EmptyState tone="error" icon="error" title={`${other.name} cannot be compared`} actions={<Button onPress={recording.again}>Try again</Button>}>
          {recording.message}
        </EmptyState>
      );
  }
}

function Pair({ view, layer, unit, other }: UnitComparisonProps): VNode {
  const pair = useResource(`${layer.name} ${unit} ${other.uri}`, view.study.value ?? 0, (signal) => view.host.call('other.unit', { layer: layer.name, unit, top }, { signal }));
  const { value, error } = pair.value;
  if (error)
    return (
      <EmptyState tone="error" icon="error" title="This unit cannot be compared">
        {error.message}
      </EmptyState>
    );
  if (!value)
    return (
      <div class="waiting">
        <ProgressRing />
      </div>
    );
  const highest = Math.max(0, ...value.units.map((detail) => detail.top[0]?.score ?? 0));
  const most = Math.max(1, ...value.units.flatMap(({ histogram }) => histogram.counts));
  const classes = value.units[0].classes.map(({ label }) => label);
  const scale: [number, number] = [Math.min(0, ...value.units.flatMap((detail) => detail.classes.map(({ min }) => min))), Math.max(...value.units.flatMap((detail) => detail.classes.map(({ max }) => max)))];
  // Of few stimuli most are among the strongest of any unit: that they are the same would say nothing.
  const telling = value.stimuli > 4 * value.units[0].top.length;
  const common = new Set((telling ? value.units[0].top : []).map(({ index }) => index).filter((index) => value.units[1].top.some((one) => one.index === index)));
  return (
    <>
      <p class="comparison-facts" role="status">
        <Common pair={value} common={telling ? common.size : null} />
        {layer.positionAxes.length > 0 && <HeatControls view={view} highest={highest} />}
      </p>
      <div class="comparison-columns">
        {value.units.map((detail, at) => (
          <section key={at} class="comparison-column" aria-label={at === 0 ? other.own : other.name}>
            <h3 title={at === 0 ? other.own : other.name}>{at === 0 ? other.own : other.name}</h3>
            <UnitFacts detail={detail} />
            <Stimuli key={unit} view={view} layer={layer} detail={detail} highest={highest} common={common} first={6} activation={at === 0 ? 'activation' : 'other.activation'} />
            <h4>Scores over all stimuli</h4>
            <Histogram histogram={detail.histogram} most={most} />
            {detail.classes.length > 1 && (
              <>
                <h4>Scores by class</h4>
                <ClassScores classes={inOrder(detail.classes, classes)} scale={scale} />
              </>
            )}
          </section>
        ))}
      </div>
    </>
  );
}

function Common({ pair: { units, stimuli, correlation }, common }: { pair: UnitPair; common: number | null }): VNode {
  const listed = Math.min(units[0].top.length, units[1].top.length);
  return (
    <span>
      {common !== null && (
        <>
          <strong>{common === 0 ? 'None' : formatCount(common)}</strong> of the {formatCount(listed)} strongest stimuli {common === 1 ? 'is' : 'are'} the same
          {common > 0 && (
            <>
              {' '}
              <span class="comparison-key" aria-hidden="true" />
            </>
          )}
          {correlation === null ? '.' : '; '}
        </>
      )}
      {correlation !== null && (
        <>
          {common === null ? 'The' : 'the'} scores of {plural(stimuli, 'stimulus', 'stimuli')} correlate with r = <strong>{correlation.toFixed(2).replace('-', '−')}</strong>.
        </>
      )}
    </span>
  );
}

/** The classes of one model in the order of the other's, so that rows stand side by side. */
function inOrder(classes: UnitDetail['classes'], order: readonly string[]): UnitDetail['classes'] {
  const place = new Map(order.map((label, at) => [label, at]));
  return [...classes].sort((a, b) => (place.get(a.label) ?? Infinity) - (place.get(b.label) ?? Infinity));
}
