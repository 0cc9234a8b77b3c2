import { fork } from 'node:child_process';
import os from 'node:os';
import { join } from 'node:path';
import { connect } from '../rpc/connection';
import { processTransport } from '../rpc/processTransport';
import type { NoMethods } from '../protocol/method';
import type { WorkerContract } from '../engine/runtime/workerContract';
import type { SpawnWorker } from '../engine/runtime/pool';

export interface SpawnOptions {
  /** The bundle to run; default: the one that lies beside the running one. */
  script?: string;
  /** Leave the processor to others when they want it: the editor stays responsive while all cores are at work. */
  background?: boolean;
}

/** Starts workers. Processes, not threads: ending a thread during a run of ONNX Runtime aborts the whole process. */
export function workerSpawner(log: (message: string) => void, options: SpawnOptions = {}): SpawnWorker {
  const { script = join(__dirname, 'worker.js'), background = false } = options;
  return ({ threads }) => {
    const child = fork(script, [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (background && child.pid !== undefined) os.setPriority(child.pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => log(`worker ${child.pid}: ${text.trimEnd()}`));
    const connection = connect<WorkerContract, NoMethods>(processTransport(child), {}, (error, method) =>
      log(`worker ${child.pid}: ${method}: ${String(error)}`),
    );
    const ended = new Promise<void>((resolve) => {
      const finish = (how: string): void => {
        log(`worker ${child.pid} ended (${how})`);
        connection.close('A worker process of the engine ended unexpectedly.');
        resolve();
      };
      child.once('exit', (code, signal) => finish(signal ?? `code ${code}`));
      child.once('error', (error) => finish(error.message));
    });
    log(`worker ${child.pid} started, ${threads} decoding threads`);
    return {
      call: (method, params, options) => connection.call(method, params, options),
      notify: (method, params) => connection.notify(method, params),
      ended,
      kill: () => child.kill('SIGKILL'),
    };
  };
}
