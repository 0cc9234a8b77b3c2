import type { ByteSource } from '../../io/rangedFile';
import type { Contents } from '../checkpoint';
import { interpretPickle, type Pickle } from '../pickle/interpret';
import { PyPersistent, sequenceOf, PyDict, type PyValue } from '../pickle/values';
import { unreadable } from '../problem';
import { pythonContents } from './contents';
import { childrenOf } from './objects';
import { storageOf, type StoragePlace, type StorageRef } from './storages';

const magic = 0x1950a86a20f9469cfc6cn;

/**
 * What `torch.save` wrote before 1.6 (magic number, protocol, system, object and storage keys as pickles, then the storages),
 * or any other pickle, such as a dictionary of NumPy arrays.
 */
export function readPickleFile(file: ByteSource): Contents {
  const first = interpretPickle(file);
  if (first.value !== magic) return pythonContents('pickle', first, () => undefined);
  const version = interpretPickle(file, first.end);
  if (version.value !== 1001) throw unreadable(file.name, 'it is of an unknown version of PyTorch', 'save it again with torch.save');
  const system = interpretPickle(file, version.end);
  const object = interpretPickle(file, system.end);
  const keys = interpretPickle(file, object.end);
  const little = system.value instanceof PyDict ? system.value.get('little_endian') : true;
  const places = placeStorages(file, object.value, keys, little === false);
  return pythonContents('PyTorch (before 1.6)', object, ({ key }) => places.get(key));
}

/** Storages stand one after the other in the order of their keys, each after its number of elements. */
function placeStorages(file: ByteSource, root: PyValue, keys: Pickle, bigEndian: boolean): Map<string, StoragePlace> {
  const refs = storages(root);
  const places = new Map<string, StoragePlace>();
  let at = keys.end;
  for (const key of sequenceOf(keys.value) ?? []) {
    const ref = typeof key === 'string' || typeof key === 'number' ? refs.get(String(key)) : undefined;
    if (!ref) throw unreadable(file.name, 'it has a storage that no tensor names', 'save it again with torch.save');
    at += 8;
    if (at + ref.bytes > file.size) break; // cut off: its tensors are listed, and say so
    places.set(ref.key, { source: () => file, start: at, bytes: ref.bytes, bigEndian });
    at += ref.bytes;
  }
  return places;
}

function storages(root: PyValue): Map<string, StorageRef> {
  const found = new Map<string, StorageRef>();
  const seen = new Set<PyValue>();
  const stack: PyValue[] = [root];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (value === null || typeof value !== 'object' || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof PyPersistent) {
      const ref = storageOf(value);
      if (ref) found.set(ref.key, ref);
      continue;
    }
    for (const [, child] of childrenOf(value)) stack.push(child);
    if ('args' in value) stack.push(value.args);
    if ('state' in value && value.state !== undefined) stack.push(value.state);
  }
  return found;
}
