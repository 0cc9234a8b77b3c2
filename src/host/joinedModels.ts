import * as vscode from 'vscode';
import type { JoinRequest } from '../protocol/checkpoint';
import type { JoinedOf } from '../protocol/checkpointViews';
import { UnitscopeError } from '../protocol/errors';
import { baseName, checkpointPath } from './checkpointFiles';
import type { EngineClient } from './engineClient';
import { stat, type LocalFiles } from './localFiles';
import type { Memory } from './memory';

/** Local copies of what a joined model is made of, for the engine. */
export async function joinRequest(files: LocalFiles, { checkpoint, model, original }: JoinedOf): Promise<JoinRequest> {
  return {
    checkpoint: await checkpointPath(files, vscode.Uri.parse(checkpoint)),
    model: await files.pathOf(vscode.Uri.parse(model)),
    ...(original !== undefined && { original: await checkpointPath(files, vscode.Uri.parse(original)) }),
  };
}

/**
 * Has a joined model made, as a file in the cache. What was chosen for the model that gave the graph holds for it, too: images,
 * preprocessing, settings; until something else is chosen.
 */
export async function makeJoined(of: JoinedOf, { engine, files, memory }: { engine: EngineClient; files: LocalFiles; memory: Memory }, signal: AbortSignal): Promise<vscode.Uri> {
  const { path } = await engine.call('checkpoint.openJoined', await joinRequest(files, of), { signal });
  const uri = vscode.Uri.file(path);
  const chosen = memory.model(uri).joined ? {} : { ...memory.model(vscode.Uri.parse(of.model)), comparedWith: undefined };
  await memory.rememberModel(uri, { ...chosen, joined: of });
  return uri;
}

/** Makes a joined model again that the cache no longer has, as after "Clear Cache". Throws where its files have changed since. */
export async function restoreJoined(uri: vscode.Uri, of: JoinedOf, { engine, files }: { engine: EngineClient; files: LocalFiles }): Promise<void> {
  if (await stat(uri)) return;
  const { path } = await engine.call('checkpoint.openJoined', await joinRequest(files, of));
  if (vscode.Uri.file(path).toString() === uri.toString()) return;
  const [model, checkpoint] = [of.model, of.checkpoint].map((part) => baseName(vscode.Uri.parse(part)));
  throw new UnitscopeError(
    'model.unreadable',
    `This joined model is no longer in the cache, and ${model} or ${checkpoint} has changed since it was made; open it anew from ${checkpoint} with "Visualize With Graph…".`,
  );
}
