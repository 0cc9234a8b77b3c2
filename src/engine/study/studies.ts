import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatasetSource, Stimulus } from '../../protocol/dataset';
import { cancelled, isCancelled, toUnitscopeError, UnitscopeError } from '../../protocol/errors';
import type { ModelSummary } from '../../protocol/model';
import type { PreprocessConfig, ResolvedPreprocess } from '../../protocol/preprocess';
import type { ScanProgress, Study } from '../../protocol/scan';
import { openDataset, type Dataset } from '../dataset/dataset';
import { FileIdentities } from '../dataset/identity';
import { resolvePreprocess } from '../dataset/preprocess';
import { describeGraph, type OpenedGraph } from '../model/modelGraph';
import { openModel, type OpenedModel } from '../model/summary';
import { WorkerPool } from '../runtime/pool';
import { untilAborted } from '../runtime/untilAborted';
import { writing } from '../store/cacheFolder';
import { DeviceMemory } from './device';
import { identifyAll } from './identifyAll';
import { describeAt, imageSizeOf } from './inputShapes';
import { Kept, shared } from './kept';
import { OpenStudy } from './openStudy';
import type { StudyServices } from './services';

export interface OpenOptions {
  /** List the dataset again and look whether its files changed. */
  fresh?: boolean;
  signal?: AbortSignal;
  report?: (progress: ScanProgress) => void;
}

/**
 * Opens models, datasets and studies, and keeps the last few: a panel asks many small questions about the same one.
 * A model that changed on disk is read again; a dataset is listed again when a scan starts, or when it is opened, and then
 * for all studies of it.
 */
export class Studies {
  private readonly models = new Kept<OpenedModel>(4);
  private readonly graphs = new Kept<OpenedGraph>(4);
  private readonly datasets = new Kept<Dataset>(4);
  private readonly studies = new Kept<OpenStudy>(3, (study) => study.dispose(), (study) => this.users.has(study));
  private readonly users = new Map<OpenStudy, number>();
  private readonly running = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();

  constructor(private readonly services: StudyServices) {}

  /** Reads a model; runs nothing. @throws model.unreadable */
  async model(path: string): Promise<OpenedModel> {
    const key = await versionKey(path);
    const opened = await this.models.get(key, () => openModel(path));
    if (opened.summary.externalData.some(({ size }) => size === null)) this.models.drop(key); // they may still come
    return opened;
  }

  /** A model's graph at the given shapes of inputs, else at the size that images are brought to. @throws model.unreadable */
  async graph(path: string, preprocess?: PreprocessConfig, inputs?: Record<string, number[]>): Promise<OpenedGraph> {
    const opened = await this.model(path);
    const imageSize = await imageSizeOf(opened.summary, preprocess);
    return await this.graphs.get(JSON.stringify([await versionKey(path), imageSize, inputs]), () => describeGraph(opened.model, opened.summary, { inputs, imageSize }));
  }

  async preprocess(model: string, config: PreprocessConfig | undefined): Promise<ResolvedPreprocess> {
    return await resolvePreprocess((await this.model(model)).summary, config);
  }

  /**
   * The model at the input size that preprocessing gives, with the shapes that only running it shows. Runs the model on
   * one blank image where a layer's shape cannot be inferred.
   */
  async complete(path: string, preprocess: ResolvedPreprocess, signal?: AbortSignal): Promise<ModelSummary> {
    const { image } = (await this.model(path)).summary;
    const size = preprocess.inputSize;
    if (!('input' in image) || !size) return (await this.model(path)).summary;
    const key = JSON.stringify([await versionKey(path), size]);
    const describe = (): Promise<OpenedModel> =>
      describeAt(path, image.input, size, async (values) => {
        const pool = new WorkerPool(this.services.spawn, 1, 1);
        const job = { model: path, input: image.input, preprocess: preprocess.config, inputSize: size, device: 'cpu' as const, batch: 1 };
        try {
          return new Map(Object.entries(await untilAborted(pool.call('shapes', { job, values }), signal)));
        } catch (error) {
          if (isCancelled(error)) throw error;
          this.services.log('warn', `${path}: shapes of ${values.length} layers stay unknown: ${String(error)}`);
          return new Map(); // those layers say so when they are asked for
        } finally {
          pool.dispose();
        }
      });
    const opened = await shared(() => this.models.get(key, describe), signal);
    return opened.summary;
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
    const key = JSON.stringify([study, await versionKey(study.model)]);
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
    const { summary: asRead } = await this.model(study.model);
    if ('problem' in asRead.image) throw new UnitscopeError('model.unsupported', asRead.image.problem);
    const preprocess = await this.preprocess(study.model, study.preprocess);
    const summary = await this.complete(study.model, preprocess, signal);
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

/** Changes when the file does. */
async function versionKey(path: string): Promise<string> {
  const version = await stat(path).then(
    ({ size, mtimeMs }) => [size, mtimeMs],
    () => [], // reading it says what is wrong
  );
  return JSON.stringify([path, ...version]);
}
