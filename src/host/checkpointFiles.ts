import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import type { LocalFiles } from './localFiles';

/** Files that the editor of checkpoints opens, for dialogs. */
export const checkpointExtensions = ['pt', 'pth', 'ckpt', 'bin', 'safetensors', 'npz', 'npy', 'keras', 'h5', 'hdf5', 'gguf', 'json'];
export const checkpointPattern = /\.(pt|pth|ckpt|bin|safetensors|npz|npy|keras|h5|hdf5|gguf)$|\.(safetensors|bin)\.index\.json$/i;

export function baseName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

/** A path of a checkpoint that the engine can read. Of one in several files on another file system, all are copied. */
export async function checkpointPath(files: LocalFiles, uri: vscode.Uri): Promise<string> {
  const path = await files.pathOf(uri);
  if (uri.scheme === 'file' || !/\.index\.json$/i.test(uri.path)) return path;
  for (const part of await partsOf(vscode.Uri.file(path))) await files.pathOf(vscode.Uri.joinPath(uri, '..', part));
  return path;
}

/** Names of the files beside an index; the engine says what is wrong with one that cannot be read. Throws `reference.unreadable`. */
export async function partsOf(index: vscode.Uri): Promise<string[]> {
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(index));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UnitscopeError('reference.unreadable', `${baseName(index)} is no valid JSON: ${String(error)}; copy or download it again.`, { cause: error });
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null) return [];
  const names = Object.values(map).filter((name): name is string => typeof name === 'string');
  return [...new Set(names)].filter((name) => !/[/\\]/.test(name) && name !== '..');
}

/** Names for several files that tell them apart: with as many folders as that takes. */
export function distinctNames(uris: readonly vscode.Uri[]): string[] {
  const parts = uris.map(({ path }) => path.split('/').filter(Boolean));
  for (let depth = 1; depth < 12; depth++) {
    const names = parts.map((part) => part.slice(-depth).join('/'));
    if (new Set(names).size === names.length) return names;
  }
  return parts.map((part) => part.join('/'));
}
