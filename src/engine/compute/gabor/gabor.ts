import { levenbergMarquardt } from 'ml-levenberg-marquardt';

/** Parameters of A E cos(2 pi f u + phase) + c in a form that is fitted: amplitudes of cosine and sine, centre, log of the sigmas, angle, f, c. */
export type Parameters = [cosine: number, sine: number, x: number, y: number, logAcross: number, logAlong: number, angle: number, frequency: number, offset: number];

/** One channel of a filter, rows one after the other, scaled to unit variance about its mean. */
export interface Plane {
  width: number;
  height: number;
  values: Float64Array;
}

/** Parameters with the sum of squared residuals, in units of the plane's variance. */
export interface Fitted {
  parameters: Parameters;
  error: number;
}

/**
 * Value and partial derivatives of the function at a pixel. The normal of the stripes has the angle theta, counter-clockwise as
 * seen on screen (rows grow downwards): u = (x - x0) cos theta - (y - y0) sin theta across, v = (x - x0) sin theta + (y - y0) cos theta along.
 */
function terms(parameters: readonly number[], width: number): { value: (pixel: number) => number; slopes: (pixel: number) => number[] } {
  const [a, b, x0, y0, logAcross, logAlong, angle, f, c] = parameters as Parameters;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [across, along] = [Math.exp(-2 * logAcross), Math.exp(-2 * logAlong)];
  const omega = 2 * Math.PI * f;
  const at = (pixel: number): { u: number; v: number; envelope: number } => {
    const dx = (pixel % width) - x0;
    const dy = Math.floor(pixel / width) - y0;
    const u = dx * cosine - dy * sine;
    const v = dx * sine + dy * cosine;
    return { u, v, envelope: Math.exp(-0.5 * (u * u * across + v * v * along)) };
  };
  return {
    value: (pixel) => {
      const { u, envelope } = at(pixel);
      return envelope * (a * Math.cos(omega * u) + b * Math.sin(omega * u)) + c;
    },
    slopes: (pixel) => {
      const { u, v, envelope } = at(pixel);
      const [cw, sw] = [Math.cos(omega * u), Math.sin(omega * u)];
      const wave = envelope * (a * cw + b * sw);
      const turned = envelope * (b * cw - a * sw);
      const byU = omega * turned - u * across * wave;
      const byV = -v * along * wave;
      return [
        envelope * cw,
        envelope * sw,
        -cosine * byU - sine * byV,
        sine * byU - cosine * byV,
        u * u * across * wave,
        v * v * along * wave,
        u * byV - v * byU,
        2 * Math.PI * u * turned,
        1,
      ];
    },
  };
}

/** Values of the function over a plane. */
export function gaborValues(parameters: Parameters, width: number, height: number): Float64Array {
  const { value } = terms(parameters, width);
  return Float64Array.from({ length: width * height }, (_, pixel) => value(pixel));
}

/** What parameters may be: the centre inside the plane, sigmas from 0.4 pixels to 1.5 sides; `carrier` false: a Gaussian alone. */
function bounds({ width, height }: Plane, carrier: boolean): { least: number[]; most: number[] } {
  const side = Math.max(width, height);
  const [low, high] = [Math.log(0.4), Math.log(1.5 * side)];
  const amplitude = 100;
  return {
    least: [-amplitude, carrier ? -amplitude : 0, -0.5, -0.5, low, low, -Infinity, carrier ? 0.25 / side : 0, -amplitude],
    most: [amplitude, carrier ? amplitude : 0, width - 0.5, height - 0.5, high, high, Infinity, carrier ? Math.SQRT1_2 : 0, amplitude],
  };
}

/** Improves parameters by Levenberg and Marquardt's method. */
export function improve(plane: Plane, start: Parameters, iterations: number, carrier = true): Fitted {
  const { values, width } = plane;
  const { least, most } = bounds(plane, carrier);
  const { parameterValues, parameterError } = levenbergMarquardt(
    { x: Array.from(values.keys()), y: values },
    (parameters) => terms(parameters, width).value,
    {
      initialValues: start,
      jacobianFunction: (parameters) => terms(parameters, width).slopes,
      minValues: least,
      maxValues: most,
      maxIterations: iterations,
      errorTolerance: 1e-9 * values.length,
      damping: 1,
    },
  );
  return { parameters: parameterValues as Parameters, error: parameterError };
}

/** The amplitudes of cosine and sine and the offset that fit best with the other parameters: linear least squares. */
export function withBestAmplitudes(plane: Plane, parameters: Parameters): Parameters {
  const [, , x, y, across, along, angle, frequency] = parameters;
  const { slopes } = terms([0, 0, x, y, across, along, angle, frequency, 0], plane.width);
  const sums = Array.from({ length: 3 }, () => [0, 0, 0, 0]);
  for (let pixel = 0; pixel < plane.values.length; pixel++) {
    const all = slopes(pixel);
    const row = [all[0]!, all[1]!, 1];
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) sums[i]![j]! += row[i]! * row[j]!;
      sums[i]![3]! += row[i]! * plane.values[pixel]!;
    }
  }
  for (let i = 0; i < 3; i++) sums[i]![i]! += 1e-6 * plane.values.length; // keeps it solvable where a wave vanishes
  const [a, b, c] = solve3(sums);
  return [a, b, x, y, across, along, angle, frequency, c];
}

/** Gauss's elimination of a positive definite system of three. */
function solve3(rows: number[][]): [number, number, number] {
  for (let i = 0; i < 3; i++)
    for (let k = i + 1; k < 3; k++) {
      const factor = rows[k]![i]! / rows[i]![i]!;
      for (let j = i; j < 4; j++) rows[k]![j]! -= factor * rows[i]![j]!;
    }
  const found: [number, number, number] = [0, 0, 0];
  for (let i = 2; i >= 0; i--) {
    let value = rows[i]![3]!;
    for (let j = i + 1; j < 3; j++) value -= rows[i]![j]! * found[j]!;
    found[i] = value / rows[i]![i]!;
  }
  return found;
}
