import { fork } from 'node:child_process';
import { join } from 'node:path';
import { connect } from '../rpc/connection';
import { processTransport } from '../rpc/processTransport';
import type { WorkerContract } from '../engine/runtime/workerContract';
import type { SpawnWorker } from '../engine/runtime/pool';

/**
 * Starts workers from the bundle that lies beside the running one.
 * Processes, not threads: ending a thread during a run of ONNX Runtime aborts the whole process.
 */
export function workerSpawner(log: (message: string) => void): SpawnWorker {
  return ({ threads }) => {
    const child = fork(join(__dirname, 'worker.js'), [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => log(`worker ${child.pid}: ${text.trimEnd()}`));
    const connection = connect<WorkerContract, Record<never, never>>(processTransport(child), {}, (error, method) =>
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
      call: connection.call,
      notify: (method, params) => connection.notify(method, params),
      ended,
      kill: () => child.kill('SIGKILL'),
    };
  };
}
