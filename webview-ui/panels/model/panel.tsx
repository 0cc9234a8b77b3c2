import '../../shared/base.css';
import '../../ui/ui.css';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { ModelSummary } from '../../../src/protocol/model';
import type { SessionState } from '../../../src/protocol/views';
import { Banner } from '../../views/notice';
import { Loading } from '../../views/notYet';
import { SessionBanners } from '../../views/sessionBanners';
import { modelUnreadable } from '../../views/sessionReadiness';
import { ModelHeader } from './header';
import { LayerList } from './layerList';
import { StudyBar } from './studyBar';
import type { ModelView } from './view';
import '../../views/page.css';

/** The editor of a model file. */
export function ModelPanel({ view }: { view: ModelView }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { session } = view;
  const state = session.state.value;
  const summary = session.summary.value;
  return (
    <main class="editor">
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
            (modelUnreadable(session) ?? <Loading text={`Reading ${state?.modelName ?? 'the model'}…`} />)
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
