import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { retrievalLayer } from '../host/retrievalMemory';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { TableAddress } from '../protocol/retrieval';
import { embeddingOf, noFilter } from '../protocol/retrievalViews';
import { withProgress } from './exports';
import { registerCommand } from './register';
import { ensureImages, ensureTrust } from './study';
import { sessionOf, type Target } from './target';

/** Commands on tables of embeddings that a team shares: publishing one, and searching in one. */
export function registerTableCommands(services: Services): vscode.Disposable {
  const { sessions, engine, memory, retrievalPanels, log } = services;

  const ready = async (session: ModelSession): Promise<boolean> => (await ensureTrust()) && (await ensureImages(services, session));

  const publish = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const settings = memory.model(session.uri).retrieval;
    const layer = retrievalLayer(session, settings);
    if (!layer) throw new UnitscopeError('usage', `${session.name} has no layers to search in.`);
    const store = await askForStore(memory.tables(), 'Publish Embeddings: Where');
    if (store === undefined) return;
    const name = `${session.name.replace(/\.[^.]*$/, '')}-${layer.name.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_/, '')}-${settings.pool}`;
    const table = await vscode.window.showInputBox({
      title: 'Publish Embeddings: the Table',
      prompt: 'One that is there is brought up to date',
      value: typeof store === 'string' ? name : store.table,
      ignoreFocusOut: true,
      validateInput: (text) => (/^[A-Za-z0-9_.-]+$/.test(text) ? undefined : 'A name of letters, digits, _ and -.'),
    });
    if (table === undefined) return;
    const to: TableAddress = { uri: typeof store === 'string' ? store : store.uri, table };
    const { pool, whiten, l2 } = settings;
    await session.prepareEmbeddings({ layers: [layer.name], pool, whiten, l2 });
    const { rows, added, changed, deleted, version } = await withProgress(`Publishing the embeddings of ${layer.label}`, (signal, onProgress) =>
      engine.call('retrieval.publish', { study: session.study(), embedding: embeddingOf(settings, layer.name), to }, { signal, onProgress }),
    );
    await memory.rememberTable(to);
    const search = 'Search It';
    const message = `Published ${rows} embeddings as ${table}, version ${version}: ${added} new, ${changed} changed, ${deleted} deleted.`;
    void vscode.window.showInformationMessage(message, search).then((choice) => {
      if (choice === search) void vscode.commands.executeCommand('unitscope.searchPublished', { unitscopeModel: session.uri.toString() }, to);
    });
  };

  const askForTable = async (): Promise<TableAddress | undefined> => {
    const store = await askForStore(memory.tables(), 'Search Published Embeddings: Where They Are');
    if (store === undefined || typeof store === 'object') return store;
    // LanceDB keeps each table of a folder in a folder of its own.
    const [, parent, own] = /^(.*)[/\\]([^/\\]+)\.lance[/\\]?$/.exec(store) ?? [];
    if (parent !== undefined && own !== undefined) return { uri: parent, table: own };
    const names = await withProgress(`Reading ${store}`, (signal) => engine.call('retrieval.tables', { uri: store }, { signal }));
    if (names.length === 0) throw new UnitscopeError('reference.unreadable', `There is no table in ${store}; choose the folder or address that embeddings were published to.`);
    const table = names.length === 1 ? names[0] : await vscode.window.showQuickPick(names, { title: `Tables in ${store}`, placeHolder: 'Which one?' });
    return table === undefined ? undefined : { uri: store, table };
  };

  const search = async (target?: Target, known?: TableAddress): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const index = known ?? (await askForTable());
    if (!index) return;
    const { embedding } = await withProgress(`Reading the table ${index.table}`, (signal) =>
      engine.call('retrieval.table', { study: session.study(), table: index }, { signal }),
    );
    await memory.rememberTable(index);
    const { layer, pool, whiten, l2 } = embedding;
    const before = memory.model(session.uri).retrieval;
    // What drives a unit is known of this dataset only.
    const query = before.query?.kind === 'unit' ? null : before.query;
    const retrieval = { ...before, index, layer, pool, whiten, l2, query, second: null, local: false, filter: noFilter };
    await memory.rememberModel(session.uri, { retrieval });
    retrievalPanels.page(session.uri)?.notify('settings.set', retrieval);
    retrievalPanels.show(session.uri);
    if (!query) await vscode.commands.executeCommand('unitscope.findSimilarImages', { unitscopeModel: session.uri.toString() });
  };

  return vscode.Disposable.from(
    registerCommand('publishEmbeddings', log, publish),
    registerCommand('searchPublished', log, search),
  );
}

/** A folder or an address, or a table that was used lately. Undefined: dismissed. */
async function askForStore(lately: readonly TableAddress[], title: string): Promise<string | TableAddress | undefined> {
  type Item = vscode.QuickPickItem & { ask?: () => Promise<string | undefined>; address?: TableAddress };
  const items: Item[] = [
    { label: '$(folder-opened) Folder…', description: 'on this machine or a drive that the team shares', ask: () => askForFolder(title) },
    { label: '$(cloud) Address…', description: 's3://, gs:// or az://, with the rights of your environment', ask: () => askForAddress(title) },
    ...(lately.length > 0 ? [{ label: 'used lately', kind: vscode.QuickPickItemKind.Separator }] : []),
    ...lately.map((address) => ({ label: `$(history) ${address.table}`, description: address.uri, address })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'A folder, or an address on object storage', matchOnDescription: true });
  return picked?.address ?? (await picked?.ask?.());
}

async function askForFolder(title: string): Promise<string | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: 'Use This Folder',
      canSelectFolders: true,
      canSelectFiles: false,
      defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri,
    })) ?? [];
  if (folder && folder.scheme !== 'file')
    throw new UnitscopeError('usage', `Tables lie in local folders or on object storage, and ${folder.toString(true)} is neither.`);
  return folder?.fsPath;
}

async function askForAddress(title: string): Promise<string | undefined> {
  const address = await vscode.window.showInputBox({
    title,
    prompt: 'An address on object storage; keys and endpoint come from the environment (AWS_…, GOOGLE_…, AZURE_…)',
    placeHolder: 's3://bucket/path',
    ignoreFocusOut: true,
    validateInput: (text) => (/^[a-z0-9]+:\/\/\S+$/.test(text.trim()) ? undefined : 'An address such as s3://bucket/path.'),
  });
  return address?.trim();
}
