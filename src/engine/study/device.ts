import { readFile, writeFile, rename, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { deviceNames, type DeviceName } from '../../protocol/scan';
import { cpuWorkers, openDevice, type ReadyDevice } from '../runtime/devices';
import type { Tap } from '../runtime/tap';
import type { OpenStudy } from './openStudy';
import type { StudyServices } from './services';

const memorySchema = z.record(z.string(), z.enum(deviceNames));

/** Which device `auto` came to for a model, so that results are found again before anything runs. */
export class DeviceMemory {
  private readonly file: string;
  constructor(cache: string) {
    this.file = join(cache, 'devices.json');
  }

  async recall(modelIdentity: string): Promise<DeviceName | null> {
    return (await this.read())[modelIdentity] ?? null;
  }

  async remember(modelIdentity: string, device: DeviceName): Promise<void> {
    const known = await this.read();
    if (known[modelIdentity] === device) return;
    await mkdir(join(this.file, '..'), { recursive: true });
    const aside = `${this.file}.${process.pid}.tmp`;
    await writeFile(aside, JSON.stringify({ ...known, [modelIdentity]: device }));
    await rename(aside, this.file);
  }

  /** Nothing where the file is missing or damaged: `auto` then finds out anew. */
  private async read(): Promise<Record<string, DeviceName>> {
    try {
      return memorySchema.parse(JSON.parse(await readFile(this.file, 'utf8')));
    } catch {
      return {};
    }
  }
}

/**
 * The device of a study, opened and checked with the given layers the first time and kept.
 * @throws device.unavailable, model.failed, cancelled
 */
export async function deviceOf(
  study: OpenStudy,
  taps: Tap[],
  services: StudyServices,
  signal?: AbortSignal,
): Promise<ReadyDevice> {
  study.ready ??= openDevice(
    study.parts.study.device,
    study.job,
    taps,
    services.spawn,
    cpuWorkers(study.parts.summary.size, services.maxWorkers),
    signal,
  );
  try {
    const ready = await study.ready;
    study.device = ready.inUse.name;
    await new DeviceMemory(services.cache).remember(study.parts.modelIdentity, ready.inUse.name);
    return ready;
  } catch (error) {
    study.ready = null;
    throw error;
  }
}
