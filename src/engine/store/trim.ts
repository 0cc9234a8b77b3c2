import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from './ifMissing';

/** What can be made again, and the bytes of it that are kept, of all models together: what was used last. */
const limits = [
  { folder: 'activations', ending: '.act', bytes: 8e9 },
  { folder: 'rdms', ending: '.rdm', bytes: 4e9 },
  { folder: 'embeddings', ending: '.emb', bytes: 8e9 },
  { folder: 'embeddings', ending: '.hnsw', bytes: 4e9 },
];
/** Models with other weights are whole copies. */
const reweighedBytes = 4e9;
/** Copies of published tables. */
const tableBytes = 4e9;

/** Who uses a file marks it; another window may be at it this long, in milliseconds. */
const inUse = 3_600_000;
/** What a process writes aside takes no longer than this; what is older was left behind by one that was killed. */
const abandoned = 6 * 3_600_000;

interface Entry {
  path: string;
  size: number;
  used: number;
}

/** Deletes what was used longest ago of what is large and can be made again; scores of units stay. */
export async function trimCache(cache: string): Promise<void> {
  const recordings = await foldersIn(join(cache, 'recordings'));
  for (const { folder, ending, bytes } of limits) {
    const entries: Entry[] = [];
    for (const recording of recordings)
      for (const entry of await entriesIn(join(recording, folder))) {
        if (entry.path.endsWith(ending)) entries.push(entry);
        else if (Date.now() - entry.used > abandoned && entry.path.endsWith('.tmp')) await rm(entry.path, { force: true });
      }
    await trim(entries, bytes);
  }
  const copies: Entry[] = [];
  for (const folder of await foldersIn(join(cache, 'reweighed'))) copies.push(...(await entriesIn(folder)));
  await trim(copies, reweighedBytes);
  await trim(await entriesIn(join(cache, 'tables')), tableBytes);
}

async function trim(entries: Entry[], bytes: number): Promise<void> {
  entries.sort((a, b) => b.used - a.used);
  let kept = 0;
  for (const { path, size, used } of entries) {
    kept += size;
    if (kept > bytes && Date.now() - used > inUse) await rm(path, { force: true });
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ifMissing([]))).map((name) => join(folder, name));
}

async function entriesIn(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of await readdir(folder).catch(ifMissing([]))) {
    const path = join(folder, name);
    const status = await stat(path).catch(ifMissing(null));
    if (status) entries.push({ path, size: status.size, used: status.mtimeMs });
  }
  return entries;
}
