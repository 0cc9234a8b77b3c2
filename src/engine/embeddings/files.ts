import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Embedding } from '../../protocol/retrieval';
import { EmbeddingFile, hashOf, type EmbeddingHeader } from '../store/embeddingFile';
import { ifMissing } from '../store/ifMissing';
import type { OpenStudy } from '../study/openStudy';
import { usableStimuli } from './usable';

/** The stimuli that have embeddings, in dataset order: row r is the r-th. */
export interface Selection {
  stimuli: Int32Array;
  /** Content identities of the rows. */
  identities: string[];
  /** Changes when they do. */
  hash: string;
}

const selections = new WeakMap<OpenStudy, { folder: string; selection: Selection }>();

/** @param fresh looks again at which images turned out to be unusable */
export async function selectionOf(study: OpenStudy, fresh = false): Promise<Selection> {
  const { folder } = await study.recording();
  const known = selections.get(study);
  if (known?.folder === folder && !fresh) return known.selection;
  const stimuli = await usableStimuli(study);
  const identities = Array.from(stimuli, (index) => study.parts.identities[index]!);
  const selection = { stimuli, identities, hash: hashOf(identities.join('')) };
  selections.set(study, { folder, selection });
  return selection;
}

/** Files of embeddings of a study: what was recorded (`base`), and what is made of it where there is a transform. */
export interface EmbeddingPaths {
  base: string;
  final: string;
  /** What the rows of both are made of. */
  content: { base: string; final: string };
}

/** Names begin with what the embeddings are of, and end with the hash of their rows: a file never changes. */
export async function pathsOf(study: OpenStudy, embedding: Embedding, selection: Selection): Promise<EmbeddingPaths> {
  const { whiten = null, l2 } = embedding;
  const folder = await embeddingFolder(study);
  const name = nameOf(study, embedding);
  const content = hashOf(name, selection.hash);
  const base = join(folder, `${name}-${content}.emb`);
  if (whiten === null && !l2) return { base, final: base, content: { base: content, final: content } };
  const final = hashOf(content, JSON.stringify({ whiten, l2 }));
  return { base, final: join(folder, `${name}-${final}.emb`), content: { base: content, final } };
}

async function embeddingFolder(study: OpenStudy): Promise<string> {
  return join((await study.recording()).folder, 'embeddings');
}

function nameOf(study: OpenStudy, { layer, pool }: Embedding): string {
  const { path, limit } = study.parts.study.dataset;
  return hashOf(layer, pool === 'flatten' ? '' : study.tap(layer).key, pool, path, String(limit ?? '')).slice(0, 16);
}

/** Embeddings that are in the store. */
export interface StoredEmbeddings {
  path: string;
  header: EmbeddingHeader;
  selection: Selection;
}

/** Null where they have not been made for the study's images as they are. */
export async function findEmbeddings(study: OpenStudy, embedding: Embedding, selection?: Selection): Promise<StoredEmbeddings | null> {
  const rows = selection ?? (await selectionOf(study));
  const { final } = await pathsOf(study, embedding, rows);
  const file = EmbeddingFile.open(final);
  if (!file) return null;
  const { header } = file;
  file.close();
  const now = new Date();
  await utimes(final, now, now).catch(ifMissing(undefined)); // what was used longest ago is deleted first
  return header.rows === rows.stimuli.length ? { path: final, header, selection: rows } : null;
}

/** The last embeddings of the same layer and dataset, of other rows, untransformed: most rows are still the same. */
export async function earlierEmbeddings(study: OpenStudy, embedding: Embedding): Promise<string | null> {
  const folder = await embeddingFolder(study);
  const name = nameOf(study, embedding);
  let newest: { path: string; time: number } | null = null;
  for (const entry of await readdir(folder).catch(ifMissing([]))) {
    if (!entry.startsWith(`${name}-`) || !entry.endsWith('.emb')) continue;
    const path = join(folder, entry);
    const file = EmbeddingFile.open(path);
    const plain = file !== null && file.header.whitening === null && !file.header.l2;
    file?.close();
    const status = plain ? await stat(path).catch(ifMissing(null)) : null;
    if (status && (!newest || status.mtimeMs > newest.time)) newest = { path, time: status.mtimeMs };
  }
  return newest?.path ?? null;
}

/** Another window may be at a file this long, in milliseconds. */
const inUse = 3_600_000;

/** Deletes embeddings of the same layer and dataset as it was before, which nobody has used for an hour. */
export async function removeEarlier(study: OpenStudy, embedding: Embedding, selection: Selection): Promise<void> {
  const folder = await embeddingFolder(study);
  const name = nameOf(study, embedding);
  const { base, final } = await pathsOf(study, embedding, selection);
  for (const entry of await readdir(folder).catch(ifMissing([]))) {
    const path = join(folder, entry);
    if (!entry.startsWith(`${name}-`) || path.startsWith(base) || path.startsWith(final)) continue;
    const status = await stat(path).catch(ifMissing(null));
    if (status && Date.now() - status.mtimeMs > inUse) await rm(path, { force: true });
  }
}
