import type { ByteSource } from '../../io/rangedFile';
import { entrySource, type ZipEntry } from '../../io/zip';
import type { Contents } from '../checkpoint';
import { jsonItem } from '../tree';
import { readHdf5 } from './hdf5';
import { parseJson } from './safetensors';

const weights = 'model.weights.h5';
const mostJson = 64 * 2 ** 20;

export function isKeras(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return entries.has(weights) && entries.has('config.json');
}

/** A `.keras` archive: HDF5 weights, read in place, beside a configuration in JSON. */
export async function readKeras(file: ByteSource, entries: ReadonlyMap<string, ZipEntry>): Promise<Contents> {
  const { tensors } = await readHdf5(entrySource(file, entries.get(weights)!));
  const about = new Map<string, unknown>();
  for (const name of ['metadata.json', 'config.json']) {
    const entry = entries.get(name);
    if (!entry || entry.size > mostJson) continue;
    const content = entrySource(file, entry);
    about.set(name, parseJson(content.name, Buffer.from(content.read(0, content.size)).toString('utf8')));
  }
  return { format: 'Keras', tensors, tree: jsonItem(about), warnings: [] };
}
