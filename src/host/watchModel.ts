import * as vscode from 'vscode';
import { preprocessingNames } from './localFiles';

/** A file that is written in pieces is read once it has rested this long. */
const rest = 400;

/** Tells when a model's file, or the preprocessing beside it, has changed on the disk. */
export function watchModel(uri: vscode.Uri, changed: { model?: () => void; preprocessing?: () => void }): vscode.Disposable {
  const folder = vscode.Uri.joinPath(uri, '..');
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const files = new Map([[name, changed.model], ...preprocessingNames(name).map((config) => [config, changed.preprocessing] as const)]);
  const timers = new Map<() => void, NodeJS.Timeout>();
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '*'));
  const notice = (file: vscode.Uri): void => {
    const tell = files.get(file.path.slice(file.path.lastIndexOf('/') + 1));
    if (!tell) return;
    clearTimeout(timers.get(tell));
    timers.set(tell, setTimeout(tell, rest));
  };
  return vscode.Disposable.from(watcher, watcher.onDidChange(notice), watcher.onDidCreate(notice), watcher.onDidDelete(notice), {
    dispose: () => timers.forEach((timer) => clearTimeout(timer)),
  });
}
