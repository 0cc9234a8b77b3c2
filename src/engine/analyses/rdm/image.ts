import { UnitscopeError } from '../../../protocol/errors';
import type { Box } from '../../../protocol/patches';
import type { RdmImage } from '../../../protocol/rdm';
import { rowStart } from '../../numerics/condensed';

/**
 * A part of an RDM as a picture of at most `size` pixels a side: each pixel is the mean dissimilarity of the pairs under it
 * (a stimulus with itself: 0), a pixel a pair where there is room.
 * @param pairs condensed RDM of n stimuli @param rows which row stands at each place
 * @param region x, y, width, height in places
 */
export function rdmImage(pairs: Float32Array, n: number, rows: Int32Array, region: Box, size: number): RdmImage {
  const [x, y, across, down] = region.map(Math.floor) as Box;
  if (x < 0 || y < 0 || across < 1 || down < 1 || x + across > rows.length || y + down > rows.length || rows.some((row) => row < 0 || row >= n))
    throw new UnitscopeError('usage', `The region ${region.join(', ')} is outside an RDM of ${rows.length} stimuli.`);
  const width = Math.min(across, Math.max(1, Math.floor(size)));
  const height = Math.min(down, Math.max(1, Math.floor(size)));
  const values = new Float32Array(width * height);
  const columnOf = Int32Array.from({ length: across }, (_, i) => Math.floor((i * width) / across));
  const counts = new Float64Array(width);
  for (const column of columnOf) counts[column]!++;
  const sums = new Float64Array(width);
  for (let py = 0; py < height; py++) {
    const from = Math.ceil((py * down) / height);
    const to = Math.ceil(((py + 1) * down) / height);
    sums.fill(0);
    for (let place = from; place < to; place++) {
      const a = rows[y + place]!;
      const start = rowStart(a, n);
      for (let i = 0; i < across; i++) {
        const b = rows[x + i]!;
        if (a === b) continue;
        sums[columnOf[i]!]! += pairs[a < b ? start + b : rowStart(b, n) + a]!;
      }
    }
    for (let px = 0; px < width; px++) values[py * width + px] = sums[px]! / (counts[px]! * (to - from));
  }
  return { width, height, values };
}
