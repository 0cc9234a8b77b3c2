import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countValues } from '../../../protocol/dataset';
import { UnitscopeError } from '../../../protocol/errors';
import { embeddingSchema, type Embedding, type PublishedTable, type PublishOutcome, type TableAddress } from '../../../protocol/retrieval';
import type { LanceCatalogue, LanceTable } from '../../compute/searchContract';
import { findEmbeddings } from '../../embeddings/files';
import { storedEmbeddings } from '../../embeddings/prepare';
import { columnNames } from '../../compute/lancePublish';
import { hashOf } from '../../store/embeddingFile';
import { trimCache } from '../../store/trim';
import { Kept } from '../../study/kept';
import type { OpenStudy } from '../../study/openStudy';
import { tableCatalogue, type Catalogue } from './catalogue';
import { lanceFolder } from './lance';
import type { RetrievalServices } from './services';

type Report = (steps: { done: number; total: number }) => void;

/** A published table, ready to be searched. */
interface Published {
  catalogue: Catalogue;
  /** Its vectors, copied into the cache folder: this version of the table. */
  file: string;
  /** Where it has an index of vectors. */
  ownIndex: { table: LanceTable } | null;
}

/**
 * Opens a table for search: its vectors are read from it once a version, block by block, into a file that is then searched as the
 * dataset's own embeddings are (LanceDB's flat scan takes 195 ms and gigabytes for what takes 8 ms so).
 * @throws reference.unreadable where it is not there or holds other embeddings than asked for
 */
export async function openPublished(study: OpenStudy, address: TableAddress, embedding: Embedding, services: RetrievalServices, signal: AbortSignal, report: Report): Promise<Published> {
  const table: LanceTable = { module: await lanceFolder(services.cache, signal), ...address };
  const found = await catalogueAt(table, services, signal);
  const own = embedding.whiten === undefined ? null : await findEmbeddings(study, embedding);
  refuseOthers(address, found, metadataOf(study, embedding, [], own?.header.content));
  const file = join(services.cache, 'tables', `${hashOf(address.uri, address.table, found.id, String(found.version))}.emb`);
  if (!existsSync(file)) {
    await services.search.call('lance.fetch', { table, version: { version: found.version, id: found.id }, file }, { signal, onProgress: ({ share }) => report({ done: Math.round(share * 1000), total: 1000 }) });
    await trimCache(services.cache);
  }
  return { catalogue: tableCatalogue(study, found, address.table), file, ownIndex: found.indexed ? { table } : null };
}

const catalogues = new Kept<LanceCatalogue>(2);

/** What a table's rows are: read again where its version is another. */
async function catalogueAt(table: LanceTable, { search }: RetrievalServices, signal: AbortSignal): Promise<LanceCatalogue> {
  const key = JSON.stringify([table.uri, table.table]);
  const known = catalogues.peek(key);
  const found = (await search.call('lance.catalogue', { table, known: known ? { version: known.version, id: known.id } : null }, { signal })) ?? known!;
  catalogues.set(key, found);
  return found;
}

/** @throws reference.unreadable where a table's embeddings are not what is wanted */
function refuseOthers({ uri, table }: TableAddress, { metadata }: LanceCatalogue, wanted: Record<string, string>): void {
  const wrong = Object.keys(wanted).find((key) => key !== 'columns' && metadata[key] !== wanted[key]);
  if (wrong === undefined) return;
  const made = wrong === 'model' ? 'it was made with another model' : `its ${wrong} is ${metadata[wrong] ?? 'not known'}, not ${wanted[wrong]}`;
  throw new UnitscopeError('reference.unreadable', `The table ${table} at ${uri} holds embeddings of another kind: ${made}. Choose what it was made with.`);
}

/** Names of the tables at an address. @throws reference.unreadable, and what installing LanceDB throws */
export async function listPublished(uri: string, { cache, search }: RetrievalServices, signal: AbortSignal): Promise<string[]> {
  return await search.call('lance.tables', { module: await lanceFolder(cache, signal), uri }, { signal });
}

/** What a table holds. @throws reference.unreadable where it is not there, or another model or preprocessing has made it */
export async function describePublished(study: OpenStudy, address: TableAddress, services: RetrievalServices, signal: AbortSignal): Promise<PublishedTable> {
  const table: LanceTable = { module: await lanceFolder(services.cache, signal), ...address };
  const found = await catalogueAt(table, services, signal);
  refuseOthers(address, found, makers(study));
  const { layer, pool, whiten, l2 } = found.metadata;
  const embedding = embeddingSchema.parse({ layer, pool, l2: l2 === 'true', ...(whiten ? { whiten: Number(whiten) } : {}) });
  return {
    rows: found.rows,
    embedding,
    labels: countValues(found.labels),
    columns: found.columns
      .filter(({ values }) => values.some((value, row) => value !== found.labels[row])) // not the one that labels came from
      .map(({ name, values }) => ({ name, values: countValues(values) })),
  };
}

/** Brings a table up to date with the embeddings of a study. @throws embedding.missing, reference.unreadable, cancelled */
export async function publish(study: OpenStudy, embedding: Embedding, to: TableAddress, services: RetrievalServices, signal: AbortSignal, report: Report): Promise<PublishOutcome> {
  const { path, header, selection } = await storedEmbeddings(study, embedding);
  const module = await lanceFolder(services.cache, signal);
  const { dataset } = study.parts;
  const stimuli = Array.from(selection.stimuli, (index) => dataset.stimuli[index]!);
  const named = columnNames(dataset.summary.columns);
  const columns = named.map(({ name, as }) => {
    const values = dataset.column(name);
    return { name: as, values: stimuli.map(({ index }) => values[index] ?? null) };
  });
  const task = {
    module,
    ...to,
    file: path,
    paths: stimuli.map((stimulus) => stimulus.path),
    labels: stimuli.map(({ label }) => label),
    indices: stimuli.map(({ index }) => index),
    columns,
    metadata: metadataOf(study, embedding, named, embedding.whiten === undefined ? undefined : header.content),
  };
  return await services.search.call('lance.publish', task, { signal, onProgress: ({ share }) => report({ done: Math.round(share * 1000), total: 1000 }) });
}

/**
 * What a table's embeddings are: two tables whose metadata is the same can be searched alike.
 * @param transform what whitening was fitted to
 */
function metadataOf(study: OpenStudy, { layer, pool, whiten, l2 }: Embedding, columns: { name: string; as: string }[], transform = ''): Record<string, string> {
  return {
    ...makers(study),
    layer,
    units: pool === 'flatten' ? '' : study.tap(layer).key,
    pool,
    whiten: String(whiten ?? ''),
    l2: String(l2),
    transform,
    columns: JSON.stringify(columns),
  };
}

/** What made a table's embeddings, whichever they are. */
function makers(study: OpenStudy): { model: string; preprocess: string } {
  const { modelIdentity, preprocess } = study.parts;
  return { model: modelIdentity, preprocess: JSON.stringify(preprocess.config) };
}
