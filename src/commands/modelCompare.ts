import * as vscode from 'vscode';
import { baseName } from '../host/checkpointFiles';
import type { Services } from '../host/services';
import type { ModelComparePanels } from '../providers/modelComparePanel';
import { registerCommand } from './register';
import { sessionOf, type Target } from './target';

/** Comparing two models: from the explorer, the editor's title and the palette. */
export function registerModelCompareCommands({ sessions, log }: Services, panels: ModelComparePanels): vscode.Disposable {
  // The explorer hands all that is selected, an editor's title its group.
  const compare = async (resource?: vscode.Uri | Target, selected?: vscode.Uri[] | { groupId: number }): Promise<void> => {
    const models = (Array.isArray(selected) ? selected : []).filter(({ path }) => /\.onnx$/i.test(path));
    if (models.length >= 2) {
      const [first, second] = models.toSorted((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
      panels.show([first!, second!]);
      return;
    }
    const first = resource instanceof vscode.Uri ? resource : sessionOf(sessions, resource).uri;
    const second = await pickOther(first);
    if (second) panels.show([first, second]);
  };
  const select = async (target: Target): Promise<void> => {
    if (target.unitscopeLayer !== undefined) await sessionOf(sessions, target).select(target.unitscopeLayer);
  };
  return vscode.Disposable.from(registerCommand('compareModels', log, compare), registerCommand('selectLayer', log, select));
}

/** Another model: those of the workspace, the ones in the same folder first, or any file. */
async function pickOther(first: vscode.Uri): Promise<vscode.Uri | undefined> {
  const folder = vscode.Uri.joinPath(first, '..').path;
  const found = (await vscode.workspace.findFiles('**/*.onnx', '**/node_modules/**', 200)).filter((uri) => uri.toString() !== first.toString());
  found.sort((a, b) => Number(b.path.startsWith(folder)) - Number(a.path.startsWith(folder)) || a.path.localeCompare(b.path, 'en', { numeric: true }));
  const title = `Compare ${baseName(first)} With…`;
  const other = { label: 'Other Model…', description: 'any .onnx file', uri: undefined };
  const items = found.map((uri) => ({ label: baseName(uri), description: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..')), uri }));
  const picked = items.length === 0 ? other : await vscode.window.showQuickPick([...items, other], { title, placeHolder: 'The model after; what differs from it is listed' });
  if (picked !== other) return picked?.uri;
  const [chosen] = (await vscode.window.showOpenDialog({ title, openLabel: 'Compare', defaultUri: vscode.Uri.joinPath(first, '..'), filters: { 'ONNX models': ['onnx'] } })) ?? [];
  return chosen;
}
