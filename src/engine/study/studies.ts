import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { DatasetSource, Stimulus } from '../../protocol/dataset';
import { cancelled, isCancelled, toUnitscopeError, UnitscopeError } from '../../protocol/errors';
import type { ModelSummary } from '../../protocol/model';
import type { ScanProgress, Study } from '../../protocol/scan';
import { openDataset, type Dataset } from '../dataset/dataset';
import { FileIdentities } from '../dataset/identity';
import { writing } from '../store/cacheFolder';
import { DeviceMemory } from './device';
import { identifyAll } from './identifyAll';
import { Kept, shared } from './kept';
import { Models } from './models';
import { OpenStudy } from './openStudy';
import type { StudyServices } from './services';

export interface OpenOptions {
  /** List the dataset again and look whether its files changed. */
  fresh?: boolean;
  signal?: AbortSignal;
  report?: (progress: ScanProgress) => void;
}

/**
 * Opens datasets and studies, and keeps the last few: a panel asks many small questions about the same one. A dataset is
 * listed again when a scan starts, or when it is opened, and then for all studies of it.
 */
export class Studies {
  readonly models: Models;
  private readonly datasets = new Kept<Dataset>(4);
  private readonly studies = new Kept<OpenStudy>(3, (study) => study.dispose(), (study) => this.users.has(study));
  private readonly users = new Map<OpenStudy, number>();
  private readonly running = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();

  constructor(private readonly services: StudyServices) {
    this.models = new Models(services);
  }

  async dataset(source: DatasetSource, options: { fresh?: boolean; signal?: AbortSignal; report?: (p: { found: number }) => void } = {}): Promise<Dataset> {
    const key = JSON.stringify(source);
    if (!options.fresh) return await shared(() => this.datasets.get(key, () => openDataset(source, options)), options.signal);
    const listed = await openDataset(source, options);
    this.datasets.set(key, listed);
    return listed;
  }

  /**
   * Opens a study and does something with it, during which its workers are kept.
   * @throws model.*, dataset.*, preprocess.invalid, cancelled, and what the work throws
   */
  async use<T>(study: Study, options: OpenOptions, work: (open: OpenStudy, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal: closed } = this.closing;
    const signal = options.signal ? AbortSignal.any([options.signal, closed]) : closed;
    const running = this.work(study, { ...options, signal }, (open) => work(open, signal));
    this.running.add(running);
    try {
      return await running;
    } finally {
      this.running.delete(running);
    }
  }

  private async work<T>(study: Study, options: OpenOptions, work: (open: OpenStudy) => Promise<T>): Promise<T> {
    if (options.signal?.aborted) throw cancelled();
    const open = await this.open(study, options);
    this.users.set(open, (this.users.get(open) ?? 0) + 1);
    try {
      return await work(open);
    } finally {
      const others = this.users.get(open)! - 1;
      if (others > 0) this.users.set(open, others);
      else this.users.delete(open);
      if (others === 0 && !this.studies.has(open)) open.dispose();
      this.studies.trim();
    }
  }

  private async open(study: Study, options: OpenOptions): Promise<OpenStudy> {
    const key = JSON.stringify([study, await this.models.version(study.model)]);
    const { fresh, signal } = options;
    if (!fresh) {
      const open = await shared(() => this.studies.get(key, () => this.build(study, options)), signal);
      if (sameStimuli(open.parts.dataset, await this.dataset(study.dataset, { signal }))) return open;
    }
    const now = await this.build(study, options);
    const before = this.studies.peek(key);
    if (before?.isSameAs(now)) return before;
    if (before && !this.users.has(before)) now.takeOver(before); // else whoever uses it last ends its workers
    this.studies.set(key, now);
    return now;
  }

  private async build(study: Study, { fresh, signal, report }: OpenOptions): Promise<OpenStudy> {
    const { summary: asRead } = await this.models.open(study.model);
    if ('problem' in asRead.image) throw new UnitscopeError('model.unsupported', asRead.image.problem);
    const preprocess = await this.models.preprocess(study.model, study.preprocess);
    const summary = await this.models.complete(study.model, preprocess, signal);
    const dataset = await this.dataset(study.dataset, { fresh, signal });
    const modelIdentity = await this.identityOf(asRead, signal);
    const known = await FileIdentities.open(join(this.services.cache, 'identities'), dataset.summary.root);
    const identify = identifyAll(dataset, known, signal, (done) =>
      report?.({
        phase: 'preparing',
        done,
        total: dataset.stimuli.length,
        cached: 0,
        skipped: 0,
        imagesPerSecond: null,
        secondsLeft: null,
        device: null,
      }),
    );
    const identities = await writing(this.services.cache, () => identify);
    const device = await new DeviceMemory(this.services.cache).recall(modelIdentity);
    return new OpenStudy({ study, summary, modelIdentity, preprocess, dataset, identities }, this.services, device?.name ?? null);
  }

  /** Identity of a model's content, external data included. */
  private async identityOf(summary: ModelSummary, signal?: AbortSignal): Promise<string> {
    const folder = dirname(summary.path);
    const known = await FileIdentities.open(join(this.services.cache, 'identities'), folder);
    const parts = [await this.identify(known, summary.path, signal)];
    for (const { file, size } of summary.externalData) {
      if (size === null)
        throw new UnitscopeError(
          'model.unreadable',
          `${summary.path} keeps its weights in ${file}, which is not there; put that file beside the model.`,
        );
      parts.push(await this.identify(known, join(folder, file), signal));
    }
    await writing(this.services.cache, () => known.save());
    return parts.length === 1 ? parts[0]! : createHash('sha256').update(parts.join()).digest('hex').slice(0, 32);
  }

  private async identify(known: FileIdentities, file: string, signal?: AbortSignal): Promise<string> {
    try {
      return await known.identify(file, signal);
    } catch (error) {
      if (isCancelled(error)) throw error;
      throw new UnitscopeError('model.unreadable', toUnitscopeError(error).message, { cause: error });
    }
  }

  /** Cancels what runs, waits for it, and ends all workers. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.running);
    this.dispose();
  }

  /** Ends all workers. */
  dispose(): void {
    this.closing.abort();
    this.studies.clear();
  }
}

function sameStimuli(a: Dataset, b: Dataset): boolean {
  const same = ({ path, label }: Stimulus, i: number): boolean => path === b.stimuli[i]!.path && label === b.stimuli[i]!.label;
  return a === b || (a.stimuli.length === b.stimuli.length && a.stimuli.every(same));
}
