import * as vscode from 'vscode';
import type { DatasetSource, DatasetSummary } from '../protocol/dataset';
import { UnitscopeError } from '../protocol/errors';
import type { Layer, ModelSummary } from '../protocol/model';
import type { PreprocessConfig, ResolvedPreprocess } from '../protocol/preprocess';
import type { RdmRequest } from '../protocol/rdm';
import type { EmbeddingsInput } from '../protocol/retrieval';
import type { DeviceChoice, ScanOutcome, ScanProgress, Study } from '../protocol/scan';
import type { Resource, SessionState } from '../protocol/views';
import { baseName } from './checkpointFiles';
import { preprocessingNames } from './localFiles';
import type { ModelMemory } from './memory';
import { otherModel } from './otherModel';
import { Recorder } from './recorder';
import { asResource, isStopped } from './resource';
import { scanWish, type Wish } from './scanWish';
import { SessionModel, type SessionServices } from './sessionModel';
import { settings } from './settings';
import { watchFiles } from './watchFiles';

/**
 * One model that is open: what is known of it, what was chosen for it, and what is being recorded. Editors, panels, the tree
 * and the status bar show its state; none of them holds any of their own.
 */
export class ModelSession implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];
  private readonly recorder: Recorder;
  readonly model: SessionModel;
  private source: DatasetSource | undefined;
  private dataset: Resource<DatasetSummary> = { state: 'none' };
  private preprocess: Resource<ResolvedPreprocess> = { state: 'none' };
  private resultsRevision = 0;
  private studyRevision = 0;
  /** Questions asked so far: only the answer to the last one counts. */
  private readonly asked = { dataset: 0, preprocess: 0, unit: 0 };
  private resolving: Promise<boolean> | undefined;
  private askedUnit: SessionState['askedUnit'] = null;

  constructor(
    readonly uri: vscode.Uri,
    private readonly services: SessionServices,
  ) {
    this.recorder = new Recorder(
      (wish, signal, onProgress) => this.scan(wish, signal, onProgress),
      () => this.resultsChanged(),
    );
    this.model = new SessionModel(uri, services, {
      changed: () => this.changed.fire(),
      opened: () => this.modelOpened(),
      outdated: () => this.reset(),
      replaced: () => this.resolvePreprocess(),
      isRecording: () => this.recorder.state.state === 'running',
    });
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
      modelRevision: this.model.revision,
      model: this.model.state,
      trusted: vscode.workspace.isTrusted,
      dataset: this.dataset,
      preprocess: this.preprocess,
      device: { choice: this.deviceChoice, inUse: this.recorder.inUse },
      scan: this.recorder.state,
      engine: this.services.engine.state,
      selectedLayer: this.remembered.selectedLayer ?? null,
      askedUnit: this.askedUnit,
      fileChange: this.model.fileChange,
      other: otherModel(this.uri, this.services.memory),
      resultsRevision: this.resultsRevision,
      studyRevision: this.studyRevision,
    };
  }

  get deviceChoice(): DeviceChoice {
    return this.services.memory.device() ?? settings.device();
  }

  /** The model with all shapes that are known, and the unit axes that were chosen. */
  get summary(): ModelSummary | undefined {
    return this.model.summary;
  }

  /** Reads the model, and what was chosen for it before. Failures become state, never a rejection. */
  open(): Promise<void> {
    return this.model.open();
  }

  private async modelOpened(): Promise<void> {
    const source = this.source ?? this.remembered.dataset ?? this.services.memory.recentDatasets()[0];
    await Promise.all([this.resolvePreprocess(), source && this.dataset.state !== 'ready' ? this.openDataset(source) : undefined]);
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

  private async completeShapes(): Promise<void> {
    if (this.preprocess.state !== 'ready') return;
    const question = this.asked.preprocess;
    await this.model.completeShapes(this.preprocess.value.config, () => question === this.asked.preprocess);
  }

  private async resolvePreprocess(): Promise<void> {
    if (!this.summary || !('input' in this.summary.image)) return;
    const found = this.findPreprocess(this.localPath());
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
    if (this.preprocess.state !== 'none' && sizeOf(this.preprocess) !== sizeOf(answer)) this.model.revision++;
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

  async chooseUnitAxis(layer: string, axis: number): Promise<void> {
    const unitAxes = new Map(Object.entries(this.remembered.unitAxes)).set(layer, axis);
    if (axis === this.model.inferredUnitAxis(layer)) unitAxes.delete(layer);
    await this.services.memory.rememberModel(this.uri, { unitAxes: Object.fromEntries(unitAxes) });
    this.model.unitAxesChanged();
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
    return this.model.localPath();
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
    if (this.model.state.state !== 'ready') void this.open();
    if (isStopped(this.preprocess)) void this.resolvePreprocess();
    if (isStopped(this.dataset) && this.source) void this.openDataset(this.source);
  }

  dispose(): void {
    this.recorder.reset();
    this.model.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }
}
