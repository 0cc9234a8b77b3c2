import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { retrievalLayer, stimulusFile } from '../host/retrievalMemory';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { Layer } from '../protocol/model';
import type { LocalResult, RetrievalResult } from '../protocol/retrieval';
import { embeddingOf, localRequestOf, requestOf, type RetrievalSettings } from '../protocol/retrievalViews';
import { askForFile, offerToOpen, quote, withProgress } from './exports';
import { registerCommand } from './register';
import { ensureImages, ensureTrust } from './study';
import { sessionOf, type Target } from './target';

/** The most results that are asked for at once. */
const page = 100_000;

/** Commands that take results and embeddings out of Unitscope. */
export function registerRetrievalExportCommands(services: Services): vscode.Disposable {
  const { sessions, engine, memory, log } = services;

  const chosen = (session: ModelSession): { settings: RetrievalSettings; layer: Layer } => {
    const settings = memory.model(session.uri).retrieval;
    const layer = retrievalLayer(session, settings);
    if (!layer) throw new UnitscopeError('usage', `${session.name} has no layers to search in.`);
    return { settings, layer };
  };
  const fileName = (session: ModelSession, { name }: Layer, ending: string): string =>
    `${session.name.replace(/\.[^.]*$/, '')}-${name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^_/, '')}${ending}`;

  const results = async (session: ModelSession, signal: AbortSignal): Promise<(RetrievalResult | LocalResult)[]> => {
    const { settings, layer } = chosen(session);
    const all: (RetrievalResult | LocalResult)[] = [];
    const local = settings.local ? localRequestOf(settings, layer.name) : null;
    const request = requestOf(settings, layer.name)!;
    for (let total = 1; all.length < total;) {
      const range = { from: all.length, count: page };
      const answer = local
        ? await engine.call('retrieval.local', { study: session.study(), request: { ...local, ...range } }, { signal })
        : await engine.call('retrieval.query', { study: session.study(), request: { ...request, ...range } }, { signal });
      all.push(...answer.results);
      total = answer.results.length === 0 ? 0 : answer.total;
    }
    return all;
  };

  const exportNeighbors = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ensureTrust())) return;
    const { settings, layer } = chosen(session);
    if (!settings.query) throw new UnitscopeError('usage', 'Search for something first: Find Similar Images….');
    const file = await askForFile(session, fileName(session, layer, '-neighbors.csv'), { CSV: ['csv'] });
    if (!file) return;
    const rows = await withProgress(`Exporting the results of ${session.name}`, (signal) => results(session, signal));
    await vscode.workspace.fs.writeFile(file, Buffer.from(asCsv(rows)));
    offerToOpen(file);
  };

  const copyAsCommandLine = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const { settings, layer } = chosen(session);
    const { query } = settings;
    if (query?.kind !== 'images' || query.terms.length > 1)
      throw new UnitscopeError('usage', 'The command line searches for one image or a box of one; this query has no command line.');
    const { image } = query.terms[0]!;
    const { model, dataset, device } = session.study();
    const words = ['npx unitscope neighbors', quote(model), '--images', quote(dataset.path), '--layer', quote(layer.name)];
    words.push('--query', quote(image.path ?? (await stimulusFile(engine, session, image.index!)).fsPath));
    if (image.box) words.push('--box', widened(image.box, image.context).join(','));
    words.push('--pool', settings.pool, '--metric', settings.metric, '--device', device);
    const { preprocess } = session.state;
    if (preprocess.state === 'ready' && preprocess.value.source === 'user') {
      words.unshift(`printf %s ${quote(JSON.stringify(preprocess.value.config))} > preprocess.json &&`);
      words.push('--preprocess', 'preprocess.json');
    }
    await vscode.env.clipboard.writeText(words.join(' '));
    const { filter } = settings;
    const left = [
      (filter.labels.length > 0 || filter.where.length > 0 || filter.otherClasses || filter.domain) && 'filter',
      (settings.whiten !== undefined || settings.l2) && 'whitening or scaling',
      settings.local && 'regions',
      settings.second !== null && 'second layer',
      settings.index && 'published table',
    ].filter(Boolean);
    if (left.length > 0) void vscode.window.showWarningMessage(`Copied. The command line has no ${left.join(' and no ')}.`);
    else void vscode.window.setStatusBarMessage('Unitscope: command line copied', 3000);
  };

  const ready = async (session: ModelSession): Promise<boolean> => (await ensureTrust()) && (await ensureImages(services, session));

  const prepared = async (session: ModelSession): Promise<void> => {
    const { settings, layer } = chosen(session);
    const { pool, whiten, l2 } = settings;
    await session.prepareEmbeddings({ layers: [layer.name], pool, whiten, l2 });
  };

  const exportEmbeddings = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const { settings, layer } = chosen(session);
    const file = await askForFile(session, fileName(session, layer, `-${settings.pool}.npy`), { NumPy: ['npy'] });
    if (!file) return;
    await prepared(session);
    await withProgress(`Exporting the embeddings of ${layer.label}`, (signal, onProgress) =>
      engine.call('retrieval.export', { study: session.study(), embedding: embeddingOf(settings, layer.name), file: file.fsPath }, { signal, onProgress }),
    );
    offerToOpen(file);
  };

  return vscode.Disposable.from(
    registerCommand('exportNeighbors', log, exportNeighbors),
    registerCommand('copyNeighborsAsCommandLine', log, copyAsCommandLine),
    registerCommand('exportEmbeddings', log, exportEmbeddings),
  );
}

function asCsv(results: readonly (RetrievalResult | LocalResult)[]): string {
  const field = (value: string): string => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const boxed = results.some((result) => 'box' in result);
  const head = ['rank', 'index', 'path', 'label', 'distance', ...(boxed ? ['x', 'y', 'width', 'height'] : [])];
  const rows = results.map((result, at) => [
    String(at + 1),
    result.index === null ? '' : String(result.index),
    field(result.path),
    field(result.label ?? ''),
    String(result.distance),
    ...('box' in result ? result.box.map(String) : []),
  ]);
  return [head, ...rows].map((row) => `${row.join(',')}\n`).join('');
}

/** A box with its context, which the command line does not know. */
function widened([x, y, width, height]: readonly [number, number, number, number], context: number): number[] {
  const [w, h] = [width * context, height * context];
  const left = Math.max(0, Math.round(x + width / 2 - w / 2));
  const top = Math.max(0, Math.round(y + height / 2 - h / 2));
  return [left, top, Math.round(x + width / 2 + w / 2) - left, Math.round(y + height / 2 + h / 2) - top];
}
