import type { ByteSource } from '../../io/rangedFile';
import { npyMagic, parseNpyHeader } from '../../io/npyHeader';
import { shown, unreadable } from '../problem';
import { elementCount, fortranStrides, isShape, listedTensor, stridedTensor, type CheckpointTensor } from '../tensor';
import { numpyElement } from './descr';

const mostHeader = 2 ** 20;

export function isNpy(head: Uint8Array): boolean {
  return npyMagic.equals(head.subarray(0, npyMagic.length));
}

/** The array of a `.npy` file; arrays of other things than numbers are listed. Throws `reference.unreadable` for a damaged one. */
export function readNpyTensor(name: string, file: ByteSource): CheckpointTensor {
  const head = Buffer.from(file.read(0, Math.min(12, file.size)));
  if (!isNpy(head) || head.length < 12) throw unreadable(file.name, 'it is no NumPy array', 'write it with numpy.save');
  const version = head[6]!;
  if (version < 1 || version > 3) throw unreadable(file.name, `it has the unknown .npy version ${version}`, 'write it with numpy.save');
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (length > mostHeader || start + length > file.size) throw unreadable(file.name, `its header has ${length} bytes, which cannot be`);
  const header = parseNpyHeader(Buffer.from(file.read(start, length)).toString('utf8'));
  if (!header || !isShape(header.shape)) throw unreadable(file.name, 'its header is damaged', 'write it with numpy.save');
  const { descr, shape, fortranOrder } = header;
  const found = numpyElement(descr ?? '');
  const bytes = file.size - start - length;
  if (!found) return listedTensor(name, shape, descr === undefined ? 'structured' : shown(descr, 40), bytes, 'its elements are no plain numbers');
  const wanted = elementCount(shape) * found.type.bytes;
  if (wanted > bytes) throw unreadable(file.name, `its shape [${shape.join(', ')}] takes ${wanted} bytes, and it has ${bytes}`);
  return stridedTensor({ name, shape }, { source: () => file, start: start + length, ...found, strides: fortranOrder ? fortranStrides(shape) : undefined });
}
