import { basename } from 'node:path';
import { toUnitscopeError, UnitscopeError } from '../../protocol/errors';
import { fileSize, type ByteSource } from '../io/rangedFile';
import { readZip } from '../io/zip';
import type { Checkpoint, Contents } from './checkpoint';
import { Files } from './files';
import { readGguf } from './formats/gguf';
import { isHdf5, readHdf5 } from './formats/hdf5';
import { isKeras, readKeras } from './formats/keras';
import { readOnnx } from './formats/onnx';
import { isSafetensors, readSafetensors } from './formats/safetensors';
import { readSharded } from './formats/sharded';
import { isNpy, readNpyTensor } from './numpy/npy';
import { readNpz } from './numpy/npz';
import { asCheckpointError, unreadable } from './problem';
import { readPickleFile } from './torch/legacy';
import { readTorchZip, torchFolder } from './torch/zip';
import { container } from './tree';

const formats = 'PyTorch (.pt, .pth, .bin, .ckpt), .safetensors, NumPy (.npy, .npz), Keras and HDF5 (.h5, .hdf5, .keras), GGUF or ONNX';

/**
 * Reads what a file of weights holds, without its numbers; the format is told by the content first, by the extension second.
 * Nothing of it is executed. Throws `reference.unreadable` where it is damaged or something else.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const files = new Files();
  try {
    const contents = await read(path, files);
    return { ...contents, path, size: files.size, files };
  } catch (error) {
    const known = asCheckpointError(error);
    if (known instanceof UnitscopeError) throw known;
    if (!(error instanceof RangeError)) throw known;
    // A length that no memory can hold is damage, not a defect of ours.
    throw unreadable(basename(path), `it is damaged (${error.message})`, 'copy or download it again', error);
  } finally {
    files.close();
  }
}

/** Opens a checkpoint for the time of `use`. */
export async function withCheckpoint<T>(path: string, use: (checkpoint: Checkpoint) => T | Promise<T>): Promise<T> {
  const checkpoint = await openCheckpoint(path);
  try {
    return await use(checkpoint);
  } catch (error) {
    throw asCheckpointError(error instanceof RangeError ? toUnitscopeError(error) : error);
  } finally {
    checkpoint.files.close();
  }
}

async function read(path: string, files: Files): Promise<Contents> {
  const file = files.source(path);
  if (file.size === 0) throw unreadable(file.name, 'it is empty', 'copy or download it again');
  const head = file.read(0, Math.min(512, file.size));
  const text = Buffer.from(head).toString('latin1');
  if (text.startsWith('version https://git-lfs')) throw unreadable(file.name, 'it is a Git LFS pointer, not the file itself', 'run "git lfs pull" in its repository');
  if (/^\s*<(!doctype|html|head|\?xml)/i.test(text)) throw unreadable(file.name, 'it is a web page', 'download the file itself, not the page that shows it');
  if (isHdf5(head)) return await readHdf5(file);
  if (text.startsWith('GGUF')) return readGguf(file);
  if (isNpy(head)) return { format: 'NumPy', tensors: [readNpyTensor(basename(path).replace(/\.npy$/i, ''), file)], tree: container('dict', 0, () => []), warnings: [] };
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return await readArchive(file);
  if (isSafetensors(head, file.size) || /\.safetensors$/i.test(path)) return readSafetensors(file);
  if (/^\s*\{/.test(text) || /\.json$/i.test(path)) return readSharded(path, files, (part) => readPart(files.source(part)));
  if (text.slice(257, 262) === 'ustar') throw unreadable(file.name, 'it is a tar archive, as PyTorch wrote before 0.2', 'load it with torch.load and save it again with torch.save');
  if (looksPickled(head) || /\.(pt|pth|bin|ckpt|pkl|pickle)$/i.test(path)) return readPickleFile(file);
  if (/\.onnx$/i.test(path)) return readOnnx(path, files);
  throw unreadable(file.name, 'its content is none that is known', `choose a file of ${formats}`);
}

async function readArchive(file: ByteSource): Promise<Contents> {
  const entries = readZip(file);
  const folder = torchFolder(entries);
  if (folder !== null) return readTorchZip(file, entries, folder);
  if (isKeras(entries)) return await readKeras(file, entries);
  if ([...entries.keys()].some((name) => name.endsWith('.npy'))) return readNpz(file, entries);
  throw unreadable(file.name, 'it is a zip archive without weights', `choose a file of ${formats}`);
}

/** A shard: safetensors or PyTorch. */
function readPart(file: ByteSource): Contents {
  const head = file.read(0, Math.min(512, file.size));
  if (Buffer.from(head.subarray(0, 2)).toString('latin1') !== 'PK') return isSafetensors(head, file.size) ? readSafetensors(file) : readPickleFile(file);
  const entries = readZip(file);
  const folder = torchFolder(entries);
  if (folder === null) throw unreadable(file.name, 'it is a zip archive without weights', 'copy or download it again');
  return readTorchZip(file, entries, folder);
}

/** Whether a file is one of weights by its content, or by its name where that says nothing. False for a missing one. */
export function isCheckpoint(path: string): boolean {
  if (/\.onnx$/i.test(path) || fileSize(path) === null) return false;
  const files = new Files();
  try {
    const file = files.source(path);
    const head = file.read(0, Math.min(512, file.size));
    const text = Buffer.from(head).toString('latin1');
    const known = isHdf5(head) || text.startsWith('GGUF') || isNpy(head) || text.startsWith('PK') || isSafetensors(head, file.size) || looksPickled(head);
    return known || /\.(pt|pth|bin|ckpt|pkl|pickle|safetensors|index\.json|npy|npz|h5|hdf5|keras|gguf)$/i.test(path);
  } finally {
    files.close();
  }
}

/** Whether a file is HDF5, or Keras' archive with one in it. False for what cannot be read. */
export function isHdf5File(path: string): boolean {
  if (fileSize(path) === null) return false;
  const files = new Files();
  try {
    const file = files.source(path);
    const head = file.read(0, Math.min(8, file.size));
    return isHdf5(head) || (Buffer.from(head.subarray(0, 2)).toString('latin1') === 'PK' && isKeras(readZip(file)));
  } catch (error) {
    if (error instanceof UnitscopeError) return false; // opening it says why
    throw error;
  } finally {
    files.close();
  }
}

/** Protocols 2 to 5 begin with their number; 0 and 1 with what makes a container or a global. */
function looksPickled(head: Uint8Array): boolean {
  const [first = 0, second = 0] = head;
  return (first === 0x80 && second <= 5) || '(}]c'.includes(String.fromCharCode(first));
}
