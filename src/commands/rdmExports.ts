import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { RdmArrangement, RdmFormat } from '../protocol/rdm';
import type { RdmHostContract, RdmSettings } from '../protocol/rdmViews';
import { rdmQuestion } from '../providers/rdmPanel';
import { offerToOpen, quote, savePicture, withProgress } from './exports';
import { rdmAsPython } from './rdmPython';
import { registerCommand } from './register';
import { ensureTrust } from './study';
import { sessionOf, type Target } from './target';

/** Commands that take RDMs and their comparison out of Unitscope. */
export function registerRdmExportCommands({ sessions, engine, memory, log }: Services): vscode.Disposable {
  /** Where the RDMs of these choices were exported last. */
  const exported = new Map<string, { folder: string; choices: string }>();
  const chosen = (session: ModelSession): RdmSettings => {
    const { rdm } = memory.model(session.uri);
    if (rdm.layers.length === 0) throw new UnitscopeError('usage', 'Compute an RDM first: right-click a layer.');
    return rdm;
  };
  const choicesOf = (session: ModelSession): string => {
    const { layers, recipe, comparison, references } = chosen(session);
    return JSON.stringify([session.study(), layers, recipe, comparison, references]);
  };

  const exportTo = async (session: ModelSession, formats: RdmFormat[]): Promise<vscode.Uri | undefined> => {
    const folder = await askForFolder(session);
    if (!folder) return undefined;
    const { comparison, references } = chosen(session);
    const { files, problems } = await withProgress(`Exporting the RDMs of ${session.name}`, (signal, onProgress) =>
      engine.call(
        'rdm.export',
        { ...rdmQuestion(session, chosen(session)), comparison, references, folder: folder.fsPath, formats },
        { signal, onProgress },
      ),
    );
    exported.set(session.uri.toString(), { folder: folder.fsPath, choices: choicesOf(session) });
    for (const problem of problems) void vscode.window.showWarningMessage(problem);
    return vscode.Uri.file(files[0]!);
  };

  const exportRdms = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ensureTrust())) return;
    chosen(session);
    const items: (vscode.QuickPickItem & { formats: RdmFormat[] })[] = [
      { label: 'NumPy', description: '.npy, float64, N × N a layer, and rdm.json', formats: ['npy'] },
      { label: 'CSV', description: 'a table with names a layer, and rdm.json', formats: ['csv'] },
      { label: 'Both', formats: ['npy', 'csv'] },
    ];
    const picked = await vscode.window.showQuickPick(items, { title: 'Export RDMs', placeHolder: 'In which form?' });
    const file = picked && (await exportTo(session, picked.formats));
    if (file) offerToOpen(file);
  };

  const exportPicture = async (target: Target, { name, data, mime }: RdmHostContract['export.picture']['params']): Promise<void> => {
    if (await ensureTrust()) await savePicture(sessionOf(sessions, target), name, mime === 'image/png' ? 'png' : 'svg', data);
  };

  const copyAsPython = async (target: Target | undefined, figure?: RdmHostContract['export.python']['params']): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ensureTrust())) return;
    const settings = chosen(session);
    const { view, layer } = figure ?? { view: 'rdm' as const, layer: settings.layers[0]! };
    const before = exported.get(session.uri.toString());
    // The script reads the exported files: those of other choices would draw another figure.
    if (before?.choices !== choicesOf(session) && !(await exportTo(session, ['npy']))) return;
    const { folder } = exported.get(session.uri.toString())!;
    const first = layer ?? settings.layers[0]!;
    const arrangement: RdmArrangement | null =
      view === 'compare' ? null : await engine.call('rdm.arrange', { ...rdmQuestion(session, settings), layer: first, order: settings.order });
    const rows = arrangement && [...arrangement.rows];
    if (rows && rows.length > 2000) {
      await writeFile(vscode.Uri.joinPath(vscode.Uri.file(folder), 'order.json').fsPath, JSON.stringify(rows));
    }
    await vscode.env.clipboard.writeText(rdmAsPython({ folder, view, layer: first, rows, settings }));
    void vscode.window.setStatusBarMessage('Unitscope: Python script copied', 3000);
  };

  const copyAsCommandLine = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const { layers, recipe, comparison, references } = chosen(session);
    const { model, dataset, device } = session.study();
    const words = ['npx unitscope rdm', quote(model), '--images', quote(dataset.path)];
    for (const layer of layers) words.push('--layer', quote(layer));
    words.push('--pool', recipe.pool, '--measure', recipe.measure, '--compare', comparison);
    if (recipe.precision !== undefined) words.push('--precision', quote(recipe.precision));
    if (recipe.folds !== undefined) words.push('--folds', quote(recipe.folds));
    for (const reference of references) if (reference.kind === 'file') words.push('--reference', quote(reference.path));
    words.push('--device', device, '--out', 'rdms');
    const { preprocess } = session.state;
    if (preprocess.state === 'ready' && preprocess.value.source === 'user') {
      words.unshift(`printf %s ${quote(JSON.stringify(preprocess.value.config))} > preprocess.json &&`);
      words.push('--preprocess', 'preprocess.json');
    }
    await vscode.env.clipboard.writeText(words.join(' '));
    const { labels, where, sample } = recipe.stimuli;
    const left = [
      (labels.length > 0 || (where ?? sample)) && 'the choice of stimuli',
      references.some((reference) => reference.kind !== 'file') && 'references that are no files',
      references.some((reference) => reference.kind === 'file' && reference.entry !== undefined) && 'choice among the RDMs of a file',
    ].filter(Boolean);
    if (left.length > 0) void vscode.window.showWarningMessage(`Copied. The command line has no ${left.join(' and no ')}.`);
    else void vscode.window.setStatusBarMessage('Unitscope: command line copied', 3000);
  };

  return vscode.Disposable.from(
    registerCommand('exportRdms', log, exportRdms),
    registerCommand('exportRdmPicture', log, exportPicture),
    registerCommand('copyRdmAsPython', log, copyAsPython),
    registerCommand('copyRdmAsCommandLine', log, copyAsCommandLine),
  );
}

async function askForFolder(session: ModelSession): Promise<vscode.Uri | undefined> {
  const folders = [vscode.workspace.workspaceFolders?.[0]?.uri, vscode.Uri.joinPath(session.uri, '..'), vscode.Uri.file(homedir())];
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: 'A Folder for the RDMs',
      openLabel: 'Export Here',
      canSelectFolders: true,
      canSelectFiles: false,
      defaultUri: folders.find((uri) => uri?.scheme === 'file'),
    })) ?? [];
  if (folder && folder.scheme !== 'file')
    throw new UnitscopeError('usage', `Results are written to local folders, and ${folder.toString(true)} is not one; choose another place.`);
  return folder;
}
