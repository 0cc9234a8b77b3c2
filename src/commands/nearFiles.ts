import * as vscode from 'vscode';
import { baseName, checkpointExtensions, checkpointPattern } from '../host/checkpointFiles';
import { byNearness, folderOf, withoutShards } from './nearOrder';

/** What is picked, by how files of it end. */
export type FileKind = 'model' | 'checkpoint';

/** Endings are told by case on some systems. */
const globs: Record<FileKind, string> = {
  model: '**/*.[oO][nN][nN][xX]',
  checkpoint: `**/*.{${[...checkpointExtensions.filter((ending) => ending !== 'json'), 'safetensors.index.json', 'bin.index.json'].join(',')}}`,
};
const dialogTypes: Record<FileKind, { name: string; extensions: string[] }> = {
  model: { name: 'ONNX models', extensions: ['onnx'] },
  checkpoint: { name: 'Checkpoints', extensions: checkpointExtensions },
};

/** How files are asked for. */
interface Wanted {
  kinds: readonly FileKind[];
  title: string;
  placeHolder: string;
  openLabel: string;
  /** Files that are no answer. */
  except?: readonly (vscode.Uri | undefined)[];
  /** Where the dialog begins, if not beside the file that others are near to. */
  from?: vscode.Uri;
}

/** A file of the workspace, those most likely meant beside another one first, or any that a dialog finds. Undefined: dismissed. */
export async function pickNear(to: vscode.Uri | undefined, wanted: Wanted): Promise<vscode.Uri | undefined> {
  return (await pick(to, wanted, false))[0];
}

/** As `pickNear`; the dialog takes several. None: dismissed. */
export async function pickSeveralNear(to: vscode.Uri | undefined, wanted: Wanted): Promise<vscode.Uri[]> {
  return await pick(to, wanted, true);
}

async function pick(to: vscode.Uri | undefined, { kinds, title, placeHolder, openLabel, except = [], from }: Wanted, several: boolean): Promise<vscode.Uri[]> {
  const beside = to ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  const excepted = new Set(except.map(String));
  const found = (await filesNear(beside, kinds)).filter((uri) => !excepted.has(uri.toString()));
  const types = kinds.map((kind) => dialogTypes[kind]);
  const browse = { label: '$(folder-opened) Browse…', description: several ? 'one file or several, anywhere' : 'a file anywhere', alwaysShow: true, uri: undefined };
  const items = found.map((uri) => ({ label: baseName(uri), description: folderOf(vscode.workspace.asRelativePath(uri)), uri }));
  const picked = items.length === 0 ? browse : await vscode.window.showQuickPick([...items, browse], { title, placeHolder, matchOnDescription: true });
  if (picked !== browse) return picked?.uri ? [picked.uri] : [];
  const chosen = await vscode.window.showOpenDialog({
    title,
    openLabel,
    canSelectMany: several,
    defaultUri: from ?? (to && vscode.Uri.joinPath(to, '..')),
    filters: { [types.map(({ name }) => name).join(' and ')]: types.flatMap(({ extensions }) => extensions) },
  });
  return chosen ?? [];
}

async function filesNear(to: vscode.Uri | undefined, kinds: readonly FileKind[]): Promise<vscode.Uri[]> {
  const found = (await Promise.all(kinds.map((kind) => vscode.workspace.findFiles(globs[kind], '**/node_modules/**', 500)))).flat();
  const known = withoutShards(found.filter(({ path }) => /\.onnx$/i.test(path) || checkpointPattern.test(path)));
  return byNearness(known, to ?? { path: '' });
}

/** What is selected in the explorer, of what VS Code hands over second: buttons of editors' titles get their group there. */
export function selectedFiles(second: unknown, pattern: RegExp): vscode.Uri[] {
  return Array.isArray(second) ? second.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri && pattern.test(uri.path)) : [];
}
