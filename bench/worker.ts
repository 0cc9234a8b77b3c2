import { connect } from '../src/rpc/connection';
import { processTransport } from '../src/rpc/processTransport';
import { batches } from '../src/engine/runtime/batches';
import type { ImageFile, Job } from '../src/engine/runtime/job';
import { openRunner, type Runner } from '../src/engine/runtime/runner';
import type { WorkerContract } from '../src/engine/runtime/workerContract';
import type { Method, NoMethods } from '../src/protocol/method';
import { workerHandlers } from '../src/workerProcess/handlers';

/** A worker that can also do the least that any tool has to: decode the images and run the model as it is. */
export interface BenchContract extends WorkerContract {
  plain: Method<{ job: Job; outputs: string[]; images: ImageFile[] }, { done: number }>;
}

process.once('disconnect', () => process.exit(0));
let runner: Promise<Runner> | undefined;

connect<NoMethods, BenchContract>(
  processTransport(process),
  {
    ...workerHandlers(),
    plain: async ({ job, outputs, images }, { signal }) => {
      runner ??= openRunner(job, { kind: 'raw', values: outputs });
      const plain = await runner;
      let done = 0;
      for await (const batch of batches(job, images, signal)) {
        await plain.run(batch.pixels, batch.images.length);
        done += batch.images.length;
      }
      return { done };
    },
  },
  (error, method) => console.error(method, error),
);
