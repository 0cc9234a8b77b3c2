import * as vscode from 'vscode';
import type { ComparedFiles } from '../protocol/checkpointViews';
import type { ModelCompareHostContract, ModelCompareViewContract } from '../protocol/modelCompareViews';
import { baseName, distinctNames } from '../host/checkpointFiles';
import type { EngineClient } from '../host/engineClient';
import type { LocalFiles } from '../host/localFiles';
import { watchFiles } from '../host/watchFiles';
import type { Page } from '../host/webviewPage';
import { FilePanels } from './checkpointPanels';

export type ModelComparePanels = FilePanels<ModelCompareHostContract, ModelCompareViewContract>;

/** The panels that compare two models. */
export function modelComparePanels(extensionUri: vscode.Uri, { engine, files, log }: { engine: EngineClient; files: LocalFiles; log: vscode.LogOutputChannel }): ModelComparePanels {
  return new FilePanels<ModelCompareHostContract, ModelCompareViewContract>('unitscope.modelCompare', 'modelCompare', extensionUri, log, (given, panel) => {
    let uris = given.slice(0, 2) as [vscode.Uri, vscode.Uri];
    let told: Page<ModelCompareViewContract> | undefined;
    const titleOf = (): string => `Compare · ${uris.map(baseName).join(' → ')}`;
    const compared = (): ComparedFiles => ({ uris: uris.map((uri) => uri.toString()), names: distinctNames(uris) });
    const pathOf = async (uri: vscode.Uri): Promise<string> => {
      const path = await files.pathOf(uri);
      if (uri.scheme !== 'file') await files.bringExternalData(uri, await engine.call('model.open', { path }));
      return path;
    };
    const change = (): void => {
      panel.title = titleOf();
      told?.notify('files.changed', compared());
    };
    return {
      title: titleOf(),
      started: (page) => {
        told = page;
        return watchFiles(uris, change);
      },
      handlers: {
        ready: compared,
        compare: async (_, { signal, report }) => engine.call('model.compare', { paths: [await pathOf(uris[0]), await pathOf(uris[1])] }, { signal, onProgress: report }),
        node: async ({ file, node }, { signal }) => engine.call('model.node', { path: await pathOf(uris[file]), node }, { signal }),
        open: async ({ file, layer }) => {
          await vscode.commands.executeCommand('unitscope.openInModel', { unitscopeModel: uris[file].toString(), ...(layer !== null && { unitscopeLayer: layer }) });
          return null;
        },
        swap: () => {
          uris = [uris[1], uris[0]];
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
