interface File {
  path: string;
}

/** Endings that say little: such a file holds weights or anything else. */
const doubtful = /\.(bin|npy|h5|hdf5)$/i;

/**
 * Files by how likely they go with another one: those that share the most folders with it first, of these such that end alike, and begin with the same word, then names as people count; endings that
 * may be anything after all others of a folder.
 */
export function byNearness<F extends File>(files: readonly F[], to: File): F[] {
  const wanted = to.path.split('/');
  const ending = endingOf(to.path);
  const word = wordOf(to.path);
  const ranks = new Map(
    files.map((file) => {
      const parts = file.path.split('/');
      const apart = parts.findIndex((part, at) => part !== wanted[at]);
      const own = endingOf(file.path);
      return [file, [-(apart < 0 ? parts.length : apart), own === ending ? 0 : doubtful.test(file.path) ? 2 : 1, wordOf(file.path) === word ? 0 : 1] as const] as const;
    }),
  );
  return files.toSorted((a, b) => {
    const [[nearA, kindA, wordA], [nearB, kindB, wordB]] = [ranks.get(a)!, ranks.get(b)!];
    return nearA - nearB || kindA - kindB || wordA - wordB || a.path.localeCompare(b.path, 'en', { numeric: true });
  });
}

/** Leaves out the parts of a checkpoint in several files where the index that names them is there. */
export function withoutShards<F extends File>(files: readonly F[]): F[] {
  const indexed = new Set(files.flatMap(({ path }) => (path.endsWith('.index.json') ? [folderOf(path)] : [])));
  return files.filter(({ path }) => !(/-\d{5}-of-\d{5}\.\w+$/.test(path) && indexed.has(folderOf(path))));
}

function endingOf(path: string): string {
  return /\.\w+$/.exec(path)?.[0].toLowerCase() ?? '';
}

/** The first word of a file's name: "step" of "step-100.pt". */
function wordOf(path: string): string {
  return /^[A-Za-z]*/.exec(path.slice(path.lastIndexOf('/') + 1))![0].toLowerCase();
}

/** "" of what is in no folder. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
