import '../../shared/base.css';
import '../../ui/ui.css';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { Button, LinkButton } from '../../ui/button';
import { Banner } from '../../views/notice';
import { Loading, Unreadable } from '../../views/notYet';
import { Contents } from './contents';
import { Detail, Gone } from './detail';
import { CheckpointHeader, Warnings } from './header';
import { TensorList } from './tensorList';
import { CheckpointTabs } from './tensorToolbar';
import type { CheckpointView } from './view';
import '../../views/page.css';
import './panel.css';

/** The editor of a file of weights. */
export function CheckpointPanel({ view }: { view: CheckpointView }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const state = view.state.value;
  const summary = view.summary.value;
  const tensor = view.tensor.value;
  const shown = state && summary && state.file.state === 'ready';
  return (
    <main class="editor">
      {state?.engine.state === 'stopped' && (
        <Banner tone="error" actions={<Button onPress={() => view.act('engine.restart')}>Restart Engine</Button>}>
          {state.engine.message}
        </Banner>
      )}
      {view.failure.value && (
        <Banner tone="error" actions={<LinkButton onPress={() => (view.failure.value = null)}>Dismiss</LinkButton>}>
          {view.failure.value.message}
        </Banner>
      )}
      <div class="checkpoint-body">
        <div ref={scroller} class="page checkpoint-page">
          <div class="page-content">
            {shown ? (
              <>
                <Warnings warnings={summary.warnings} />
                <CheckpointHeader view={view} summary={summary} name={state.name} />
                <CheckpointTabs view={view} />
                <div id="checkpoint-content" role="tabpanel" aria-labelledby={`tab-${view.tab.value}`}>
                  {view.tab.value === 'tensors' ? <TensorList view={view} scroller={scroller} /> : <Contents key={state.revision} view={view} tree={summary.tree} />}
                </div>
              </>
            ) : (
              <NotYet view={view} />
            )}
          </div>
        </div>
        {shown && view.tab.value === 'tensors' && (tensor ? <Detail view={view} tensor={tensor} /> : view.selected.value !== null && <Gone view={view} tensor={view.selected.value} name={state.name} />)}
      </div>
    </main>
  );
}

function NotYet({ view }: { view: CheckpointView }): VNode {
  const state = view.state.value;
  const name = state?.name ?? 'the file';
  if (state?.file.state === 'error')
    return <Unreadable name={name} message={state.file.message} onReload={() => view.act('reload')} onLog={() => view.act('log.show')} />;
  return <Loading text={`Reading ${name}…`} />;
}
