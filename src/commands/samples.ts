import * as vscode from 'vscode';
import { stat } from '../host/localFiles';
import type { Services } from '../host/services';
import { OnnxEditor } from '../providers/onnxEditor';
import { registerCommand } from './register';

/** Commands that lead to a first model: the sample, any file, the walkthrough. */
export function registerSampleCommands({ samples, memory, sessions, log }: Services): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand('openSample', log, async () => {
      const { model, images } = (await sampleInWorkspace()) ?? samples;
      const dataset = { path: images.fsPath };
      const open = sessions.find(model.toString());
      if (!open) await memory.rememberModel(model, { dataset });
      else if (open.datasetSource?.path !== dataset.path) await open.chooseDataset(dataset);
      await vscode.commands.executeCommand('vscode.openWith', model, OnnxEditor.viewType);
    }),
    registerCommand('openModel', log, async () => {
      const [chosen] =
        (await vscode.window.showOpenDialog({ title: 'Open a Model', filters: { 'ONNX models': ['onnx'] } })) ?? [];
      if (chosen) await vscode.commands.executeCommand('vscode.openWith', chosen, OnnxEditor.viewType);
    }),
    registerCommand('getStarted', log, () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', 'unitscope.unitscope#unitscope.start'),
    ),
  );
}

/** The sample where the workspace has it: there the explorer shows it, and its paths outlive this VS Code. */
async function sampleInWorkspace(): Promise<Services['samples'] | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  for (const root of folders.flatMap(({ uri }) => [uri, vscode.Uri.joinPath(uri, 'samples')])) {
    const found = { model: vscode.Uri.joinPath(root, 'scopenet', 'scopenet.onnx'), images: vscode.Uri.joinPath(root, 'images') };
    if ((await stat(found.model)) && (await stat(found.images))) return found;
  }
  return undefined;
}
