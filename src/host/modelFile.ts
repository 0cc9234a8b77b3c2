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

/** The files that hold weights of a model. */
export function filesBeside(uri: vscode.Uri, { externalData }: ModelSummary): vscode.Uri[] {
  return externalData.map(({ file }) => vscode.Uri.joinPath(uri, '..', file));
}

/** A sentence on those that are not there. */
export function lostBeside({ externalData }: ModelSummary): string | null {
  const lost = externalData.filter(({ size }) => size === null).map(({ file }) => file);
  return lost.length === 0 ? null : `${lost.join(', ')} was deleted or moved, with weights of this model: its graph is shown; it cannot be run until they are back.`;
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
