import * as fs from 'node:fs';
import * as path from 'node:path';
import { UnitscopeError } from '../../protocol/errors';

/** Bytes that can be read by position. Views it hands out stay valid: they are never written to again. */
export interface ByteSource {
  /** For messages to a person. */
  readonly name: string;
  readonly size: number;
  /** Exactly `length` bytes. */
  read(offset: number, length: number): Uint8Array;
  /** At least `atLeast` bytes from `offset` on, and more where that costs nothing. */
  peek(offset: number, atLeast: number): Uint8Array;
}

const SMALLEST_WINDOW = 1024;
const LARGEST_WINDOW = 256 * 1024;

/**
 * A file read by position through one window that grows while reads follow each other and shrinks at every jump:
 * a list of graph nodes is read in large blocks, while hopping from one 3 MB weight to the next reads 1 KiB each.
 *
 * Every method throws `model.unreadable` when the bytes asked for are not in the file (any more).
 */
export class RangedFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  /** Bytes taken from the disk so far. */
  bytesRead = 0;

  private window = new Uint8Array(0);
  private windowStart = 0;

  private constructor(
    file: string,
    private descriptor: number | null,
    size: number,
  ) {
    this.name = path.basename(file);
    this.size = size;
  }

  static open(file: string): RangedFile {
    const name = path.basename(file);
    let descriptor: number;
    try {
      descriptor = fs.openSync(file, 'r');
    } catch (cause) {
      throw new UnitscopeError('model.unreadable', `${name} ${openProblem(cause)}`, { cause });
    }
    try {
      const stat = fs.fstatSync(descriptor);
      if (stat.isDirectory()) {
        throw new UnitscopeError('model.unreadable', `${name} is a folder: choose a file in it.`);
      }
      return new RangedFile(file, descriptor, stat.size);
    } catch (error) {
      fs.closeSync(descriptor);
      throw error;
    }
  }

  read(offset: number, length: number): Uint8Array {
    this.check(offset, length);
    if (length > LARGEST_WINDOW) return this.fetch(offset, length);
    const at = this.seek(offset, length);
    return this.window.subarray(at, at + length);
  }

  peek(offset: number, atLeast: number): Uint8Array {
    this.check(offset, atLeast);
    const at = this.seek(offset, atLeast);
    return this.window.subarray(at);
  }

  close(): void {
    if (this.descriptor === null) return;
    fs.closeSync(this.descriptor);
    this.descriptor = null;
    this.window = new Uint8Array(0);
  }

  /** Makes the window hold the range; returns where in the window it starts. */
  private seek(offset: number, length: number): number {
    const windowEnd = this.windowStart + this.window.length;
    if (offset < this.windowStart || offset + length > windowEnd) {
      const follows = offset >= this.windowStart && offset <= windowEnd;
      const size = follows ? Math.min(2 * this.window.length, LARGEST_WINDOW) : SMALLEST_WINDOW;
      const wanted = Math.max(length, size, SMALLEST_WINDOW);
      this.window = this.fetch(offset, Math.min(wanted, this.size - offset));
      this.windowStart = offset;
    }
    return offset - this.windowStart;
  }

  /** A fresh buffer each time, so that earlier views keep their bytes. */
  private fetch(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (this.descriptor === null) throw new Error(`${this.name} was closed`);
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      let got: number;
      try {
        got = fs.readSync(this.descriptor, buffer, filled, length - filled, offset + filled);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new UnitscopeError('model.unreadable', `${this.name} cannot be read (${reason}).`, { cause });
      }
      // The size was taken at opening: fewer bytes now mean that somebody is writing to the file.
      if (got === 0) {
        throw new UnitscopeError(
          'model.unreadable',
          `${this.name} became shorter while it was being read: open it again when it is completely written.`,
        );
      }
      filled += got;
    }
    this.bytesRead += length;
    return buffer;
  }

  private check(offset: number, length: number): void {
    const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (sound && offset + length <= this.size) return;
    throw new UnitscopeError(
      'model.unreadable',
      `${this.name} is truncated: ${length} bytes are expected at byte ${offset}, but the file has only ${this.size}; copy or download it again.`,
    );
  }
}

/** Size of a file in bytes, or null when there is no such file. */
export function fileSize(file: string): number | null {
  try {
    const stat = fs.statSync(file);
    return stat.isFile() ? stat.size : null;
  } catch {
    return null;
  }
}

function openProblem(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'does not exist: check the path.';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read: check its permissions.';
  return `cannot be opened (${cause instanceof Error ? cause.message : String(cause)}).`;
}
