import { readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { UnitscopeError } from '../../protocol/errors';

/** Where results go when nobody says otherwise: the platform's folder for a user's caches. */
export function defaultCacheFolder(): string {
  const home = os.homedir();
  switch (process.platform) {
    case 'win32':
      return join(process.env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'unitscope', 'Cache');
    case 'darwin':
      return join(home, 'Library', 'Caches', 'unitscope');
    default:
      return join(process.env.XDG_CACHE_HOME ?? join(home, '.cache'), 'unitscope');
  }
}

/** Writes to a folder of results. @throws cache.failed with the sentence that says what to do where the disk refuses */
export async function writing<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new UnitscopeError(
      'cache.failed',
      `Results cannot be kept in ${folder} (${code}); make room or choose another folder with the setting unitscope.cacheFolder or --cache.`,
      { cause: error },
    );
  }
}

/** What we keep in the cache folder; anything else there is not ours to delete. */
const contents = ['recordings', 'identities', 'reweighed', 'tables', 'queries', 'devices.json'];

/** Deletes all results. @returns how many bytes they took */
export async function clearCache(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of contents) {
    const path = join(folder, name);
    bytes += await sizeOf(path);
    await rm(path, { recursive: true, force: true });
  }
  return bytes;
}

async function sizeOf(path: string): Promise<number> {
  const status = await stat(path).catch(() => null); // nothing there
  if (!status?.isDirectory()) return status?.size ?? 0;
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
