import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { stimulusFile } from '../host/retrievalMemory';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { RetrievalQuery } from '../protocol/retrieval';
import { similarTo, type PairMenuContext, type StimulusMenuContext } from '../protocol/retrievalViews';
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
    return await stimulusFile(engine, session, index);
  };
  const searchFor = (session: ModelSession, query: RetrievalQuery): Thenable<unknown> =>
    vscode.commands.executeCommand('unitscope.searchFor', { unitscopeModel: session.uri.toString() }, query);
  const ofPair = async (target: Partial<PairMenuContext> | undefined, query: (pair: [number, number]) => RetrievalQuery): Promise<void> => {
    if (target?.unitscopePair === undefined) throw new UnitscopeError('usage', 'Right-click a cell of an RDM first.');
    await searchFor(sessionOf(sessions, target), query(target.unitscopePair));
  };
  return vscode.Disposable.from(
    registerCommand('findSimilarStimulus', log, async (target: StimulusMenuContext) => {
      const { session, index } = meant(target);
      await searchFor(session, similarTo({ index }));
    }),
    registerCommand('findSimilarToRow', log, (target: PairMenuContext) => ofPair(target, ([index]) => similarTo({ index }))),
    registerCommand('findSimilarToColumn', log, (target: PairMenuContext) => ofPair(target, ([, index]) => similarTo({ index }))),
    registerCommand('findBetweenPair', log, (target: PairMenuContext) =>
      ofPair(target, ([a, b]) => ({ kind: 'between', images: [{ index: a, context: 1 }, { index: b, context: 1 }] })),
    ),
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
