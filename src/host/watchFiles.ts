import * as vscode from 'vscode';

/** A file that is written in pieces is read once it has rested this long. */
const rest = 400;

/** Tells which of some files have changed on the disk, come, or gone: once, where several do together. */
export function watchFiles(uris: readonly vscode.Uri[], changed: (paths: ReadonlySet<string>) => void): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let paths = new Set<string>();
  const watched = new Set(uris.map((uri) => uri.path));
  const notice = (file: vscode.Uri): void => {
    if (!watched.has(file.path)) return;
    clearTimeout(timer);
    paths.add(file.path);
    timer = setTimeout(() => {
      const told = paths;
      paths = new Set();
      changed(told);
    }, rest);
  };
  const folders = new Map(uris.map((uri) => vscode.Uri.joinPath(uri, '..')).map((folder) => [folder.toString(), folder]));
  const watchers = [...folders.values()].flatMap((folder) => {
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '*'));
    return [watcher, watcher.onDidChange(notice), watcher.onDidCreate(notice), watcher.onDidDelete(notice)];
  });
  return vscode.Disposable.from(...watchers, { dispose: () => clearTimeout(timer) });
}
