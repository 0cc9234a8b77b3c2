import * as vscode from 'vscode';
import type { CheckpointJoinHostContract, CheckpointJoinViewContract, JoinedFiles } from '../protocol/checkpointViews';
import { baseName, checkpointPath, watchFiles } from '../host/checkpointFiles';
import type { CheckpointServices } from '../host/checkpoints';
import { FilePanels } from './checkpointPanels';

export type CheckpointJoinPanels = FilePanels<CheckpointJoinHostContract, CheckpointJoinViewContract>;

/** The panels that show which weights of a graph a checkpoint gives. Their files: the checkpoint, then the model. */
export function checkpointJoinPanels(extensionUri: vscode.Uri, { engine, files, log }: CheckpointServices): CheckpointJoinPanels {
  return new FilePanels<CheckpointJoinHostContract, CheckpointJoinViewContract>('unitscope.checkpointJoin', 'checkpointJoin', extensionUri, log, (uris, panel) => {
    const [checkpoint, model] = uris as [vscode.Uri, vscode.Uri];
    const joined: JoinedFiles = {
      checkpoint: checkpoint.toString(),
      model: model.toString(),
      names: { checkpoint: baseName(checkpoint), model: baseName(model) },
    };
    return {
      title: `${joined.names.model} with ${joined.names.checkpoint}`,
      started: (page) => watchFiles(uris, () => page.notify('files.changed', joined)),
      handlers: {
        ready: () => joined,
        plan: async () => engine.call('checkpoint.join', { checkpoint: await checkpointPath(files, checkpoint), model: await files.pathOf(model) }),
        'model.choose': async () => {
          await vscode.commands.executeCommand('unitscope.visualizeWithGraph', checkpoint);
          panel.reveal();
          return null;
        },
        'log.show': () => {
          log.show();
          return null;
        },
      },
    };
  });
}
