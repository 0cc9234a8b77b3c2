import type { Baseline } from '../../protocol/rdm';
import type { Job } from './job';

/** Bins of each of L*, a* and b* in the joint histogram of colours, as in Kriegeskorte, Mur and Bandettini 2008 ("Lab joint"). */
const colourBins = 6;

/** Numbers of a baseline's vector. */
export function baselineFeatures(baseline: Baseline, { input, inputSize: [height, width] }: Job): number {
  if (baseline === 'colour') return colourBins ** 3;
  return (baseline === 'pixels' ? input.channels : 1) * height * width;
}

/** The job that gives what the network sees as colours: the same crop and size, RGB from 0 to 1, planes. */
export function rgbJob(job: Job): Job {
  const preprocess = {
    ...job.preprocess,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: false,
    channel_order: 'RGB' as const,
  };
  return { ...job, preprocess, input: { ...job.input, layout: 'NCHW', batch: null } };
}

/**
 * What an image is without a network: its pixels as the network sees them, their luminance, or the histogram of its colours.
 * @param pixels [channels, height, width], sRGB from 0 to 1; one channel is grey
 */
export function baselineVector(baseline: Baseline, pixels: Float32Array, { input }: Job): Float32Array {
  if (baseline === 'pixels') return pixels;
  const area = pixels.length / input.channels;
  const plane = (channel: number): Float32Array => {
    const at = Math.min(channel, input.channels - 1);
    return pixels.subarray(at * area, (at + 1) * area);
  };
  const [red, green, blue] = [plane(0), plane(1), plane(2)];
  // Rec. 601, as Pillow's and everyone's grey.
  if (baseline === 'luminance') return red.map((r, i) => 0.299 * r + 0.587 * green[i]! + 0.114 * blue[i]!);
  const counts = new Float32Array(colourBins ** 3);
  for (let i = 0; i < area; i++) counts[labBin(red[i]!, green[i]!, blue[i]!)]! += 1 / area;
  return counts;
}

/** The bin of an sRGB colour: L* from 0 to 100, a* and b* from -110 to 110, which holds all of sRGB. */
function labBin(r: number, g: number, b: number): number {
  const [red, green, blue] = [linear(r), linear(g), linear(b)];
  // sRGB to XYZ under D65 (IEC 61966-2-1), then CIELAB (CIE 15).
  const x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
  const y = f(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
  const bin = (share: number): number => Math.max(0, Math.min(colourBins - 1, Math.floor(share * colourBins)));
  const lightness = bin((116 * y - 16) / 100);
  const a = bin((500 * (x - y) + 110) / 220);
  const yellow = bin((200 * (y - z) + 110) / 220);
  return (lightness * colourBins + a) * colourBins + yellow;
}

const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const f = (t: number): number => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);
