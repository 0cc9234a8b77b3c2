import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { stimulusFile } from '../host/retrievalMemory';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import { similarTo, type StimulusMenuContext } from '../protocol/retrievalViews';
import { registerCommand } from './register';
import { sessionOf } from './target';

/** Commands on a stimulus: the menu of every picture that Unitscope shows. */
export function registerStimulusCommands(services: Services): vscode.Disposable {
  const { sessions, engine, log } = services;
  const meant = (target: Partial<StimulusMenuContext> | undefined): { session: ModelSession; index: number } => {
    if (target?.unitscopeStimulus === undefined) throw new UnitscopeError('usage', 'Right-click an image first.');
    return { session: sessionOf(sessions, target), index: target.unitscopeStimulus };
  };
  const file = async (target: StimulusMenuContext): Promise<vscode.Uri> => {
    const { session, index } = meant(target);
    const uri = await stimulusFile(engine, session, index);
    if (!uri) throw new UnitscopeError('dataset.empty', 'These images are not open any more.');
    return uri;
  };
  return vscode.Disposable.from(
    registerCommand('findSimilarStimulus', log, async (target: StimulusMenuContext) => {
      const { session, index } = meant(target);
      await vscode.commands.executeCommand('unitscope.searchFor', { unitscopeModel: session.uri.toString() }, similarTo({ index }));
    }),
    registerCommand('openStimulus', log, async (target: StimulusMenuContext) => {
      await vscode.commands.executeCommand('vscode.open', await file(target), { preview: true });
    }),
    registerCommand('revealStimulus', log, async (target: StimulusMenuContext) => {
      const uri = await file(target);
      // The explorer shows the workspace only; what lies elsewhere is shown by the system's file manager.
      const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
      await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', uri);
    }),
    registerCommand('copyStimulusPath', log, async (target: StimulusMenuContext) => {
      await vscode.env.clipboard.writeText((await file(target)).fsPath);
    }),
  );
}
