import * as vscode from 'vscode';
import { toUnitscopeError } from '../protocol/errors';
import type { ModelSummary } from '../protocol/model';
import type { JoinedOf } from '../protocol/checkpointViews';
import type { FileChange } from '../protocol/views';
import { baseName } from './checkpointFiles';
import type { EngineClient } from './engineClient';
import { restoreJoined } from './joinedModels';
import type { LocalFiles } from './localFiles';
import { watchFiles } from './watchFiles';

interface Readers {
  engine: EngineClient;
  files: LocalFiles;
}

export interface ReadModel {
  /** On this machine. */
  path: string;
  summary: ModelSummary;
}

/** Reads a model with the data files that belong to it; one that was joined is made again where the cache has lost it. */
export async function readModelFile(uri: vscode.Uri, joined: JoinedOf | undefined, services: Readers): Promise<ReadModel> {
  const { engine, files } = services;
  if (joined) await restoreJoined(uri, joined, services);
  const path = await files.pathOf(uri);
  const summary = await engine.call('model.open', { path });
  if (!(await files.bringExternalData(uri, summary))) return { path, summary };
  return { path, summary: await engine.call('model.open', { path }) };
}

/** A model's file and those that hold its weights: tells when they have changed, with the words for what has. */
export class ModelFiles implements vscode.Disposable {
  private beside: vscode.Uri[] = [];
  private watching: vscode.Disposable | null;

  constructor(
    private readonly uri: vscode.Uri,
    private readonly changed: (what: string) => void,
  ) {
    this.watching = this.watch();
  }

  private watch(): vscode.Disposable {
    const name = baseName(this.uri);
    return watchFiles([this.uri, ...this.beside], (paths) => {
      const data = this.beside.filter(({ path }) => paths.has(path)).map(baseName);
      this.changed(paths.has(this.uri.path) ? name : `${data.join(' and ')}, with weights of ${name},`);
    });
  }

  /** The files that it names now. */
  follow({ externalData }: ModelSummary): void {
    const beside = externalData.map(({ file }) => vscode.Uri.joinPath(this.uri, '..', file));
    if (!this.watching || String(beside) === String(this.beside)) return;
    this.beside = beside;
    this.watching.dispose();
    this.watching = this.watch();
  }

  dispose(): void {
    this.watching?.dispose();
    this.watching = null;
  }
}

/** What is said of a file that was read again. `lost`: the layer that was selected and is there no more; `stopped`: a recording was under way. */
export function readAgainNote(what: string, { externalData }: ModelSummary, lost: string | null, stopped: boolean): FileChange {
  const missing = externalData.filter(({ size }) => size === null).map(({ file }) => file);
  const read = missing.length > 0 ? `${missing.join(' and ')}, with weights of this model, ${missing.length > 1 ? 'are' : 'is'} not there, so it cannot be run.` : `${what} changed on disk and was read again.`;
  const said = [read, lost !== null && `It has no layer ${lost} any more.`, stopped && 'The recording was stopped; what was recorded belongs to the file before.'];
  return { kind: missing.length > 0 ? 'gone' : 'reloaded', message: said.filter(Boolean).join(' ') };
}

/** Reads a file again that has changed, or tells why that cannot be. */
export async function readAgain(uri: vscode.Uri, joined: JoinedOf | undefined, services: Readers): Promise<ReadModel | FileChange> {
  const name = baseName(uri);
  try {
    if (!joined) await vscode.workspace.fs.stat(uri);
  } catch (error) {
    const gone = error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
    if (gone) return { kind: 'gone', message: `${name} was deleted or moved. What was read before is shown; it cannot be run.` };
    return { kind: 'damaged', message: `${name} changed and cannot be reached: ${String(error)}` };
  }
  try {
    return await readModelFile(uri, joined, services);
  } catch (error) {
    return { kind: 'damaged', message: `The file changed and cannot be read now: ${toUnitscopeError(error).message} What was read before is shown.` };
  }
}

/** Tells when what a joined model was made of has changed: it holds the weights and the graph of then. */
export function watchSources({ checkpoint, model, original }: JoinedOf, changed: (change: FileChange) => void): vscode.Disposable {
  const sources = [checkpoint, model, original].flatMap((source) => (source === undefined ? [] : [vscode.Uri.parse(source)]));
  const names = sources.map(baseName);
  const message = `${names.join(' or ')} has changed since this model was joined, and what is shown is of before. Right-click ${names[0]!}, "Visualize With Graph…" joins it anew.`;
  return watchFiles(sources, () => changed({ kind: 'outdated', message }));
}
