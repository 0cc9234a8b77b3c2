import { checkpointTasks } from '../engine/checkpoint/tasks';
import { computeHandlers } from '../engine/compute/handlers';
import { Worker } from '../engine/runtime/worker';
import type { WorkerContract } from '../engine/runtime/workerContract';
import type { Handlers } from '../protocol/method';

/** What a worker process answers. */
export function workerHandlers(): Handlers<WorkerContract> {
  const worker = new Worker();
  return {
    prepare: ({ job, taps }) => worker.prepare(job, taps),
    scan: (chunk, { signal, report }) => worker.scan(chunk, signal, report),
    activations: (chunk, { signal, report }) => worker.activations(chunk, signal, report),
    locate: ({ job, taps, images }, { signal }) => worker.locate(job, taps, images, signal),
    sparsity: ({ job, taps, images }, { signal }) => worker.sparsity(job, taps, images, signal),
    map: ({ job, tap, unit, image }, { signal }) => worker.map(job, tap, unit, image, signal),
    shapes: ({ job, values }) => worker.shapes(job, values),
    ...computeHandlers,
    ...checkpointTasks,
  };
}
