import * as vscode from 'vscode';
import type { DatasetSource, DatasetSummary } from '../protocol/dataset';
import { isCancelled, toUnitscopeError, UnitscopeError } from '../protocol/errors';
import type { Layer, ModelSummary } from '../protocol/model';
import type { PreprocessConfig, ResolvedPreprocess } from '../protocol/preprocess';
import type { DeviceChoice, ScanProgress, Study } from '../protocol/scan';
import type { Resource, ScanState, SessionState } from '../protocol/views';
import type { EngineClient } from './engineClient';
import type { LocalFiles } from './localFiles';
import type { Memory, ModelMemory } from './memory';
import { settings } from './settings';

export interface SessionServices {
  engine: EngineClient;
  memory: Memory;
  files: LocalFiles;
  log: vscode.LogOutputChannel;
}

/**
 * One model that is open: what is known of it, what was chosen for it, and the scan that runs. Editors, panels, the tree
 * and the status bar show its state; none of them holds any of their own.
 */
export class ModelSession implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];

  /** As it was read, with the unit axes that were chosen. */
  summary: ModelSummary | undefined;
  private inferred: ModelSummary | undefined;
  private path: string | undefined;
  private model: Resource<null> = { state: 'none' };
  private modelRevision = 0;
  private dataset: Resource<DatasetSummary> = { state: 'none' };
  private preprocess: Resource<ResolvedPreprocess> = { state: 'none' };
  private scanState: ScanState = { state: 'idle' };
  private inUse: SessionState['device']['inUse'] = null;
  private resultsRevision = 0;
  private scanning: { abort: AbortController; layers: string[] | undefined; finished: Promise<void> } | undefined;
  private opening: Promise<void> | undefined;

  constructor(
    readonly uri: vscode.Uri,
    private readonly services: SessionServices,
  ) {
    this.subscriptions = [
      services.engine.onDidChangeState(({ state }) => this.engineChanged(state)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.changed.fire();
        void this.completeShapes();
      }),
    ];
  }

  private get remembered(): ModelMemory {
    return this.services.memory.model(this.uri);
  }

  get name(): string {
    return this.uri.path.slice(this.uri.path.lastIndexOf('/') + 1);
  }

  get state(): SessionState {
    return {
      modelUri: this.uri.toString(),
      modelName: this.name,
      modelRevision: this.modelRevision,
      model: this.model,
      trusted: vscode.workspace.isTrusted,
      dataset: this.dataset,
      preprocess: this.preprocess,
      device: { choice: this.deviceChoice, inUse: this.inUse },
      scan: this.scanState,
      engine: this.services.engine.state,
      selectedLayer: this.remembered.selectedLayer ?? null,
      resultsRevision: this.resultsRevision,
    };
  }

  get deviceChoice(): DeviceChoice {
    return this.remembered.device ?? this.services.memory.device() ?? settings.device();
  }

  /** Reads the model, and what was chosen for it before. Failures become state, never a rejection. */
  open(): Promise<void> {
    this.opening ??= this.load().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async load(): Promise<void> {
    this.model = { state: 'loading' };
    this.changed.fire();
    const { engine, files } = this.services;
    try {
      this.path = await files.pathOf(this.uri);
      let summary = await engine.call('model.open', { path: this.path });
      if (await files.bringExternalData(this.uri, summary)) summary = await engine.call('model.open', { path: this.path });
      this.show(summary);
      this.model = { state: 'ready', value: null };
    } catch (error) {
      this.model = failure(error);
      this.modelRevision++;
    }
    this.changed.fire();
    if (this.model.state !== 'ready') return;
    const source = this.remembered.dataset ?? this.services.memory.recentDatasets()[0];
    await Promise.all([this.resolvePreprocess(), source ? this.openDataset(source) : undefined]);
    await this.completeShapes();
  }

  /** Shapes that only running the model shows; in Restricted Mode they stay open. */
  private async completeShapes(): Promise<void> {
    const open = this.summary?.layers.some((layer) => layer.shape.some((dim, axis) => axis > 0 && typeof dim !== 'number'));
    if (!open || !this.path || this.preprocess.state !== 'ready' || !vscode.workspace.isTrusted) return;
    try {
      const { config } = this.preprocess.value;
      this.show(await this.services.engine.call('model.complete', { path: this.path, preprocess: config }));
    } catch (error) {
      this.services.log.warn(`${this.name}: some shapes stay unknown: ${toUnitscopeError(error).message}`);
      return;
    }
    this.changed.fire();
  }

  private show(summary: ModelSummary): void {
    this.inferred = summary;
    this.summary = { ...summary, layers: summary.layers.map((layer) => withUnitAxis(layer, this.remembered.unitAxes[layer.name])) };
    this.modelRevision++;
  }

  private async resolvePreprocess(): Promise<void> {
    if (!this.path || !this.summary || !('input' in this.summary.image)) return;
    this.preprocess = await asResource(
      this.services.engine.call('preprocess.resolve', { model: this.path, preprocess: this.remembered.preprocess }),
    );
    this.changed.fire();
  }

  private async openDataset(source: DatasetSource): Promise<void> {
    this.dataset = { state: 'loading' };
    this.changed.fire();
    this.dataset = await asResource(this.services.engine.call('dataset.open', source));
    this.resultsRevision++;
    this.changed.fire();
  }

  async chooseDataset(source: DatasetSource): Promise<void> {
    await this.services.memory.rememberModel(this.uri, { dataset: source });
    await this.services.memory.rememberDataset(source);
    this.reset();
    await this.openDataset(source);
  }

  /** @param config undefined: found as always */
  async choosePreprocess(config: PreprocessConfig | undefined): Promise<void> {
    await this.services.memory.rememberModel(this.uri, { preprocess: config });
    this.reset();
    await this.resolvePreprocess();
  }

  async chooseDevice(choice: DeviceChoice): Promise<void> {
    await this.services.memory.rememberModel(this.uri, { device: undefined });
    await this.services.memory.rememberDevice(choice);
    this.inUse = null;
    this.reset();
    this.changed.fire();
  }

  /** The unit axis that the graph suggests, whatever was chosen. */
  inferredUnitAxis(layer: string): number | undefined {
    return this.inferred?.layers.find(({ name }) => name === layer)?.unitAxis;
  }

  async chooseUnitAxis(layer: string, axis: number): Promise<void> {
    const unitAxes = new Map(Object.entries(this.remembered.unitAxes)).set(layer, axis);
    if (axis === this.inferredUnitAxis(layer)) unitAxes.delete(layer);
    await this.services.memory.rememberModel(this.uri, { unitAxes: Object.fromEntries(unitAxes) });
    if (this.inferred) this.show(this.inferred);
    this.reset();
    this.changed.fire();
  }

  /** What was on screen belongs to other choices now. */
  private reset(): void {
    this.cancelScan();
    this.scanning = undefined;
    this.scanState = { state: 'idle' };
    this.resultsRevision++;
  }

  get datasetSource(): DatasetSource | undefined {
    return this.dataset.state === 'none'
      ? undefined
      : (this.remembered.dataset ?? this.services.memory.recentDatasets()[0]);
  }

  layer(name: string): Layer | undefined {
    return this.summary?.layers.find((layer) => layer.name === name);
  }

  async select(layer: string): Promise<void> {
    if (this.remembered.selectedLayer === layer) return;
    await this.services.memory.rememberModel(this.uri, { selectedLayer: layer });
    this.changed.fire();
  }

  /** The choices as the engine takes them. @throws where one is missing, with the sentence that says which */
  study(): Study {
    const source = this.datasetSource;
    if (!this.path) throw new UnitscopeError('model.unreadable', `${this.name} has not been read yet.`);
    if (!source) throw new UnitscopeError('dataset.empty', 'Choose images first: a folder, or a manifest file.');
    const { preprocess, unitAxes } = this.remembered;
    const config = this.preprocess.state === 'ready' ? this.preprocess.value.config : preprocess;
    return { model: this.path, dataset: source, preprocess: config, device: this.deviceChoice, unitAxes };
  }

  /**
   * Makes sure that a layer has been recorded over the whole dataset. Primary layers are all recorded in one pass, so the
   * next one that is looked at is there already; any other is recorded by itself. Failures become state.
   */
  async record(layer?: string): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    const alone = layer !== undefined && this.layer(layer)?.primary === false;
    const layers = alone ? [layer] : undefined;
    const running = this.scanning;
    if (running) {
      await running.finished;
      if (JSON.stringify(running.layers) === JSON.stringify(layers)) return;
    }
    const abort = new AbortController();
    const mine = { abort, layers, finished: Promise.resolve() };
    this.scanning = mine;
    mine.finished = this.scan(layers, abort.signal);
    await mine.finished;
    if (this.scanning === mine) this.scanning = undefined;
  }

  private async scan(layers: string[] | undefined, signal: AbortSignal): Promise<void> {
    let last: ScanProgress | undefined;
    const started = Date.now();
    const current = (): boolean => this.scanning?.abort.signal === signal;
    try {
      const outcome = await this.services.engine.call(
        'study.scan',
        { study: this.study(), layers },
        {
          signal,
          onProgress: (progress) => {
            last = progress;
            if (!current()) return;
            if (progress.device) this.inUse = progress.device;
            this.scanState = { state: 'running', progress };
            this.resultsRevision++;
            this.changed.fire();
          },
        },
      );
      if (!current()) return;
      if (outcome.device) this.inUse = outcome.device;
      this.scanState = { state: 'done', outcome };
      this.services.log.info(
        `${this.name}: ${outcome.done} of ${outcome.total} images (${outcome.cached} from the cache, ${outcome.skipped.length} skipped) in ${((Date.now() - started) / 1000).toFixed(1)} s`,
      );
      for (const { path, reason } of outcome.skipped) this.services.log.warn(`Skipped ${path}: ${reason}`);
      for (const { layer, message } of outcome.failedLayers) this.services.log.warn(`Layer ${layer}: ${message}`);
    } catch (error) {
      if (!current()) return;
      if (isCancelled(error) || toUnitscopeError(error).code === 'engine.stopped')
        this.scanState = last?.phase === 'scanning' ? { state: 'cancelled', progress: last } : { state: 'idle' };
      else this.scanState = { ...failure(error), state: 'failed' };
    }
    this.resultsRevision++;
    this.changed.fire();
  }

  cancelScan(): void {
    this.scanning?.abort.abort();
  }

  private engineChanged(state: 'running' | 'stopped'): void {
    if (state === 'running') this.resultsRevision++;
    if (state === 'running' && this.model.state !== 'ready') void this.open();
    this.changed.fire();
  }

  dispose(): void {
    this.cancelScan();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }
}

function withUnitAxis(layer: Layer, unitAxis: number | undefined): Layer {
  if (unitAxis === undefined) return layer;
  const units = layer.shape[unitAxis];
  const positionAxes = layer.shape.map((_, axis) => axis).filter((axis) => axis !== unitAxis && (axis > 0 || !layer.batched));
  return { ...layer, unitAxis, units: typeof units === 'number' ? units : null, positionAxes };
}

function failure(error: unknown): Extract<Resource<never>, { state: 'error' }> {
  const { code, message } = toUnitscopeError(error);
  return { state: 'error', code, message };
}

async function asResource<T>(promise: Promise<T>): Promise<Resource<T>> {
  try {
    return { state: 'ready', value: await promise };
  } catch (error) {
    return failure(error);
  }
}
