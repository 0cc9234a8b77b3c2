import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import os from 'node:os';
import { cancelled, isCancelled, toUnitscopeError, UnitscopeError } from '../../protocol/errors';
import type { DeviceChoice, DeviceInUse, DeviceName, LayerFailure } from '../../protocol/scan';
import type { Job } from './job';
import { WorkerPool, type SpawnWorker } from './pool';
import type { Tap } from './tap';
import { untilAborted } from './untilAborted';
import type { Preparation } from './workerContract';

/** A device that has been tried on the model, and the workers that run it. */
export interface ReadyDevice {
  inUse: DeviceInUse;
  pool: WorkerPool;
  job: Job;
  /** By the keys of the taps that were asked for. */
  prepared: Map<string, Preparation>;
  /** Absent on the CPU itself. */
  comparison?: Comparison;
}

interface Comparison {
  /** What the CPU says of taps. */
  reference: (taps: Tap[], signal?: AbortSignal) => Promise<Preparation>;
  /** By the key of each tap that was compared with the CPU: in what it differs, or null. */
  found: Map<string, string | null>;
}

/** What of the taps runs on a device, and in batches of how many; found out once. @throws model.failed, cancelled */
export async function prepare(device: ReadyDevice, taps: Tap[], signal?: AbortSignal): Promise<Preparation> {
  const key = keyOf(taps);
  let preparation = device.prepared.get(key);
  if (!preparation) {
    const doubtful = await compareWithCpu(device, taps, signal);
    const good = taps.filter((tap) => !doubtful.some(({ layer }) => layer === tap.name));
    const found = await device.pool.call('prepare', { job: device.job, taps: good }, { signal });
    preparation = { ...found, failures: [...doubtful, ...found.failures] };
    device.prepared.set(key, preparation);
  }
  return preparation;
}

/**
 * Compares taps with the CPU that were not among those that the device was opened with.
 * @returns those that it may not be trusted with
 * @throws model.failed, cancelled
 */
export async function compareWithCpu(device: ReadyDevice, taps: Tap[], signal?: AbortSignal): Promise<LayerFailure[]> {
  if (!device.comparison) return [];
  const { reference, found } = device.comparison;
  for (const batched of [true, false]) {
    const fresh = taps.filter((tap) => tap.batched === batched && !found.has(tap.key));
    if (fresh.length === 0) continue;
    const expected = await reference(fresh, signal);
    const actual = await device.pool.call('prepare', { job: device.job, taps: expected.taps }, { signal });
    for (const [key, doubt] of differences(expected, actual))
      found.set(key, doubt && `${titles[device.inUse.name]} ${doubt}; choose another device for it.`);
    for (const { layer, message } of expected.failures)
      for (const { key } of fresh.filter(({ name }) => name === layer)) found.set(key, message);
  }
  return taps.flatMap(({ key, name }) => {
    const message = found.get(key);
    return message ? [{ layer: name, message }] : [];
  });
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

/** What `auto` came to for a model before. */
export type RememberedDevice = Pick<DeviceInUse, 'name' | 'fallback'>;

/**
 * Finds the device to run on and opens it. `auto` takes the first candidate that agrees with the CPU on one batch and is
 * faster than it, else the CPU with the reason; where it came to one before, that one if it still agrees. A device chosen by
 * name is used or refused, never replaced.
 * @throws device.unavailable for a named device, model.failed, cancelled
 */
export async function openDevice(
  choice: DeviceChoice,
  job: Omit<Job, 'device'>,
  taps: Tap[],
  spawn: SpawnWorker,
  workers: number,
  { remembered, signal }: { remembered?: RememberedDevice | null; signal?: AbortSignal } = {},
): Promise<ReadyDevice> {
  const cpuJob: Job = { ...job, device: 'cpu' };
  const cpuPool = new WorkerPool(spawn, workers, 2);
  const known = choice === 'auto' ? remembered : undefined;
  const tried = known ? [known.name] : choice === 'auto' ? candidates() : [choice];
  const refusals: string[] = [];
  let opened: ReadyDevice | undefined;
  try {
    const reference = thatRuns(await untilAborted(cpuPool.call('prepare', { job: cpuJob, taps }, { signal }), signal));
    for (const name of tried.filter((each) => each !== 'cpu')) {
      const outcome = await tryDevice(name, job, reference, spawn, choice === 'auto' && !known ? workers : null, signal);
      if (typeof outcome === 'string') {
        refusals.push(`${titles[name]} ${outcome}.`);
        continue;
      }
      const { pool, preparation } = outcome;
      const failures = [...reference.failures, ...preparation.failures];
      return (opened = {
        inUse: { name, workers: 1, fallback: refusals.length > 0 ? refusals.join(' ') : known?.fallback },
        pool,
        job: { ...job, batch: preparation.batch, device: name },
        prepared: new Map([[keyOf(taps), { ...preparation, failures }]]),
        comparison: {
          reference: (others, abort) => askOnce(spawn, { ...cpuJob, batch: reference.batch }, others, abort),
          found: new Map(taps.map((tap) => [tap.key, null])),
        },
      });
    }
    if (choice !== 'auto' && choice !== 'cpu')
      throw new UnitscopeError('device.unavailable', `${refusals.join(' ')} Choose another device, or auto.`);
    const fallback = refusals.length > 0 ? `${refusals.join(' ')} Running on the CPU.` : known?.fallback;
    return (opened = {
      inUse: { name: 'cpu', workers, fallback },
      pool: cpuPool,
      job: { ...cpuJob, batch: reference.batch },
      prepared: new Map([[keyOf(taps), reference]]),
    });
  } finally {
    if (opened?.pool !== cpuPool) cpuPool.dispose();
  }
}

/**
 * Runs on a device what the CPU has run.
 * @param cpuWorkers that it has to be faster than; null: it may be slower
 * @returns why it is not to be used, or the worker that runs it
 */
async function tryDevice(
  name: DeviceName,
  job: Omit<Job, 'device'>,
  reference: Preparation,
  spawn: SpawnWorker,
  cpuWorkers: number | null,
  signal: AbortSignal | undefined,
): Promise<string | { pool: WorkerPool; preparation: Preparation }> {
  if (signal?.aborted) throw cancelled();
  const pool = new WorkerPool(spawn, 1, os.availableParallelism());
  let trusted = false;
  try {
    const params = { job: { ...job, batch: reference.batch, device: name }, taps: reference.taps };
    const preparation = thatRuns(await withPatience(pool.call('prepare', params), signal));
    const doubt = [...differences(reference, preparation).values()].find((difference) => difference !== null);
    const refusal = doubt ?? (cpuWorkers === null ? null : slowness(reference, preparation, cpuWorkers));
    trusted = refusal === null;
    return refusal ?? { pool, preparation };
  } catch (error) {
    if (isCancelled(error)) throw error;
    return `is not available: ${reason(error)}`;
  } finally {
    if (!trusted) pool.dispose();
  }
}

/** @throws model.failed where no layer runs */
function thatRuns(preparation: Preparation): Preparation {
  const [failure] = preparation.failures;
  if (preparation.taps.length === 0 && failure) throw new UnitscopeError('model.failed', failure.message);
  return preparation;
}

/** Prepares taps in a worker of its own. */
async function askOnce(spawn: SpawnWorker, job: Job, taps: Tap[], signal: AbortSignal | undefined): Promise<Preparation> {
  const pool = new WorkerPool(spawn, 1, 1);
  try {
    return await untilAborted(pool.call('prepare', { job, taps }), signal);
  } finally {
    pool.dispose();
  }
}

async function withPatience<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const timeout = AbortSignal.timeout(patience);
  try {
    return await untilAborted(answer, signal ? AbortSignal.any([signal, timeout]) : timeout);
  } catch (error) {
    if (!isCancelled(error) || signal?.aborted) throw error;
    throw new UnitscopeError('device.unavailable', 'it did not answer within a minute', { cause: error });
  }
}

/** Compares the scores of the same images, unit by unit, against each layer's scale: by tap in what it differs, or null. */
function differences(reference: Preparation, other: Preparation): Map<string, string | null> {
  const here = columnsOf(reference);
  const there = columnsOf(other);
  const images = Math.min(here.images, there.images);
  const found = new Map<string, string | null>();
  for (const tap of reference.taps) {
    const [first, same] = [here.first.get(tap.key)!, there.first.get(tap.key)];
    if (same === undefined) {
      found.set(tap.key, `cannot run layer ${tap.name}`);
      continue;
    }
    let scale = 0;
    let worst = 0;
    for (let image = 0; image < images; image++)
      for (let unit = 0; unit < tap.units; unit++) {
        const a = reference.sample.scores[image * here.units + first + unit]!;
        const b = other.sample.scores[image * there.units + same + unit]!;
        scale = Math.max(scale, Math.abs(a));
        if (Number.isNaN(a) && Number.isNaN(b)) continue;
        const difference = Math.abs(a - b);
        worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
      }
    const percent = ((100 * worst) / (scale || 1)).toPrecision(2);
    const agrees = worst <= tolerance * scale + 1e-6;
    found.set(tap.key, agrees ? null : `gives other numbers than the CPU at layer ${tap.name} (off by ${percent} %)`);
  }
  return found;
}

/** Where each tap's units are in the rows of a sample. */
function columnsOf({ taps, sample }: Preparation): { first: Map<string, number>; units: number; images: number } {
  const first = new Map<string, number>();
  let units = 0;
  for (const tap of taps) {
    first.set(tap.key, units);
    units += tap.units;
  }
  return { first, units, images: sample.scores.length / units };
}

function slowness(reference: Preparation, other: Preparation, workers: number): string | null {
  const perBatch = reference.sample.milliseconds / workers;
  if (other.sample.milliseconds <= perBatch) return null;
  return `is slower than the CPU here (${other.sample.milliseconds.toPrecision(2)} against ${perBatch.toPrecision(2)} ms a batch)`;
}

/** ONNX Runtime's reason without the path of the model and the file and line in its sources. */
function reason(error: unknown): string {
  const { code, message: text } = toUnitscopeError(error);
  if (code === 'worker.stopped') return 'the process that tried it ended unexpectedly';
  const adapter = /Failed to get a WebGPU adapter[^.]*/.exec(text);
  return (adapter?.[0] ?? text.replace(/^ONNX Runtime cannot run .*?: /, '')).replace(/[.\s]+$/, '');
}
