import { cancelled } from '../../../protocol/errors';
import type { ReadyDevice } from '../../runtime/devices';
import type { ImageFile } from '../../runtime/job';
import type { Tap } from '../../runtime/tap';
import type { Recording } from '../../store/recording';
import { writeSegment } from '../../store/segment';

/** Positions are kept in the recording beside the scores, under a key of their own. */
export function positionKey(tap: Tap): string {
  return `position ${tap.key}`;
}

/**
 * Where the units of the taps fire most, for each of the images: hands pieces to the workers and passes on each piece's
 * rows as they come, row-major indices [sum of units], null for an image that cannot be read.
 */
export async function locate(
  device: ReadyDevice,
  taps: Tap[],
  images: ImageFile[],
  signal: AbortSignal,
  take: (images: ImageFile[], rows: (Int32Array | null)[]) => Promise<void> | void,
): Promise<void> {
  const batch = taps.some((tap) => !tap.batched) ? 1 : device.job.batch;
  const job = { ...device.job, batch };
  let next = 0;
  const lane = async (worker: number): Promise<void> => {
    while (next < images.length) {
      if (signal.aborted) throw cancelled();
      const piece = images.slice(next, next + 8);
      next += piece.length;
      await take(piece, await device.pool.call('locate', { job, taps, images: piece }, { worker, signal }));
    }
  };
  await Promise.all(Array.from({ length: device.pool.size }, (_, worker) => lane(worker)));
}

/** The same for one layer, kept in the recording: `take` hears of pieces whose positions can be read from it now. */
export async function locateAndKeep(
  device: ReadyDevice,
  tap: Tap,
  images: ImageFile[],
  recording: Recording,
  signal: AbortSignal,
  take: (images: ImageFile[]) => Promise<void>,
): Promise<void> {
  await locate(device, [tap], images, signal, async (piece, rows) => {
    const found = piece.filter((_, i) => rows[i] !== null);
    if (found.length > 0) {
      const columns = rows.filter((row) => row !== null);
      const scores = new Float32Array(tap.units * columns.length);
      columns.forEach((row, column) => {
        for (let unit = 0; unit < tap.units; unit++) scores[unit * columns.length + column] = row[unit]!;
      });
      const path = recording.newSegmentPath();
      await writeSegment(path, found.map((image) => image.identity), [{ key: positionKey(tap), units: tap.units, scores }]);
      await recording.add(path);
    }
    await take(piece);
  });
}
