import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import type { EngineClient } from '../host/engineClient';
import { offerToOpen, withProgress } from './exports';

/** Asks where to, and writes one tensor of a file as `.npy`. @param beside the file, whose folder is proposed where there is no workspace */
export async function exportTensor(engine: EngineClient, { path, tensor, beside }: { path: string; tensor: string; beside: vscode.Uri }): Promise<void> {
  const folders = [vscode.workspace.workspaceFolders?.[0]?.uri, vscode.Uri.joinPath(beside, '..'), vscode.Uri.file(homedir())];
  const folder = folders.find((uri) => uri?.scheme === 'file')!;
  const name = `${tensor.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._]+/, '').slice(-120) || 'tensor'}.npy`;
  const file = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(folder, name), filters: { NumPy: ['npy'] } });
  if (!file) return;
  if (file.scheme !== 'file') throw new UnitscopeError('usage', `Tensors are written to local files, and ${file.toString(true)} is not one; choose another place.`);
  await withProgress(`Exporting ${tensor}`, (signal) => engine.call('checkpoint.exportTensor', { path, tensor, file: file.fsPath }, { signal }));
  offerToOpen(file);
}
