import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import type { Study } from '../protocol/scan';
import type { OtherModel } from '../protocol/views';
import { baseName } from './checkpointFiles';
import type { EngineClient } from './engineClient';
import { restoreJoined } from './joinedModels';
import type { LocalFiles } from './localFiles';
import type { Memory } from './memory';

interface OtherServices {
  engine: EngineClient;
  files: LocalFiles;
  memory: Memory;
}

/** The model with which a model's units are compared. */
export function otherModel(own: vscode.Uri, memory: Memory): OtherModel | null {
  const uri = memory.model(own).comparedWith;
  return uri === undefined ? null : { uri, name: shortName(vscode.Uri.parse(uri), memory), own: shortName(own, memory) };
}

/** A joined model is called by its checkpoint: the graph is the same for all. */
function shortName(uri: vscode.Uri, memory: Memory): string {
  const { joined } = memory.model(uri);
  return baseName(joined ? vscode.Uri.parse(joined.checkpoint) : uri);
}

/** A session's study with the other model in place of its own: the same images, preprocessing and units. */
export async function otherStudy(session: { uri: vscode.Uri; study(): Study }, { engine, files, memory }: OtherServices): Promise<Study> {
  const other = otherModel(session.uri, memory);
  if (!other) throw new UnitscopeError('usage', 'Choose a checkpoint or another model to compare with first.');
  const uri = vscode.Uri.parse(other.uri);
  const { joined } = memory.model(uri);
  if (joined) await restoreJoined(uri, joined, { engine, files });
  return { ...session.study(), model: await files.pathOf(uri) };
}
