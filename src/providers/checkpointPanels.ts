import * as vscode from 'vscode';
import type { Contract, Handlers } from '../protocol/method';
import { openPage, type Page, type PageName } from '../host/webviewPage';

interface PanelOf<Host extends Contract<Host>, View extends Contract<View>> {
  title: string;
  handlers: Handlers<Host>;
  /** Called once, with the page; what it returns ends with the panel. */
  started?: (page: Page<View>, panel: vscode.WebviewPanel) => vscode.Disposable;
}

/** Panels about several files, which their pages keep in their state as `uris` and are restored with. */
export class FilePanels<Host extends Contract<Host>, View extends Contract<View>> implements vscode.WebviewPanelSerializer {
  constructor(
    readonly viewType: string,
    private readonly page: PageName,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    private readonly make: (uris: vscode.Uri[], panel: vscode.WebviewPanel) => PanelOf<Host, View>,
  ) {}

  show(uris: vscode.Uri[]): void {
    const panel = vscode.window.createWebviewPanel(this.viewType, '', vscode.ViewColumn.Active, {});
    this.fill(panel, uris);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const uris = (state as { uris?: unknown } | undefined)?.uris;
    if (Array.isArray(uris) && uris.length >= 2 && uris.every((uri) => typeof uri === 'string')) this.fill(panel, uris.map((uri) => vscode.Uri.parse(uri)));
    else panel.dispose(); // closed before it had shown anything
    return Promise.resolve();
  }

  private fill(panel: vscode.WebviewPanel, uris: vscode.Uri[]): void {
    const { title, handlers, started } = this.make(uris, panel);
    panel.title = title;
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'unitscope.svg');
    const page = openPage<View, Host>(panel.webview, this.extensionUri, this.page, handlers, this.log);
    const life = started?.(page, panel);
    panel.onDidDispose(() => {
      page.close();
      life?.dispose();
    });
  }
}
