import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { RangedFile, type ByteSource } from '../io/rangedFile';
import { unreadable } from './problem';

/** The files of a checkpoint. They are closed between uses, and opened again when something in them is read. */
export class Files {
  private readonly known = new Map<string, ReopenedFile>();

  /** Throws `reference.unreadable` for what is no file, `model.unreadable` for what cannot be opened. */
  source(path: string): ByteSource {
    const file = this.known.get(path) ?? new ReopenedFile(path);
    this.known.set(path, file);
    return file;
  }

  /** Of all files that were asked for, in that order. */
  get paths(): string[] {
    return [...this.known.keys()];
  }

  /** Whether all files that were asked for are on the disk as they were when they were first opened. */
  async areCurrent(): Promise<boolean> {
    const current = await Promise.all([...this.known].map(([path, { version }]) => stat(path).then((now) => versionOf(now) === version, () => false)));
    return current.every(Boolean);
  }

  /** Taken from the disk so far. */
  get bytesRead(): number {
    return [...this.known.values()].reduce((sum, file) => sum + file.bytesRead, 0);
  }

  /** Of all files that were asked for. */
  get size(): number {
    return [...this.known.values()].reduce((sum, file) => sum + file.size, 0);
  }

  close(): void {
    for (const file of this.known.values()) file.close();
  }
}

class ReopenedFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  /** Before anything of it was read. */
  readonly version: string;
  private file: RangedFile | undefined;
  private readBefore = 0;

  constructor(private readonly path: string) {
    this.name = basename(path);
    const status = statSync(path, { throwIfNoEntry: false });
    this.version = status ? versionOf(status) : 'missing';
    this.size = this.open().size;
  }

  get bytesRead(): number {
    return this.readBefore + (this.file?.bytesRead ?? 0);
  }

  read(offset: number, length: number): Uint8Array {
    return this.open().read(offset, length);
  }

  peek(offset: number, atLeast: number): Uint8Array {
    return this.open().peek(offset, atLeast);
  }

  close(): void {
    this.readBefore = this.bytesRead;
    this.file?.close();
    this.file = undefined;
  }

  private open(): RangedFile {
    if (this.file) return this.file;
    // Opening a pipe would wait for somebody to write to it.
    const status = statSync(this.path, { throwIfNoEntry: false });
    if (status && !status.isFile() && !status.isDirectory()) throw unreadable(basename(this.path), 'it is no file', 'choose a file');
    return (this.file = RangedFile.open(this.path));
  }
}

/** By size and time, a file that was written anew is told. */
function versionOf({ size, mtimeMs }: { size: number; mtimeMs: number }): string {
  return `${size} ${mtimeMs}`;
}

/** A value that is made when it is first asked for. */
export function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
