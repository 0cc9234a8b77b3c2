import { randomBytes } from 'node:crypto';
import { readFile, writeFile, rename, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isCancelled } from '../../protocol/errors';
import { deviceNames } from '../../protocol/scan';
import { totalBytes } from '../model/summary';
import { cpuWorkers, openDevice, type ReadyDevice, type RememberedDevice } from '../runtime/devices';
import type { Tap } from '../runtime/tap';
import { untilAborted } from '../runtime/untilAborted';
import type { OpenStudy } from './openStudy';
import type { StudyServices } from './services';

const memorySchema = z.record(z.string(), z.object({ name: z.enum(deviceNames), fallback: z.string().optional() }));

/** Which device `auto` came to for a model, and why, so that results are found again before anything runs. */
export class DeviceMemory {
  private readonly file: string;
  constructor(cache: string) {
    this.file = join(cache, 'devices.json');
  }

  async recall(modelIdentity: string): Promise<RememberedDevice | null> {
    return (await this.read())[modelIdentity] ?? null;
  }

  async remember(modelIdentity: string, { name, fallback }: RememberedDevice): Promise<void> {
    const known = await this.read();
    if (known[modelIdentity]?.name === name && known[modelIdentity].fallback === fallback) return;
    await mkdir(join(this.file, '..'), { recursive: true });
    const aside = `${this.file}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await writeFile(aside, JSON.stringify({ ...known, [modelIdentity]: { name, fallback } }));
      await rename(aside, this.file);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }

  /** Nothing where the file is missing or damaged: `auto` then finds out anew. */
  private async read(): Promise<z.infer<typeof memorySchema>> {
    try {
      return memorySchema.parse(JSON.parse(await readFile(this.file, 'utf8')));
    } catch {
      return {};
    }
  }
}

/**
 * The device of a study, opened by the first that asks and kept.
 * @param taps that are asked for; where devices are to be compared, they are by the primary layers, whatever is asked for
 * @throws device.unavailable, model.failed, cancelled
 */
export async function deviceOf(
  study: OpenStudy,
  taps: Tap[],
  services: StudyServices,
  signal?: AbortSignal,
): Promise<ReadyDevice> {
  for (;;) {
    try {
      return await untilAborted(study.ready ?? start(study, taps, services, signal), signal);
    } catch (error) {
      if (!isCancelled(error) || signal?.aborted) throw error; // else another that asked has cancelled the opening
    }
  }
}

function start(study: OpenStudy, taps: Tap[], services: StudyServices, signal?: AbortSignal): Promise<ReadyDevice> {
  const opening = open(study, taps, services, signal);
  study.ready = opening;
  opening.catch(() => {
    if (study.ready === opening) study.ready = null;
  });
  return opening;
}

async function open(study: OpenStudy, asked: Tap[], services: StudyServices, signal?: AbortSignal): Promise<ReadyDevice> {
  const { modelIdentity, summary, study: chosen } = study.parts;
  const memory = new DeviceMemory(services.cache);
  const remembered = chosen.device === 'auto' ? await memory.recall(modelIdentity) : null;
  const isCpu = chosen.device === 'cpu' || remembered?.name === 'cpu';
  const workers = cpuWorkers(totalBytes(summary), services.maxWorkers);
  const ready = await openDevice(chosen.device, study.job, isCpu ? asked : primaryTaps(study, asked), services.spawn, workers, {
    remembered,
    signal,
  });
  study.device = ready.inUse.name;
  if (chosen.device === 'auto')
    await memory.remember(modelIdentity, ready.inUse).catch((error: unknown) =>
      services.log('warn', `Which device auto came to is not remembered: ${String(error)}`),
    );
  return ready;
}

/** What devices are compared by: layers that run one image at a time would make all others do so, and are compared later. */
function primaryTaps(study: OpenStudy, asked: Tap[]): Tap[] {
  const taps = study.layers.flatMap(({ name, primary }) => {
    try {
      return primary ? [study.tap(name)] : [];
    } catch {
      return []; // whoever asks for it hears why
    }
  });
  const batched = taps.filter((tap) => tap.batched);
  return [batched, taps, asked].find(({ length }) => length > 0) ?? asked;
}
