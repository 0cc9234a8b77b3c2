import '../../shared/base.css';
import '../../ui/ui.css';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ModelSummary } from '../../../src/protocol/model';
import type { SessionState } from '../../../src/protocol/views';
import { ModeSwitch } from '../../views/modeSwitch';
import { Banner } from '../../views/notice';
import { Loading } from '../../views/notYet';
import { SessionBanners } from '../../views/sessionBanners';
import { modelUnreadable } from '../../views/sessionReadiness';
import { Divider } from './divider';
import { GraphPane } from './graph/pane';
import { ModelHeader } from './header';
import { LayerList } from './layerList';
import { StudyBar } from './studyBar';
import type { EditorMode, ModelView } from './view';
import { WeightsPage } from './weights/page';
import '../../views/page.css';

/** The editor of a model file. */
export function ModelPanel({ view }: { view: ModelView }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { session } = view;
  const state = session.state.value;
  const summary = session.summary.value;
  const readable = state !== null && summary.state === 'ready' && state.model.state !== 'error';
  const mode = readable ? view.mode.value : 'list';
  useEffect(() => {
    const measure = (): void => void (view.width.value = window.innerWidth);
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, [view]);
  const modes = <ModeSwitch modes={modesOf(view.narrow.value)} mode={mode} onChange={(next) => (view.chosenMode.value = next)} />;
  return (
    <main class="editor">
      <SessionBanners session={session} />
      {readable && view.weights.open.value ? (
        <WeightsPage view={view.weights} />
      ) : (
        <div class="panes">
          {mode !== 'graph' && (
            <div ref={scroller} class="page" style={mode === 'both' ? { flex: `0 0 ${100 * view.split.value}%` } : undefined}>
              <div class="page-content">
                {readable && mode === 'list' && <div class="page-modes">{modes}</div>}
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
          )}
          {mode === 'both' && <Divider label="Width of the list" share={view.split.value} least={0.2} most={0.75} onMove={(share) => (view.split.value = share)} />}
          {mode !== 'list' && <GraphPane view={view.graph} aside={modes} />}
        </div>
      )}
    </main>
  );
}

/** Whether the list of layers, the graph or both are on show; narrow editors show one at a time. */
function modesOf(narrow: boolean): { mode: EditorMode; label: string }[] {
  return [{ mode: 'list', label: 'List' }, ...(narrow ? [] : [{ mode: 'both', label: 'Both' } as const]), { mode: 'graph', label: 'Graph' }];
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
