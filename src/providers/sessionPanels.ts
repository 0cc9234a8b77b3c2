import * as vscode from 'vscode';
import type { Contract, Handlers } from '../protocol/method';
import type { SessionHostContract, SessionViewContract } from '../protocol/views';
import type { ModelSession } from '../host/modelSession';
import type { Sessions } from '../host/sessions';
import { openPage, type Page, type PageName } from '../host/webviewPage';

export interface PanelKind<Host extends Contract<Host>, View extends SessionViewContract & Contract<View>> {
  viewType: string;
  page: PageName;
  /** "Patches": the model's name follows it. */
  title: string;
  handlers(session: ModelSession, page: () => Page<View>): Handlers<Host>;
}

/** Panels of one kind: one beside each model's editor, restored when the window is reloaded. */
export class SessionPanels<
  Host extends SessionHostContract & Contract<Host>,
  View extends SessionViewContract & Contract<View> = SessionViewContract,
> implements vscode.WebviewPanelSerializer
{
  private readonly panels = new Map<string, { panel: vscode.WebviewPanel; page: Page<View> }>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly services: { sessions: Sessions; log: vscode.LogOutputChannel },
    private readonly kind: PanelKind<Host, View>,
  ) {}

  get viewType(): string {
    return this.kind.viewType;
  }

  /** Shows a model's panel, beside the editor when it is new. @returns whether it was on screen: a hidden page starts anew */
  show(uri: vscode.Uri): boolean {
    const open = this.panels.get(uri.toString());
    if (open) {
      const { visible } = open.panel;
      open.panel.reveal(undefined, true);
      return visible;
    }
    const column = [...this.panels.values()][0]?.panel.viewColumn ?? (panelIsActive() ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside);
    const options = { viewColumn: column, preserveFocus: true };
    this.fill(vscode.window.createWebviewPanel(this.kind.viewType, this.kind.title, options, {}), uri);
    return false;
  }

  /** The page of a model's panel, where it is open. */
  page(uri: vscode.Uri): Page<View> | undefined {
    return this.panels.get(uri.toString())?.page;
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const uri = (state as { modelUri?: unknown } | undefined)?.modelUri;
    if (typeof uri === 'string') this.fill(panel, vscode.Uri.parse(uri));
    else panel.dispose(); // closed before it had shown anything
    return Promise.resolve();
  }

  private fill(panel: vscode.WebviewPanel, uri: vscode.Uri): void {
    const { sessions, log } = this.services;
    const key = uri.toString();
    this.panels.get(key)?.panel.dispose(); // one that was hidden at a reload comes back when it is shown: there may be another by then
    const { session, release } = sessions.acquire(uri);
    panel.title = `${this.kind.title} · ${session.name}`;
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'unitscope.svg');
    const page: Page<View> = openPage<View, Host>(
      panel.webview,
      this.extensionUri,
      this.kind.page,
      this.kind.handlers(session, () => page),
      log,
    );
    this.panels.set(key, { panel, page });
    const changes = session.onDidChange(() => (page as Page<SessionViewContract>).notify('session.changed', session.state));
    if (panel.active) sessions.activate(session);
    panel.onDidChangeViewState(() => {
      if (panel.active) sessions.activate(session);
    });
    panel.onDidDispose(() => {
      if (this.panels.get(key)?.panel === panel) this.panels.delete(key);
      page.close();
      changes.dispose();
      release.dispose();
    });
  }
}

/** Whether one of our panels has the focus: another one joins it, so that there are two columns and not a third. */
function panelIsActive(): boolean {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputWebview && input.viewType.includes('unitscope.');
}
