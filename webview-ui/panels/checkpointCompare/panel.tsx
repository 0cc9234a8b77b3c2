import '../../shared/base.css';
import '../../ui/ui.css';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { ShownStep } from '../../../src/protocol/checkpointViews';
import { formatCount, plural } from '../../shared/format';
import { Button, LinkButton } from '../../ui/button';
import { ProgressLine } from '../../ui/progress';
import { SearchField } from '../../ui/searchField';
import { Select } from '../../ui/select';
import { Banner, EmptyState } from '../../views/notice';
import { ChangeChart } from './chart';
import { ChangeDetail } from './changeDetail';
import { formatRelative } from './rows';
import { ChangeTable } from './table';
import type { CompareView } from './view';
import '../../views/list.css';
import '../../views/page.css';
import '../checkpoint/panel.css';
import './compare.css';

/** Two checkpoints, or the steps of a series, tensor by tensor. */
export function ComparePanel({ view }: { view: CompareView }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { value: now } = view.comparing;
  const names = view.files.value?.names ?? [];
  const step = now.state === 'ready' ? now.steps[Math.min(view.step.value, now.steps.length - 1)] : undefined;
  const row = view.row.value;
  return (
    <main class="editor">
      <header class="compare-bar">
        <h1>
          {names.map((name, at) => (
            <span key={name}>
              {at > 0 && <span class="quiet"> → </span>}
              <LinkButton title={`Open ${name}`} onPress={() => view.open(at)}>
                {name}
              </LinkButton>
            </span>
          ))}
        </h1>
        {names.length > 1 && <Button onPress={() => view.act('swap')}>{names.length > 2 ? 'Reverse' : 'Swap'}</Button>}
      </header>
      {view.failure.value && (
        <Banner tone="error" actions={<LinkButton onPress={() => (view.failure.value = null)}>Dismiss</LinkButton>}>
          {view.failure.value.message}
        </Banner>
      )}
      {step && now.state === 'ready' ? (
        <div class="checkpoint-body">
          <div ref={scroller} class="page checkpoint-page">
            <div class="page-content">
              <StepBar view={view} steps={now.steps} step={step} names={names} />
              <ChangeChart rows={view.all.value} selected={view.selected.value} onPick={(name) => (view.selected.value = name)} />
              <div class="compare-search">
                <SearchField value={view.search.value} onInput={(text) => (view.search.value = text)} label="Search name, state or shape" />
                <span class="quiet" role="status">
                  {view.rows.value.length === view.all.value.length ? plural(view.all.value.length, 'tensor') : `${formatCount(view.rows.value.length)} of ${plural(view.all.value.length, 'tensor')}`}
                </span>
              </div>
              <ChangeTable view={view} scroller={scroller} />
            </div>
          </div>
          {row && <ChangeDetail view={view} row={row} />}
        </div>
      ) : (
        <NotYet view={view} />
      )}
    </main>
  );
}

const quoted = (names: readonly string[]): string => names.map((name) => `“${name}”`).join(', ');

/** Which step of a series, what it comes to as a whole, and what was renamed. */
function StepBar({ view, steps, step, names }: { view: CompareView; steps: ShownStep[]; step: ShownStep; names: string[] }): VNode {
  const options = steps.map((_, at) => ({ value: String(at), label: `${names[at]} → ${names[at + 1]}` }));
  const [before, after] = step.prefixes;
  const said = [before.length > 0 && `${quoted(before)} in the first`, after.length > 0 && `${quoted(after)} in the second`].filter(Boolean);
  return (
    <div class="step-bar">
      {steps.length > 1 && <Select label="Step" value={String(Math.min(view.step.value, steps.length - 1))} options={options} onChange={(at) => (view.step.value = Number(at))} />}
      <p>
        Changed by <strong>{step.total === null ? '–' : formatRelative(step.total)}</strong> <span class="quiet">of the norm of all weights that are in both.</span>
        {said.length > 0 && <span class="quiet"> Names begin with {said.join(' and ')}; they are matched without it.</span>}
      </p>
    </div>
  );
}

function NotYet({ view }: { view: CompareView }): VNode {
  const { value: now } = view.comparing;
  if (now.state === 'running')
    return (
      <div class="compare-waiting" role="status">
        <ProgressLine value={now.total > 0 ? now.done / now.total : null} label="Comparing" />
        <p class="quiet">
          Comparing{now.steps > 1 ? ` step ${now.step} of ${now.steps}` : ''}… <LinkButton onPress={() => view.cancel()}>Cancel</LinkButton>
        </p>
      </div>
    );
  return (
    <EmptyState
      tone={now.state === 'error' ? 'error' : 'plain'}
      icon={now.state === 'error' ? 'error' : 'stop'}
      title={now.state === 'error' ? 'These files cannot be compared' : 'Cancelled'}
      actions={
        <>
          <Button kind="primary" onPress={() => view.compare()}>
            {now.state === 'error' ? 'Try Again' : 'Compare'}
          </Button>
          {now.state === 'error' && <LinkButton onPress={() => view.act('log.show')}>Show log</LinkButton>}
        </>
      }
    >
      {now.state === 'error' ? now.message : 'The comparison was cancelled.'}
    </EmptyState>
  );
}
