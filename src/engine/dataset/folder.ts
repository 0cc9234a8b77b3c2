import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import { sortByBytes } from './byteOrder';

const imageName = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|bmp|dib)$/i;

export interface FolderListing {
  /** Image files relative to the root, with "/", in byte order. */
  paths: string[];
  /** Files passed over because of their names. */
  otherFiles: number;
  /** Folders that could not be listed, relative to the root. */
  unreadable: string[];
}

export interface ListOptions {
  signal?: AbortSignal;
  report?: (progress: { found: number }) => void;
}

/** Folders listed at the same time: enough to hide a network's latency, few enough to leave threads for others. */
const atOnce = 8;

/** A folder to list: relative to the root ("" or ending in "/"), and where it really is. */
interface Place {
  path: string;
  real: string;
}

/**
 * Lists the image files below a folder, by extension. Hidden files and folders are ignored. Links to folders are
 * followed, but a folder that was listed already (a loop, or a second link) is not listed again: real folders come
 * first, then links in byte order. Throws `dataset.unreadable` when the root cannot be listed, and `cancelled`.
 */
export async function listFolder(root: string, { signal, report }: ListOptions = {}): Promise<FolderListing> {
  const listing: FolderListing = { paths: [], otherFiles: 0, unreadable: [] };
  const realRoot = await realpath(root).catch((error: unknown) => refuse(root, error));
  const visited = new Set([realRoot]);
  let places: Place[] = [{ path: '', real: realRoot }];
  let links: string[] = [];

  const list = async ({ path, real }: Place): Promise<void> => {
    let entries: Dirent[];
    try {
      entries = await readdir(join(root, path), { withFileTypes: true });
    } catch (error) {
      if (path === '') refuse(root, error);
      listing.unreadable.push(path.slice(0, -1));
      return;
    }
    for (const entry of entries) {
      const { name } = entry;
      if (name.startsWith('.')) continue;
      if (entry.isSymbolicLink()) {
        links.push(path + name);
      } else if (entry.isDirectory()) {
        const place = { path: `${path}${name}/`, real: join(real, name) };
        if (!visited.has(place.real)) {
          visited.add(place.real);
          places.push(place);
        }
      } else if (entry.isFile()) {
        if (imageName.test(name)) listing.paths.push(path + name);
        else listing.otherFiles++;
      }
    }
    report?.({ found: listing.paths.length });
  };

  while (places.length > 0) {
    while (places.length > 0) {
      if (signal?.aborted) throw cancelled();
      await Promise.all(places.splice(-atOnce).map(list));
    }
    places = await followed(
      root,
      sortByBytes(links, (link) => link),
      visited,
      listing,
    );
    links = [];
  }
  if (signal?.aborted) throw cancelled();
  sortByBytes(listing.paths, (path) => path);
  return listing;
}

/** What links lead to: files are added to the listing, folders not yet visited are returned. Dead links are ignored. */
async function followed(root: string, links: string[], visited: Set<string>, listing: FolderListing): Promise<Place[]> {
  const places: Place[] = [];
  for (const link of links) {
    const target = join(root, link);
    const status = await stat(target).catch(() => null);
    if (status?.isFile()) {
      if (imageName.test(link)) listing.paths.push(link);
      else listing.otherFiles++;
    } else if (status?.isDirectory()) {
      const real = await realpath(target).catch(() => null);
      if (real === null || visited.has(real)) continue;
      visited.add(real);
      places.push({ path: `${link}/`, real });
    }
  }
  return places;
}

function refuse(root: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const message =
    code === 'ENOENT'
      ? `The folder ${root} does not exist; choose another one.`
      : `The folder ${root} cannot be read (${code}); check its permissions.`;
  throw new UnitscopeError('dataset.unreadable', message, { cause: error });
}
