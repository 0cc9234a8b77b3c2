import * as vscode from 'vscode';

/**
 * A local file's address as the window knows it: `vscode-remote://…` where extensions run on another machine than the window does, so
 * that its explorer and editors take what is dropped on them. The API tells it only inside of a webview's addresses, whose host
 * is `scheme+authority`, other characters of the authority as "-" and four hexadecimal digits.
 */
export function windowAddress(webview: Pick<vscode.Webview, 'asWebviewUri'>, file: vscode.Uri): string {
  const [scheme, authority] = webview.asWebviewUri(file).authority.split('.')[0]!.split('+');
  if (scheme !== 'vscode-remote' || authority === undefined) return file.toString();
  const plain = authority.replace(/-([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return file.with({ scheme, authority: plain }).toString();
}
