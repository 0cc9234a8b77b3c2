import * as vscode from 'vscode';
import { toUnitscopeError, UnitscopeError } from '../protocol/errors';
import type { ModelSummary } from '../protocol/model';
import type { PreprocessConfig } from '../protocol/preprocess';
import type { FileChange, Resource } from '../protocol/views';
import { baseName } from './checkpointFiles';
import type { EngineClient } from './engineClient';
import type { LocalFiles } from './localFiles';
import type { Memory, ModelMemory } from './memory';
import { ModelFiles, readAgain, readAgainNote, readModelFile, watchSources, type ReadModel } from './modelFile';
import { failure } from './resource';
import { withUnitAxes } from './unitAxes';

export interface SessionServices {
  engine: EngineClient;
  memory: Memory;
  files: LocalFiles;
  log: vscode.LogOutputChannel;
}

/** What the session does about its model. */
export interface ModelEvents {
  changed(): void;
  /** It was read: what depends on it is found. */
  opened(): Promise<void>;
  /** What was on screen is of the file before. */
  outdated(): void;
  /** Another file is in its place: what depends on it is found anew. */
  replaced(): Promise<void>;
  isRecording(): boolean;
}

/** The model of a session, from its file: opened, read again when that has changed, and described with all shapes. */
export class SessionModel implements vscode.Disposable {
  /** With all shapes that are known, and the unit axes that were chosen. */
  summary: ModelSummary | undefined;
  state: Resource<null> = { state: 'none' };
  fileChange: FileChange | null = null;
  /** Goes up when the model is described anew. */
  revision = 0;
  /** As it was read; and with the shapes that only running it shows. */
  private read: ModelSummary | undefined;
  private described: ModelSummary | undefined;
  private path: string | undefined;
  /** How often the file was asked for again: only the answer to the last one counts. */
  private asked = 0;
  private opening: Promise<void> | undefined;
  private readonly files: ModelFiles;
  private readonly sources: vscode.Disposable | undefined;

  constructor(
    private readonly uri: vscode.Uri,
    private readonly services: SessionServices,
    private readonly events: ModelEvents,
  ) {
    this.files = new ModelFiles(uri, (what) => void this.fileChanged(what));
    const { joined } = this.remembered;
    if (joined) this.sources = watchSources(joined, (change) => this.tellOfFile(change));
  }

  private get remembered(): ModelMemory {
    return this.services.memory.model(this.uri);
  }

  private get name(): string {
    return baseName(this.uri);
  }

  /** Reads the model. Failures become state, never a rejection. */
  open(): Promise<void> {
    this.opening ??= this.load().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async load(): Promise<void> {
    if (this.state.state !== 'ready') this.state = { state: 'loading' };
    this.events.changed();
    try {
      const { path, summary } = await readModelFile(this.uri, this.remembered.joined, this.services);
      this.path = path;
      this.read = summary;
      this.show(summary);
      this.state = { state: 'ready', value: null };
    } catch (error) {
      this.state = failure(error);
      this.revision++;
    }
    this.events.changed();
    if (this.state.state === 'ready') await this.events.opened();
  }

  /**
   * The file, or one that holds its weights, is not what was read. What is on screen stays where it cannot be read now, and says
   * so; else it is read, and what was selected stays selected where it is still there. What was being recorded was of the file before.
   */
  async fileChanged(what = this.name): Promise<void> {
    await this.opening;
    if (!this.summary || this.state.state !== 'ready') {
      this.events.outdated();
      await this.open();
      return;
    }
    const question = ++this.asked;
    const change = await readAgain(this.uri, this.remembered.joined, this.services);
    if (question !== this.asked) return; // it has changed again meanwhile, or nobody looks at it any more
    if ('summary' in change) await this.replace(change, what);
    else this.tellOfFile(change);
  }

  private async replace({ path, summary }: ReadModel, what: string): Promise<void> {
    const stopped = this.events.isRecording();
    const selected = this.remembered.selectedLayer;
    const lost = selected !== undefined && !summary.layers.some(({ name }) => name === selected);
    this.events.outdated();
    this.path = path;
    this.read = summary;
    if (lost) await this.services.memory.rememberModel(this.uri, { selectedLayer: undefined });
    this.show(summary);
    this.fileChange = readAgainNote(what, summary, lost ? selected : null, stopped);
    this.events.changed();
    await this.events.replaced();
  }

  private tellOfFile(change: FileChange): void {
    this.fileChange = change;
    this.events.changed();
  }

  /** The note about the file goes. */
  changeSeen(): void {
    this.fileChange = null;
    this.events.changed();
  }

  private show(described: ModelSummary): void {
    this.files.follow(described);
    this.described = described;
    this.summary = withUnitAxes(described, this.remembered.unitAxes);
    this.revision++;
  }

  /** Other unit axes were chosen. */
  unitAxesChanged(): void {
    if (this.described) this.show(this.described);
  }

  /** The unit axis that the graph suggests, whatever was chosen. */
  inferredUnitAxis(layer: string): number | undefined {
    return this.described?.layers.find(({ name }) => name === layer)?.unitAxis;
  }

  /** Shapes that only running the model shows; in Restricted Mode they stay open. @param isAsked whether this preprocessing is still the one */
  async completeShapes(preprocess: PreprocessConfig, isAsked: () => boolean): Promise<void> {
    const unknown = this.read?.layers.some((layer) => layer.shape.some((dim, axis) => axis > 0 && typeof dim !== 'number'));
    if (!unknown || !this.path || !vscode.workspace.isTrusted) return;
    try {
      const described = await this.services.engine.call('model.complete', { path: this.path, preprocess });
      if (!isAsked()) return;
      this.show(described);
      this.events.changed();
    } catch (error) {
      this.services.log.warn(`${this.name}: some shapes stay unknown: ${toUnitscopeError(error).message}`);
    }
  }

  /** The model's file on this machine. @throws where it has not been read */
  localPath(): string {
    if (!this.path) throw new UnitscopeError('model.unreadable', `${this.name} has not been read yet.`);
    return this.path;
  }

  dispose(): void {
    this.asked++;
    this.files.dispose();
    this.sources?.dispose();
  }
}
