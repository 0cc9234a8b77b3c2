import { cancelled } from '../../../protocol/errors';
import type { GaborFit } from '../../../protocol/graph';
import { fitGabor } from './fit';

export interface GaborTask {
  /** [filters, channels, height, width] */
  shape: [number, number, number, number];
  values: Float32Array;
  /** Number of the first filter. */
  first: number;
}

/** Fits one filter after the other, and reports each. Throws `cancelled`. */
export async function fitGabors({ shape, values, first }: GaborTask, signal: AbortSignal, report: (done: { done: number; total: number }) => void): Promise<GaborFit[]> {
  const [units, channels, height, width] = shape;
  const size = channels * height * width;
  const fits: GaborFit[] = [];
  for (let unit = 0; unit < units; unit++) {
    await new Promise(setImmediate); // lets a cancellation in
    if (signal.aborted) throw cancelled();
    fits.push(fitGabor(first + unit, { channels, height, width, values: values.subarray(unit * size, (unit + 1) * size) }));
    report({ done: unit + 1, total: units });
  }
  return fits;
}
