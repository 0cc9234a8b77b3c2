import { UnitscopeError } from '../../protocol/errors';

/** What a file that is not there is read as; other failures are the cache's. */
export function ifMissing<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return otherwise;
    throw new UnitscopeError('cache.failed', `Results cannot be read (${code ?? String(error)}); delete them with the command “Delete Cached Results…”.`, { cause: error });
  };
}
