/**
 * Every state of every panel with made-up data, in a plain browser: `index.html?panel=model&state=typical&theme=dark-modern`.
 * The panels run as in VS Code, over the same connection; only the extension at its other end is a fake.
 */
import { render, type VNode } from 'preact';
import type { PatchesHostContract, SessionViewContract } from '../../src/protocol/views';
import { connect } from '../../src/rpc/connection';
import type { Connection } from '../../src/rpc/transport';
import { ModelPanel } from '../panels/model/panel';
import { ModelView } from '../panels/model/view';
import { PatchesPanel } from '../panels/patches/panel';
import { PatchesView } from '../panels/patches/view';
import type { Place } from '../shared/place';
import { fakeHost, type Asked } from './fakeHost';
import { memoryTransports } from './memoryTransport';
import type { Scenario } from './scenario';
import { panels, type PanelName } from './states';
import './gallery.css';

declare global {
  interface Window {
    /** For the tests: what the panel asked of the extension, what it kept, and a layer selected elsewhere. */
    gallery: { asked: Asked; kept: () => unknown; select: (layer: string) => void };
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
  const states: Record<string, (() => Scenario) | undefined> = isPanel(panel) ? panels[panel] : {};
  const make = states[query.get('state') ?? ''];
  if (!make) return <Index />;
  return panel === 'model' ? (
    <ModelPanel view={new ModelView(place(make()))} />
  ) : (
    <PatchesPanel view={new PatchesView(place(make()))} />
  );
}

function isPanel(name: string | null): name is PanelName {
  return name !== null && name in panels;
}

/** A place as VS Code is one, with a fake extension behind it. Its state is kept for reloads of the tab. */
function place<State>(scenario: Scenario): Place<PatchesHostContract, State> {
  const [ours, theirs] = memoryTransports();
  const asked: Asked = [];
  const storage = `unitscope ${location.search}`;
  const kept = (): unknown => JSON.parse(sessionStorage.getItem(storage) ?? JSON.stringify(scenario.kept));
  return {
    connect(handlers) {
      const fault = (error: unknown): void => console.error(error);
      const host: Connection<SessionViewContract> = connect<SessionViewContract, PatchesHostContract>(
        theirs,
        fakeHost(scenario, () => host, asked),
        fault,
      );
      window.gallery = {
        asked,
        kept,
        select: (selectedLayer) => host.notify('session.changed', { ...scenario.session, selectedLayer }),
      };
      return connect<PatchesHostContract, SessionViewContract>(ours, handlers, fault);
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
