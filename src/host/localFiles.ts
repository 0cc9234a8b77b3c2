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
    const missing = summary.externalData.filter(({ size }) => size === null);
    for (const { file } of missing)
      await this.copy(vscode.Uri.joinPath(uri, '..', file), vscode.Uri.joinPath(this.folderOf(uri), file));
    return missing.length > 0;
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
    const known = await vscode.workspace.fs.stat(to).then(
      (stat) => stat,
      () => undefined, // not there yet
    );
    if (known?.size === original.size && known.mtime >= original.mtime) return;
    await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(to, '..'));
    await vscode.workspace.fs.writeFile(to, await vscode.workspace.fs.readFile(from));
  }
}

function baseName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
