import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Contract, Handlers } from '../protocol/method';
import { connect } from '../rpc/connection';
import type { Connection, PageMessage } from '../rpc/transport';
import { windowAddress } from './windowAddress';

/** The name of a bundle in dist/webview. */
export type PageName = 'model' | 'patches' | 'rdm' | 'retrieval' | 'checkpoint' | 'checkpointCompare' | 'checkpointJoin' | 'modelCompare';

/** The extension's end of a page. What is sent while the page is not loaded is lost: pages ask for the state when they start. */
export interface Page<Remote extends Contract<Remote>> {
  notify<K extends keyof Remote & string>(method: K, params: Remote[K]['params']): void;
  /** A local file's address in the window: for what is dragged out of the page. */
  addressOf(file: vscode.Uri): string;
  /** Gives up what the page is still waiting for. */
  close(): void;
}

/**
 * Fills a webview with one of our pages and answers its calls. The page may load our script and styles, pictures from
 * memory, and nothing else. Each load of the page gets a connection of its own.
 */
export function openPage<Remote extends Contract<Remote>, Local extends Contract<Local>>(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  name: PageName,
  handlers: Handlers<Local>,
  log: vscode.LogOutputChannel,
): Page<Remote> {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  let current: { page: string; connection: Connection<Remote>; receive: (message: unknown) => void } | undefined;

  const connectTo = (page: string): NonNullable<typeof current> => {
    current?.connection.close('The page was closed.');
    let receive: (message: unknown) => void = () => undefined;
    const connection = connect<Remote, Local>(
      {
        send: (message) => void webview.postMessage({ page, message } satisfies PageMessage),
        listen: (listener) => void (receive = listener),
      },
      handlers,
      (error, method) =>
        log.error(`${name} page: ${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    );
    return { page, connection, receive };
  };
  webview.onDidReceiveMessage(({ page, message }: PageMessage) => {
    if (current?.page !== page) current = connectTo(page);
    current.receive(message);
  });
  webview.html = html(webview, folder, name);
  return {
    notify: (method, params) => current?.connection.notify(method, params),
    addressOf: (file) => windowAddress(webview, file),
    close: () => current?.connection.close('The page was closed.'),
  };
}

function html(webview: vscode.Webview, folder: vscode.Uri, page: PageName): string {
  const nonce = randomBytes(16).toString('base64url');
  const uri = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  const policy = [
    `default-src 'none'`,
    `img-src blob: data: ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    'worker-src blob:', // workers made of our own script's text
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta property="csp-nonce" content="${nonce}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${uri(`${page}.css`)}">
    <title>Unitscope</title>
  </head>
  <body data-vscode-context='{"preventDefaultContextMenuItems": true}'>
    <div id="root"></div>
    <script nonce="${nonce}" src="${uri(`${page}.js`)}"></script>
  </body>
</html>`;
}
