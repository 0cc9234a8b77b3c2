import { availableParallelism } from 'node:os';
import { UnitscopeError } from '../../protocol/errors';
import type { Embedding, Embeddings } from '../../protocol/retrieval';
import type { ScanOutcome, ScanProgress } from '../../protocol/scan';
import type { WorkerPool } from '../runtime/pool';
import { Activations } from '../store/activations';
import { EmbeddingFile } from '../store/embeddingFile';
import { trimCache } from '../store/trim';
import type { OpenStudy } from '../study/openStudy';
import { scanStudy } from '../study/scanStudy';
import type { StudyServices } from '../study/services';
import { earlierEmbeddings, findEmbeddings, pathsOf, removeEarlier, selectionOf, type Selection, type StoredEmbeddings } from './files';
import { shapeProblem } from './measurable';
import { embeddingSource, type KnownRows } from './source';
import { rememberUnusable, skippedImages } from './usable';

export interface EmbeddingServices extends StudyServices {
  /** Worker processes for numbers. */
  compute: WorkerPool;
  /** Bytes that embeddings may take in memory, about. */
  memory: number;
}

type Report = (progress: ScanProgress) => void;

/** One layer's embedding of several. */
export function embeddingOf({ pool, whiten, l2 }: Embeddings, layer: string): Embedding {
  return { layer, pool, whiten, l2 };
}

/** @throws embedding.missing */
export async function storedEmbeddings(study: OpenStudy, embedding: Embedding): Promise<StoredEmbeddings> {
  study.tap(embedding.layer);
  const stored = await findEmbeddings(study, embedding);
  if (stored) return stored;
  throw new UnitscopeError('embedding.missing', `The embeddings of layer ${embedding.layer} have not been made for these images yet.`);
}

/**
 * Makes sure that the store has the embeddings of the layers: of images that are new it records what is missing, in one pass,
 * and appends them; images that are gone or have changed leave. Rows that are known are copied. Whitening is fitted anew where the
 * rows have changed. A layer that fails leaves the others.
 * @throws cancelled, usage, layer.failed where no layer can be measured, and what `scanStudy` throws
 */
export async function prepareEmbeddings(study: OpenStudy, asked: Embeddings, services: EmbeddingServices, signal: AbortSignal, report: Report): Promise<ScanOutcome> {
  const start = performance.now();
  const failedLayers: ScanOutcome['failedLayers'] = [];
  const layers = [...new Set(asked.layers)];
  const fail = (layer: string, message: string): void => void failedLayers.push({ layer, message });
  for (const layer of layers) {
    study.layer(layer); // a name that is wrong is told before anything runs
    const problem = shapeProblem(study, layer);
    if (problem !== null) fail(layer, problem);
  }
  const good = (): string[] => layers.filter((layer) => !failedLayers.some((failure) => failure.layer === layer));
  let selection = await selectionOf(study, true);
  const missing = await missingOf(study, asked, good(), selection);
  const outcome: ScanOutcome = { layers, done: 0, total: 0, cached: 0, skipped: [], failedLayers, device: null, seconds: 0 };
  let recorded = 0;
  if (missing.length > 0) {
    for (const { layers: group, images } of await lackingOf(study, asked, missing, selection)) {
      const what = asked.pool === 'flatten' ? 'activations' : 'scores';
      const scanned = await scanStudy(study, { what, layers: group, images }, services, signal, report);
      await rememberUnusable(study, scanned.skipped);
      for (const { layer, message } of scanned.failedLayers) fail(layer, message);
      outcome.device = scanned.device ?? outcome.device;
      recorded = Math.max(recorded, scanned.done - scanned.cached);
    }
    selection = await selectionOf(study, true);
    const { length: total } = missing;
    const skipped = (await skippedImages(study)).length;
    for (const [done, layer] of (await missingOf(study, asked, good(), selection)).entries()) {
      report({ phase: 'computing', done, total, cached: 0, skipped, imagesPerSecond: null, secondsLeft: null, device: outcome.device });
      await makeEmbeddings(study, embeddingOf(asked, layer), selection, services, signal).catch((error: unknown) => {
        if (!(error instanceof UnitscopeError) || (error.code !== 'layer.failed' && error.code !== 'usage')) throw error;
        fail(layer, error.message);
      });
    }
    await trimCache(services.cache);
  }
  if (good().length === 0 && failedLayers[0]) throw new UnitscopeError('layer.failed', failedLayers[0].message);
  const { length: done } = selection.stimuli;
  const { count } = study.parts.dataset.summary;
  const seconds = (performance.now() - start) / 1000;
  return { ...outcome, layers: good(), done, total: count, cached: Math.max(0, done - recorded), skipped: await skippedImages(study), seconds };
}

async function missingOf(study: OpenStudy, asked: Embeddings, layers: readonly string[], selection: Selection): Promise<string[]> {
  const missing: string[] = [];
  for (const layer of layers) if (!(await findEmbeddings(study, embeddingOf(asked, layer), selection))) missing.push(layer);
  return missing;
}

/** Layers that lack the embeddings of the same images, together. */
async function lackingOf(study: OpenStudy, asked: Embeddings, layers: readonly string[], { stimuli, identities }: Selection): Promise<{ layers: string[]; images: Set<number> }[]> {
  const groups = new Map<string, { layers: string[]; images: Set<number> }>();
  for (const layer of layers) {
    const known = await knownRows(study, embeddingOf(asked, layer));
    const images = stimuli.filter((_, row) => known?.offsetOf(identities[row]!) === undefined);
    if (images.length === 0) continue;
    const key = images.join();
    const group = groups.get(key);
    if (group) group.layers.push(layer);
    else groups.set(key, { layers: [layer], images: new Set(images) });
  }
  return [...groups.values()];
}

async function knownRows(study: OpenStudy, embedding: Embedding): Promise<KnownRows | undefined> {
  const path = await earlierEmbeddings(study, embedding);
  const file = path === null ? null : EmbeddingFile.open(path);
  if (!file) return undefined;
  const offsets = new Map(file.identities().map((identity, row) => [identity, file.offset(row)]));
  const { features } = file.header;
  file.close();
  return { path: file.path, features, offsetOf: (identity) => offsets.get(identity) };
}

/** @throws layer.failed, usage, cancelled, cache.failed */
async function makeEmbeddings(study: OpenStudy, embedding: Embedding, selection: Selection, { compute }: EmbeddingServices, signal: AbortSignal): Promise<void> {
  const { layer, pool, whiten = null, l2 } = embedding;
  if (selection.stimuli.length === 0) throw new UnitscopeError('usage', `No image of ${study.parts.dataset.summary.path} can be read.`);
  const { base, final, content } = await pathsOf(study, embedding, selection);
  const there = EmbeddingFile.open(base);
  there?.close();
  if (!there) {
    const activations = pool === 'flatten' ? await Activations.open((await study.recording()).folder) : undefined;
    const source = await embeddingSource(study, layer, pool, selection.stimuli, activations, await knownRows(study, embedding));
    if (!source) throw new UnitscopeError('layer.failed', `Layer ${layer} has not been recorded for all images; try again.`);
    await compute.call('search.pack', { source, identities: selection.identities, content: content.base, file: base }, { signal });
  }
  if (final !== base)
    await compute.call('search.transform', { from: base, whiten, l2, content: content.final, file: final, threads: availableParallelism() }, { signal });
  await removeEarlier(study, embedding, selection);
}
