import { basename } from 'node:path';
import type { JoinRequest } from '../../protocol/checkpoint';
import { isCancelled } from '../../protocol/errors';
import type { CallOptions, Method } from '../../protocol/method';
import type { CheckpointTasks } from './contract';
import { isHdf5File } from './open';
import { unreadable } from './problem';

/** How a task gets to a worker process. */
export type CallTask = <K extends keyof CheckpointTasks>(
  method: K,
  params: CheckpointTasks[K]['params'],
  options: CheckpointTasks[K] extends Method<unknown, unknown, infer Progress> ? CallOptions<Progress> : never,
) => Promise<CheckpointTasks[K]['result']>;

/** How long work on HDF5 files may take, in milliseconds; workers may be busy with something else first. */
export interface Limits {
  /** Without a sign of progress. */
  silence: number;
  /** For going through numbers where progress is not told. */
  numbers: number;
}

export const usualLimits: Limits = { silence: 60_000, numbers: 600_000 };

/**
 * Work of a worker process on files some of which may be HDF5: a damaged one can keep its library busy for ever. Then the work is
 * given up, and the pool ends the process. Throws `reference.unreadable` where it came to no end in time.
 * @param work calls its second argument whenever it has got on; the time starts anew then
 */
export async function guarded<T>(files: readonly string[], signal: AbortSignal, work: (signal: AbortSignal, gotOn: () => void) => Promise<T>, deadline = usualLimits.silence): Promise<T> {
  const suspects = files.filter(isHdf5File);
  if (suspects.length === 0) return await work(signal, () => undefined);
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(), deadline);
  try {
    return await work(AbortSignal.any([signal, overdue.signal]), () => timer.refresh());
  } catch (error) {
    if (!isCancelled(error) || signal.aborted || !overdue.signal.aborted) throw error;
    throw unreadable(suspects.map((file) => basename(file)).join(' or '), 'reading it does not come to an end, as with damaged HDF5 files', 'copy or download it again', error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A model with the weights of a checkpoint, made in a worker process: see `reweigh`.
 * @returns its path in the cache
 */
export async function joinedModel(call: CallTask, request: JoinRequest & { cache: string }, signal: AbortSignal, { numbers } = usualLimits): Promise<string> {
  const { checkpoint, original } = request;
  return await guarded([checkpoint, ...(original === undefined ? [] : [original])], signal, (stop) => call('checkpoint.reweigh', request, { signal: stop }), numbers);
}
