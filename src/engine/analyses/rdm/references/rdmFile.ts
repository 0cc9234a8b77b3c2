import { basename, extname } from 'node:path';
import { readNpy } from '../../../io/npy';
import { unreadable } from '../../../io/wholeFile';
import { entriesOf, type RdmEntry } from './entry';
import { readJsonRdms } from './json';
import { readMatRdms } from './matlab';
import { readTable } from './table';

/**
 * Reads the RDMs of a file, by its extension: `.npy`, `.csv`, `.tsv`, `.json` or `.mat`; at least one, with different names.
 * Where the file names no RDM, its own name is taken. Throws `reference.unreadable`: a sentence that says which file, what
 * is wrong, and what to do.
 */
export async function readRdmFile(path: string): Promise<RdmEntry[]> {
  return withDifferentNames(await readEntries(path));
}

async function readEntries(path: string): Promise<RdmEntry[]> {
  const file = basename(path);
  const extension = extname(path).toLowerCase();
  const name = basename(path, extname(path));
  switch (extension) {
    case '.npy':
      return entriesOf(await readNpy(path), name, null, file);
    case '.csv':
    case '.tsv': {
      const table = await readTable(path);
      return entriesOf(table, name, table.names, file);
    }
    case '.json':
      return readJsonRdms(path, name);
    case '.mat':
      return readMatRdms(path);
    default:
      throw unreadable(`${file} is no file of RDMs by its name; save it as .npy, .csv, .tsv, .json or .mat.`);
  }
}

function withDifferentNames(entries: RdmEntry[]): RdmEntry[] {
  const taken = new Set<string>();
  return entries.map((entry) => {
    let name = entry.name;
    for (let i = 2; taken.has(name); i++) name = `${entry.name} (${i})`;
    taken.add(name);
    return { ...entry, name };
  });
}
