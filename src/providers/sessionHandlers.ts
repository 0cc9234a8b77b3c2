import * as vscode from 'vscode';
import type { Handlers } from '../protocol/method';
import { UnitscopeError } from '../protocol/errors';
import type { SessionHostContract } from '../protocol/views';
import type { Target } from '../commands/target';
import type { EngineClient } from '../host/engineClient';
import type { ModelSession } from '../host/modelSession';

/** Runs one of our commands for a session; commands are the one place where things are done. @param about a layer, or what else it takes; then `layer` may name one */
export function run(command: string, session: ModelSession, about?: string | object, layer?: string): Thenable<null> {
  const target: Target = { unitscopeModel: session.uri.toString() };
  if (typeof about === 'string') target.unitscopeLayer = about;
  else if (layer !== undefined) target.unitscopeLayer = layer;
  return vscode.commands.executeCommand(`unitscope.${command}`, target, about).then(() => null);
}

/** Opens image files of stimuli from a panel: one in a column beside it, the panel keeps the focus; several side by side. */
export async function openStimuli(engine: EngineClient, session: ModelSession, indices: number[]): Promise<null> {
  const stimuli = await engine.call('dataset.stimuli', { source: session.study().dataset, indices });
  const root = session.state.dataset.state === 'ready' ? session.state.dataset.value.root : undefined;
  if (root === undefined) return null;
  const single = stimuli.length === 1;
  for (const [i, { path }] of stimuli.entries()) {
    const viewColumn = single ? otherColumn() : i === 0 ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
    const options = { preview: single, preserveFocus: single, viewColumn };
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(vscode.Uri.file(root), path), options);
  }
  return null;
}

/** The column of editors next to the active one: the one before it, where there is one, so that no third one opens. */
function otherColumn(): vscode.ViewColumn {
  const { all, activeTabGroup } = vscode.window.tabGroups;
  const before = all.findLast(({ viewColumn }) => viewColumn < activeTabGroup.viewColumn);
  return before?.viewColumn ?? vscode.ViewColumn.Beside;
}

/** What every view of a session may ask for. */
export function sessionHandlers(session: ModelSession): Handlers<SessionHostContract> {
  return {
    ready: () => session.state,
    summary: () => {
      if (!session.summary) throw new UnitscopeError('model.unreadable', `${session.name} has not been read yet.`);
      return session.summary;
    },
    'layer.select': async ({ layer }) => {
      await session.select(layer);
      return null;
    },
    'layer.visualize': ({ layer }) => run('visualizeLayer', session, layer),
    'dataset.choose': () => run('chooseImages', session),
    'sample.open': () => run('openSample', session),
    'device.choose': () => run('chooseDevice', session),
    'preprocess.choose': () => run('choosePreprocessing', session),
    'scan.start': () => run('scan', session),
    'scan.cancel': () => run('cancelScan', session),
    'scan.showSkipped': () => run('showLog', session),
    'engine.restart': () => run('restartEngine', session),
    'trust.manage': () => vscode.commands.executeCommand('workbench.trust.manage').then(() => null),
    'log.show': () => run('showLog', session),
    'model.reload': async () => {
      await session.model.fileChanged();
      return null;
    },
    'model.changeSeen': () => {
      session.model.changeSeen();
      return null;
    },
  };
}
