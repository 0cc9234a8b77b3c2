import type { Module as Loaded } from 'h5wasm';
import type { ByteSource } from '../../io/rangedFile';
import { unreadable } from '../problem';

type Library = typeof Loaded;

/** What of Emscripten's file system is used; h5wasm's own types leave it out. */
interface FileNode {
  stream_ops: object;
  usedBytes: number;
}
interface FileSystem {
  writeFile(path: string, bytes: Uint8Array): void;
  unlink(path: string): void;
  lookupPath(path: string): { node: FileNode };
  getStream(descriptor: number): { stream_ops: object };
}

/** Reads that one use of a file may take: a damaged file can lead the library in circles. */
const mostReads = 200_000;

let library: Promise<Library> | undefined;
let stopped = false;
let files = 0;

/** The library, loaded when the first HDF5 file is read. It sees no files but the one that it is given. */
export async function loadHdf5(): Promise<void> {
  library ??= import('h5wasm').then(async ({ ready }) => {
    const loaded = await ready;
    // What it has to say comes as exceptions, too.
    const stream = (loaded.FS as unknown as FileSystem).getStream(2);
    stream.stream_ops = { ...stream.stream_ops, write: (_stream: unknown, _bytes: unknown, _offset: number, length: number) => length };
    return loaded;
  });
  ready = await library;
}

let ready: Library | undefined;

export interface OpenHdf5 {
  library: Library;
  id: bigint;
}

/**
 * Opens an HDF5 file for the time of a call; `loadHdf5` has to be done. Throws `reference.unreadable` where the library does:
 * the file is damaged.
 */
export function withHdf5<T>(file: ByteSource, use: (open: OpenHdf5) => T): T {
  if (!ready) throw new Error('loadHdf5 has not been awaited');
  if (stopped) throw unreadable(file.name, 'the reader of HDF5 files stopped at a damaged one', 'run "Developer: Reload Window" and open it again');
  const fs = ready.FS as unknown as FileSystem;
  const path = `/file${files++}`;
  fs.writeFile(path, new Uint8Array(0));
  const { node } = fs.lookupPath(path);
  let failure: unknown;
  let reads = 0;
  Object.defineProperty(node, 'usedBytes', { get: () => file.size, set: () => undefined });
  node.stream_ops = {
    ...node.stream_ops,
    read(_stream: unknown, into: Int8Array, offset: number, length: number, position: number): number {
      const wanted = Math.max(0, Math.min(length, file.size - position));
      try {
        if (++reads > mostReads) throw unreadable(file.name, 'its parts refer to each other in circles');
        into.set(file.read(position, wanted), offset);
        return wanted;
      } catch (error) {
        failure ??= error;
        return 0;
      }
    },
  };
  let id = -1n;
  try {
    id = ready.open(path, ready.H5F_ACC_RDONLY);
    if (id < 0n) throw unreadable(file.name, 'its HDF5 header is damaged', 'copy or download it again');
    return use({ library: ready, id });
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError') stopped = true; // a trap: its memory is not to be trusted
    const cause = failure ?? error;
    if (cause instanceof Error && cause.name === 'UnitscopeError') throw cause;
    throw unreadable(file.name, 'its HDF5 structure is damaged', 'copy or download it again', cause);
  } finally {
    if (id >= 0n && !stopped) ready.close_file(id);
    if (!stopped) fs.unlink(path);
  }
}
