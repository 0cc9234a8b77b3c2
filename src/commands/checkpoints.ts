import * as vscode from 'vscode';
import type { TreeNode } from '../protocol/checkpoint';
import type { JoinedOf } from '../protocol/checkpointViews';
import { UnitscopeError } from '../protocol/errors';
import { baseName, checkpointPattern } from '../host/checkpointFiles';
import type { Checkpoints } from '../host/checkpoints';
import { makeJoined } from '../host/joinedModels';
import type { Memory } from '../host/memory';
import { asResource } from '../host/resource';
import type { Sessions } from '../host/sessions';
import type { CheckpointComparePanels } from '../providers/checkpointComparePanel';
import type { CheckpointJoinPanels } from '../providers/checkpointJoinPanel';
import { OnnxEditor } from '../providers/onnxEditor';
import { withProgress } from './exports';
import { exportTensor as exportTensorTo } from './exportTensor';
import { tensorAsPython } from './checkpointPython';
import { checkpointOf, tensorOf, type TensorTarget } from './checkpointTarget';
import { pickNear, pickSeveralNear, selectedFiles } from './nearFiles';
import { registerCommand } from './register';
import { ensureTrust } from './study';
import { sessionOf, type Target } from './target';
import { trainingOrder, wholeTop } from './trainingOrder';
import { inTurn } from './inTurn';

interface CheckpointCommandServices {
  checkpoints: Checkpoints;
  comparePanels: CheckpointComparePanels;
  joinPanels: CheckpointJoinPanels;
  memory: Memory;
  sessions: Sessions;
}

/** What menus of the explorer and of editors hand over: the resource, then all that are selected. */
type Resource = vscode.Uri | TensorTarget | undefined;

/** Commands on files of weights: their tensors, comparing them, and the graph that goes with one. */
export function registerCheckpointCommands({ checkpoints, comparePanels, joinPanels, memory, sessions }: CheckpointCommandServices): vscode.Disposable {
  const { engine, log } = checkpoints.services;
  const services = { ...checkpoints.services, memory };

  const exportTensor = async (target?: TensorTarget): Promise<void> => {
    const document = checkpointOf(checkpoints, target);
    const tensor = await tensorOf(document, target);
    if (tensor === undefined) return;
    await exportTensorTo(engine, { path: await document.path(), tensor, beside: document.uri });
  };

  const copy = async (target: TensorTarget | undefined, what: (tensor: string, target: ReturnType<typeof checkpointOf>) => string): Promise<void> => {
    const document = checkpointOf(checkpoints, target);
    const tensor = await tensorOf(document, target);
    if (tensor !== undefined) await vscode.env.clipboard.writeText(what(tensor, document));
  };

  /** What a checkpoint holds at its top; null where it cannot be read: the comparison says what is wrong with it. */
  const topOf = async (uri: vscode.Uri, signal: AbortSignal): Promise<TreeNode | null> => {
    const path = uri.fsPath;
    const read = engine.call('checkpoint.open', { path }, { signal }).then(({ tree }) => wholeTop(tree, (from, count) => engine.call('checkpoint.tree', { path, at: [], from, count }, { signal })));
    const top = await asResource(read);
    return top.state === 'ready' ? top.value : null;
  };

  /** Checkpoints of a run as they came about: by the step that they hold, else by their names. Those of other file systems are not copied for that. */
  const inSeries = async (uris: readonly vscode.Uri[]): Promise<vscode.Uri[]> => {
    const byName = [...new Map(uris.map((uri) => [uri.toString(), uri])).values()].sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
    if (byName.length < 2 || byName.some(({ scheme }) => scheme !== 'file')) return byName;
    const contents = await withProgress(`Ordering ${byName.length} checkpoints by their steps`, (signal, onProgress) => inTurn(byName, (uri) => topOf(uri, signal), signal, onProgress));
    const order = contents.every((tree) => tree !== null) ? trainingOrder(contents) : null;
    return order ? order.map((at) => byName[at]!) : byName;
  };

  const compare = async (resource?: Resource, selected?: unknown): Promise<void> => {
    const several = selectedFiles(selected, checkpointPattern);
    if (several.length >= 2) {
      comparePanels.show(await inSeries(several));
      return;
    }
    const first =
      uriOf(resource) ?? checkpoints.active?.uri ?? (await pickNear(undefined, { kinds: ['checkpoint'], title: 'The Checkpoint Before', placeHolder: 'What others are compared with', openLabel: 'Compare' }));
    if (first) await compareWith(first);
  };

  const compareWith = async (resource?: Resource): Promise<void> => {
    const first = uriOf(resource) ?? checkpointOf(checkpoints, undefined).uri;
    const others = await pickSeveralNear(first, {
      kinds: ['checkpoint'],
      title: `Compare ${baseName(first)} With…`,
      placeHolder: 'The checkpoint after; what differs from it is listed',
      openLabel: 'Compare',
      except: [first],
    });
    if (others.length > 0) comparePanels.show([first, ...(await inSeries(others))]);
  };

  const chooseOriginal = async ({ model, original }: JoinedOf): Promise<vscode.Uri | undefined> => {
    const graph = vscode.Uri.parse(model);
    return await pickNear(graph, {
      kinds: ['checkpoint'],
      title: `Checkpoint That ${baseName(graph)} Was Exported From`,
      placeHolder: 'Its weights are those that the graph has now',
      openLabel: 'Use',
      ...(original !== undefined && { from: vscode.Uri.parse(original) }),
    });
  };

  const openJoined = async (of: JoinedOf): Promise<void> => {
    const name = baseName(vscode.Uri.parse(of.checkpoint));
    const uri = await withProgress(`Joining ${baseName(vscode.Uri.parse(of.model))} with ${name}`, (signal) => makeJoined(of, services, signal));
    await vscode.commands.executeCommand('vscode.openWith', uri, OnnxEditor.viewType, { preview: false });
  };

  const visualizeWithGraph = async (resource?: Resource): Promise<void> => {
    const checkpoint = uriOf(resource) ?? checkpointOf(checkpoints, undefined).uri;
    const model = await pickNear(checkpoint, {
      kinds: ['model'],
      title: `Graph for ${baseName(checkpoint)}`,
      placeHolder: 'The ONNX model whose architecture this is',
      openLabel: 'Open',
    });
    if (model) joinPanels.show([checkpoint, model]);
  };

  const compareUnitsWith = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ensureTrust())) return;
    const { joined } = memory.model(session.uri);
    const model = joined ? vscode.Uri.parse(joined.model) : session.uri;
    const chosen = await pickNear(model, {
      kinds: ['checkpoint', 'model'],
      title: `Compare Units of ${baseName(model)} With`,
      placeHolder: 'A checkpoint of the same architecture, or a model',
      openLabel: 'Compare',
      except: joined ? [vscode.Uri.parse(joined.checkpoint)] : [model],
    });
    if (!chosen) return;
    const of: JoinedOf = { checkpoint: chosen.toString(), model: model.toString(), ...(joined?.original !== undefined && { original: joined.original }) };
    const uri = /\.onnx$/i.test(chosen.path) ? chosen : await withProgress(`Joining ${baseName(model)} with ${baseName(chosen)}`, (signal) => makeJoined(of, services, signal));
    if (uri.toString() === session.uri.toString()) throw new UnitscopeError('usage', `${baseName(chosen)} is what is shown already; choose another checkpoint.`);
    await session.compareWith(uri);
    await vscode.commands.executeCommand('unitscope.showPatches', target);
  };

  return vscode.Disposable.from(
    registerCommand('exportTensor', log, exportTensor),
    registerCommand('copyTensorName', log, (target?: TensorTarget) => copy(target, (tensor) => tensor)),
    registerCommand('copyTensorAsPython', log, (target?: TensorTarget) => copy(target, (tensor, document) => tensorAsPython(document.known(), tensor))),
    registerCommand('compareCheckpoints', log, compare),
    registerCommand('compareCheckpointWith', log, compareWith),
    registerCommand('visualizeWithGraph', log, visualizeWithGraph),
    registerCommand('chooseOriginalCheckpoint', log, chooseOriginal),
    registerCommand('openJoinedModel', log, openJoined),
    registerCommand('compareUnitsWith', log, compareUnitsWith),
  );
}

function uriOf(resource: Resource): vscode.Uri | undefined {
  if (resource instanceof vscode.Uri) return resource;
  return resource?.unitscopeCheckpoint === undefined ? undefined : vscode.Uri.parse(resource.unitscopeCheckpoint);
}

