import 'vscode-jsonrpc/browser'; // installs the timers and encoders that the connection uses
import type { Transport } from '../../src/rpc/transport';

/** Two ends in one page. Messages are cloned and arrive later, as between processes. */
export function memoryTransports(): [Transport, Transport] {
  const receivers: ((message: unknown) => void)[] = [() => undefined, () => undefined];
  const end = (own: 0 | 1): Transport => ({
    send(message) {
      const copy: unknown = structuredClone(message);
      setTimeout(() => receivers[1 - own]!(copy));
    },
    listen: (receive) => (receivers[own] = receive),
  });
  return [end(0), end(1)];
}
