import { entrySource, type ZipEntry } from '../../io/zip';
import type { ByteSource } from '../../io/rangedFile';
import type { Contents } from '../checkpoint';
import { lazily } from '../files';
import { interpretPickle } from '../pickle/interpret';
import { unreadable } from '../problem';
import { pythonContents } from './contents';
import type { FindStorage } from './storages';

/** The folder in the archive that PyTorch's files are in, with its slash; null where there are none. */
export function torchFolder(entries: ReadonlyMap<string, ZipEntry>): string | null {
  for (const name of entries.keys()) if (/^([^/]+\/)?data\.pkl$/.test(name)) return name.slice(0, -'data.pkl'.length);
  return null;
}

/** What `torch.save` (1.6 and later) or `torch.jit.save` wrote. */
export function readTorchZip(file: ByteSource, entries: ReadonlyMap<string, ZipEntry>, folder: string): Contents {
  const pickle = entries.get(`${folder}data.pkl`)!;
  const read = interpretPickle(entrySource(file, pickle));
  const bigEndian = isBigEndian(file, entries.get(`${folder}byteorder`));
  const places = new Map<string, () => ByteSource>();
  const find: FindStorage = ({ key }) => {
    const entry = entries.get(`${folder}data/${key}`) ?? entries.get(`${folder}tensors/${key}`);
    if (!entry) return undefined;
    // Local headers are read when they are needed: a file can have thousands.
    const place = places.get(key) ?? lazily(() => entrySource(file, entry));
    places.set(key, place);
    return { source: place, start: 0, bytes: entry.size, bigEndian };
  };
  const script = entries.has(`${folder}constants.pkl`) || [...entries.keys()].some((name) => name.startsWith(`${folder}code/`));
  return pythonContents(script ? 'TorchScript' : 'PyTorch', read, find);
}

function isBigEndian(file: ByteSource, entry: ZipEntry | undefined): boolean {
  if (!entry) return false;
  const content = entrySource(file, entry);
  const text = Buffer.from(content.read(0, Math.min(content.size, 16))).toString('latin1');
  if (text !== 'little' && text !== 'big') throw unreadable(file.name, 'it does not say in which order its bytes are');
  return text === 'big';
}
