import { readFloat32, type CheckpointTensor } from '../tensor';

/** A BatchNorm of a checkpoint; scale and shift are left out where it has none. */
export interface BatchNorm {
  name: string;
  gamma: CheckpointTensor | undefined;
  beta: CheckpointTensor | undefined;
  mean: CheckpointTensor;
  variance: CheckpointTensor;
}

/** `gamma / sqrt(variance + eps)`, one number a channel. */
export function scales({ gamma, variance }: BatchNorm, eps: number): Float64Array {
  const of = readFloat32(variance);
  const factors = gamma && readFloat32(gamma);
  return Float64Array.from(of, (value, i) => (factors?.[i] ?? 1) / Math.sqrt(value + eps));
}

/** A convolution's weight [O, ...] with the BatchNorm after it: `W gamma / sqrt(variance + eps)`. */
export function foldWeight(weight: CheckpointTensor, norm: BatchNorm, eps: number): Float32Array {
  const values = readFloat32(weight);
  const by = scales(norm, eps);
  const each = values.length / by.length;
  return values.map((value, i) => value * by[Math.floor(i / each)]!);
}

/** Its bias [O]: `(b - mean) gamma / sqrt(variance + eps) + beta`; b is 0 for a convolution without one. */
export function foldBias(bias: CheckpointTensor | undefined, norm: BatchNorm, eps: number): Float32Array {
  const by = scales(norm, eps);
  const means = readFloat32(norm.mean);
  const before = bias && readFloat32(bias);
  const shift = norm.beta && readFloat32(norm.beta);
  return Float32Array.from(by, (scale, i) => ((before?.[i] ?? 0) - means[i]!) * scale + (shift?.[i] ?? 0));
}

/** A matrix [rows, columns] with its axes exchanged. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c]!;
  return turned;
}

const usual = [1e-5, 1e-3, 1e-6, 1e-4, 1e-2, 1e-7, 1e-8, 1e-12];

/**
 * The eps that turns a checkpoint's weight into the graph's: the usual one that fits best, or what follows from the numbers.
 * Null where none fits to a relative error of 1e-4: the graph was not made of this checkpoint.
 */
export function searchEps(weight: CheckpointTensor, norm: BatchNorm, folded: Float32Array): number | null {
  const errorOf = (eps: number): { eps: number; error: number } => ({ eps, error: relativeError(foldWeight(weight, norm, eps), folded) });
  let best = usual.map(errorOf).reduce((one, other) => (other.error < one.error ? other : one));
  const solved = best.error > 1e-5 ? solveEps(weight, norm, folded) : null;
  if (solved !== null) best = [best, errorOf(solved)].reduce((one, other) => (other.error < one.error ? other : one));
  return best.error < 1e-4 ? best.eps : null;
}

/** From `||folded_c|| = ||W_c|| gamma_c / sqrt(variance_c + eps)`: the median over channels. */
function solveEps(weight: CheckpointTensor, { gamma, variance }: BatchNorm, folded: Float32Array): number | null {
  const values = readFloat32(weight);
  const of = readFloat32(variance);
  const factors = gamma && readFloat32(gamma);
  const each = values.length / of.length;
  const found: number[] = [];
  for (let channel = 0; channel < of.length; channel++) {
    let [plain, made] = [0, 0];
    for (let i = channel * each; i < (channel + 1) * each; i++) {
      plain += values[i]! ** 2;
      made += folded[i]! ** 2;
    }
    const eps = ((factors?.[channel] ?? 1) ** 2 * plain) / made - of[channel]!;
    if (eps > 0 && Number.isFinite(eps)) found.push(eps);
  }
  return found.sort((a, b) => a - b)[found.length >> 1] ?? null;
}

function relativeError(a: Float32Array, b: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}
