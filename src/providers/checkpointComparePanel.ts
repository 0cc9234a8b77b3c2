import * as vscode from 'vscode';
import type { CheckpointComparison } from '../protocol/checkpoint';
import { shownSteps, type CheckpointCompareHostContract, type CheckpointCompareViewContract, type ComparedFiles } from '../protocol/checkpointViews';
import { UnitscopeError } from '../protocol/errors';
import { baseName, checkpointPath, distinctNames } from '../host/checkpointFiles';
import type { CheckpointServices } from '../host/checkpoints';
import { watchFiles } from '../host/watchFiles';
import type { Page } from '../host/webviewPage';
import { FilePanels } from './checkpointPanels';

export type CheckpointComparePanels = FilePanels<CheckpointCompareHostContract, CheckpointCompareViewContract>;

/** The panels that compare checkpoints: two, or the steps of a series. */
export function checkpointComparePanels(extensionUri: vscode.Uri, { engine, files, log }: CheckpointServices): CheckpointComparePanels {
  return new FilePanels<CheckpointCompareHostContract, CheckpointCompareViewContract>('unitscope.checkpointCompare', 'checkpointCompare', extensionUri, log, (first, panel) => {
    let uris = first;
    let comparison: CheckpointComparison | undefined;
    let told: Page<CheckpointCompareViewContract> | undefined;
    const compared = (): ComparedFiles => ({ uris: uris.map((uri) => uri.toString()), names: distinctNames(uris) });
    const change = (): void => {
      comparison = undefined;
      panel.title = titleOf(uris);
      told?.notify('files.changed', compared());
    };
    const uriOf = (file: number): vscode.Uri => {
      const uri = uris[file];
      if (!uri) throw new UnitscopeError('usage', `There is no file ${file + 1} in this comparison.`);
      return uri;
    };
    return {
      title: titleOf(uris),
      started: (page) => {
        told = page;
        return watchFiles(uris, change);
      },
      handlers: {
        ready: compared,
        compare: async (_, { signal, report }) => {
          if (!comparison) {
            const paths = await Promise.all(uris.map((uri) => checkpointPath(files, uri)));
            comparison = await engine.call('checkpoint.compare', { paths }, { signal, onProgress: report });
          }
          return shownSteps(comparison);
        },
        units: ({ name }) => (comparison?.steps ?? []).map(({ tensors }) => tensors.find((tensor) => tensor.name === name)?.units ?? new Float64Array(0)),
        slice: async ({ file, tensor, what }, { signal }) =>
          engine.call('checkpoint.slice', { path: await checkpointPath(files, uriOf(file)), tensor, what }, { signal }),
        open: async ({ file }) => {
          await vscode.commands.executeCommand('vscode.openWith', uriOf(file), 'unitscope.checkpointOption');
          return null;
        },
        swap: () => {
          uris = [...uris].reverse();
          change();
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

function titleOf(uris: readonly vscode.Uri[]): string {
  if (uris.length > 2) return `Compare · ${uris.length} checkpoints`;
  return `Compare · ${uris.map(baseName).join(' → ')}`;
}
