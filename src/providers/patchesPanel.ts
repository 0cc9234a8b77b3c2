import * as vscode from 'vscode';
import type { Handlers } from '../protocol/method';
import type { PatchesHostContract, SessionViewContract } from '../protocol/views';
import type { EngineClient } from '../host/engineClient';
import type { Memory } from '../host/memory';
import type { ModelSession } from '../host/modelSession';
import type { Sessions } from '../host/sessions';
import { openPage } from '../host/webviewPage';
import { run, sessionHandlers } from './sessionHandlers';

/** The patches panels: one beside each model's editor; it follows the layer that is selected there. */
export class PatchesPanels implements vscode.WebviewPanelSerializer {
  static readonly viewType = 'unitscope.patches';
  private readonly panels = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly services: { sessions: Sessions; engine: EngineClient; memory: Memory; log: vscode.LogOutputChannel },
  ) {}

  /** Shows a model's panel, beside the editor when it is new. */
  show(uri: vscode.Uri): void {
    const open = this.panels.get(uri.toString());
    if (open) {
      open.reveal(undefined, true);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      PatchesPanels.viewType,
      'Patches',
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      {},
    );
    this.fill(panel, uri);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const uri = (state as { modelUri?: unknown } | undefined)?.modelUri;
    if (typeof uri === 'string') this.fill(panel, vscode.Uri.parse(uri));
    else panel.dispose(); // closed before it had shown anything
    return Promise.resolve();
  }

  private fill(panel: vscode.WebviewPanel, uri: vscode.Uri): void {
    const { sessions, log } = this.services;
    this.panels.get(uri.toString())?.dispose(); // one that was hidden at a reload comes back when it is shown: there may be another by then
    this.panels.set(uri.toString(), panel);
    const { session, release } = sessions.acquire(uri);
    panel.title = `Patches · ${session.name}`;
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'unitscope.svg');
    const page = openPage<SessionViewContract, PatchesHostContract>(
      panel.webview,
      this.extensionUri,
      'patches',
      this.handlers(session),
      log,
    );
    const changes = session.onDidChange(() => page.notify('session.changed', session.state));
    if (panel.active) sessions.activate(session);
    panel.onDidChangeViewState(() => {
      if (panel.active) sessions.activate(session);
    });
    panel.onDidDispose(() => {
      if (this.panels.get(uri.toString()) === panel) this.panels.delete(uri.toString());
      page.close();
      changes.dispose();
      release.dispose();
    });
  }

  private handlers(session: ModelSession): Handlers<PatchesHostContract> {
    const { engine, memory } = this.services;
    const source = (): { source: ReturnType<ModelSession['study']>['dataset'] } => ({ source: session.study().dataset });
    return {
      ...sessionHandlers(session),
      settings: () => memory.model(session.uri).patches,
      'settings.changed': async (patches) => {
        await memory.rememberModel(session.uri, { patches });
        return null;
      },
      table: (query, { signal }) => engine.call('patches.table', { study: session.study(), query }, { signal }),
      cut: (params, { signal, report }) =>
        engine.call('patches.cut', { study: session.study(), ...params }, { signal, onProgress: report }),
      unit: (params, { signal }) =>
        engine.call('patches.unit', { study: session.study(), ...params }, { signal }),
      activation: (params, { signal }) => engine.call('patches.activation', { study: session.study(), ...params }, { signal }),
      picture: (params, { signal }) => engine.call('dataset.picture', { ...source(), ...params }, { signal }),
      stimuli: (params) => engine.call('dataset.stimuli', { ...source(), ...params }),
      'stimulus.open': async ({ index }) => {
        const [stimulus] = await engine.call('dataset.stimuli', { ...source(), indices: [index] });
        const root = session.state.dataset.state === 'ready' ? session.state.dataset.value.root : undefined;
        if (stimulus && root) await vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(vscode.Uri.file(root), stimulus.path));
        return null;
      },
      'export.json': () => run('exportPatches', session),
      'export.sheet': ({ layer }) => run('exportContactSheet', session, layer),
      'export.command': ({ layer }) => run('copyAsCommandLine', session, layer),
    };
  }
}
