import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import { baseName } from '../host/checkpointFiles';
import type { Services } from '../host/services';
import type { ModelComparePanels } from '../providers/modelComparePanel';
import { OnnxEditor } from '../providers/onnxEditor';
import { pickNear, selectedFiles } from './nearFiles';
import { registerCommand } from './register';
import { sessionOf, type Target } from './target';

/** Comparing two models: from the explorer, the editor's title and the palette. */
export function registerModelCompareCommands({ sessions, log }: Services, panels: ModelComparePanels): vscode.Disposable {
  const compare = async (resource?: vscode.Uri | Target, selected?: unknown): Promise<void> => {
    const models = selectedFiles(selected, /\.onnx$/i);
    if (models.length > 2) throw new UnitscopeError('usage', `Two models are compared, and ${models.length} are selected; select two.`);
    if (models.length === 2) {
      const [first, second] = models.toSorted((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
      panels.show([first!, second!]);
      return;
    }
    const first = resource instanceof vscode.Uri ? resource : sessionOf(sessions, resource).uri;
    const second = await pickNear(first, {
      kinds: ['model'],
      title: `Compare ${baseName(first)} With…`,
      placeHolder: 'The model after; what differs from it is listed',
      openLabel: 'Compare',
      except: [first],
    });
    if (second) panels.show([first, second]);
  };
  const select = async (target: Target): Promise<void> => {
    if (target.unitscopeLayer !== undefined) await sessionOf(sessions, target).select(target.unitscopeLayer);
  };
  /** Opens a model of a comparison beside it, at a layer where a node makes one. */
  const openInModel = async (target: Target): Promise<void> => {
    if (target.unitscopeModel === undefined) throw new UnitscopeError('usage', 'Right-click a node of a comparison to open it in its model.');
    await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.parse(target.unitscopeModel), OnnxEditor.viewType, vscode.ViewColumn.Beside);
    await select(target);
  };
  return vscode.Disposable.from(registerCommand('compareModels', log, compare), registerCommand('openInModel', log, openInModel));
}
