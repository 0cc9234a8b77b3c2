interface File {
  path: string;
}

/** Endings that say little: such a file holds weights or anything else. */
const doubtfulEndings = ['bin', 'npy', 'npz', 'h5', 'hdf5'];
const doubtful = new RegExp(`\\.(${doubtfulEndings.join('|')})$`, 'i');

/** Globs that find files by their endings in any case, which some systems tell apart: one for those that say enough, one for those that say little, which there may be thousands of. */
export function globsOf(endings: readonly string[]): string[] {
  const anyCase = (ending: string): string => ending.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  const groups = [endings.filter((ending) => !doubtfulEndings.includes(ending)), endings.filter((ending) => doubtfulEndings.includes(ending))];
  return groups.filter(({ length }) => length > 0).map((group) => `**/*.{${group.map(anyCase).join(',')}}`);
}

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
  const indexed = new Set(files.flatMap(({ path }) => (/\.index\.json$/i.test(path) ? [path.slice(0, -'.index.json'.length)] : [])));
  return files.filter(({ path }) => {
    const whole = path.replace(/-\d{5}-of-\d{5}(?=\.\w+$)/, '');
    return whole === path || !indexed.has(whole);
  });
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
