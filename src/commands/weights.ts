import * as vscode from 'vscode';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { OnnxEditor } from '../providers/onnxEditor';
import { exportTensor } from './exportTensor';
import { registerCommand } from './register';
import { layerOf, sessionOf, type Target } from './target';

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
    if (/[/.]/.test(tensor) && !(await isInitializer(path, tensor)))
      throw new UnitscopeError('usage', `${tensor} is inside of a node or a function, where Python finds it only by going through the graph; export it as .npy instead.`);
    await vscode.env.clipboard.writeText(weightAsPython(path, tensor));
  };

  const isInitializer = async (path: string, tensor: string): Promise<boolean> => (await engine.call('model.graph', { path })).values.some(({ kind, tensor: name }) => kind === 'initializer' && name === tensor);

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

/** A script that reads an initializer as NumPy has it, also from external data. */
function weightAsPython(model: string, tensor: string): string {
  return `import onnx
from onnx.numpy_helper import to_array
from pathlib import Path

path = Path(${JSON.stringify(model)})
model = onnx.load(path, load_external_data=False)
tensor = next(tensor for tensor in model.graph.initializer if tensor.name == ${JSON.stringify(tensor)})
weights = to_array(tensor, str(path.parent))
print(weights.shape, weights.dtype)
`;
}
