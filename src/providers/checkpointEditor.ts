import * as vscode from 'vscode';
import { shownStatistics, type CheckpointHostContract, type CheckpointViewContract } from '../protocol/checkpointViews';
import type { Handlers } from '../protocol/method';
import type { TensorTarget } from '../commands/checkpointTarget';
import type { CheckpointDocument, Checkpoints } from '../host/checkpoints';
import { openPage } from '../host/webviewPage';

/** The custom editor for files of weights: read-only, runs nothing of them, also in Restricted Mode. */
export class CheckpointEditor implements vscode.CustomReadonlyEditorProvider<CheckpointDocument> {
  /** For what is only ever a checkpoint, and for files that may be one. */
  static readonly viewTypes = ['unitscope.checkpoint', 'unitscope.checkpointOption'] as const;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly checkpoints: Checkpoints,
  ) {}

  register(): vscode.Disposable {
    const options = { supportsMultipleEditorsPerDocument: true };
    return vscode.Disposable.from(
      ...CheckpointEditor.viewTypes.map((viewType) => vscode.window.registerCustomEditorProvider(viewType, this, options)),
    );
  }

  openCustomDocument(uri: vscode.Uri): CheckpointDocument {
    return this.checkpoints.add(uri);
  }

  resolveCustomEditor(document: CheckpointDocument, panel: vscode.WebviewPanel): void {
    const { log } = this.checkpoints.services;
    const page = openPage<CheckpointViewContract, CheckpointHostContract>(panel.webview, this.extensionUri, 'checkpoint', this.handlers(document), log);
    const changes = document.onDidChange((state) => page.notify('checkpoint.changed', state));
    const activate = (): void => {
      if (panel.active) this.checkpoints.active = document;
    };
    activate();
    panel.onDidChangeViewState(activate);
    panel.onDidDispose(() => {
      page.close();
      changes.dispose();
    });
  }

  private handlers(document: CheckpointDocument): Handlers<CheckpointHostContract> {
    const { engine } = this.checkpoints.services;
    const run = (command: string, tensor?: string): Thenable<null> => {
      const target: TensorTarget = { unitscopeCheckpoint: document.uri.toString(), ...(tensor === undefined ? {} : { unitscopeTensor: tensor }) };
      return vscode.commands.executeCommand(`unitscope.${command}`, target).then(() => null);
    };
    return {
      ready: () => document.state,
      summary: () => document.known(),
      tree: async (at) => engine.call('checkpoint.tree', { path: await document.path(), ...at }),
      statistics: async ({ tensor }, { signal, report }) =>
        shownStatistics(await engine.call('checkpoint.statistics', { path: await document.path(), tensor }, { signal, onProgress: report })),
      slice: async ({ tensor, what }, { signal }) => engine.call('checkpoint.slice', { path: await document.path(), tensor, what }, { signal }),
      'tensor.select': ({ tensor }) => {
        document.selected = tensor;
        return null;
      },
      'tensor.export': ({ tensor }) => run('exportTensor', tensor),
      'tensor.copyName': ({ tensor }) => run('copyTensorName', tensor),
      'tensor.copyPython': ({ tensor }) => run('copyTensorAsPython', tensor),
      compare: () => run('compareCheckpointWith'),
      visualize: () => run('visualizeWithGraph'),
      reload: async () => {
        await document.read();
        return null;
      },
      'engine.restart': () => run('restartEngine'),
      'log.show': () => run('showLog'),
    };
  }
}
