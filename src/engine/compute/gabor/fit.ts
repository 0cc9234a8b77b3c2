import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { GaborFit } from '../../../protocol/graph';
import { improve, type Fitted, type Parameters, type Plane } from './gabor';
import { gaborStarts, gaussianStarts } from './starts';

/** A filter [channels, height, width] in C order. */
export interface Filter {
  channels: number;
  height: number;
  width: number;
  values: ArrayLike<number>;
}

/** Below this side a filter has hardly more numbers than a Gabor function has parameters (9), and anything fits. */
export const smallestSide = 5;

/** Of 20 steps each. */
const mostRounds = 10;

/** A Gabor function has to leave at most this share of what a Gaussian alone leaves, else stripes are not claimed. */
const clearly = 0.5;

/**
 * The Gabor function with a constant, A exp(-u^2 / 2 s_u^2 - v^2 / 2 s_v^2) cos(2 pi f u + phase) + c, that is nearest to a filter's
 * first principal colour component in least squares (Jones and Palmer 1987, with the envelope's axes along the stripes). r2 is
 * 1 - residual / variance of that component about its mean. Starts at the peaks of its spectrum; the best of several fits
 * counts. A filter without variance has r2 = 0.
 */
export function fitGabor(unit: number, filter: Filter): GaborFit {
  const plane = normalized(filter);
  if (!plane) return { unit, orientation: 0, frequency: 0, phase: 0, centre: [(filter.width - 1) / 2, (filter.height - 1) / 2], sigma: [0, 0], r2: 0, striped: false };
  const gabor = best(plane, gaborStarts(plane).filter(isNoAlias), true);
  const variance = plane.values.length;
  const striped = gabor.error < variance / 2 && gabor.error <= clearly * best(plane, gaussianStarts(plane), false).error;
  return { unit, ...described(gabor.parameters), r2: 1 - gabor.error / variance, striped };
}

/** A few steps from every start, more from the best of them, and the best one until it stands still. */
function best(plane: Plane, starts: Parameters[], carrier: boolean): Fitted {
  let field: Fitted[] = starts.map((parameters) => ({ parameters, error: Infinity }));
  for (const [kept, iterations] of [[4, 8], [2, 24]] as const) {
    field = field.map(({ parameters }) => improve(plane, parameters, iterations, carrier));
    field = field.filter(({ parameters }) => isNoAlias(parameters)).sort((a, b) => a.error - b.error).slice(0, kept);
  }
  let [found = { parameters: [0, 0, 0, 0, 0, 0, 0, 0, 0], error: plane.values.length } satisfies Fitted] = field;
  for (let round = 0; round < mostRounds; round++) {
    const next = improve(plane, found.parameters, 20, carrier);
    const done = next.error > found.error * (1 - 1e-6);
    if (next.error < found.error && isNoAlias(next.parameters)) found = next;
    if (done) break;
  }
  return found;
}

/** Faster than two pixels a cycle along an axis, another wave has the same values. */
function isNoAlias([, , , , , , angle, frequency]: Parameters): boolean {
  return Math.abs(frequency * Math.cos(angle)) <= 0.5 + 1e-9 && Math.abs(frequency * Math.sin(angle)) <= 0.5 + 1e-9;
}

/** Parameters as they are told: see `GaborFit`. */
function described([a, b, x, y, across, along, angle, frequency]: Parameters): Pick<GaborFit, 'orientation' | 'frequency' | 'phase' | 'centre' | 'sigma'> {
  const turns = Math.floor(angle / Math.PI);
  const phase = Math.atan2(-b, a); // a cos + b sin = A cos(. + phase)
  const degrees = ((angle - turns * Math.PI) * 180) / Math.PI;
  return {
    orientation: degrees >= 180 ? 0 : degrees,
    frequency,
    phase: turns % 2 === 0 ? phase : -phase, // half a turn of the normal mirrors the wave
    centre: [x, y],
    sigma: [Math.exp(across), Math.exp(along)],
  };
}

/** The component, with unit variance about its mean; null where it is constant or not finite. */
function normalized(filter: Filter): Plane | null {
  const values = principalComponent(filter);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  if (!(deviation > 0) || !Number.isFinite(deviation)) return null;
  return { width: filter.width, height: filter.height, values: values.map((value) => (value - mean) / deviation) };
}

/**
 * What a filter [C, h, w] has along its first principal colour: the eigenvector of the channels' covariance over pixels with the
 * largest eigenvalue, its sign so that the channels' weights add up to no less than zero. One channel: itself.
 */
export function principalComponent({ channels, height, width, values }: Filter): Float64Array {
  const size = height * width;
  if (channels === 1) return Float64Array.from(values);
  const means = Array.from({ length: channels }, (_, of) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += values[of * size + i]!;
    return sum / size;
  });
  const covariance = Matrix.zeros(channels, channels);
  for (let i = 0; i < channels; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += (values[i * size + k]! - means[i]!) * (values[j * size + k]! - means[j]!);
      covariance.set(i, j, sum);
      covariance.set(j, i, sum);
    }
  if (!covariance.to1DArray().every(Number.isFinite)) return new Float64Array(size).fill(NaN);
  const { eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true }); // in ascending order
  const colour = eigenvectorMatrix.getColumn(channels - 1);
  const sign = colour.reduce((sum, weight) => sum + weight, 0) < -1e-12 ? -1 : 1;
  return Float64Array.from({ length: size }, (_, i) => colour.reduce((sum, weight, of) => sum + sign * weight * values[of * size + i]!, 0));
}

