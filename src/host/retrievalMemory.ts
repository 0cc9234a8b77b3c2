import * as vscode from 'vscode';
import type { Layer } from '../protocol/model';
import type { RetrievalQuery } from '../protocol/retrieval';
import { imagesOf, queryTitle, type PastQuery, type RetrievalSettings } from '../protocol/retrievalViews';
import type { EngineClient } from './engineClient';
import type { Memory } from './memory';
import type { ModelSession } from './modelSession';

const most = 20;

/** What is chosen for retrieval. A query whose indices are of other images is none. */
export function retrievalSettings(memory: Memory, session: ModelSession): RetrievalSettings {
  const settings = memory.model(session.uri).retrieval;
  return { ...settings, query: settings.query && belongs(session, settings.query, settings.dataset) ? settings.query : null };
}

/** The layer that is searched: the one chosen, the one selected in the editor, or the deepest that still looks at parts of an image. */
export function retrievalLayer(session: ModelSession, { layer }: Pick<RetrievalSettings, 'layer'>): Layer | undefined {
  const layers = session.summary?.layers ?? [];
  const named = session.layer(layer ?? '') ?? session.layer(session.state.selectedLayer ?? '');
  if (named) return named;
  const primary = layers.filter((one) => one.primary);
  const local = primary.filter(({ positionAxes, receptiveField }) => positionAxes.length > 0 && receptiveField && receptiveField.kind !== 'global');
  return local.at(-1) ?? primary.at(-1) ?? layers.at(-1);
}

/** Whether the indices of a query are of the images that are open. */
export function belongs(session: ModelSession, query: RetrievalQuery, dataset: string | null): boolean {
  if (imagesOf(query).every(({ index }) => index === undefined)) return true;
  const { dataset: open } = session.state;
  const count = open.state === 'ready' ? open.value.count : Infinity;
  return dataset === session.datasetSource?.path && imagesOf(query).every(({ index }) => (index ?? 0) < count);
}

/** Remembers a query as the last one. */
export async function rememberQuery(
  { memory, engine }: { memory: Memory; engine: EngineClient },
  session: ModelSession,
  query: RetrievalQuery,
  layer: string | null,
): Promise<void> {
  const dataset = session.datasetSource?.path ?? null;
  const past: PastQuery = { query, title: queryTitle(query, await namesOf(engine, session, query)), dataset, layer };
  const key = ({ query: of, dataset: at, layer: in_ }: PastQuery): string => JSON.stringify([of, at, of.kind === 'unit' ? in_ : null]);
  const others = memory.model(session.uri).retrievalQueries.filter((one) => key(one) !== key(past));
  await memory.rememberModel(session.uri, { retrievalQueries: [past, ...others].slice(0, most) });
}

/** The file names of a query's images. */
async function namesOf(engine: EngineClient, session: ModelSession, query: RetrievalQuery): Promise<string[]> {
  const images = imagesOf(query);
  const indices = images.flatMap(({ index }) => index ?? []);
  const stimuli = indices.length > 0 ? await engine.call('dataset.stimuli', { source: session.study().dataset, indices }) : [];
  const paths = new Map(stimuli.map(({ index, path }) => [index, path]));
  return images.map(({ index, path }) => (index === undefined ? path! : (paths.get(index) ?? `image ${index}`)).replace(/^.*[/\\]/, ''));
}

/** A stimulus' file. Undefined: the images are not open. */
export async function stimulusFile(engine: EngineClient, session: ModelSession, index: number): Promise<vscode.Uri | undefined> {
  const { dataset } = session.state;
  if (dataset.state !== 'ready') return undefined;
  const [stimulus] = await engine.call('dataset.stimuli', { source: session.study().dataset, indices: [index] });
  return stimulus && vscode.Uri.joinPath(vscode.Uri.file(dataset.value.root), stimulus.path);
}
