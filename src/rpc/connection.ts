import {
  AbstractMessageReader,
  AbstractMessageWriter,
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  ProgressType,
  ResponseError,
  type CancellationToken,
  type DataCallback,
  type Disposable,
  type Message,
} from 'vscode-jsonrpc';
import { cancelled, toUnitscopeError, UnitscopeError, type ErrorCode } from '../protocol/errors';
import type { Contract, Handlers } from '../protocol/method';
import type { Connection, Transport } from './transport';

interface Envelope {
  params: unknown;
  progress?: string;
}
interface ErrorData {
  code: ErrorCode;
}

class TransportReader extends AbstractMessageReader {
  constructor(private readonly transport: Transport) {
    super();
  }
  listen(callback: DataCallback): Disposable {
    this.transport.listen((message) => callback(message as Message));
    return { dispose: () => undefined };
  }
}

class TransportWriter extends AbstractMessageWriter {
  constructor(private readonly transport: Transport) {
    super();
  }
  write(message: Message): Promise<void> {
    this.transport.send(message);
    return Promise.resolve();
  }
  end(): void {}
}

const progressType = new ProgressType<unknown>();

/**
 * Joins two ends over a transport: `handlers` answer the other end's calls, the returned connection makes calls to it.
 * Requests, cancellation and progress are vscode-jsonrpc's. A handler that throws always answers: with its
 * `UnitscopeError`'s code, or `internal`. `onFault` hears of defects (unknown errors) for the log.
 */
export function connect<Remote extends Contract<Remote>, Local extends Contract<Local>>(
  transport: Transport,
  handlers: Handlers<Local>,
  onFault: (error: unknown, method: string) => void,
): Connection<Remote> {
  const logger = {
    error: (text: string) => onFault(new Error(text), 'connection'),
    warn: (text: string) => onFault(new Error(text), 'connection'),
    info: () => undefined,
    log: () => undefined,
  };
  const connection = createMessageConnection(new TransportReader(transport), new TransportWriter(transport), logger);
  const closing = new AbortController();
  let closedBecause: string | undefined;
  let nextProgress = 0;

  for (const method of Object.keys(handlers) as (keyof Local & string)[]) {
    const handle = async (envelope: Envelope, signal: AbortSignal): Promise<unknown> => {
      const report = (value: unknown): void => {
        if (envelope.progress !== undefined && !signal.aborted)
          void connection.sendProgress(progressType, envelope.progress, value);
      };
      return await handlers[method](envelope.params, { signal, report });
    };
    connection.onRequest(method, async (envelope: Envelope, token: CancellationToken) => {
      const abort = new AbortController();
      const cancel = (): void => abort.abort();
      token.onCancellationRequested(cancel);
      closing.signal.addEventListener('abort', cancel);
      try {
        if (token.isCancellationRequested) throw cancelled(); // before it was begun; such a token tells no listener
        return (await handle(envelope, abort.signal)) ?? null;
      } catch (thrown) {
        const error = toUnitscopeError(thrown);
        if (error.code === 'internal') onFault(thrown, method);
        return new ResponseError<ErrorData>(ErrorCodes.InternalError, error.message, { code: error.code });
      } finally {
        closing.signal.removeEventListener('abort', cancel);
      }
    });
    connection.onNotification(method, (envelope: Envelope) => {
      handle(envelope, closing.signal).catch((error: unknown) => onFault(error, method));
    });
  }
  connection.listen();

  return {
    async call(method, params, options = {}) {
      if (closedBecause !== undefined) throw new UnitscopeError('engine.stopped', closedBecause);
      const { signal, onProgress } = options;
      if (signal?.aborted) throw cancelled();
      const source = new CancellationTokenSource();
      const cancel = (): void => source.cancel();
      signal?.addEventListener('abort', cancel);
      const envelope: Envelope = { params };
      let listener: Disposable | undefined;
      if (onProgress) {
        envelope.progress = `${method}#${nextProgress++}`;
        listener = connection.onProgress(progressType, envelope.progress, (value) => onProgress(value as never));
      }
      try {
        return await connection.sendRequest(method, envelope, source.token);
      } catch (error) {
        throw fromWire(error, closedBecause);
      } finally {
        listener?.dispose();
        signal?.removeEventListener('abort', cancel);
        source.dispose();
      }
    },
    notify(method, params) {
      if (closedBecause !== undefined) return;
      connection.sendNotification(method, { params }).catch((error: unknown) => onFault(error, method));
    },
    close(sentence) {
      if (closedBecause !== undefined) return;
      closedBecause = sentence;
      closing.abort();
      connection.dispose();
    },
  };
}

function fromWire(error: unknown, closedBecause: string | undefined): UnitscopeError {
  if (closedBecause !== undefined) return new UnitscopeError('engine.stopped', closedBecause, { cause: error });
  if (error instanceof ResponseError) {
    const data = error.data as Partial<ErrorData> | undefined;
    return new UnitscopeError(data?.code ?? 'internal', error.message, { cause: error });
  }
  return toUnitscopeError(error);
}
