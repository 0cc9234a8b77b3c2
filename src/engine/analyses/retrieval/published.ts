import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UnitscopeError } from '../../../protocol/errors';
import type { Embedding, PublishOutcome, TableAddress } from '../../../protocol/retrieval';
import type { LanceTable } from '../../compute/searchContract';
import { findEmbeddings } from '../../embeddings/files';
import { storedEmbeddings } from '../../embeddings/prepare';
import { columnNames } from '../../compute/lancePublish';
import { hashOf } from '../../store/embeddingFile';
import { trimCache } from '../../store/trim';
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
  const found = await services.search.call('lance.catalogue', table, { signal });
  const own = embedding.whiten === undefined ? null : await findEmbeddings(study, embedding);
  const wanted = metadataOf(study, embedding, [], own?.header.content);
  const wrong = Object.keys(wanted).find((key) => key !== 'columns' && found.metadata[key] !== wanted[key]);
  if (wrong !== undefined)
    throw new UnitscopeError(
      'reference.unreadable',
      `The table ${address.table} at ${address.uri} holds embeddings of another kind: its ${wrong} is ${found.metadata[wrong] ?? 'not known'}, not ${wanted[wrong]}. Choose what it was made with.`,
    );
  const file = join(services.cache, 'tables', `${hashOf(address.uri, address.table, String(found.version))}.emb`);
  if (!existsSync(file)) {
    await services.search.call('lance.fetch', { table, version: found.version, file }, { signal, onProgress: ({ share }) => report({ done: Math.round(share * 1000), total: 1000 }) });
    await trimCache(services.cache);
  }
  return { catalogue: tableCatalogue(study, found, address.table), file, ownIndex: found.indexed ? { table } : null };
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
  const { modelIdentity, preprocess } = study.parts;
  return {
    model: modelIdentity,
    layer,
    units: pool === 'flatten' ? '' : study.tap(layer).key,
    pool,
    preprocess: JSON.stringify(preprocess.config),
    whiten: String(whiten ?? ''),
    l2: String(l2),
    transform,
    columns: JSON.stringify(columns),
  };
}
