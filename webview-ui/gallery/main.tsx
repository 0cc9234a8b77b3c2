/**
 * Every state of every panel with made-up data, in a plain browser: `index.html?panel=model&state=typical&theme=dark-modern`.
 * The panels run as in VS Code, over the same connection; only the extension at its other end is a fake.
 */
import { render, type VNode } from 'preact';
import type { Contract, Handlers } from '../../src/protocol/method';
import type { PatchesHostContract, SessionViewContract } from '../../src/protocol/views';
import { connect } from '../../src/rpc/connection';
import type { Connection } from '../../src/rpc/transport';
import { ModelPanel } from '../panels/model/panel';
import { ModelView } from '../panels/model/view';
import { PatchesPanel } from '../panels/patches/panel';
import { PatchesView } from '../panels/patches/view';
import { RdmPanel } from '../panels/rdm/panel';
import { RdmView } from '../panels/rdm/view';
import { RetrievalPanel } from '../panels/retrieval/panel';
import { RetrievalView } from '../panels/retrieval/view';
import type { Place } from '../shared/place';
import { checkpointPage } from './checkpointPages';
import { fakeHost } from './fakeHost';
import { fakeModelHost } from './fakeModelHost';
import { fakeRdmHost } from './fakeRdmHost';
import { fakeRetrievalHost } from './fakeRetrievalHost';
import type { Asked } from './fakeSession';
import { memoryTransports } from './memoryTransport';
import { modelComparePage } from './modelComparePage';
import type { Scenario } from './scenario';
import type { RdmScenario } from './rdmScenario';
import type { RetrievalScenario } from './retrievalScenario';
import { panels } from './states';
import './gallery.css';

declare global {
  interface Window {
    /** For the tests: what the panel asked of the extension, what it kept, a layer selected elsewhere, anything else told. */
    gallery: { asked: Asked; kept: () => unknown; select: (layer: string) => void; tell: (method: string, params: unknown) => void };
  }
}

/** Classes and kind that VS Code gives the body (see the heads of the style sheets in themes/). */
const themes: Record<string, { classes: string; kind: string }> = {
  'dark-modern': { classes: 'vscode-dark', kind: 'vscode-dark' },
  'light-modern': { classes: 'vscode-light', kind: 'vscode-light' },
  'dark-hc': { classes: 'vscode-high-contrast', kind: 'vscode-high-contrast' },
  'light-hc': { classes: 'vscode-high-contrast-light vscode-high-contrast', kind: 'vscode-high-contrast-light' },
};

const query = new URLSearchParams(location.search);
const root = document.getElementById('root')!;
const theme = query.get('theme') ?? 'dark-modern';
document.body.className = `vscode-body ${themes[theme]?.classes ?? ''}`;
document.body.dataset.vscodeThemeKind = themes[theme]?.kind;

// The panel starts once its colours are known, as in VS Code.
const link = document.createElement('link');
link.rel = 'stylesheet';
link.href = `themes/${theme}.css`;
link.onload = link.onerror = () => render(page(), root);
document.head.append(link);

function page(): VNode {
  const panel = query.get('panel');
  const state = query.get('state') ?? '';
  const pick = <S extends Scenario>(states: Record<string, () => S>): S | undefined => states[state]?.();
  if (panel === 'model') {
    const scenario = pick<Scenario>(panels.model);
    if (scenario) return <ModelPanel view={new ModelView(place(scenario, (host, asked) => fakeModelHost(scenario, host, asked)))} />;
  } else if (panel === 'patches') {
    const scenario = pick<Scenario>(panels.patches);
    if (scenario) return <PatchesPanel view={new PatchesView(sessionPlace(scenario))} />;
  } else if (panel === 'rdm') {
    const scenario = pick<RdmScenario>(panels.rdm);
    if (scenario) return <RdmPanel view={new RdmView(place(scenario, (host, asked) => fakeRdmHost(scenario, host, asked)))} />;
  } else if (panel === 'retrieval') {
    const scenario = pick<RetrievalScenario>(panels.retrieval);
    if (scenario) return <RetrievalPanel view={new RetrievalView(place(scenario, (host, asked) => fakeRetrievalHost(scenario, host, asked)))} />;
  }
  return checkpointPage(panel, state) ?? modelComparePage(panel, state) ?? <Index />;
}

function sessionPlace<State>(scenario: Scenario): Place<PatchesHostContract, State> {
  return place(scenario, (host, asked) => fakeHost(scenario, host, asked));
}

/** A place as VS Code is one, with a fake extension behind it. Its state is kept for reloads of the tab. */
function place<Host extends Contract<Host>, State, View extends SessionViewContract & Contract<View> = SessionViewContract>(
  scenario: Scenario,
  fake: (view: () => Connection<View>, asked: Asked) => Handlers<Host>,
): Place<Host, State, View> {
  const [ours, theirs] = memoryTransports();
  const asked: Asked = [];
  const storage = `unitscope ${location.search}`;
  const kept = (): unknown => JSON.parse(sessionStorage.getItem(storage) ?? JSON.stringify(scenario.kept));
  return {
    connect(handlers) {
      const fault = (error: unknown): void => console.error(error);
      const host: Connection<View> = connect<View, Host>(
        theirs,
        fake(() => host, asked),
        fault,
      );
      const session = host as unknown as Connection<SessionViewContract>;
      window.gallery = {
        asked,
        kept,
        select: (selectedLayer) => session.notify('session.changed', { ...scenario.session, selectedLayer }),
        tell: (method, params) => host.notify(method as never, params as never),
      };
      return connect<Host, View>(ours, handlers, fault);
    },
    readState: () => kept() as Partial<State>,
    writeState: (state) => sessionStorage.setItem(storage, JSON.stringify(state)),
  };
}

function Index(): VNode {
  return (
    <main class="gallery-index">
      {Object.keys(themes).map((name) => (
        <section key={name}>
          <h2>{name}</h2>
          {Object.entries(panels).map(([panel, states]) => (
            <ul key={panel}>
              <li>{panel}:</li>
              {Object.keys(states).map((state) => (
                <li key={state}>
                  <a href={`?panel=${panel}&state=${state}&theme=${name}`}>{state}</a>
                </li>
              ))}
            </ul>
          ))}
        </section>
      ))}
    </main>
  );
}
