import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatasetSource } from '../../protocol/dataset';
import { isCancelled, toUnitscopeError, UnitscopeError } from '../../protocol/errors';
import type { ModelSummary } from '../../protocol/model';
import type { PreprocessConfig, ResolvedPreprocess } from '../../protocol/preprocess';
import type { ScanProgress, Study } from '../../protocol/scan';
import { openDataset, type Dataset } from '../dataset/dataset';
import { FileIdentities } from '../dataset/identity';
import { resolvePreprocess } from '../dataset/preprocess';
import { openModel, type OpenedModel } from '../model/summary';
import { WorkerPool } from '../runtime/pool';
import { DeviceMemory } from './device';
import { identifyAll } from './identifyAll';
import { describeAt } from './inputShapes';
import { Kept } from './kept';
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
 * A model that changed on disk is read again; a dataset is listed again when a scan starts.
 */
export class Studies {
  private readonly models = new Kept<OpenedModel>(4);
  private readonly datasets = new Kept<Dataset>(4);
  private readonly studies = new Kept<OpenStudy>(3, (study) => study.dispose());

  constructor(private readonly services: StudyServices) {}

  /** Reads a model; runs nothing. @throws model.unreadable */
  async model(path: string): Promise<OpenedModel> {
    const key = await versionKey(path);
    const opened = await this.models.get(key, () => openModel(path));
    if (opened.summary.externalData.some(({ size }) => size === null)) this.models.drop(key); // they may still come
    return opened;
  }

  async preprocess(model: string, config: PreprocessConfig | undefined): Promise<ResolvedPreprocess> {
    return await resolvePreprocess((await this.model(model)).summary, config);
  }

  /**
   * The model at the input size that preprocessing gives, with the shapes that only running it shows. Runs the model on
   * one blank image where a layer's shape cannot be inferred.
   */
  async complete(path: string, preprocess: ResolvedPreprocess): Promise<ModelSummary> {
    const { image } = (await this.model(path)).summary;
    const size = preprocess.inputSize;
    if (!('input' in image) || !size) return (await this.model(path)).summary;
    const key = JSON.stringify([await versionKey(path), size]);
    const opened = await this.models.get(key, () =>
      describeAt(path, image.input, size, async (values) => {
        const pool = new WorkerPool(this.services.spawn, 1, 1);
        const job = { model: path, input: image.input, preprocess: preprocess.config, inputSize: size, device: 'cpu' as const, batch: 1 };
        try {
          return new Map(Object.entries(await pool.call('shapes', { job, values })));
        } catch (error) {
          this.services.log('warn', `${path}: shapes of ${values.length} layers stay unknown: ${String(error)}`);
          return new Map(); // those layers say so when they are asked for
        } finally {
          pool.dispose();
        }
      }),
    );
    return opened.summary;
  }

  async dataset(source: DatasetSource, options: { fresh?: boolean; signal?: AbortSignal; report?: (p: { found: number }) => void } = {}): Promise<Dataset> {
    const key = JSON.stringify(source);
    if (options.fresh) this.datasets.drop(key);
    return await this.datasets.get(key, () => openDataset(source, options));
  }

  /** @throws model.*, dataset.*, preprocess.invalid, cancelled */
  async open(study: Study, options: OpenOptions = {}): Promise<OpenStudy> {
    const key = JSON.stringify([study, await versionKey(study.model)]);
    if (!options.fresh) return await this.studies.get(key, () => this.build(study, options));
    const before = await this.studies.peek(key);
    const now = await this.build(study, options);
    if (before?.isSameAs(now)) return before;
    if (before) now.takeOver(before);
    this.studies.drop(key);
    return await this.studies.get(key, () => now);
  }

  private async build(study: Study, { fresh, signal, report }: OpenOptions): Promise<OpenStudy> {
    const { summary: asRead } = await this.model(study.model);
    if ('problem' in asRead.image) throw new UnitscopeError('model.unsupported', asRead.image.problem);
    const preprocess = await this.preprocess(study.model, study.preprocess);
    const summary = await this.complete(study.model, preprocess);
    const dataset = await this.dataset(study.dataset, { fresh, signal });
    const modelIdentity = await this.identityOf(asRead, signal);
    const known = await FileIdentities.open(join(this.services.cache, 'identities'), dataset.summary.root);
    const identities = await identifyAll(dataset, known, signal, (done) =>
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
    const device = await new DeviceMemory(this.services.cache).recall(modelIdentity);
    return new OpenStudy({ study, summary, modelIdentity, preprocess, dataset, identities }, this.services, device);
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
    await known.save();
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

  /** Ends all workers. */
  dispose(): void {
    this.studies.clear();
  }
}

/** Changes when the file does. */
async function versionKey(path: string): Promise<string> {
  const version = await stat(path).then(
    ({ size, mtimeMs }) => [size, mtimeMs],
    () => [], // reading it says what is wrong
  );
  return JSON.stringify([path, ...version]);
}
