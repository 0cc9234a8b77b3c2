import * as vscode from 'vscode';
import type { Services } from '../host/services';
import type { OnnxEditor } from '../providers/onnxEditor';
import { exportTensor } from './exportTensor';
import { registerCommand } from './register';
import { layerOf, sessionOf, type Target } from './target';
import { weightAsPython } from './weightPython';

/** Commands on the weights of a model. The page of the model editor hands the tensor over. */
export function registerWeightCommands({ engine, sessions, log }: Services, editor: OnnxEditor): vscode.Disposable {
  const showWeights = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layer = await layerOf(session, target);
    if (layer === undefined) return;
    await session.select(layer);
    await editor.tell(session, 'weights.show', { layer });
  };

  const copyAsPython = async (target: Target, tensor: string): Promise<void> => {
    const path = sessionOf(sessions, target).localPath();
    const [summary, graph] = await Promise.all([engine.call('checkpoint.open', { path }), engine.call('model.graph', { path })]);
    await vscode.env.clipboard.writeText(weightAsPython(summary, graph, tensor));
  };

  /** The layer's patches, with a unit open. */
  const showUnit = async (target: Target, { unit }: { unit: number }): Promise<void> => {
    const session = sessionOf(sessions, target);
    session.showUnit(target.unitscopeLayer!, unit);
    await vscode.commands.executeCommand('unitscope.visualizeLayer', target);
  };

  return vscode.Disposable.from(
    registerCommand('showWeights', log, showWeights),
    registerCommand('exportWeight', log, (target: Target, { tensor }: { tensor: string }) => {
      const session = sessionOf(sessions, target);
      return exportTensor(engine, { path: session.localPath(), tensor, beside: session.uri });
    }),
    registerCommand('copyWeightName', log, (_: Target, { tensor }: { tensor: string }) => vscode.env.clipboard.writeText(tensor)),
    registerCommand('copyWeightAsPython', log, (target: Target, { tensor }: { tensor: string }) => copyAsPython(target, tensor)),
    registerCommand('showUnit', log, showUnit),
  );
}
