import 'vscode-jsonrpc/browser'; // installs the timers and encoders that the connection uses
import type { Transport } from './contract';

export interface WebviewApi {
  postMessage(message: unknown): void;
}

/** Messages between a webview's script and the extension. */
export function webviewTransport(api: WebviewApi): Transport {
  return {
    send: (message) => api.postMessage(message),
    listen(receive) {
      window.addEventListener('message', (event: MessageEvent<unknown>) => receive(event.data));
    },
  };
}
