import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { Services } from '../host/services';
import type { ModelSession } from '../host/modelSession';
import { cancelled, UnitscopeError } from '../protocol/errors';
import { registerCommand } from './register';
import { ensureTrust } from './study';
import { layerOf, sessionOf, type Target } from './target';

/** Commands that take results out of Unitscope: files and command lines. */
export function registerExportCommands({ sessions, engine, memory, log }: Services): vscode.Disposable {
  const exportPatches = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ensureTrust())) return;
    const file = await askForFile(session, 'patches.json', { JSON: ['json'] });
    if (!file) return;
    const { top } = memory.model(session.uri).patches;
    await withProgress(`Exporting the patches of ${session.name}`, (signal, onProgress) =>
      engine.call('patches.export', { study: session.study(), top, file: file.fsPath }, { signal, onProgress }),
    );
    offerToOpen(file);
  };

  const exportContactSheet = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layer = await layerOf(session, target);
    if (layer === undefined || !(await ensureTrust())) return;
    const file = await askForFile(session, `${session.name.replace(/\.[^.]*$/, '')}-${layer.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^_/, '')}.png`, { PNG: ['png'] });
    if (!file) return;
    const { order, descending, labels, top, size } = memory.model(session.uri).patches;
    const query = { layer, order, descending, labels, top, offset: 0, count: Number.MAX_SAFE_INTEGER };
    await withProgress(`Drawing the contact sheet of ${layer}`, (signal, onProgress) =>
      engine.call('patches.sheet', { study: session.study(), query, size, file: file.fsPath }, { signal, onProgress }),
    );
    offerToOpen(file);
  };

  const copyAsCommandLine = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const { model, dataset, device, unitAxes } = session.study();
    const { preprocess } = session.state;
    const { top } = memory.model(session.uri).patches;
    const layer = target?.unitscopeLayer;
    const words = ['npx unitscope patches', quote(model), '--images', quote(dataset.path)];
    if (layer !== undefined) words.push('--layer', quote(layer));
    words.push('--top', String(top), '--device', device, '--out', 'patches');
    // What stands beside the model or in it, and a guess, the command line finds by itself; nothing stands beside a joined model.
    if (preprocess.state === 'ready' && (preprocess.value.source === 'user' || memory.model(session.uri).joined)) {
      words.unshift(`printf %s ${quote(JSON.stringify(preprocess.value.config))} > preprocess.json &&`);
      words.push('--preprocess', 'preprocess.json');
    }
    await vscode.env.clipboard.writeText(words.join(' '));
    const axes = Object.keys(unitAxes).length;
    if (axes > 0)
      void vscode.window.showWarningMessage(
        `Copied. The command line infers unit axes: those that you chose for ${axes} ${axes === 1 ? 'layer' : 'layers'} are not in it.`,
      );
    else void vscode.window.setStatusBarMessage('Unitscope: command line copied', 3000);
  };

  return vscode.Disposable.from(
    registerCommand('exportPatches', log, exportPatches),
    registerCommand('exportContactSheet', log, exportContactSheet),
    registerCommand('copyAsCommandLine', log, copyAsCommandLine),
  );
}

/** Tells that a file is there, and leaves what is on screen where it is. `remark`: a sentence about what was written; "" for none. */
export function offerToOpen(file: vscode.Uri, remark = ''): void {
  const open = 'Open';
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  void vscode.window.showInformationMessage(`Exported ${name}. ${remark}`.trim(), open).then((choice) => {
    if (choice === open) void vscode.commands.executeCommand('vscode.open', file);
  });
}

export async function askForFile(session: ModelSession, name: string, filters: Record<string, string[]>): Promise<vscode.Uri | undefined> {
  const folders = [vscode.workspace.workspaceFolders?.[0]?.uri, vscode.Uri.joinPath(session.uri, '..'), vscode.Uri.file(homedir())];
  const folder = folders.find((uri) => uri?.scheme === 'file')!;
  const file = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(folder, name), filters });
  if (file && file.scheme !== 'file')
    throw new UnitscopeError('usage', `Results are written to local files, and ${file.toString(true)} is not one; choose another place.`);
  return file;
}

/** Asks where to and writes a picture that a page has drawn. */
export async function savePicture(session: ModelSession, name: string, extension: 'png' | 'svg', data: Uint8Array, remark = ''): Promise<void> {
  const file = await askForFile(session, `${name}.${extension}`, { [extension.toUpperCase()]: [extension] });
  if (!file) return;
  await vscode.workspace.fs.writeFile(file, data);
  offerToOpen(file, remark);
}

/** A notification with a bar and a button to cancel. */
export async function withProgress<T>(
  title: string,
  work: (signal: AbortSignal, onProgress: (p: { done: number; total: number }) => void) => Promise<T>,
): Promise<T> {
  return await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      let last = 0;
      const result = await work(abort.signal, ({ done, total }) => {
        progress.report({ increment: (100 * (done - last)) / Math.max(1, total), message: `${done} of ${total}` });
        last = done;
      });
      if (abort.signal.aborted) throw cancelled();
      return result;
    },
  );
}

/** For a POSIX shell. */
export function quote(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
