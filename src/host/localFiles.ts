import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import type { ModelSummary } from '../protocol/model';

/**
 * The engine reads files by path. Files of other file systems (a virtual workspace, a notebook server, a repository that
 * was never cloned) are copied into the extension's storage first, models with the external data that they name.
 */
export class LocalFiles {
  constructor(private readonly storage: vscode.Uri) {}

  /** A path that the engine can read. The copy is renewed when the original's size or time differs. */
  async pathOf(uri: vscode.Uri): Promise<string> {
    if (uri.scheme === 'file') return uri.fsPath;
    const copy = vscode.Uri.joinPath(this.folderOf(uri), baseName(uri));
    await this.copy(uri, copy);
    return copy.fsPath;
  }

  /** Brings the external data of a copied model beside the copy. Returns whether anything was brought. */
  async bringExternalData(uri: vscode.Uri, summary: ModelSummary): Promise<boolean> {
    if (uri.scheme === 'file') return false;
    for (const { file } of summary.externalData)
      await this.copy(vscode.Uri.joinPath(uri, '..', file), vscode.Uri.joinPath(this.folderOf(uri), file));
    return summary.externalData.length > 0;
  }

  /** Brings the preprocessing that stands beside the original beside the copy, and takes away what is gone. */
  async bringPreprocessing(uri: vscode.Uri): Promise<void> {
    if (uri.scheme === 'file') return;
    for (const name of preprocessingNames(baseName(uri))) {
      const original = vscode.Uri.joinPath(uri, '..', name);
      const copy = vscode.Uri.joinPath(this.folderOf(uri), name);
      if (await stat(original)) await this.copy(original, copy);
      else if (await stat(copy)) await vscode.workspace.fs.delete(copy);
    }
  }

  private folderOf(uri: vscode.Uri): vscode.Uri {
    const parent = vscode.Uri.joinPath(uri, '..').toString();
    return vscode.Uri.joinPath(this.storage, 'remote', createHash('sha256').update(parent).digest('hex').slice(0, 16));
  }

  private async copy(from: vscode.Uri, to: vscode.Uri): Promise<void> {
    let original: vscode.FileStat;
    try {
      original = await vscode.workspace.fs.stat(from);
    } catch (error) {
      throw new UnitscopeError('model.unreadable', `${from.path} cannot be read from ${from.scheme}: ${String(error)}`, {
        cause: error,
      });
    }
    const known = await stat(to);
    if (known?.size === original.size && known.mtime >= original.mtime) return;
    await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(to, '..'));
    await vscode.workspace.fs.writeFile(to, await vscode.workspace.fs.readFile(from));
  }
}

/** Files beside a model that say how images become its inputs; the engine looks for the same ones in this order. */
export function preprocessingNames(model: string): string[] {
  return [`${model.replace(/\.[^.]*$/, '')}.preprocessor_config.json`, 'preprocessor_config.json'];
}

/** Undefined: not there. */
export async function stat(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
    throw error;
  }
}

function baseName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
