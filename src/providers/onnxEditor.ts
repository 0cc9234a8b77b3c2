import * as vscode from 'vscode';
import type { Handlers } from '../protocol/method';
import type { ModelHostContract, ModelViewContract } from '../protocol/modelViews';
import type { EngineClient } from '../host/engineClient';
import type { ModelSession } from '../host/modelSession';
import { openPage, type Page } from '../host/webviewPage';
import type { Sessions } from '../host/sessions';
import { run, sessionHandlers } from './sessionHandlers';
import { weightHandlers } from './weightHandlers';

/** An editor that is open. */
interface OpenEditor {
  session: ModelSession;
  panel: vscode.WebviewPanel;
  page: Page<ModelViewContract>;
  /** What to tell the page once it is loaded; null while it is. */
  waiting: (() => void)[] | null;
}

/** The custom editor for `.onnx` files: read-only, also for files on other file systems. */
export class OnnxEditor implements vscode.CustomReadonlyEditorProvider {
  static readonly viewType = 'unitscope.onnx';
  /** The one that was looked at last comes last. */
  private readonly editors: OpenEditor[] = [];

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
    private readonly engine: EngineClient,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    const { session, release } = this.sessions.acquire(document.uri);
    const editor: Omit<OpenEditor, 'page'> & { page?: OpenEditor['page'] } = { session, panel, waiting: [] };
    const handlers = this.handlers(session, () => {
      editor.waiting?.forEach((tell) => tell());
      editor.waiting = null;
    });
    const page = openPage<ModelViewContract, ModelHostContract>(panel.webview, this.extensionUri, 'model', handlers, this.log);
    const open: OpenEditor = Object.assign(editor, { page });
    this.editors.push(open);
    const changes = session.onDidChange(() => page.notify('session.changed', session.state));
    if (panel.active) this.sessions.activate(session);
    panel.onDidChangeViewState(() => {
      if (!panel.visible) open.waiting = []; // its page is gone
      if (!panel.active) return;
      this.sessions.activate(session);
      this.editors.splice(this.editors.indexOf(open), 1);
      this.editors.push(open);
    });
    panel.onDidDispose(() => {
      page.close();
      changes.dispose();
      release.dispose();
      this.editors.splice(this.editors.indexOf(open), 1);
    });
  }

  /** Tells the page of a session's editor, opening it or showing it first where that is needed. */
  async tell<K extends keyof ModelViewContract>(session: ModelSession, method: K, params: ModelViewContract[K]['params']): Promise<void> {
    const find = (): OpenEditor | undefined => this.editors.findLast((open) => open.session === session);
    if (!find()) await vscode.commands.executeCommand('vscode.openWith', session.uri, OnnxEditor.viewType);
    const editor = find();
    if (!editor) return;
    const tell = (): void => editor.page.notify(method, params);
    if (!editor.panel.visible) editor.panel.reveal();
    if (editor.waiting) editor.waiting.push(tell);
    else tell();
  }

  private handlers(session: ModelSession, loaded: () => void): Handlers<ModelHostContract> {
    const common = sessionHandlers(session);
    return {
      ...common,
      ready: (params, context) => {
        // After the answer, so that the page knows its state first.
        setTimeout(loaded);
        return common.ready(params, context);
      },
      graph: async (_, { signal }) => this.engine.call('model.graph', await session.graphAsked(), { signal }),
      node: async ({ node }, { signal }) => this.engine.call('model.node', { ...(await session.graphAsked()), node }, { signal }),
      sparsity: (_, { signal }) => this.engine.call('model.sparsity', { study: session.study() }, { signal }),
      'graph.save': (picture) => run('saveGraphPicture', session, picture),
      ...weightHandlers(session, this.engine),
      'source.open': (source) => run('openSource', session, source),
    };
  }
}
