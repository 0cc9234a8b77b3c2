import * as vscode from 'vscode';
import { baseName } from '../host/checkpointFiles';

/** Endings are told by case on some systems. */
export const onnxFiles = '**/*.[oO][nN][nN][xX]';

/** How files are asked for. */
interface Wanted {
  title: string;
  placeHolder: string;
  /** What the entry that opens a dialog says, and the dialog's types of files. */
  other: { label: string; description: string };
  filters: Record<string, string[]>;
  openLabel?: string;
}

/** One of some files of the workspace, those near another one first, or any other. Undefined: dismissed. */
export async function pickNear(to: vscode.Uri, found: readonly vscode.Uri[], { title, placeHolder, other, filters, openLabel }: Wanted): Promise<vscode.Uri | undefined> {
  const last = { ...other, uri: undefined };
  const items = found.map((uri) => ({ label: baseName(uri), description: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..')), uri }));
  const picked = items.length === 0 ? last : await vscode.window.showQuickPick([...items, last], { title, placeHolder, matchOnDescription: true });
  if (picked !== last) return picked?.uri;
  const [chosen] = (await vscode.window.showOpenDialog({ title, openLabel, defaultUri: vscode.Uri.joinPath(to, '..'), filters })) ?? [];
  return chosen;
}

/** Files of the workspace, those that share the most folders with another file first. */
export async function filesNear(to: vscode.Uri, pattern: string): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(pattern, '**/node_modules/**', 500);
  const near = (uri: vscode.Uri): number => {
    const [a, b] = [uri.path.split('/'), to.path.split('/')];
    const apart = a.findIndex((part, at) => part !== b[at]);
    return apart < 0 ? a.length : apart;
  };
  return found.sort((a, b) => near(b) - near(a) || a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** What is selected in the explorer, of what VS Code hands over second: buttons of editors' titles get their group there. */
export function selectedFiles(second: unknown, pattern: RegExp): vscode.Uri[] {
  return Array.isArray(second) ? second.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri && pattern.test(uri.path)) : [];
}
