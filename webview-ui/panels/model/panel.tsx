import '../../shared/base.css';
import '../../ui/ui.css';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { ModelSummary } from '../../../src/protocol/model';
import type { SessionState } from '../../../src/protocol/views';
import { Button, LinkButton } from '../../ui/button';
import { ProgressRing } from '../../ui/progress';
import { Banner, EmptyState } from '../../views/notice';
import { SessionBanners } from '../../views/sessionBanners';
import { ModelHeader } from './header';
import { LayerList } from './layerList';
import { StudyBar } from './studyBar';
import type { ModelView } from './view';
import './panel.css';

/** The editor of a model file. */
export function ModelPanel({ view }: { view: ModelView }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { session } = view;
  const state = session.state.value;
  const summary = session.summary.value;
  return (
    <main class="model">
      <SessionBanners session={session} />
      <div ref={scroller} class="page">
        <div class="page-content">
          {state && summary.state === 'ready' && state.model.state !== 'error' ? (
            <>
              <ModelHeader summary={summary.value} name={state.modelName} />
              <Running view={view} state={state} summary={summary.value} />
              <LayerList view={view} summary={summary.value} scroller={scroller} />
            </>
          ) : (
            <NotYet view={view} />
          )}
        </div>
      </div>
    </main>
  );
}

/** How the model is run, or why it cannot be. */
function Running({ view, state, summary }: { view: ModelView; state: SessionState; summary: ModelSummary }): VNode {
  if ('problem' in summary.image)
    return (
      <Banner tone="warning">
        <strong>This model cannot be shown images.</strong> {summary.image.problem} Its layers are listed below.
      </Banner>
    );
  return <StudyBar view={view} state={state} summary={summary} image={summary.image.input} />;
}

function NotYet({ view }: { view: ModelView }): VNode {
  const { session } = view;
  const state = session.state.value;
  const summary = session.summary.value;
  const failure = state?.model.state === 'error' ? state.model : summary.state === 'error' ? summary : null;
  if (failure)
    return (
      <EmptyState
        tone="error"
        icon="error"
        title={`${state?.modelName ?? 'This model'} cannot be read`}
        actions={
          <>
            <Button kind="primary" onPress={() => session.act('model.reload')}>
              Reload
            </Button>
            <LinkButton onPress={() => session.act('log.show')}>Show log</LinkButton>
          </>
        }
      >
        {failure.message}
      </EmptyState>
    );
  return (
    <div class="loading" role="status">
      <ProgressRing />
      <span>Reading {state?.modelName ?? 'the model'}…</span>
    </div>
  );
}
