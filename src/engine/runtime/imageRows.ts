import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { ReadyDevice } from './devices';
import type { ImageFile } from './job';

/** Images that a worker is given at a time. */
const pieceSize = 8;

/**
 * Asks the workers for a row of numbers for each image: hands pieces to them and passes on each piece's rows as they come,
 * null for an image that cannot be read. A piece whose worker ended is tried once more.
 * @throws cancelled, worker.stopped, and what `ask` and `take` throw
 */
export async function rowsOfImages<Row>(
  { pool }: Pick<ReadyDevice, 'pool'>,
  images: ImageFile[],
  signal: AbortSignal,
  ask: (images: ImageFile[], options: { worker: number; signal: AbortSignal }) => Promise<(Row | null)[]>,
  take: (images: ImageFile[], rows: (Row | null)[]) => Promise<void> | void,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (worker: number): Promise<void> => {
    try {
      while (next < images.length && !failed) {
        if (signal.aborted) throw cancelled();
        const piece = images.slice(next, next + pieceSize);
        next += piece.length;
        const rows = await ask(piece, { worker, signal }).catch((error: unknown) => {
          if (error instanceof UnitscopeError && error.code === 'worker.stopped') return ask(piece, { worker, signal });
          throw error;
        });
        await take(piece, rows);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: pool.size }, (_, worker) => lane(worker)));
  const failure = lanes.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
