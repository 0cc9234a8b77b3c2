import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import os from 'node:os';
import { cancelled, isCancelled, toUnitscopeError, UnitscopeError } from '../../protocol/errors';
import type { DeviceChoice, DeviceInUse, DeviceName } from '../../protocol/scan';
import type { Job } from './job';
import { WorkerPool, type SpawnWorker } from './pool';
import type { Tap } from './tap';
import type { Preparation } from './workerContract';

/** A device that has been tried on the model, and the workers that run it. */
export interface ReadyDevice {
  inUse: DeviceInUse;
  pool: WorkerPool;
  job: Job;
  /** By the keys of the taps that were asked for. */
  prepared: Map<string, Preparation>;
}

/** What of the taps runs on a device, and in batches of how many; found out once. @throws model.failed, cancelled */
export async function prepare(device: ReadyDevice, taps: Tap[], signal?: AbortSignal): Promise<Preparation> {
  const key = keyOf(taps);
  let preparation = device.prepared.get(key);
  if (!preparation) {
    preparation = await device.pool.call('prepare', { job: device.job, taps }, { signal });
    device.prepared.set(key, preparation);
  }
  return preparation;
}

function keyOf(taps: Tap[]): string {
  return taps.map((tap) => tap.key).join('\n');
}

const titles: Record<DeviceName, string> = {
  cpu: 'CPU',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'CoreML',
};

/** A device's batch may differ from the CPU's by this much of the layer's largest score. */
const tolerance = 2e-3;
/** A driver that hangs is given up after this long. */
const patience = 60_000;

/** What `auto` tries before the CPU, in this order. */
export function candidates(platform = process.platform): DeviceName[] {
  switch (platform) {
    case 'linux':
      return hasCudaProvider() ? ['cuda', 'webgpu'] : ['webgpu'];
    case 'win32':
      return ['dml', 'webgpu'];
    case 'darwin':
      return ['webgpu', 'coreml'];
    default:
      return [];
  }
}

function hasCudaProvider(): boolean {
  const main = createRequire(__filename).resolve('onnxruntime-node');
  const binaries = join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(join(binaries, 'libonnxruntime_providers_cuda.so'));
}

/** One single-threaded process a core, as far as memory allows: a process holds the model about three times while it loads. */
export function cpuWorkers(modelBytes: number, limit = Infinity): number {
  const each = 400e6 + 3 * modelBytes;
  const affordable = Math.floor((os.freemem() * 0.8) / each);
  return Math.max(1, Math.min(os.availableParallelism(), affordable, limit));
}

/**
 * Finds the device to run on and opens it. `auto` takes the first candidate that agrees with the CPU on one batch and is
 * faster than it, else the CPU with the reason; a device chosen by name is used or refused, never replaced.
 * @throws device.unavailable for a named device, model.failed, cancelled
 */
export async function openDevice(
  choice: DeviceChoice,
  job: Omit<Job, 'device'>,
  taps: Tap[],
  spawn: SpawnWorker,
  workers: number,
  signal?: AbortSignal,
): Promise<ReadyDevice> {
  const cpuJob: Job = { ...job, device: 'cpu' };
  const cpuPool = new WorkerPool(spawn, workers, 2);
  const wanted = choice === 'auto' ? candidates() : choice === 'cpu' ? [] : [choice];
  const refusals: string[] = [];
  try {
    const reference = await cpuPool.call('prepare', { job: cpuJob, taps }, { signal });
    for (const name of wanted) {
      const pool = new WorkerPool(spawn, 1, os.availableParallelism());
      const deviceJob: Job = { ...job, batch: reference.batch, device: name };
      try {
        const preparation = await withPatience(pool, deviceJob, reference.taps, signal);
        const doubt = disagreement(reference, preparation) ?? (choice === 'auto' ? slowness(reference, preparation, workers) : null);
        if (doubt === null) {
          cpuPool.dispose();
          const failures = [...reference.failures, ...preparation.failures];
          return {
            inUse: { name, workers: 1, fallback: refusals.length > 0 ? refusals.join(' ') : undefined },
            pool,
            job: { ...deviceJob, batch: preparation.batch },
            prepared: new Map([[keyOf(taps), { ...preparation, failures }]]),
          };
        }
        refusals.push(`${titles[name]} ${doubt}.`);
      } catch (error) {
        if (isCancelled(error)) throw error;
        refusals.push(`${titles[name]} is not available: ${reason(error)}.`);
      }
      pool.dispose();
    }
    if (choice !== 'auto' && choice !== 'cpu')
      throw new UnitscopeError('device.unavailable', `${refusals.join(' ')} Choose another device, or auto.`);
    const fallback = refusals.length > 0 ? `${refusals.join(' ')} Running on the CPU.` : undefined;
    return {
      inUse: { name: 'cpu', workers, fallback },
      pool: cpuPool,
      job: { ...cpuJob, batch: reference.batch },
      prepared: new Map([[keyOf(taps), reference]]),
    };
  } catch (error) {
    cpuPool.dispose();
    throw error;
  }
}

async function withPatience(pool: WorkerPool, job: Job, taps: Tap[], signal?: AbortSignal): Promise<Preparation> {
  const timeout = AbortSignal.timeout(patience);
  const both = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const late = new Promise<never>((_, reject) => {
    const stop = (): void =>
      reject(signal?.aborted ? cancelled() : new UnitscopeError('device.unavailable', 'it did not answer within a minute'));
    both.addEventListener('abort', stop, { once: true });
  });
  return await Promise.race([pool.call('prepare', { job, taps }), late]);
}

/** Compares the scores of the same batch, unit by unit, against the layer's scale. Null when they agree. */
function disagreement(reference: Preparation, other: Preparation): string | null {
  if (other.failures.length > 0) return `cannot run layer ${other.failures[0]!.layer}`;
  const units = reference.taps.reduce((sum, tap) => sum + tap.units, 0);
  const images = Math.min(reference.sample.scores.length, other.sample.scores.length) / units;
  let first = 0;
  for (const tap of reference.taps) {
    let scale = 0;
    let worst = 0;
    for (let image = 0; image < images; image++)
      for (let unit = first; unit < first + tap.units; unit++) {
        const a = reference.sample.scores[image * units + unit]!;
        const b = other.sample.scores[image * units + unit]!;
        scale = Math.max(scale, Math.abs(a));
        if (Number.isNaN(a) && Number.isNaN(b)) continue;
        const difference = Math.abs(a - b);
        worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
      }
    if (worst > tolerance * scale + 1e-6) {
      const percent = ((100 * worst) / (scale || 1)).toPrecision(2);
      return `gives other numbers than the CPU at layer ${tap.name} (off by ${percent} %)`;
    }
    first += tap.units;
  }
  return null;
}

function slowness(reference: Preparation, other: Preparation, workers: number): string | null {
  const perBatch = reference.sample.milliseconds / workers;
  if (other.sample.milliseconds <= perBatch) return null;
  return `is slower than the CPU here (${other.sample.milliseconds.toPrecision(2)} against ${perBatch.toPrecision(2)} ms a batch)`;
}

/** ONNX Runtime's reason without the path of the model and the file and line in its sources. */
function reason(error: unknown): string {
  const text = toUnitscopeError(error).message;
  const adapter = /Failed to get a WebGPU adapter[^.]*/.exec(text);
  return (adapter?.[0] ?? text.replace(/^ONNX Runtime cannot run .*?: /, '')).replace(/[.\s]+$/, '');
}
