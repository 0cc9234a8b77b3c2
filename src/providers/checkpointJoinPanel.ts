import * as vscode from 'vscode';
import type { CheckpointJoinHostContract, CheckpointJoinViewContract, JoinedFiles, JoinedOf } from '../protocol/checkpointViews';
import { baseName } from '../host/checkpointFiles';
import type { CheckpointServices } from '../host/checkpoints';
import { joinRequest } from '../host/joinedModels';
import { watchFiles } from '../host/watchFiles';
import type { Page } from '../host/webviewPage';
import { FilePanels } from './checkpointPanels';

export type CheckpointJoinPanels = FilePanels<CheckpointJoinHostContract, CheckpointJoinViewContract>;

/** The panels that show which weights of a graph a checkpoint gives. Their files: the checkpoint, the model, and perhaps its original checkpoint. */
export function checkpointJoinPanels(extensionUri: vscode.Uri, { engine, files, log }: CheckpointServices): CheckpointJoinPanels {
  return new FilePanels<CheckpointJoinHostContract, CheckpointJoinViewContract>('unitscope.checkpointJoin', 'checkpointJoin', extensionUri, log, (uris, panel) => {
    const [checkpoint, model] = uris as [vscode.Uri, vscode.Uri];
    let original = uris[2];
    let shown: Page<CheckpointJoinViewContract> | undefined;
    let watched = new vscode.Disposable(() => undefined);
    const of = (): JoinedOf => ({ checkpoint: checkpoint.toString(), model: model.toString(), ...(original && { original: original.toString() }) });
    const joined = (): JoinedFiles => ({
      ...of(),
      names: { checkpoint: baseName(checkpoint), model: baseName(model), ...(original && { original: baseName(original) }) },
    });
    const changed = (): void => shown?.notify('files.changed', joined());
    const watch = (): void => {
      watched.dispose();
      watched = watchFiles([checkpoint, model, ...(original ? [original] : [])], changed);
    };
    const takeOriginal = (chosen: vscode.Uri | undefined): null => {
      original = chosen;
      watch();
      changed();
      return null;
    };
    return {
      title: `${baseName(model)} with ${baseName(checkpoint)}`,
      started: (page) => {
        shown = page;
        watch();
        return new vscode.Disposable(() => {
          watched.dispose();
        });
      },
      handlers: {
        ready: joined,
        plan: async () => engine.call('checkpoint.join', await joinRequest(files, of())),
        'model.choose': async () => {
          await vscode.commands.executeCommand('unitscope.visualizeWithGraph', checkpoint);
          panel.reveal();
          return null;
        },
        'original.choose': async () => {
          const chosen = await vscode.commands.executeCommand<vscode.Uri | undefined>('unitscope.chooseOriginalCheckpoint', of());
          return chosen ? takeOriginal(chosen) : null;
        },
        'original.leave': () => takeOriginal(undefined),
        open: async () => {
          await vscode.commands.executeCommand('unitscope.openJoinedModel', of());
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
