import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { env } from 'onnxruntime-node';
import type { EngineContract, EngineOptions } from '../protocol/engine';
import { UnitscopeError } from '../protocol/errors';
import type { Handlers } from '../protocol/method';
import type { UnitTableQuery } from '../protocol/patches';
import { studySchema, type Study } from '../protocol/scan';
import { cutPatches } from './analyses/patches/cut';
import { activationMap, unitDetail, unitPair } from './analyses/patches/detail';
import { exportPatches } from './analyses/patches/export';
import { drawSheet } from './analyses/patches/sheet';
import { LayerTable } from './analyses/patches/table';
import { gaborHandlers } from './analyses/gabor/handlers';
import { modelCompareHandlers } from './analyses/modelCompare/handlers';
import { rdmHandlers } from './analyses/rdm/handlers';
import { retrievalHandlers } from './analyses/retrieval/handlers';
import { sparsityOfLayers } from './analyses/sparsity/sparsity';
import { checkpointHandlers } from './checkpoint/handlers';
import { cutPicture } from './dataset/picture';
import { parsePreprocess } from './dataset/preprocess';
import { describeNode } from './model/nodeDetail';
import { QueryVectors } from './embeddings/queryVectors';
import { compareWithCpu, type ReadyDevice } from './runtime/devices';
import { WorkerPool, type SpawnWorker } from './runtime/pool';
import { clearCache, defaultCacheFolder } from './store/cacheFolder';
import { deviceOf } from './study/device';
import { Kept } from './study/kept';
import type { OpenStudy } from './study/openStudy';
import { scanStudy } from './study/scanStudy';
import type { StudyServices } from './study/services';
import { Studies } from './study/studies';

/** Rankings of layers that are kept: one a panel, and a few to go back to. */
const keptTables = 8;

/** Bytes that computing RDMs may take, unless told otherwise. */
const defaultMemory = 1e9;

/**
 * The facade: what the engine process and the command line drive. Every handler takes plain data, resolves it to an open
 * study, and leaves the work to an analysis.
 */
export class Engine {
  private readonly services: StudyServices;
  private readonly memory: number;
  private studies: Studies;
  /** Worker processes that compute from what has been recorded; they start when they are first needed. */
  private compute: WorkerPool;
  /** One that keeps in memory what is searched. */
  private search: WorkerPool;
  private readonly vectors: QueryVectors;
  private readonly tables = new WeakMap<OpenStudy, Kept<LayerTable>>();

  constructor(options: EngineOptions, spawn: SpawnWorker, log: StudyServices['log']) {
    const cache = resolve(options.cache ?? defaultCacheFolder());
    this.services = { cache, spawn, maxWorkers: options.workers, log };
    this.memory = options.memory ?? defaultMemory;
    this.studies = new Studies(this.services);
    this.compute = this.computePool();
    this.search = new WorkerPool(spawn, 1, 2);
    this.vectors = new QueryVectors(cache);
  }

  private computePool(): WorkerPool {
    const { spawn, maxWorkers = Infinity } = this.services;
    return new WorkerPool(spawn, Math.min(availableParallelism(), maxWorkers), 2);
  }

  get cache(): string {
    return this.services.cache;
  }

  readonly handlers: Handlers<EngineContract> = {
    hello: () => ({
      pid: process.pid,
      node: process.version,
      onnxruntime: env.versions.node ?? '',
      memory: process.memoryUsage.rss(),
    }),

    'model.open': async ({ path }) => (await this.studies.models.open(path)).summary,
    'model.complete': async ({ path, preprocess }, { signal }) =>
      await this.studies.models.complete(path, await this.studies.models.preprocess(path, preprocess), signal),
    'model.graph': async ({ path, preprocess, inputs }) => (await this.studies.models.graph(path, preprocess, inputs)).graph,
    'model.node': async ({ path, preprocess, inputs, node }) => describeNode((await this.studies.models.open(path)).model, await this.studies.models.graph(path, preprocess, inputs), node),
    'model.sparsity': async ({ study }, { signal }) =>
      await this.read(study, signal, (open, stop) => sparsityOfLayers(open, (taps) => deviceOf(open, taps, this.services, stop), stop)),

    'dataset.open': async (source, { signal, report }) =>
      (await this.studies.dataset(source, { fresh: true, signal, report })).summary,
    'dataset.stimuli': async ({ source, indices }) => {
      const { stimuli } = await this.studies.dataset(source);
      return indices.flatMap((index) => stimuli[index] ?? []);
    },
    'dataset.find': async ({ source, path }) => (await this.studies.dataset(source)).find(path),
    'dataset.column': async ({ source, column }) => (await this.studies.dataset(source)).column(column),
    'dataset.picture': async ({ source, index, box, size }) =>
      await cutPicture((await this.studies.dataset(source)).file(index), box, size),

    'preprocess.parse': ({ text, origin }) => parsePreprocess(text, origin),
    'preprocess.resolve': async ({ model, preprocess }) => await this.studies.models.preprocess(model, preprocess),

    'study.scan': async ({ study, layers }, { signal, report }) =>
      await this.studies.use(studySchema.parse(study), { fresh: true, signal, report }, (open, stop) =>
        scanStudy(open, { layers }, this.services, stop, report),
      ),

    'patches.table': async ({ study, query }, { signal }) =>
      await this.read(study, signal, async (open) => (await this.table(open, query)).answer(query)),
    'patches.cut': async ({ study, layer, requests, size }, { signal, report }) =>
      await this.read(study, signal, async (open, stop) => {
        await cutPatches(open, layer, requests, size, () => this.device(open, [layer], stop), stop, report);
        return null;
      }),
    'patches.unit': async ({ study, layer, unit, top }, { signal }) =>
      await this.read(study, signal, (open) => unitDetail(open, layer, unit, top)),
    'patches.compareUnit': async ({ study, other, layer, unit, top }, { signal }) =>
      await this.read(study, signal, (open, stop) =>
        this.read({ ...study, model: other }, stop, (against) => unitPair(open, against, layer, unit, top)),
      ),
    'patches.activation': async ({ study, layer, unit, index }, { signal }) =>
      await this.read(study, signal, async (open, stop) =>
        activationMap(open, layer, unit, index, await this.device(open, [layer], stop), stop),
      ),
    'patches.export': async ({ study, layers, top, file }, { signal, report }) =>
      await this.read(study, signal, async (open, stop) => {
        const names = layers ?? (await this.recordedLayers(open));
        return await exportPatches(open, names, top, file, () => this.device(open, names, stop), stop, report);
      }),
    'patches.sheet': async ({ study, query, size, file }, { signal, report }) =>
      await this.read(study, signal, async (open, stop) => {
        const rows = (await this.table(open, query)).answer(query);
        const title = `${open.parts.summary.path.split(/[\\/]/).at(-1) ?? ''} · ${query.layer} · top ${query.top} of ${rows.scanned} images`;
        const device = (): Promise<ReadyDevice> => this.device(open, [query.layer], stop);
        return await drawSheet(rows, query.top, size, title, file, (requests, side, each) => cutPatches(open, query.layer, requests, side, device, stop, each), report);
      }),

    ...rdmHandlers(
      {
        read: (study, signal, work) => this.read(study, signal, work),
        refresh: (study, signal, report, work) => this.studies.use(studySchema.parse(study), { fresh: true, signal, report }, work),
      },
      () => ({ ...this.services, compute: this.compute, memory: this.memory }),
    ),

    ...retrievalHandlers(
      {
        read: (study, signal, work) => this.read(study, signal, work),
        refresh: (study, signal, report, work) => this.studies.use(studySchema.parse(study), { fresh: true, signal, report }, work),
      },
      () => ({
        ...this.services,
        compute: this.compute,
        search: this.search,
        memory: this.memory,
        vectors: this.vectors,
        device: (open, layers, signal) => this.device(open, layers, signal),
      }),
    ),

    ...modelCompareHandlers(() => ({ compute: this.compute, studies: this.studies })),

    ...gaborHandlers(() => this.compute),

    ...checkpointHandlers((method, params, options) => this.compute.call(method, params, options), () => this.cache),

    'cache.clear': async () => {
      const { studies } = this;
      await studies.close();
      this.compute.dispose();
      this.compute = this.computePool();
      this.search.dispose();
      this.search = new WorkerPool(this.services.spawn, 1, 2);
      const bytes = await clearCache(this.services.cache);
      if (this.studies === studies) this.studies = new Studies(this.services);
      return { bytes };
    },
  };

  /** Answers from what has been recorded by now, by other processes too. */
  private read<T>(study: Study, signal: AbortSignal, work: (open: OpenStudy, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.studies.use(studySchema.parse(study), { signal }, async (open, stop) => {
      await (await open.recording()).refresh();
      return await work(open, stop);
    });
  }

  /** The ranking of a layer, with all that has been recorded by now. */
  private async table(study: OpenStudy, { layer, labels }: Pick<UnitTableQuery, 'layer' | 'labels'>): Promise<LayerTable> {
    let tables = this.tables.get(study);
    if (!tables) this.tables.set(study, (tables = new Kept<LayerTable>(keptTables)));
    const tap = study.tap(layer);
    const recording = await study.recording();
    const key = JSON.stringify([recording.folder, recording.generation, tap.key, labels.toSorted()]);
    const table = await tables.get(key, () => new LayerTable(recording, tap, study.population, new Set(labels)));
    await table.update();
    return table;
  }

  /** @throws layer.failed where the device may not be trusted with a layer */
  private async device(study: OpenStudy, layers: string[], signal: AbortSignal): Promise<ReadyDevice> {
    const taps = layers.map((layer) => study.tap(layer));
    const ready = await deviceOf(study, taps, this.services, signal);
    const [failure] = await compareWithCpu(ready, taps, signal);
    if (failure) throw new UnitscopeError('layer.failed', failure.message);
    return ready;
  }

  /** Layers that have been recorded for at least one image. */
  private async recordedLayers(study: OpenStudy): Promise<string[]> {
    const names: string[] = [];
    for (const { name, primary } of study.layers) {
      if (!primary) continue;
      const { scanned, failure } = await this.table(study, { layer: name, labels: [] });
      if (scanned > 0 || failure !== null) names.push(name);
    }
    if (names.length === 0) throw new UnitscopeError('usage', 'Nothing has been recorded yet: visualize a layer first.');
    return names;
  }

  /** Ends all workers. */
  dispose(): void {
    this.studies.dispose();
    this.compute.dispose();
    this.search.dispose();
  }
}
