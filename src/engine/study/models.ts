import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCancelled } from '../../protocol/errors';
import type { ModelSummary } from '../../protocol/model';
import type { PreprocessConfig, ResolvedPreprocess } from '../../protocol/preprocess';
import { resolvePreprocess } from '../dataset/preprocess';
import { describeGraph, type OpenedGraph } from '../model/modelGraph';
import { openModel, type OpenedModel } from '../model/summary';
import { WorkerPool } from '../runtime/pool';
import { untilAborted } from '../runtime/untilAborted';
import { describeAt, imageSizeOf } from './inputShapes';
import { Kept, shared } from './kept';
import type { StudyServices } from './services';

interface KeptModel {
  opened: OpenedModel;
  /** Of its file, and of those that hold its weights, when they were read. */
  version: string;
  beside: string;
}

/** Models that were read, and what is known of them: the last few. One that changed on disk, or its external data, is read again. */
export class Models {
  private readonly read = new Kept<KeptModel>(4);
  private readonly described = new Kept<OpenedModel>(4);
  private readonly graphs = new Kept<OpenedGraph>(4);

  constructor(private readonly services: StudyServices) {}

  /** Reads a model; runs nothing. @throws model.unreadable */
  async open(path: string): Promise<OpenedModel> {
    return (await this.kept(path)).opened;
  }

  /** Differs as soon as the model's file does, or one that holds its weights. @throws model.unreadable */
  async version(path: string): Promise<string> {
    return (await this.kept(path)).version;
  }

  private async kept(path: string): Promise<KeptModel> {
    const key = await versionOf([path]);
    const read = async (): Promise<KeptModel> => {
      const opened = openModel(path);
      const beside = await versionOf(filesBeside(opened.summary));
      return { opened, version: JSON.stringify([key, beside]), beside };
    };
    const kept = await this.read.get(key, read);
    if (kept.beside === (await versionOf(filesBeside(kept.opened.summary)))) return kept;
    this.read.drop(key);
    return await this.read.get(key, read);
  }

  /** A model's graph at the given shapes of inputs, else at the size that images are brought to. @throws model.unreadable */
  async graph(path: string, preprocess?: PreprocessConfig, inputs?: Record<string, number[]>): Promise<OpenedGraph> {
    const { opened, version } = await this.kept(path);
    const imageSize = await imageSizeOf(opened.summary, preprocess);
    return await this.graphs.get(JSON.stringify([version, imageSize, inputs]), () => describeGraph(opened.model, opened.summary, { inputs, imageSize, open: opened.bodies }));
  }

  async preprocess(model: string, config: PreprocessConfig | undefined): Promise<ResolvedPreprocess> {
    return await resolvePreprocess((await this.open(model)).summary, config);
  }

  /**
   * The model at the input size that preprocessing gives, with the shapes that only running it shows. Runs the model on
   * one blank image where a layer's shape cannot be inferred.
   */
  async complete(path: string, preprocess: ResolvedPreprocess, signal?: AbortSignal): Promise<ModelSummary> {
    const { opened: asRead, version } = await this.kept(path);
    const { summary } = asRead;
    const { image } = summary;
    const size = preprocess.inputSize;
    if (!('input' in image) || !size) return summary;
    const key = JSON.stringify([version, size]);
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
    const opened = await shared(() => this.described.get(key, describe), signal);
    return opened.summary;
  }
}

function filesBeside({ path, externalData }: ModelSummary): string[] {
  return externalData.map(({ file }) => join(dirname(path), file));
}

/** Sizes and times of change of files; of one that is not there, nothing: reading it says what is wrong. */
async function versionOf(files: readonly string[]): Promise<string> {
  const of = async (file: string): Promise<unknown[]> =>
    await stat(file).then(
      ({ size, mtimeMs }) => [file, size, mtimeMs],
      () => [file],
    );
  return JSON.stringify(await Promise.all(files.map(of)));
}
