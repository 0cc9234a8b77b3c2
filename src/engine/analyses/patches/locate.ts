import { UnitscopeError } from '../../../protocol/errors';
import { prepare, type ReadyDevice } from '../../runtime/devices';
import { rowsOfImages } from '../../runtime/imageRows';
import type { ImageFile } from '../../runtime/job';
import type { Tap } from '../../runtime/tap';
import type { Recording } from '../../store/recording';
import { writeSegment } from '../../store/segment';

/** Positions are kept in the recording beside the scores, under a key of their own. */
export function positionKey(tap: Tap): string {
  return `position ${tap.key}`;
}

/**
 * Where the units of the taps fire most, for each of the images: passes on rows of row-major indices [sum of units] as they
 * come, null for an image that cannot be read.
 * @throws cancelled, model.failed (when one of the taps does not run), worker.stopped
 */
export async function locate(
  device: ReadyDevice,
  taps: Tap[],
  images: ImageFile[],
  signal: AbortSignal,
  take: (images: ImageFile[], rows: (Int32Array | null)[]) => Promise<void> | void,
): Promise<void> {
  const { batch, failures } = await prepare(device, taps, signal);
  if (failures[0]) throw new UnitscopeError('model.failed', failures[0].message);
  const job = { ...device.job, batch };
  await rowsOfImages(device, images, signal, (piece, options) => device.pool.call('locate', { job, taps, images: piece }, options), take);
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
