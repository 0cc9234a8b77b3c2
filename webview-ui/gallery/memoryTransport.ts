import 'vscode-jsonrpc/browser'; // installs the timers and encoders that the connection uses
import type { Transport } from '../../src/rpc/transport';

/** Two ends in one page. Messages are cloned and arrive later, in the order in which they were sent, as between processes. */
export function memoryTransports(): [Transport, Transport] {
  const { port1, port2 } = new MessageChannel();
  const end = (port: MessagePort): Transport => ({
    send: (message) => port.postMessage(message),
    listen: (receive) => {
      port.onmessage = ({ data }) => receive(data);
    },
  });
  return [end(port1), end(port2)];
}
