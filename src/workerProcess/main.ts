import './ignoreInterrupt';
import { connect } from '../rpc/connection';
import { processTransport } from '../rpc/processTransport';
import type { NoMethods } from '../protocol/method';
import { Worker } from '../engine/runtime/worker';
import type { WorkerContract } from '../engine/runtime/workerContract';

/** Entry of a worker process. It ends with the process that started it. */
process.once('disconnect', () => process.exit(0));

const worker = new Worker();
connect<NoMethods, WorkerContract>(
  processTransport(process),
  {
    prepare: ({ job, taps }) => worker.prepare(job, taps),
    scan: (chunk, { signal, report }) => worker.scan(chunk, signal, report),
    locate: ({ job, taps, images }, { signal }) => worker.locate(job, taps, images, signal),
    map: ({ job, tap, unit, image }, { signal }) => worker.map(job, tap, unit, image, signal),
    shapes: ({ job, values }) => worker.shapes(job, values),
  },
  (error, method) => console.error(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
);
