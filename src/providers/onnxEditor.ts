import * as vscode from 'vscode';
import type { SessionHostContract, SessionViewContract } from '../protocol/views';
import { openPage } from '../host/webviewPage';
import type { Sessions } from '../host/sessions';
import { sessionHandlers } from './sessionHandlers';

/** The custom editor for `.onnx` files: read-only, also for files on other file systems. */
export class OnnxEditor implements vscode.CustomReadonlyEditorProvider {
  static readonly viewType = 'unitscope.onnx';

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const { session, release } = this.sessions.acquire(document.uri);
    const page = openPage<SessionViewContract, SessionHostContract>(
      panel.webview,
      this.extensionUri,
      'model',
      sessionHandlers(session),
      this.log,
    );
    const changes = session.onDidChange(() => page.notify('session.changed', session.state));
    if (panel.active) this.sessions.activate(session);
    panel.onDidChangeViewState(() => {
      if (panel.active) this.sessions.activate(session);
    });
    panel.onDidDispose(() => {
      page.close();
      changes.dispose();
      release.dispose();
    });
  }
}
