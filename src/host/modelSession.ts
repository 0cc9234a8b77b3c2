import * as vscode from 'vscode';
import type { DatasetSource, DatasetSummary } from '../protocol/dataset';
import { toUnitscopeError, UnitscopeError } from '../protocol/errors';
import type { Layer, ModelSummary } from '../protocol/model';
import type { PreprocessConfig, ResolvedPreprocess } from '../protocol/preprocess';
import type { RdmRequest } from '../protocol/rdm';
import type { EmbeddingsInput } from '../protocol/retrieval';
import type { DeviceChoice, ScanOutcome, ScanProgress, Study } from '../protocol/scan';
import type { FileChange, Resource, SessionState } from '../protocol/views';
import { baseName } from './checkpointFiles';
import type { EngineClient } from './engineClient';
import { preprocessingNames, type LocalFiles } from './localFiles';
import type { Memory, ModelMemory } from './memory';
import { ModelFiles, readAgain, readAgainNote, readModelFile, watchSources, type ReadModel } from './modelFile';
import { otherModel } from './otherModel';
import { Recorder } from './recorder';
import { asResource, failure, isStopped } from './resource';
import { scanWish, type Wish } from './scanWish';
import { settings } from './settings';
import { withUnitAxes } from './unitAxes';
import { watchFiles } from './watchFiles';

export interface SessionServices {
  engine: EngineClient;
  memory: Memory;
  files: LocalFiles;
  log: vscode.LogOutputChannel;
}

/**
 * One model that is open: what is known of it, what was chosen for it, and what is being recorded. Editors, panels, the tree
 * and the status bar show its state; none of them holds any of their own.
 */
export class ModelSession implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];
  private readonly recorder: Recorder;
  private readonly files: ModelFiles;

  /** With all shapes that are known, and the unit axes that were chosen. */
  summary: ModelSummary | undefined;
  /** As it was read; and with the shapes that only running it shows. */
  private read: ModelSummary | undefined;
  private described: ModelSummary | undefined;
  private path: string | undefined;
  private model: Resource<null> = { state: 'none' };
  private source: DatasetSource | undefined;
  private dataset: Resource<DatasetSummary> = { state: 'none' };
  private preprocess: Resource<ResolvedPreprocess> = { state: 'none' };
  private modelRevision = 0;
  private resultsRevision = 0;
  private studyRevision = 0;
  /** Questions asked so far: only the answer to the last one counts. */
  private readonly asked = { dataset: 0, preprocess: 0, file: 0, unit: 0 };
  private opening: Promise<void> | undefined;
  private resolving: Promise<boolean> | undefined;
  private askedUnit: SessionState['askedUnit'] = null;
  private fileChange: SessionState['fileChange'] = null;

  constructor(
    readonly uri: vscode.Uri,
    private readonly services: SessionServices,
  ) {
    this.recorder = new Recorder(
      (wish, signal, onProgress) => this.scan(wish, signal, onProgress),
      () => this.resultsChanged(),
    );
    this.files = new ModelFiles(uri, (what) => void this.fileChanged(what));
    this.subscriptions = [
      services.engine.onDidChangeState(({ state }) => this.engineChanged(state)),
      services.memory.onDidChangeDevice(() => this.studyChanged()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('unitscope.device')) this.studyChanged();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.resultsChanged();
        void this.completeShapes();
      }),
      watchFiles(preprocessingNames(baseName(this.graphUri)).map((name) => vscode.Uri.joinPath(this.graphUri, '..', name)), () => {
        this.reset();
        void this.resolvePreprocess();
      }),
    ];
    const { joined } = this.remembered;
    if (joined) this.subscriptions.push(watchSources(joined, (change) => this.tellOfFile(change)));
  }

  private get remembered(): ModelMemory {
    return this.services.memory.model(this.uri);
  }

  /** The model itself, or the one whose graph it has: what stands beside that one says how images become inputs. */
  private get graphUri(): vscode.Uri {
    const { joined } = this.remembered;
    return joined ? vscode.Uri.parse(joined.model) : this.uri;
  }

  get name(): string {
    return baseName(this.uri);
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
      device: { choice: this.deviceChoice, inUse: this.recorder.inUse },
      scan: this.recorder.state,
      engine: this.services.engine.state,
      selectedLayer: this.remembered.selectedLayer ?? null,
      askedUnit: this.askedUnit,
      fileChange: this.fileChange,
      other: otherModel(this.uri, this.services.memory),
      resultsRevision: this.resultsRevision,
      studyRevision: this.studyRevision,
    };
  }

  get deviceChoice(): DeviceChoice {
    return this.services.memory.device() ?? settings.device();
  }

  /** Reads the model, and what was chosen for it before. Failures become state, never a rejection. */
  open(): Promise<void> {
    this.opening ??= this.load().finally(() => (this.opening = undefined));
    return this.opening;
  }

  /**
   * The file, or one that holds its weights, is not what was read. What is on screen stays where it cannot be read now, and says
   * so; else it is read, and what was selected stays selected where it is still there. What was being recorded was of the file before.
   */
  async fileChanged(what = this.name): Promise<void> {
    await this.opening;
    if (!this.summary || this.model.state !== 'ready') {
      this.reset();
      await this.open();
      return;
    }
    const question = ++this.asked.file;
    const change = await readAgain(this.uri, this.remembered.joined, this.services);
    if (question !== this.asked.file) return; // it has changed again meanwhile, or nobody looks at it any more
    if ('summary' in change) await this.replace(change, what);
    else this.tellOfFile(change);
  }

  private async replace({ path, summary }: ReadModel, what: string): Promise<void> {
    const stopped = this.recorder.state.state === 'running';
    const selected = this.remembered.selectedLayer;
    const lost = selected !== undefined && !summary.layers.some(({ name }) => name === selected);
    this.reset();
    this.path = path;
    this.read = summary;
    if (lost) await this.services.memory.rememberModel(this.uri, { selectedLayer: undefined });
    this.show(summary);
    this.fileChange = readAgainNote(what, summary, lost ? selected : null, stopped);
    this.changed.fire();
    await this.resolvePreprocess();
  }

  /** The note about the file goes. */
  changeSeen(): void {
    this.fileChange = null;
    this.changed.fire();
  }

  /** Asks views to open a unit of a layer. */
  showUnit(layer: string, unit: number): void {
    this.askedUnit = { layer, unit, turn: ++this.asked.unit };
    this.changed.fire();
  }

  /** The unit that was asked for is open: a view that is loaded later does not open it again. */
  unitShown(): void {
    this.askedUnit = null;
  }

  private tellOfFile(change: FileChange): void {
    this.fileChange = change;
    this.changed.fire();
  }

  private async load(): Promise<void> {
    if (this.model.state !== 'ready') this.model = { state: 'loading' };
    this.changed.fire();
    try {
      const { path, summary } = await readModelFile(this.uri, this.remembered.joined, this.services);
      this.path = path;
      this.read = summary;
      this.show(summary);
      this.model = { state: 'ready', value: null };
    } catch (error) {
      this.model = failure(error);
      this.modelRevision++;
    }
    this.changed.fire();
    if (this.model.state !== 'ready') return;
    const source = this.source ?? this.remembered.dataset ?? this.services.memory.recentDatasets()[0];
    await Promise.all([this.resolvePreprocess(), source && this.dataset.state !== 'ready' ? this.openDataset(source) : undefined]);
  }

  private show(described: ModelSummary): void {
    this.files.follow(described);
    this.described = described;
    this.summary = withUnitAxes(described, this.remembered.unitAxes);
    this.modelRevision++;
  }

  /** Shapes that only running the model shows; in Restricted Mode they stay open. */
  private async completeShapes(): Promise<void> {
    const unknown = this.read?.layers.some((layer) => layer.shape.some((dim, axis) => axis > 0 && typeof dim !== 'number'));
    if (!unknown || !this.path || this.preprocess.state !== 'ready' || !vscode.workspace.isTrusted) return;
    const question = this.asked.preprocess;
    try {
      const { config } = this.preprocess.value;
      const described = await this.services.engine.call('model.complete', { path: this.path, preprocess: config });
      if (question !== this.asked.preprocess) return;
      this.show(described);
      this.changed.fire();
    } catch (error) {
      this.services.log.warn(`${this.name}: some shapes stay unknown: ${toUnitscopeError(error).message}`);
    }
  }

  private async resolvePreprocess(): Promise<void> {
    if (!this.path || !this.summary || !('input' in this.summary.image)) return;
    const found = this.findPreprocess(this.path);
    this.resolving = found;
    if (!(await found)) return;
    this.changed.fire();
    await this.completeShapes();
  }

  /** @returns false where another question was asked meanwhile */
  private async findPreprocess(path: string): Promise<boolean> {
    const question = ++this.asked.preprocess;
    const { engine, files } = this.services;
    const resolve = async (): Promise<ResolvedPreprocess> => {
      await files.bringPreprocessing(this.graphUri);
      const model = this.graphUri === this.uri ? path : await files.pathOf(this.graphUri);
      return await engine.call('preprocess.resolve', { model, preprocess: this.remembered.preprocess });
    };
    const answer = await asResource(resolve());
    if (question !== this.asked.preprocess) return false;
    const sizeOf = (resolved: typeof answer): string => (resolved.state === 'ready' ? String(resolved.value.inputSize) : '');
    // What is on screen was described for images of another size.
    if (this.preprocess.state !== 'none' && sizeOf(this.preprocess) !== sizeOf(answer)) this.modelRevision++;
    this.preprocess = answer;
    return true;
  }

  private async openDataset(source: DatasetSource): Promise<void> {
    const question = ++this.asked.dataset;
    this.source = source;
    this.dataset = { state: 'loading' };
    this.changed.fire();
    const answer = await asResource(this.services.engine.call('dataset.open', source));
    if (question !== this.asked.dataset) return;
    this.dataset = answer;
    this.studyRevision++;
    this.resultsChanged();
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

  /** The unit axis that the graph suggests, whatever was chosen. */
  inferredUnitAxis(layer: string): number | undefined {
    return this.described?.layers.find(({ name }) => name === layer)?.unitAxis;
  }

  async chooseUnitAxis(layer: string, axis: number): Promise<void> {
    const unitAxes = new Map(Object.entries(this.remembered.unitAxes)).set(layer, axis);
    if (axis === this.inferredUnitAxis(layer)) unitAxes.delete(layer);
    await this.services.memory.rememberModel(this.uri, { unitAxes: Object.fromEntries(unitAxes) });
    if (this.described) this.show(this.described);
    this.studyChanged();
  }

  /** What was on screen belongs to other choices now. */
  private reset(): void {
    this.recorder.reset();
    this.studyRevision++;
    this.resultsRevision++;
  }

  /** Other choices were made, or the results were deleted. */
  studyChanged(): void {
    this.reset();
    this.changed.fire();
  }

  private resultsChanged(): void {
    this.resultsRevision++;
    this.changed.fire();
  }

  /** The images that were chosen, also where they cannot be read. */
  get datasetSource(): DatasetSource | undefined {
    return this.source;
  }

  layer(name: string): Layer | undefined {
    return this.summary?.layers.find((layer) => layer.name === name);
  }

  async select(layer: string): Promise<void> {
    if (this.remembered.selectedLayer === layer) return;
    await this.services.memory.rememberModel(this.uri, { selectedLayer: layer });
    this.changed.fire();
  }

  /** The model's file on this machine. @throws where it has not been read */
  localPath(): string {
    if (!this.path) throw new UnitscopeError('model.unreadable', `${this.name} has not been read yet.`);
    return this.path;
  }

  /** What the graph and its nodes are asked for with: the size that images are brought to, as soon as it is known. @throws where the model has not been read */
  async graphAsked(): Promise<{ path: string; preprocess?: PreprocessConfig }> {
    await this.resolving;
    const { preprocess } = this;
    return { path: this.localPath(), preprocess: preprocess.state === 'ready' ? preprocess.value.config : this.remembered.preprocess };
  }

  /** Chooses the model whose units are shown beside this one's; undefined: none. */
  async compareWith(other: vscode.Uri | undefined): Promise<void> {
    await this.services.memory.rememberModel(this.uri, { comparedWith: other?.toString() });
    this.changed.fire();
  }

  /** The choices as the engine takes them. @throws where one is missing or nothing may run, with the sentence that says so */
  study(): Study {
    if (!vscode.workspace.isTrusted) throw new UnitscopeError('untrusted', 'Running a model needs a trusted workspace.');
    const model = this.localPath();
    if (!this.source) throw new UnitscopeError('dataset.empty', 'Choose images first: a folder, or a manifest file.');
    const { preprocess, unitAxes } = this.remembered;
    const config = this.preprocess.state === 'ready' ? this.preprocess.value.config : preprocess;
    return { model, dataset: this.source, preprocess: config, device: this.deviceChoice, unitAxes };
  }

  /**
   * Makes sure that a layer has been recorded over the whole dataset. Primary layers are all recorded in one pass, so the
   * next one that is looked at is there already; any other is recorded by itself. Failures become state.
   */
  async record(layer?: string): Promise<void> {
    const alone = layer !== undefined && this.layer(layer)?.primary === false;
    await this.recorder.record({ layers: alone ? [layer] : undefined });
  }

  /** Makes sure that RDMs are computed. Failures become state. */
  async computeRdms(request: RdmRequest): Promise<void> {
    await this.recorder.record({ rdm: request });
  }

  /** Makes sure that layers have embeddings of all images as they are on the disk. Failures become state. */
  async prepareEmbeddings(embeddings: EmbeddingsInput): Promise<void> {
    await this.recorder.record({ embeddings });
  }

  private async scan(wish: Wish, signal: AbortSignal, onProgress: (progress: ScanProgress) => void): Promise<ScanOutcome> {
    const outcome = await scanWish(this.services, this.name, this.study(), wish, { signal, onProgress });
    if (outcome.cached > 0 && outcome.cached < outcome.done) this.studyRevision++; // images have changed, and with them perhaps patches on screen
    return outcome;
  }

  cancelScan(): void {
    this.recorder.cancel();
  }

  private engineChanged(state: 'running' | 'stopped'): void {
    this.resultsChanged();
    if (state === 'stopped') return;
    if (this.model.state !== 'ready') void this.open();
    if (isStopped(this.preprocess)) void this.resolvePreprocess();
    if (isStopped(this.dataset) && this.source) void this.openDataset(this.source);
  }

  dispose(): void {
    this.recorder.reset();
    this.asked.file++;
    this.files.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }
}
