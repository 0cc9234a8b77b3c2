import { availableParallelism } from 'node:os';
import { existsSync } from 'node:fs';
import { UnitscopeError } from '../../../protocol/errors';
import type { Box } from '../../../protocol/patches';
import type { RetrievalAnswer, RetrievalRanks, RetrievalRequest } from '../../../protocol/retrieval';
import type { QueryPart, SearchTask } from '../../compute/searchContract';
import { findEmbeddings, type StoredEmbeddings } from '../../embeddings/files';
import { storedEmbeddings } from '../../embeddings/prepare';
import type { ReadyDevice } from '../../runtime/devices';
import { EmbeddingFile } from '../../store/embeddingFile';
import type { OpenStudy } from '../../study/openStudy';
import { chooseRows, datasetCatalogue, resultAt, type Catalogue, type Chosen } from './catalogue';
import { resolveImage } from './images';
import { openPublished } from './published';
import type { RetrievalServices } from './services';
import { rankByUnit } from './unit';

type Report = (steps: { done: number; total: number }) => void;

interface Plan {
  task: SearchTask;
  catalogue: Catalogue;
  chosen: Chosen;
  boxes: (Box | null)[];
}

/** Rows `from` up to `from + count` of the ranking of a query. @throws embedding.missing, usage, cancelled, and what running the model throws */
export async function answerQuery(study: OpenStudy, request: RetrievalRequest, services: RetrievalServices, signal: AbortSignal, report: Report): Promise<RetrievalAnswer> {
  if (request.query.kind === 'unit') {
    const { found, leftOut, milliseconds } = await rankByUnit(study, request.embedding.layer, request.query.unit, request.filter);
    const results = found.slice(request.from, request.from + request.count);
    return { results, total: found.length, leftOut, milliseconds, exact: true, recall: null, boxes: [] };
  }
  const plan = await planOf(study, request, services, signal, report);
  const { rows, distances, total, silent, notFinite, milliseconds, exact, recall } = await services.search.call('search.rank', plan.task, { signal });
  const { catalogue, chosen, boxes } = plan;
  const results = Array.from(rows.subarray(request.from), (row, i) => resultAt(catalogue, row, distances[request.from + i]!));
  const grouped = chosen.candidates.groups ? chosen.passing - silent - notFinite - total : 0;
  const leftOut = { ...chosen.left, filter: chosen.left.filter + grouped, silent, notFinite, unreadable: unreadableOf(study, request, catalogue) };
  return { results, total, leftOut, milliseconds, exact, recall, boxes };
}

/** Where stimuli stand in the ranking of a query. */
export async function ranksOf(study: OpenStudy, request: RetrievalRequest, indices: readonly number[], services: RetrievalServices, signal: AbortSignal): Promise<RetrievalRanks> {
  if (request.query.kind === 'unit') {
    const { found } = await rankByUnit(study, request.embedding.layer, request.query.unit, request.filter);
    const at = new Map(found.map(({ index }, place) => [index, place]));
    return {
      ranks: Int32Array.from(indices, (index) => (at.get(index) ?? -1) + 1),
      distances: Float64Array.from(indices, (index) => found[at.get(index) ?? -1]?.distance ?? NaN),
      total: found.length,
    };
  }
  const { task, catalogue } = await planOf(study, { ...request, approximate: false }, services, signal, () => undefined);
  const of = Int32Array.from(indices, (index) => catalogue.rowOf(index) ?? -1);
  const { places, distances, total } = await services.search.call('search.places', { task, of }, { signal });
  return { ranks: places, distances, total };
}

async function planOf(study: OpenStudy, request: RetrievalRequest, services: RetrievalServices, signal: AbortSignal, report: Report): Promise<Plan> {
  const { embedding, metric, filter, query } = request;
  if (query.kind === 'unit') throw new RangeError(query.kind);
  study.tap(embedding.layer);
  const own = request.index ? await findEmbeddings(study, embedding) : await storedEmbeddings(study, embedding);
  const published = request.index ? await openPublished(study, request.index, embedding, services, signal, report) : null;
  const catalogue = published?.catalogue ?? datasetCatalogue(study, own!.selection.stimuli);
  const file = published?.file ?? own!.path;
  if (request.index && embedding.whiten !== undefined && !own)
    throw new UnitscopeError('embedding.missing', 'Whitened embeddings are searched with the transform of this dataset, which has not been made yet.');

  const terms = query.kind === 'between' ? query.images.map((image) => ({ image, weight: 0.5 })) : query.terms;
  const parts: QueryPart[] = [];
  const boxes: (Box | null)[] = [];
  const same: number[] = [];
  let first: number | undefined;
  for (const { image, weight } of terms) {
    const resolved = await resolveImage(study, image, signal);
    boxes.push(resolved.box);
    same.push(...resolved.same.flatMap((index) => catalogue.rowOf(index) ?? []));
    if (parts.length === 0 && resolved.index !== null) first = catalogue.rowOf(resolved.index);
    const known = resolved.box === null && resolved.index !== null && own ? rowOf(own, resolved.index) : null;
    const device = (): Promise<ReadyDevice> => services.device(study, [embedding.layer], signal);
    const vector = known ?? (await services.vectors.get(study, embedding.layer, embedding.pool, resolved, device, signal));
    parts.push({ name: resolved.name, weight, vector, transformed: known !== null });
  }
  const chosen = chooseRows(catalogue, filter, same, first);
  const threads = availableParallelism();
  const approximate = request.approximate ? (published?.ownIndex ?? (await approximateIndex(file, request, services, threads, signal, report))) : null;
  const task: SearchTask = {
    file,
    metric,
    parts,
    transform: own?.path ?? null,
    l2: embedding.l2,
    candidates: chosen.candidates,
    count: request.from + request.count,
    budget: services.memory,
    threads,
    approximate,
  };
  return { task, catalogue, chosen, boxes };
}

function rowOf({ path, selection }: StoredEmbeddings, index: number): Float32Array | null {
  const row = selection.stimuli.indexOf(index);
  const file = row < 0 ? null : EmbeddingFile.open(path);
  if (!file) return null;
  try {
    const values = new Float32Array(file.header.features);
    file.read(row, values);
    return values;
  } finally {
    file.close();
  }
}

/** The index beside the embeddings, built where it is missing. */
async function approximateIndex(file: string, { metric }: RetrievalRequest, { compute }: RetrievalServices, threads: number, signal: AbortSignal, report: Report): Promise<{ file: string }> {
  const index = `${file.slice(0, -'.emb'.length)}.${metric}.hnsw`;
  if (!existsSync(index))
    await compute.call('search.build', { file, metric, index, threads }, { signal, onProgress: ({ share }) => report({ done: Math.round(share * 1000), total: 1000 }) });
  return { file: index };
}

function unreadableOf(study: OpenStudy, { index }: RetrievalRequest, { rows }: Catalogue): number {
  return index ? 0 : study.parts.dataset.stimuli.length - rows;
}

