import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { stat } from '../host/localFiles';
import { imagePath } from '../host/retrievalFiles';
import { queryByFiles, rememberQuery, retrievalLayer } from '../host/retrievalMemory';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { QueryImageInput, RetrievalQuery } from '../protocol/retrieval';
import { imagesOf, similarTo, type RetrievalSettings, type RetrievalShow, type UnitMenuContext } from '../protocol/retrievalViews';
import { askForLayers } from './rdmPicks';
import { registerCommand } from './register';
import { askForImage, askForUnit } from './retrievalPicks';
import { ensureImages, ensureTrust } from './study';
import { layerOf, sessionOf, type Target } from './target';

/** Commands that search for images: by an image, a region, a unit, between images, by their sum. */
export function registerRetrievalCommands(services: Services): vscode.Disposable {
  const { sessions, engine, memory, retrievalPanels, log } = services;

  const settingsOf = (session: ModelSession): RetrievalSettings => memory.model(session.uri).retrieval;

  const change = async (session: ModelSession, part: Partial<RetrievalSettings>): Promise<RetrievalSettings> => {
    const retrieval = { ...settingsOf(session), ...part };
    await memory.rememberModel(session.uri, { retrieval });
    retrievalPanels.page(session.uri)?.notify('settings.set', retrieval);
    return retrieval;
  };

  /** A page that is on screen is told what to show; one that starts asks. */
  const show = async (session: ModelSession, what: RetrievalShow): Promise<void> => {
    if (retrievalPanels.show(session.uri)) retrievalPanels.page(session.uri)?.notify('view.show', what);
    else await memory.rememberModel(session.uri, { retrievalView: what });
  };

  const ready = async (session: ModelSession): Promise<boolean> => {
    if (!(await ensureTrust()) || !(await ensureImages(services, session))) return false;
    if (!retrievalLayer(session, { layer: null })) throw new UnitscopeError('usage', `${session.name} has no layers to search in.`);
    return true;
  };

  const prepare = async (session: ModelSession): Promise<void> => {
    const settings = settingsOf(session);
    const layer = retrievalLayer(session, settings);
    if (!layer || !(await ready(session))) return;
    const layers = settings.second === null ? [layer.name] : [layer.name, settings.second];
    const { pool, whiten, l2 } = settings;
    await session.prepareEmbeddings({ layers, pool, whiten, l2 });
  };

  const searchFor = async (session: ModelSession, asked: RetrievalQuery, part: Partial<RetrievalSettings> = {}): Promise<void> => {
    const settings = settingsOf(session);
    const query = await queryByFiles(engine, session, asked);
    const layer = part.layer ?? settings.layer ?? retrievalLayer(session, settings)?.name ?? null;
    // What drives a unit is known of the images that are open, not of a table.
    const { index } = await change(session, { ...part, query, layer, ...(query.kind === 'unit' ? { index: null } : {}) });
    await rememberQuery(memory, session, query, layer);
    await show(session, { view: 'results' });
    if (!index) await prepare(session);
  };

  /** An image to search for. Undefined: dismissed, or it is going to be pasted. */
  const ask = async (session: ModelSession, title: string, paste?: 'similar' | 'region'): Promise<QueryImageInput | undefined> => {
    const image = await askForImage(services, session, title, paste !== undefined);
    if (image !== 'clipboard') return image;
    await show(session, { view: 'paste', paste });
    return undefined;
  };

  const findSimilar = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const image = await ask(session, 'Find Similar Images', 'similar');
    if (image) await searchFor(session, similarTo(image));
  };

  /** From the explorer and the title of an image's editor. */
  const findSimilarToFile = async (uri?: vscode.Uri): Promise<void> => {
    const session = sessionOf(sessions, undefined);
    if (!uri) {
      await findSimilar();
      return;
    }
    const path = imagePath(uri);
    if (await ready(session)) await searchFor(session, similarTo({ path }));
  };

  const findSimilarToRegion = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const image = await ask(session, 'Find Similar to a Region of…', 'region');
    if (image) await show(session, { view: 'region', image: { context: 1, ...image } });
  };

  const findImagesForUnit = async (target?: Partial<UnitMenuContext>): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const layer = session.layer((await layerOf(session, target)) ?? '');
    if (!layer) return;
    const unit = target?.unitscopeUnit ?? (await askForUnit(layer));
    if (unit !== undefined) await searchFor(session, { kind: 'unit', unit }, { layer: layer.name, local: false });
  };

  const findBetween = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const first = await ask(session, 'Images Between Two: the First');
    const second = first && (await ask(session, 'Images Between Two: the Second'));
    if (second) await searchFor(session, { kind: 'between', images: [{ context: 1, ...first }, { context: 1, ...second }] }, { local: false });
  };

  const combine = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const a = await ask(session, 'A − B + C: the Image A to Start From');
    const b = a && (await ask(session, 'A − B + C: the Image B to Take Away'));
    if (!b) return;
    const c = await ask(session, 'A − B + C: the Image C to Add (Escape: None)');
    const term = (image: QueryImageInput, weight: 1 | -1): { image: QueryImageInput & { context: number }; weight: 1 | -1 } => ({ image: { context: 1, ...image }, weight });
    await searchFor(session, { kind: 'images', terms: [term(a, 1), term(b, -1), ...(c ? [term(c, 1)] : [])] }, { local: false });
  };

  const repeat = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const past = memory.model(session.uri).retrievalQueries;
    if (past.length === 0) throw new UnitscopeError('usage', 'Nothing has been searched for yet; begin with Find Similar Images….');
    const items = await Promise.all(
      past.map(async (one) => {
        const gone = await goneFile(one.query);
        const layer = one.query.kind === 'unit' ? (session.layer(one.layer ?? '')?.label ?? one.layer ?? undefined) : undefined;
        return { label: one.title, description: gone === undefined ? layer : '$(warning) its image is not there any more', gone, one };
      }),
    );
    const picked = await vscode.window.showQuickPick(items, { title: 'Repeat a Query', placeHolder: 'Searched for lately', matchOnDescription: true });
    if (!picked) return;
    if (picked.gone !== undefined) throw new UnitscopeError('image.unreadable', `${picked.gone} is not there any more; search for another image.`);
    const { query, layer } = picked.one;
    await searchFor(session, query, query.kind === 'unit' && layer !== null ? { layer, local: false } : {});
  };

  const chooseQualityLayers = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layers = await askForLayers(session, settingsOf(session).qualityLayers, 'Whose neighbours are to be judged?');
    if (layers && layers.length > 0) await change(session, { qualityLayers: layers });
  };

  return vscode.Disposable.from(
    registerCommand('findSimilarImages', log, findSimilar),
    registerCommand('findSimilarToFile', log, findSimilarToFile),
    registerCommand('findSimilarToRegion', log, findSimilarToRegion),
    registerCommand('findImagesForUnit', log, findImagesForUnit),
    registerCommand('findImagesForThisUnit', log, findImagesForUnit),
    registerCommand('findImagesBetween', log, findBetween),
    registerCommand('combineImages', log, combine),
    registerCommand('repeatQuery', log, repeat),
    registerCommand('showRetrieval', log, (target?: Target) => void retrievalPanels.show(sessionOf(sessions, target).uri)),
    registerCommand('searchFor', log, async (target: Target, query: RetrievalQuery) => {
      const session = sessionOf(sessions, target);
      if (await ready(session)) await searchFor(session, query);
    }),
    registerCommand('prepareEmbeddings', log, (target?: Target) => prepare(sessionOf(sessions, target))),
    registerCommand('chooseQualityLayers', log, chooseQualityLayers),
  );
}

/** The first file of a query that is not there any more. */
async function goneFile(query: RetrievalQuery): Promise<string | undefined> {
  for (const { path } of imagesOf(query)) if (path !== undefined && !(await stat(vscode.Uri.file(path)))) return path;
  return undefined;
}
