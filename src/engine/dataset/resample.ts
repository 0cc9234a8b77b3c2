import { cut, sameSize, type Raster, type Size, type Window } from './raster';

/** Names of Pillow's resampling filters; their position is Pillow's code. */
export type ResampleFilter = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';

/** Weight at a distance from the centre, in pixels of the coarser grid, and the distance beyond which it is zero. */
interface Kernel {
  weight: (x: number) => number;
  support: number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const hann = { a: Math.fround(0.54), b: Math.fround(0.46) }; // Pillow keeps these two in single precision

/** Kernels as Pillow documents them ("Concepts: Filters"); the bicubic one has a = -0.5. */
const kernels: Record<Exclude<ResampleFilter, 'nearest'>, Kernel> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(Math.abs(x)) * (hann.a + hann.b * Math.cos(Math.abs(x) * Math.PI))),
  },
  bicubic: {
    support: 2,
    weight: (x) => {
      const t = Math.abs(x);
      if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
      return t < 2 ? -0.5 * (((t - 5) * t + 8) * t - 4) : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Fractional bits of a coefficient: 8 bits of sample and 2 bits of headroom for overshoot leave 22 of 32. */
const precision = 22;
const half = 1 << (precision - 1);

/** For each output position of one axis: the first input position, how many, and their fixed-point weights. */
interface Coefficients {
  first: Int32Array;
  count: Int32Array;
  /** `stride` weights for each output position. */
  weights: Int32Array;
  stride: number;
}

/** How far, in input pixels, an output pixel's centre sees: the filter's support, stretched when shrinking. */
export function reach(filter: ResampleFilter, from: number, to: number): number {
  return filter === 'nearest' ? 0.5 : kernels[filter].support * Math.max(1, from / to);
}

/**
 * Weights that resize an axis of `from` pixels to `to`, for output positions `start` to `start + length`. The filter
 * is stretched by the scale when shrinking (antialiasing); taps outside the image are dropped and the rest
 * normalised to sum one.
 */
function coefficients(kernel: Kernel, from: number, to: number, start: number, length: number): Coefficients {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = kernel.support * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Int32Array(length * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < length; i++) {
    const centre = (start + i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(from, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let x = low; x < high; x++) sum += exact[x - low] = kernel.weight((x - centre + 0.5) * (1 / stretch));
    for (let x = low; x < high; x++) {
      const weight = exact[x - low]! / (sum === 0 ? 1 : sum);
      weights[i * stride + x - low] = Math.trunc(weight * 2 ** precision + (weight < 0 ? -0.5 : 0.5));
    }
    first[i] = low;
    count[i] = high - low;
  }
  return { first, count, weights, stride };
}

/** Filters rows `top` to `top + rows` of the image along x. */
function alongX(image: Raster, { first, count, weights, stride }: Coefficients, top: number, rows: number): Raster {
  const { data, channels } = image;
  const width = first.length;
  const out = new Uint8ClampedArray(width * rows * channels);
  let o = 0;
  for (let y = top; y < top + rows; y++) {
    const row = y * image.width;
    for (let x = 0; x < width; x++) {
      let p = (row + first[x]!) * channels;
      let q = x * stride;
      const end = q + count[x]!;
      let r = half;
      if (channels === 1) {
        for (; q < end; q++) r = (r + Math.imul(data[p++]!, weights[q]!)) | 0;
        out[o++] = r >> precision;
        continue;
      }
      let g = half;
      let b = half;
      for (; q < end; q++, p += 3) {
        const weight = weights[q]!;
        r = (r + Math.imul(data[p]!, weight)) | 0;
        g = (g + Math.imul(data[p + 1]!, weight)) | 0;
        b = (b + Math.imul(data[p + 2]!, weight)) | 0;
      }
      out[o] = r >> precision;
      out[o + 1] = g >> precision;
      out[o + 2] = b >> precision;
      o += 3;
    }
  }
  return { data: out, width, height: rows, channels };
}

/** Filters an image, whose first row is row `top` of the coefficients' axis, along y. */
function alongY(image: Raster, { first, count, weights, stride }: Coefficients, top: number): Raster {
  const { data, width, channels } = image;
  const height = first.length;
  const length = width * channels;
  const out = new Uint8ClampedArray(length * height);
  const sums = new Int32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    let p = (first[y]! - top) * length;
    let q = y * stride;
    const end = q + count[y]!;
    for (; q + 4 <= end; q += 4, p += 4 * length) {
      // Four rows at a time: a sum is loaded and stored once for four products.
      const w0 = weights[q]!;
      const w1 = weights[q + 1]!;
      const w2 = weights[q + 2]!;
      const w3 = weights[q + 3]!;
      for (let x = 0, i = p; x < length; x++, i++) {
        const upper = Math.imul(data[i]!, w0) + Math.imul(data[i + length]!, w1);
        const lower = Math.imul(data[i + 2 * length]!, w2) + Math.imul(data[i + 3 * length]!, w3);
        sums[x] = (sums[x]! + upper + lower) | 0;
      }
    }
    for (; q < end; q++, p += length) {
      const weight = weights[q]!;
      for (let x = 0; x < length; x++) sums[x] = (sums[x]! + Math.imul(data[p + x]!, weight)) | 0;
    }
    for (let x = 0, o = y * length; x < length; x++) out[o + x] = sums[x]! >> precision;
  }
  return { data: out, width, height, channels };
}

/** The input position under each output pixel's centre; the centre is stepped, not multiplied, as Pillow does. */
function nearestPositions(from: number, to: number, start: number, length: number): Int32Array {
  const step = from / to;
  const positions = new Int32Array(length);
  let centre = step * 0.5;
  for (let i = 0; i < start + length; i++, centre += step) {
    if (i >= start) positions[i - start] = Math.min(from - 1, Math.trunc(centre));
  }
  return positions;
}

function pick(image: Raster, columns: Int32Array, rows: Int32Array): Raster {
  const { data, width, channels } = image;
  const out = new Uint8Array(columns.length * rows.length * channels);
  let o = 0;
  for (const y of rows) {
    for (const x of columns) {
      const p = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) out[o++] = data[p + c]!;
    }
  }
  return { data: out, width: columns.length, height: rows.length, channels };
}

/**
 * Resizes to `size` as Pillow's `Image.resize` does, to the bit: a horizontal pass, rounded to 8 bits, then a
 * vertical one, in the same fixed-point arithmetic; an axis that keeps its length is left alone. (From Pillow 13 on
 * it takes some tall images vertically first, which shifts roundings between the passes.) Only `window` of the
 * result is computed and returned (default: all of it).
 */
export function resample(image: Raster, size: Size, filter: ResampleFilter, window?: Window): Raster {
  const part = window ?? { x: 0, y: 0, ...size };
  if (sameSize(image, size)) return sameSize(part, size) ? image : cut(image, part);
  if (filter === 'nearest') {
    const columns = nearestPositions(image.width, size.width, part.x, part.width);
    return pick(image, columns, nearestPositions(image.height, size.height, part.y, part.height));
  }
  const kernel = kernels[filter];
  const vertical = coefficients(kernel, image.height, size.height, part.y, part.height);
  const unchanged = image.height === size.height;
  const top = unchanged ? part.y : vertical.first[0]!;
  const last = part.height - 1;
  const rows = unchanged ? part.height : vertical.first[last]! + vertical.count[last]! - top;
  const wide =
    image.width === size.width
      ? cut(image, { x: part.x, y: top, width: part.width, height: rows })
      : alongX(image, coefficients(kernel, image.width, size.width, part.x, part.width), top, rows);
  return unchanged ? wide : alongY(wide, vertical, top);
}
