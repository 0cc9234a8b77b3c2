import { useComputed, useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import type { ScanOutcome } from '../../src/protocol/scan';
import type { SessionState } from '../../src/protocol/views';
import { plural } from '../shared/format';
import type { Session } from '../shared/session';
import { Button, LinkButton } from '../ui/button';
import { Icon, type IconName } from '../ui/icon';
import { ProgressLine } from '../ui/progress';
import { announceProgress, describeOutcome, describeProgress, describeStop } from './scanText';
import './scanBar.css';

interface ScanBarProps {
  session: Session;
  /** Layers that a recording would record; 0: starting one is offered elsewhere. */
  layers: number;
  /** What begins it anew, where that is not recording. */
  onStart?: () => void;
}

/** The recording of a dataset's images: to be started, under way, stopped, failed or done. Silent until images are chosen. */
export function ScanBar({ session, layers, onStart }: ScanBarProps): VNode | null {
  const spoken = useComputed(() => (session.state.value ? announcement(session.state.value) : ''));
  const state = session.state.value;
  if (!state) return null;
  const able = state.trusted && state.engine.state === 'running' && state.dataset.state === 'ready';
  return (
    <div class={`scan-bar scan-${state.scan.state}`}>
      {able || state.scan.state !== 'idle' ? content(session, state, layers, able, onStart) : null}
      <span class="hidden" aria-live="polite">
        {spoken}
      </span>
    </div>
  );
}

function content(
  session: Session,
  { scan, dataset }: SessionState,
  layers: number,
  able: boolean,
  onStart = (): void => session.act('scan.start'),
): VNode | null {
  const start = (label: string, kind: 'primary' | 'secondary' = 'secondary'): ComponentChildren =>
    able && (
      <Button kind={kind} onPress={onStart}>
        {label}
      </Button>
    );
  switch (scan.state) {
    case 'idle':
      if (dataset.state !== 'ready' || layers === 0) return null;
      return (
        <Line
          icon="record"
          text={`${plural(dataset.value.count, 'image')}, ${plural(layers, 'layer')} in one pass; what is known already is not computed again.`}
        >
          {start('Record all layers')}
        </Line>
      );
    case 'running': {
      const { progress } = scan;
      const share = progress.phase === 'preparing' || progress.total === 0 ? null : progress.done / progress.total;
      return (
        <>
          <ProgressLine value={share} label="Recording" />
          <Line icon="record" live text={describeProgress(progress)}>
            <Button onPress={() => session.act('scan.cancel')}>Cancel</Button>
          </Line>
        </>
      );
    }
    case 'cancelled': {
      const { done, total } = scan.progress;
      return (
        <>
          <ProgressLine value={total === 0 ? 0 : done / total} label="Recorded" />
          <Line
            icon="stop"
            text={`${describeStop(scan.progress)} What was recorded is shown.`}
          >
            {start('Resume', 'primary')}
          </Line>
        </>
      );
    }
    case 'failed':
      return (
        <Line icon="error" tone="error" text={scan.message}>
          <LinkButton onPress={() => session.act('log.show')}>Show log</LinkButton>
          {start('Try again')}
        </Line>
      );
    case 'done':
      return <Outcome session={session} outcome={scan.outcome} />;
  }
}

function Outcome({ session, outcome }: { session: Session; outcome: ScanOutcome }): VNode {
  const open = useSignal(false);
  const { skipped, failedLayers } = outcome;
  return (
    <>
      <Line icon="check" text={describeOutcome(outcome)}>
        {skipped.length > 0 && (
          <LinkButton onPress={() => session.act('scan.showSkipped')} title="Show which, and why">
            {plural(skipped.length, 'image')} skipped
          </LinkButton>
        )}
        {failedLayers.length > 0 && (
          <button
            type="button"
            class="link-button"
            aria-expanded={open.value}
            onClick={() => (open.value = !open.value)}
          >
            <Icon name="warning" class="warning" /> {plural(failedLayers.length, 'layer')} failed
          </button>
        )}
      </Line>
      {open.value && (
        <ul class="scan-failures">
          {failedLayers.map(({ layer, message }) => (
            <li key={layer}>
              <span class="scan-failed-layer">{layer}</span> {message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface LineProps {
  icon: IconName;
  text: string;
  tone?: 'plain' | 'error';
  live?: boolean;
  children: ComponentChildren;
}

function Line({ icon, text, tone = 'plain', live = false, children }: LineProps): VNode {
  return (
    <div class={`scan-line scan-line-${tone}`} role={tone === 'error' ? 'alert' : undefined}>
      <Icon name={icon} class={live ? 'scan-live' : ''} />
      <span class="scan-text" title={text}>
        {text}
      </span>
      <span class="scan-actions">{children}</span>
    </div>
  );
}

function announcement({ scan }: SessionState): string {
  switch (scan.state) {
    case 'running':
      return announceProgress(scan.progress);
    case 'cancelled':
      return 'Recording stopped.';
    case 'done':
      return `Recorded ${plural(scan.outcome.done, 'image')}.`;
    default:
      return '';
  }
}
