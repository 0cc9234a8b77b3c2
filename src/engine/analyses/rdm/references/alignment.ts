import { basename, posix } from 'node:path';
import { unreadable } from '../../../io/wholeFile';
import type { RdmEntry } from './entry';

export interface AlignTo {
  /** Paths of all stimuli of the dataset, relative to its root, with "/". */
  paths: string[];
  /** Manifest columns, one value a stimulus of the dataset. */
  columns: ReadonlyMap<string, (string | null)[]>;
  /** Dataset index of each row that is wanted. */
  rows: Int32Array;
}

/** A way to recognise a stimulus by a name. */
interface Way {
  ofStimulus: (index: number) => string | null;
  ofName: (name: string) => string;
}

interface Matching {
  way: Way;
  fold: (text: string) => string;
  /** Row of the entry for each row wanted; -1 where there is none, or more than one. */
  rows: Int32Array;
  found: number;
}

/**
 * The dissimilarities of an RDM from a file for the stimuli that are wanted, condensed, [n(n-1)/2] for n = `rows.length`.
 * Where the RDM has names, each stimulus is found by its path, its file name, this without extension, its folder's name, or
 * the value of a manifest column: the first of these ways that finds a row of its own for every one, in the names' own case
 * before any case. Without names (or with names that only count and say nothing) rows are taken by their order: that of the
 * dataset, or that of the stimuli wanted. Throws `reference.unreadable` where that is not possible.
 * @param path of its file, for messages
 */
export function alignRdm(entry: RdmEntry, to: AlignTo, path: string): Float32Array {
  const file = basename(path);
  if (entry.names) {
    const best = bestMatching(entry.names, to);
    if (best.found === to.rows.length) return pick(entry, best.rows);
    if (best.found > 0 || !onlyCount(entry.names)) throw unmatched(entry, entry.names, to, best, file);
  }
  if (entry.n === to.paths.length) return pick(entry, to.rows);
  if (entry.n === to.rows.length) return Float32Array.from(entry.condensed);
  const chosen = `${to.rows.length} images are chosen${to.rows.length === to.paths.length ? '' : ` of ${to.paths.length}`}`;
  throw unreadable(
    `${file} holds an RDM of ${entry.n} stimuli ("${entry.name}"), but ${chosen}; give its stimuli names, or choose the images it was made of.`,
  );
}

const folds = [(text: string) => text.normalize(), (text: string) => text.normalize().toLowerCase()];
const asItIs = (text: string): string => text;
const fileOf = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
const stemOf = (path: string): string => fileOf(path).replace(/(?<=.)\.[^.]*$/, '');

function bestMatching(names: string[], { paths, columns, rows }: AlignTo): Matching {
  const ways: Way[] = [
    { ofStimulus: (index) => paths[index]!, ofName: asItIs },
    { ofStimulus: (index) => fileOf(paths[index]!), ofName: asItIs },
    { ofStimulus: (index) => stemOf(paths[index]!), ofName: asItIs },
    ...Array.from(columns.values(), (values): Way => ({ ofStimulus: (index) => values[index] ?? null, ofName: asItIs })),
    { ofStimulus: (index) => fileOf(posix.dirname(paths[index]!)), ofName: asItIs },
    // The RDM may have been made in another folder, or from copies in another format.
    { ofStimulus: (index) => fileOf(paths[index]!), ofName: fileOf },
    { ofStimulus: (index) => stemOf(paths[index]!), ofName: stemOf },
  ];
  let best: Matching | undefined;
  for (const fold of folds)
    for (const way of ways) {
      const matching = match(names, rows, way, fold);
      if (matching.found === rows.length) return matching;
      if (!best || matching.found > best.found) best = matching;
    }
  return best!;
}

function match(names: string[], wanted: Int32Array, way: Way, fold: (text: string) => string): Matching {
  const rowOf = new Map<string, number>();
  names.forEach((name, row) => {
    const key = fold(way.ofName(name));
    rowOf.set(key, rowOf.has(key) ? -1 : row);
  });
  const taken = new Set<number>();
  const rows = Int32Array.from(wanted, (index) => {
    const key = way.ofStimulus(index);
    const row = key === null ? -1 : (rowOf.get(fold(key)) ?? -1);
    if (row < 0 || taken.has(row)) return -1;
    taken.add(row);
    return row;
  });
  return { way, fold, rows, found: taken.size };
}

/** Whether names are only 0, 1, 2, … or 1, 2, 3, …, as tools write them that know no names. */
function onlyCount(names: string[]): boolean {
  return [0, 1].some((start) => names.every((name, i) => name === String(i + start)));
}

function unmatched(entry: RdmEntry, names: string[], to: AlignTo, best: Matching, file: string): Error {
  const { way, fold, rows, found } = best;
  const place = rows.indexOf(-1);
  const index = to.rows[place]!;
  const path = to.paths[index]!;
  const start = `${file}: the RDM "${entry.name}"`;
  if (found === 0) {
    return unreadable(
      `${start} names its stimuli "${names[0]}", "${names[1]}", …, but none of the ${rows.length} chosen images is called so ("${path}"); name them by path, file name, or a column of the manifest.`,
    );
  }
  const key = way.ofStimulus(index);
  const own = names.filter((name) => key !== null && fold(way.ofName(name)) === fold(key)).length;
  const missing = rows.length - found;
  const others = missing > 1 ? ` (${missing} of ${rows.length} are not found)` : '';
  if (own > 0) {
    const why = own > 1 ? `names ${own} stimuli "${key}"` : `has one row for several chosen images named "${key}"`;
    return unreadable(`${start} ${why}${others}; give each stimulus a name of its own.`);
  }
  return unreadable(
    `${start} has no stimulus named as "${path}"${others}; add it, or choose only images that the RDM was made of.`,
  );
}

/** Some rows of an RDM, in their order, each against each. */
function pick({ n, condensed }: RdmEntry, rows: Int32Array): Float32Array {
  const picked = new Float32Array((rows.length * (rows.length - 1)) / 2);
  for (let a = 0, at = 0; a < rows.length; a++)
    for (let b = a + 1; b < rows.length; b++, at++) {
      const i = Math.min(rows[a]!, rows[b]!);
      const j = Math.max(rows[a]!, rows[b]!);
      picked[at] = condensed[i * n - (i * (i + 1)) / 2 + j - i - 1]!;
    }
  return picked;
}
