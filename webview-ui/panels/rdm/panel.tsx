import '../../shared/base.css';
import '../../ui/ui.css';
import '../../views/panel.css';
import type { VNode } from 'preact';
import { Button } from '../../ui/button';
import { Banner } from '../../views/notice';
import { ScanBar } from '../../views/scanBar';
import { SessionBanners } from '../../views/sessionBanners';
import { Compare } from './compare';
import { Multiples } from './multiples';
import { RdmTab } from './rdmTab';
import { unreadiness } from './readiness';
import { Toolbar, Views } from './toolbar';
import type { RdmView } from './view';
import './panel.css';

/** The geometry of a model's layers: RDMs, all layers side by side, and their comparison. */
export function RdmPanel({ view }: { view: RdmView }): VNode {
  const { session } = view;
  const settings = view.settings.value;
  const unready = unreadiness(view);
  const able = session.state.value?.trusted === true && session.state.value.dataset.state === 'ready';
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (view.selection.peek().size > 0) view.select([]);
    else view.pinned.value = null;
  };
  return (
    <main class="panel" onKeyDown={escape}>
      <SessionBanners session={session} />
      {settings && session.summary.value.state === 'ready' && (
        <header class="rdm-bar">
          <Views view={view} able={unready === null && (view.tab.value !== 'compare' || view.rsa.value.value !== null)} />
          {able && <Toolbar view={view} settings={settings} />}
        </header>
      )}
      <ScanBar session={session} layers={0} onStart={() => view.compute()} />
      <Trouble view={view} />
      {unready === null && <Gaps view={view} />}
      <div class="panel-body" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${view.tab.value}`}>
        {unready ?? <Shown view={view} />}
      </div>
    </main>
  );
}

function Shown({ view }: { view: RdmView }): VNode | null {
  const layer = view.layer.value;
  if (!layer) return null;
  switch (view.tab.value) {
    case 'rdm':
      return <RdmTab view={view} layer={layer} />;
    case 'layers':
      return <Multiples view={view} layer={layer} />;
    case 'compare':
      return <Compare view={view} />;
  }
}

/** Some of the layers have no RDM yet, though others do. */
function Gaps({ view }: { view: RdmView }): VNode | null {
  const state = view.session.state.value;
  const missing = (view.set.value?.layers ?? []).filter(({ state: of }) => of === 'missing').length;
  if (missing === 0 || state?.scan.state === 'running' || state?.engine.state === 'stopped') return null;
  return (
    <Banner
      tone="info"
      actions={
        view.starting.value ? undefined : (
          <Button onPress={() => view.compute()}>Compute</Button>
        )
      }
    >
      {missing === 1 ? 'One layer has' : `${missing} layers have`} no RDM yet.
    </Banner>
  );
}

/** A call that failed while there is something to look at; that the engine has stopped is said already. */
function Trouble({ view }: { view: RdmView }): VNode | null {
  const { known, arranged, column, failure, session } = view;
  const error = failure.value ?? known.error.value ?? arranged.error.value ?? column.error.value;
  if (!error || session.state.value?.engine.state === 'stopped') return null;
  return (
    <Banner tone="error" actions={<Button onPress={() => view.retry()}>Try again</Button>}>
      {error.message}
    </Banner>
  );
}
