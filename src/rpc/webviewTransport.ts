import 'vscode-jsonrpc/browser'; // installs the timers and encoders that the connection uses
import type { PageMessage, Transport } from './transport';

export interface WebviewApi {
  postMessage(message: PageMessage): void;
}

/** Messages between this page and the extension. Each load of a page has an identity of its own: see `PageMessage`. */
export function webviewTransport(api: WebviewApi): Transport {
  const page = crypto.randomUUID();
  return {
    send: (message) => api.postMessage({ page, message }),
    listen(receive) {
      window.addEventListener('message', (event: MessageEvent<Partial<PageMessage>>) => {
        if (event.data.page === page) receive(event.data.message);
      });
    },
  };
}
