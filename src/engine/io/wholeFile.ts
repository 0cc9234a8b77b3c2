import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { UnitscopeError } from '../../protocol/errors';

/** The error of a file of numbers (an RDM, a precision matrix) that cannot be used; `message` is a whole sentence. */
export function unreadable(message: string, cause?: unknown): UnitscopeError {
  return new UnitscopeError('reference.unreadable', message, { cause });
}

/**
 * Opens a file for `use` and closes it after. Throws `reference.unreadable` where it cannot be opened or read, is no file,
 * or has more than `mostBytes`.
 */
export async function withFile<T>(
  path: string,
  mostBytes: number,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const name = basename(path);
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const status = await file.stat();
    if (!status.isFile()) throw unreadable(`${name} is no file; choose a file with a matrix.`);
    if (status.size > mostBytes) {
      throw unreadable(`${name} is larger than ${mostBytes / 2 ** 20} MiB; save the matrix alone, as .npy.`);
    }
    return await use(file, status.size);
  } catch (error) {
    throw readFailure(path, error);
  } finally {
    await file?.close();
  }
}

/** What went wrong with a file as `reference.unreadable`, where the system says so; any other error as it is. */
export function readFailure(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  const reason = code === 'ENOENT' ? 'does not exist; check the path' : `cannot be read (${code}); check its permissions`;
  return unreadable(`${basename(path)} ${reason}.`, error);
}

/** Exactly `length` bytes from `offset` on. Throws `reference.unreadable` where the file has become shorter. */
export async function readExactly(file: FileHandle, offset: number, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw unreadable(`${basename(path)} became shorter while it was read; open it again.`);
    filled += bytesRead;
  }
  return bytes;
}

/** All bytes of a file of at most `mostBytes`; throws as `withFile` does. */
export function readWhole(path: string, mostBytes: number): Promise<Buffer> {
  return withFile(path, mostBytes, (file, size) => readExactly(file, 0, size, path));
}
