import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import type { Layer } from '../protocol/model';
import type { QueryImage, RetrievalQuery } from '../protocol/retrieval';
import { imagesOf, queryTitle, type PastQuery, type RetrievalSettings } from '../protocol/retrievalViews';
import type { EngineClient } from './engineClient';
import type { Memory } from './memory';
import type { ModelSession } from './modelSession';

const most = 20;

/** The layer that is searched: the one chosen, the one selected in the editor, or the deepest that still looks at parts of an image. */
export function retrievalLayer(session: ModelSession, { layer }: Pick<RetrievalSettings, 'layer'>): Layer | undefined {
  const layers = session.summary?.layers ?? [];
  const named = session.layer(layer ?? '') ?? session.layer(session.state.selectedLayer ?? '');
  if (named) return named;
  const primary = layers.filter((one) => one.primary);
  const local = primary.filter(({ positionAxes, receptiveField }) => positionAxes.length > 0 && receptiveField && receptiveField.kind !== 'global');
  return local.at(-1) ?? primary.at(-1) ?? layers.at(-1);
}

/** A query by its image files: an index means another image as soon as the images change. */
export async function queryByFiles(engine: EngineClient, session: ModelSession, query: RetrievalQuery): Promise<RetrievalQuery> {
  const byFile = async (image: QueryImage): Promise<QueryImage> => {
    const { index, ...rest } = image;
    return index === undefined ? image : { ...rest, path: (await stimulusFile(engine, session, index)).fsPath };
  };
  switch (query.kind) {
    case 'images':
      return { ...query, terms: await Promise.all(query.terms.map(async ({ image, weight }) => ({ image: await byFile(image), weight }))) };
    case 'between':
      return { ...query, images: [await byFile(query.images[0]), await byFile(query.images[1])] };
    case 'unit':
      return query;
  }
}

/** Remembers a query, by its files, as the last one. */
export async function rememberQuery(memory: Memory, session: ModelSession, query: RetrievalQuery, layer: string | null): Promise<void> {
  const names = imagesOf(query).map(({ path }) => (path ?? '').replace(/^.*[/\\]/, ''));
  const past: PastQuery = { query, title: queryTitle(query, names), layer };
  const key = ({ query: of, layer: in_ }: PastQuery): string => JSON.stringify([of, of.kind === 'unit' ? in_ : null]);
  const others = memory.model(session.uri).retrievalQueries.filter((one) => key(one) !== key(past));
  await memory.rememberModel(session.uri, { retrievalQueries: [past, ...others].slice(0, most) });
}

/** A stimulus' file. @throws dataset.empty where the images are not open or have no such stimulus */
export async function stimulusFile(engine: EngineClient, session: ModelSession, index: number): Promise<vscode.Uri> {
  const { dataset } = session.state;
  if (dataset.state === 'ready') {
    const [stimulus] = await engine.call('dataset.stimuli', { source: session.study().dataset, indices: [index] });
    if (stimulus) return vscode.Uri.joinPath(vscode.Uri.file(dataset.value.root), stimulus.path);
  }
  throw new UnitscopeError('dataset.empty', 'These images are not open any more.');
}
