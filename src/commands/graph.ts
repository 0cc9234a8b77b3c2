import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { GraphPictureFormat, ModelHostContract } from '../protocol/modelViews';
import type { OnnxEditor } from '../providers/onnxEditor';
import { savePicture } from './exports';
import { registerCommand } from './register';
import { sessionOf, type Target } from './target';

/** Commands on the graph in the model editor. */
export function registerGraphCommands({ sessions, log }: Services, editor: OnnxEditor): vscode.Disposable {
  const exportGraph =
    (format: GraphPictureFormat) =>
    (target?: Target): Promise<void> =>
      editor.tell(sessionOf(sessions, target), 'graph.export', { format });

  /** What the page has drawn when it was asked to, or when its own button was pressed. */
  const save = async (target: Target, { format, data, scale }: ModelHostContract['graph.save']['params']): Promise<void> => {
    const session = sessionOf(sessions, target);
    await savePicture(session, `${session.name.replace(/\.[^.]*$/, '')}-graph`, format, data, smallPicture(scale));
  };

  return vscode.Disposable.from(
    registerCommand('showGraph', log, (target?: Target) => editor.tell(sessionOf(sessions, target), 'graph.show', null)),
    registerCommand('exportGraphAsSvg', log, exportGraph('svg')),
    registerCommand('exportGraphAsPng', log, exportGraph('png')),
    registerCommand('saveGraphPicture', log, save),
    registerCommand('openSource', log, (_target: Target, { file, line }: { file: string; line: number }) => openSource(file, line)),
  );
}

/** What is said of a picture in which names are too small to be read. */
function smallPicture(scale: number): string {
  return scale < 0.6 ? `It shows the graph at ${(100 * scale).toPrecision(2)} % of its size, since pictures can be no larger; export it as SVG to read all of it, or close modules first.` : '';
}

/** Opens a source file that an exporter recorded, on this machine or, where the model comes from another, in the workspace. */
async function openSource(file: string, line: number): Promise<void> {
  const uri = existsSync(file) ? vscode.Uri.file(file) : await inWorkspace(file);
  if (!uri) throw new UnitscopeError('usage', `${file} is neither on this machine nor in the workspace: the model was exported somewhere else.`);
  const at = new vscode.Position(Math.max(0, line - 1), 0);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at), viewColumn: vscode.ViewColumn.Beside });
}

/** The file of the workspace that shares the longest end of a path, its name at least. */
async function inWorkspace(file: string): Promise<vscode.Uri | undefined> {
  const parts = file.split(/[/\\]/).filter(Boolean);
  const name = parts.at(-1)?.replace(/[[\]{}*?]/g, '?');
  if (!name) return undefined;
  const found = await vscode.workspace.findFiles(`**/${name}`, undefined, 200);
  const shared = (uri: vscode.Uri): number => {
    const other = uri.path.split('/').filter(Boolean);
    let count = 0;
    while (count < parts.length && parts.at(-1 - count) === other.at(-1 - count)) count++;
    return count;
  };
  return found.sort((a, b) => shared(b) - shared(a))[0];
}
