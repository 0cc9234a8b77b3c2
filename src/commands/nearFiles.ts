import * as vscode from 'vscode';
import { baseName, checkpointExtensions, checkpointPattern } from '../host/checkpointFiles';
import { byNearness, folderOf, globsOf, withoutShards } from './nearOrder';

/** What is picked, by how files of it end. */
export type FileKind = 'model' | 'checkpoint';

const globs: Record<FileKind, string[]> = {
  model: globsOf(['onnx']),
  checkpoint: globsOf([...checkpointExtensions.filter((ending) => ending !== 'json'), 'safetensors.index.json', 'bin.index.json']),
};
const patterns: Record<FileKind, RegExp> = { model: /\.onnx$/i, checkpoint: checkpointPattern };
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
  const excepted = new Set(except.map(String));
  const found = (await filesNear(to, kinds)).filter((uri) => !excepted.has(uri.toString()));
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

/** All that lie beside a file, and of the workspace as many as a list has use for. */
async function filesNear(to: vscode.Uri | undefined, kinds: readonly FileKind[]): Promise<vscode.Uri[]> {
  const searches = kinds.flatMap((kind) => globs[kind]).map((glob) => vscode.workspace.findFiles(glob, '**/node_modules/**', 500));
  if (to) searches.unshift(vscode.workspace.findFiles(new vscode.RelativePattern(vscode.Uri.joinPath(to, '..'), '*')));
  const found = new Map((await Promise.all(searches)).flat().map((uri) => [uri.toString(), uri]));
  const known = [...found.values()].filter(({ path }) => kinds.some((kind) => patterns[kind].test(path)));
  return byNearness(withoutShards(known), to ?? vscode.workspace.workspaceFolders?.[0]?.uri ?? { path: '' });
}

/** What is selected in the explorer, of what VS Code hands over second: buttons of editors' titles get their group there. */
export function selectedFiles(second: unknown, pattern: RegExp): vscode.Uri[] {
  return Array.isArray(second) ? second.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri && pattern.test(uri.path)) : [];
}
