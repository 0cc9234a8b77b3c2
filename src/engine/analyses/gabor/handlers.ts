import type { EngineContract } from '../../../protocol/engine';
import { UnitscopeError } from '../../../protocol/errors';
import type { GaborFit } from '../../../protocol/graph';
import type { Handlers } from '../../../protocol/method';
import { smallestSide } from '../../compute/gabor/fit';
import type { GaborTask } from '../../compute/gabor/task';
import type { WorkerPool } from '../../runtime/pool';

/** Filters that a worker fits at a time: small enough to share the work, and to be given up soon. */
const together = 8;
/** Filters that are read at a time. */
const page = 256;
const mostChannels = 4;
const largestSide = 64;

/** Gabor functions of the filters of a first convolution; see the README. */
export function gaborHandlers(compute: () => Pick<WorkerPool, 'call' | 'size'>): Handlers<Pick<EngineContract, 'model.gabor'>> {
  return {
    'model.gabor': async ({ path, tensor, dequantize }, { signal, report }) => {
      const pool = compute();
      const fits: GaborFit[] = [];
      for (let full = true; full; ) {
        const { shape, values } = await pool.call('checkpoint.slice', { path, tensor, what: { kind: 'filters', first: fits.length, most: page, dequantize } }, { signal });
        checkFilters(tensor, shape);
        const before = fits.length;
        const onProgress = (done: number): void => report({ done: before + done, total: before + shape[0]! });
        fits.push(...(await fitPage(pool, { shape: shape as GaborTask['shape'], values, first: before }, signal, onProgress)));
        full = shape[0] === page;
      }
      return fits;
    },
  };
}

/** Shares the filters among the workers. */
async function fitPage(pool: Pick<WorkerPool, 'call' | 'size'>, { shape, values, first }: GaborTask, signal: AbortSignal, report: (done: number) => void): Promise<GaborFit[]> {
  const [units, ...each] = shape;
  const size = each[0] * each[1] * each[2];
  const pieces = Array.from({ length: Math.ceil(units / together) }, (_, i) => i * together);
  const found: GaborFit[] = [];
  const work = async (): Promise<void> => {
    for (let from = pieces.shift(); from !== undefined; from = pieces.shift()) {
      const count = Math.min(together, units - from);
      const task: GaborTask = { shape: [count, ...each], values: values.slice(from * size, (from + count) * size), first: first + from };
      found.push(...(await pool.call('compute.gabor', task, { signal })));
      report(found.length);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  return found.sort((a, b) => a.unit - b.unit);
}

function checkFilters(tensor: string, [, channels, height, width]: readonly number[]): void {
  const wrong = (what: string): UnitscopeError => new UnitscopeError('usage', `No Gabor functions are fitted to ${tensor}: ${what}.`);
  if (channels! < 1 || channels! > mostChannels) throw wrong(`its filters see ${channels} channels, and only those of a first layer (1 to ${mostChannels}) show image patterns`);
  if (Math.min(height!, width!) < smallestSide)
    throw wrong(`its filters of ${height} × ${width} have hardly more numbers than such a function has parameters, so that any would fit; ${smallestSide} × ${smallestSide} is the least`);
  if (Math.max(height!, width!) > largestSide) throw wrong(`its filters of ${height} × ${width} are larger than ${largestSide} × ${largestSide}`);
}
