import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { imagePath } from '../host/retrievalFiles';
import { belongs, rememberQuery, retrievalLayer, retrievalSettings } from '../host/retrievalMemory';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { QueryImageInput, RetrievalQuery } from '../protocol/retrieval';
import { similarTo, type RetrievalSettings, type RetrievalShow } from '../protocol/retrievalViews';
import { askForLayers } from './rdmPicks';
import { registerCommand } from './register';
import { askForImage, askForUnit } from './retrievalPicks';
import { ensureImages, ensureTrust } from './study';
import { layerOf, sessionOf, type Target } from './target';

/** Commands that search for images: by an image, a region, a unit, between images, by their sum. */
export function registerRetrievalCommands(services: Services): vscode.Disposable {
  const { sessions, memory, retrievalPanels, log } = services;

  const change = async (session: ModelSession, part: Partial<RetrievalSettings>): Promise<RetrievalSettings> => {
    const retrieval = { ...retrievalSettings(memory, session), ...part };
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
    const settings = retrievalSettings(memory, session);
    const layer = retrievalLayer(session, settings);
    if (!layer || !(await ready(session))) return;
    const layers = settings.second === null ? [layer.name] : [layer.name, settings.second];
    const { pool, whiten, l2 } = settings;
    await session.prepareEmbeddings({ layers, pool, whiten, l2 });
  };

  const searchFor = async (session: ModelSession, query: RetrievalQuery, part: Partial<RetrievalSettings> = {}): Promise<void> => {
    const settings = retrievalSettings(memory, session);
    const layer = part.layer ?? settings.layer ?? retrievalLayer(session, settings)?.name ?? null;
    await change(session, { ...part, query, dataset: session.datasetSource?.path ?? null, layer });
    await rememberQuery(services, session, query, layer);
    await show(session, { view: 'results' });
    await prepare(session);
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

  const findImagesForUnit = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    if (!(await ready(session))) return;
    const layer = session.layer((await layerOf(session, target)) ?? '');
    if (!layer) return;
    const unit = await askForUnit(layer);
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
    const past = memory.model(session.uri).retrievalQueries.filter(({ query, dataset }) => belongs(session, query, dataset));
    if (past.length === 0) throw new UnitscopeError('usage', 'Nothing has been searched for yet over these images.');
    const items = past.map((one) => ({ label: one.title, description: session.layer(one.layer ?? '')?.label, one }));
    const picked = await vscode.window.showQuickPick(items, { title: 'Repeat a Query', placeHolder: 'Searched for lately', matchOnDescription: true });
    if (!picked) return;
    const { query, layer } = picked.one;
    await searchFor(session, query, query.kind === 'unit' && layer !== null ? { layer, local: false } : {});
  };

  const chooseQualityLayers = async (target?: Target): Promise<void> => {
    const session = sessionOf(sessions, target);
    const layers = await askForLayers(session, retrievalSettings(memory, session).qualityLayers, 'Whose neighbours are to be judged?');
    if (layers && layers.length > 0) await change(session, { qualityLayers: layers });
  };

  return vscode.Disposable.from(
    registerCommand('findSimilarImages', log, findSimilar),
    registerCommand('findSimilarToFile', log, findSimilarToFile),
    registerCommand('findSimilarToRegion', log, findSimilarToRegion),
    registerCommand('findImagesForUnit', log, findImagesForUnit),
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
