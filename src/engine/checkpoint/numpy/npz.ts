import type { ByteSource } from '../../io/rangedFile';
import { entrySource, type ZipEntry } from '../../io/zip';
import type { Contents } from '../checkpoint';
import { container } from '../tree';
import { readNpyTensor } from './npy';

/** The arrays of a `.npz` file, by their names without ".npy". */
export function readNpz(file: ByteSource, entries: ReadonlyMap<string, ZipEntry>): Contents {
  const arrays = [...entries.values()].filter(({ name }) => name.endsWith('.npy'));
  const tensors = arrays.map((entry) => readNpyTensor(entry.name.slice(0, -'.npy'.length), entrySource(file, entry)));
  const compressed = arrays.some(({ method }) => method !== 0);
  return { format: compressed ? 'NumPy (compressed)' : 'NumPy', tensors, tree: container('dict', 0, () => []), warnings: [] };
}
