import { constants } from 'node:fs';
import { access, mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Engine } from '../engine/engine';
import { parsePreprocess } from '../engine/dataset/preprocess';
import { UnitscopeError } from '../protocol/errors';
import type { PreprocessConfig } from '../protocol/preprocess';
import type { DeviceChoice, ScanOutcome, ScanProgress, Study } from '../protocol/scan';
import { workerSpawner } from '../workerProcess/spawn';
import { duration, Progress } from './progress';

/** Options of every command that runs a model. */
export interface CommonOptions {
  images: string;
  preprocess?: string;
  device: DeviceChoice;
  limit?: number;
  cache?: string;
  quiet?: boolean;
}

/** What such a command works with. */
export interface Running {
  engine: Engine;
  study: Study;
  signal: AbortSignal;
  progress: Progress;
}

/** How long Ctrl-C waits for the batches under way, in milliseconds. */
const patience = 700;

/** Opens an engine for a command, and ends it with its workers when the command is done or stopped by Ctrl-C. */
export async function withStudy(model: string, options: CommonOptions, work: (running: Running) => Promise<void>): Promise<void> {
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
    await work({ engine, study, signal: abort.signal, progress });
  } finally {
    progress.end();
    engine.dispose();
  }
}

const phases = { preparing: 'Preparing', scanning: 'Scanning', computing: 'Computing' };

/** Shows how far a scan is. */
export function scanReporter(progress: Progress): (at: ScanProgress) => void {
  return ({ phase, done, total, imagesPerSecond, secondsLeft }) => {
    const rate = imagesPerSecond === null ? '' : `  ${imagesPerSecond.toPrecision(3)} images/s`;
    const left = secondsLeft === null ? '' : `  ${duration(secondsLeft)} left`;
    progress.update(phases[phase], done, total, rate + left);
  };
}

/** Tells what a scan could not use, and what it had to guess. */
export async function tellOutcome({ engine, study, signal, progress }: Running, outcome: ScanOutcome): Promise<void> {
  progress.end();
  const { source, note } = await engine.handlers['preprocess.resolve'](
    { model: study.model, preprocess: study.preprocess },
    { signal, report: () => undefined },
  );
  if (source === 'guess') progress.say(`Preprocessing: ${note} --preprocess FILE says it.`);
  if (outcome.device?.fallback) progress.say(outcome.device.fallback);
  for (const { path, reason } of outcome.skipped) progress.warn(`Skipped ${path}: ${reason}`);
}

/** Makes the folder where it is missing; found out before the scan, which may take hours. */
export async function writableFolder(path: string): Promise<string> {
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
