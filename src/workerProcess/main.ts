import './ignoreInterrupt';
import { connect } from '../rpc/connection';
import { processTransport } from '../rpc/processTransport';
import type { NoMethods } from '../protocol/method';
import type { WorkerContract } from '../engine/runtime/workerContract';
import { workerHandlers } from './handlers';

/** Entry of a worker process. It ends with the process that started it. */
process.once('disconnect', () => process.exit(0));

connect<NoMethods, WorkerContract>(processTransport(process), workerHandlers(), (error, method) =>
  console.error(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
);
