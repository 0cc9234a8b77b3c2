import 'vscode-jsonrpc/node'; // installs the timers and encoders that the connection uses
import type { Transport } from './transport';

/** The part of `process` and of `ChildProcess` that carries messages. */
export interface ProcessChannel {
  send?(message: unknown, sent: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/**
 * Messages over a forked process's channel. Fork with `serialization: "advanced"`, so that typed arrays arrive as such.
 * A channel that has closed swallows what is sent: whoever owns the process hears of its end and closes the connection.
 */
export function processTransport(channel: ProcessChannel & { connected?: boolean }): Transport {
  return {
    send(message) {
      if (channel.connected !== false) channel.send?.(message, () => undefined); // else a dead process's error is thrown at nobody
    },
    listen(receive) {
      channel.on('message', receive);
    },
  };
}
