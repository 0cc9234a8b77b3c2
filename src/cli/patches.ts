import { constants } from 'node:fs';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Engine } from '../engine/engine';
import { parsePreprocess } from '../engine/dataset/preprocess';
import { UnitscopeError } from '../protocol/errors';
import type { PreprocessConfig } from '../protocol/preprocess';
import type { DeviceChoice, Study } from '../protocol/scan';
import { workerSpawner } from '../workerProcess/spawn';
import { duration, Progress } from './progress';

export interface CommonOptions {
  preprocess?: string;
  device: DeviceChoice;
  limit?: number;
  cache?: string;
  quiet?: boolean;
}

interface PatchesOptions extends CommonOptions {
  images: string;
  layer?: string[];
  top: number;
  out: string;
}

/** How long Ctrl-C waits for the batches under way, in milliseconds. */
const patience = 700;

/** `unitscope patches`: scans, localises, and writes DIR/patches.json. */
export async function patches(model: string, options: PatchesOptions): Promise<void> {
  const progress = new Progress(options.quiet ?? false);
  const abort = new AbortController();
  const engine = new Engine(
    { cache: options.cache && resolve(options.cache) },
    workerSpawner(() => undefined),
    (level, message) => {
      if (level === 'warn') progress.warn(message);
    },
  );
  process.once('SIGINT', () => {
    abort.abort();
    // A model whose batch takes long is not waited for: what is not written yet is lost, what is written stays whole.
    setTimeout(() => {
      progress.end();
      engine.dispose();
      setImmediate(() => process.exit(130)); // by then the workers have been ended
    }, patience).unref();
  });
  try {
    const study: Study = {
      model: resolve(model),
      dataset: { path: resolve(options.images), limit: options.limit },
      preprocess: options.preprocess === undefined ? undefined : await readPreprocess(options.preprocess),
      device: options.device,
      unitAxes: {},
    };
    const out = await writableFolder(options.out);
    const outcome = await engine.handlers['study.scan'](
      { study, layers: options.layer },
      {
        signal: abort.signal,
        report: ({ phase, done, total, imagesPerSecond, secondsLeft }) => {
          const rate = imagesPerSecond === null ? '' : `  ${imagesPerSecond.toPrecision(3)} images/s`;
          const left = secondsLeft === null ? '' : `  ${duration(secondsLeft)} left`;
          progress.update(phase === 'preparing' ? 'Preparing' : 'Scanning', done, total, rate + left);
        },
      },
    );
    progress.end();
    if (outcome.device?.fallback) progress.say(outcome.device.fallback);
    for (const { path, reason } of outcome.skipped) progress.warn(`Skipped ${path}: ${reason}`);

    const file = join(out, 'patches.json');
    const { units, failed } = await engine.handlers['patches.export'](
      { study, layers: outcome.layers, top: options.top, file },
      { signal: abort.signal, report: ({ done, total }) => progress.update('Localising', done, total) },
    );
    progress.end();
    const failures = [...outcome.failedLayers, ...failed];
    const written = outcome.layers.length - failed.length;
    const fatal = options.layer || written === 0 ? failures.pop() : undefined; // who names a layer wants that one
    for (const { message } of failures) progress.warn(message);
    progress.say(`${units} units of ${written} ${written === 1 ? 'layer' : 'layers'} over ${outcome.done} images: ${file}`);
    if (fatal) throw new UnitscopeError('layer.failed', fatal.message);
  } finally {
    progress.end();
    engine.dispose();
  }
}

/** Makes the folder where it is missing; found out before the scan, which may take hours. */
async function writableFolder(path: string): Promise<string> {
  const folder = resolve(path);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UnitscopeError('output.failed', `Nothing can be written to ${folder} (${code}); choose another folder with --out.`, { cause: error });
  }
  return folder;
}

async function readPreprocess(file: string): Promise<PreprocessConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UnitscopeError('preprocess.invalid', `The preprocessing file ${file} cannot be read.`, { cause: error });
  }
  return parsePreprocess(text, file);
}
