import '../../shared/base.css';
import '../../ui/ui.css';
import '../../views/panel.css';
import '../rdm/toolbar.css';
import type { VNode } from 'preact';
import { Button } from '../../ui/button';
import { Banner } from '../../views/notice';
import { ScanBar } from '../../views/scanBar';
import { SessionBanners } from '../../views/sessionBanners';
import { Filters } from './filters';
import { PastePage } from './pastePage';
import { Quality } from './quality';
import { QueryBar } from './queryBar';
import { unreadiness } from './readiness';
import { RegionPage } from './regionPage';
import { Results } from './results';
import { Toolbar, Views } from './toolbar';
import type { RetrievalView } from './view';
import './panel.css';
import './query.css';
import './results.css';
import './region.css';
import './quality.css';

/** Which images a layer holds to be similar to one, and how well that follows their classes. */
export function RetrievalPanel({ view }: { view: RetrievalView }): VNode {
  const { session } = view;
  const settings = view.settings.value;
  const unready = unreadiness(view);
  const shown = view.shown.value;
  const able = unready === null && settings !== null;
  return (
    <main class="panel">
      <SessionBanners session={session} />
      {able && (
        <header class="retrieval-bar">
          <Views view={view} settings={settings} />
          {(shown === 'results' || shown === 'quality') && <Toolbar view={view} settings={settings} />}
          {shown === 'results' && settings.query && (
            <>
              <QueryBar view={view} query={settings.query} />
              <Filters view={view} settings={settings} />
            </>
          )}
        </header>
      )}
      {(shown === 'results' || shown === 'quality' || unready) && <ScanBar session={session} layers={0} onStart={() => view.prepare()} />}
      <Trouble view={view} />
      <div class="panel-body" id="tab-panel" role="tabpanel" aria-label={shown === 'quality' ? 'Quality' : 'Results'}>
        {unready ?? (settings && <Shown view={view} />)}
      </div>
    </main>
  );
}

function Shown({ view }: { view: RetrievalView }): VNode {
  const settings = view.settings.value!;
  switch (view.shown.value) {
    case 'quality':
      return <Quality view={view} />;
    case 'region':
      return <RegionPage view={view} />;
    case 'paste':
      return <PastePage view={view} />;
    case 'results':
      return <Results view={view} settings={settings} />;
  }
}

/** A call that failed; that the engine has stopped is said already. */
function Trouble({ view }: { view: RetrievalView }): VNode | null {
  const { failure, first, other, ranks, table, quality, session } = view;
  const errors = [failure, first.pages.error, other.pages.error, ranks.error, table.error, ...(view.shown.value === 'quality' ? [quality.error] : [])];
  const error = errors.map(({ value }) => value).find((one) => one && one.code !== 'embedding.missing');
  if (!error || session.state.value?.engine.state === 'stopped') return null;
  return (
    <Banner tone="error" actions={<Button onPress={() => view.retry()}>Try again</Button>}>
      {error.message}
    </Banner>
  );
}
