import * as vscode from 'vscode';
import type { Services } from '../host/services';
import { formatLayerShape } from '../protocol/shapeText';
import { layerOf, sessionOf, type Target } from './target';
import { registerCommand } from './register';
import { ensureImages, ensureTrust } from './study';

/** Commands on one layer: its menu in the editor and in the tree, and the palette. */
export function registerLayerCommands(services: Services): vscode.Disposable {
  const { sessions, panels, log } = services;

  const visualizeLayer = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layer = await layerOf(session, target);
    if (layer === undefined) return;
    await session.select(layer);
    if (!(await ensureTrust()) || !(await ensureImages(services, session))) return;
    panels.show(session.uri);
    await session.record(layer);
  };

  const copyLayerName = async (target?: Target): Promise<void> => {
    const layer = await layerOf(sessionOf(sessions, target), target);
    if (layer !== undefined) await vscode.env.clipboard.writeText(layer);
  };

  const copyAsPython = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layer = await layerOf(session, target);
    const image = session.summary?.image;
    if (layer === undefined || !session.summary) return;
    const input = image && 'input' in image ? image.input.name : 'input';
    await vscode.env.clipboard.writeText(pythonFor(session.summary.path, layer, input));
  };

  const chooseUnitAxis = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layer = session.layer((await layerOf(session, target)) ?? '');
    if (!layer) return;
    const items = layer.shape
      .map((dim, axis) => ({
        label: `Axis ${axis}: ${dim ?? 'unknown'}`,
        description: [axis === session.model.inferredUnitAxis(layer.name) && 'inferred', axis === layer.unitAxis && 'current']
          .filter(Boolean)
          .join(', '),
        axis,
      }))
      .filter(({ axis }) => axis > 0 || !layer.batched);
    const picked = await vscode.window.showQuickPick(items, {
      title: `Units of ${layer.label}: ${formatLayerShape(layer)}`,
      placeHolder: 'Which axis counts the units?',
    });
    if (picked) await session.chooseUnitAxis(layer.name, picked.axis);
  };

  return vscode.Disposable.from(
    registerCommand('chooseUnitAxis', log, chooseUnitAxis),
    registerCommand('visualizeLayer', log, visualizeLayer),
    registerCommand('copyLayerName', log, copyLayerName),
    registerCommand('copyAsPython', log, copyAsPython),
  );
}

/** A script that gives the layer's activations with onnx and onnxruntime. */
function pythonFor(model: string, layer: string, input: string): string {
  const text = (value: string): string => JSON.stringify(value);
  return `import onnx
import onnxruntime as ort

model = onnx.load(${text(model)})
layer = ${text(layer)}
if layer not in [output.name for output in model.graph.output]:
    model.graph.output.append(onnx.ValueInfoProto(name=layer))
session = ort.InferenceSession(model.SerializeToString())

# images: preprocessed batch as the model's input ${text(input)} takes it
(activations,) = session.run([layer], {${text(input)}: images})
print(activations.shape)
`;
}
