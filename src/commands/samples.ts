import * as vscode from 'vscode';
import type { Services } from '../host/services';
import { OnnxEditor } from '../providers/onnxEditor';
import { registerCommand } from './register';

/** Commands that lead to a first model: the sample, any file, the walkthrough. */
export function registerSampleCommands({ samples, memory, sessions, log }: Services): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand('openSample', log, async () => {
      const dataset = { path: samples.images.fsPath };
      const open = sessions.find(samples.model.toString());
      if (!open) await memory.rememberModel(samples.model, { dataset });
      else if (open.datasetSource?.path !== dataset.path) await open.chooseDataset(dataset);
      await vscode.commands.executeCommand('vscode.openWith', samples.model, OnnxEditor.viewType);
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
