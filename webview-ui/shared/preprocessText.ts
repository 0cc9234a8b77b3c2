import type { PreprocessConfig, ResolvedPreprocess } from '../../src/protocol/preprocess';

/** "224 × 224", on one line */
const area = (width: number, height: number): string => `${width}\u00a0×\u00a0${height}`;

/** Pillow's filter codes; the protocol's own list would bring its schema library along. */
const filters = ['nearest', 'Lanczos', 'bilinear', 'bicubic', 'box', 'Hamming'];

export interface PreprocessText {
  /** What happens to the picture: "Shortest edge 256 (bilinear), centre crop 224 × 224" */
  geometry: string;
  /** What happens to the values: "RGB, 0 to 1 · mean 0.485, 0.456, 0.406 · std 0.229, 0.224, 0.225" */
  values: string;
  source: string;
}

export function describePreprocess({ config, source, inputSize }: ResolvedPreprocess): PreprocessText {
  return {
    geometry: describeGeometry(config, inputSize),
    values: describeValues(config),
    source: { user: 'Your choice', file: 'From file', metadata: 'From model', guess: 'Guess' }[source],
  };
}

function describeGeometry(config: PreprocessConfig, inputSize: [number, number] | null): string {
  const steps: string[] = [];
  if (config.do_resize && config.size !== undefined) {
    const { size } = config;
    const edge = typeof size === 'number' ? size : 'shortest_edge' in size ? size.shortest_edge : null;
    const filter = filters[config.resample] ?? 'unknown filter';
    if (edge !== null) steps.push(`shortest edge ${edge} (${filter})`);
    else if (typeof size === 'object' && 'width' in size)
      steps.push(`resize to ${area(size.width, size.height)} (${filter})`);
  }
  if (config.do_center_crop && config.crop_size !== undefined) {
    const crop = config.crop_size;
    steps.push(`centre crop ${typeof crop === 'number' ? area(crop, crop) : area(crop.width, crop.height)}`);
  }
  if (steps.length === 0) steps.push(inputSize ? `${area(inputSize[1], inputSize[0])}, as it is` : 'size as it is');
  const text = steps.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function describeValues(config: PreprocessConfig): string {
  const parts = [`${config.channel_order}, ${describeRange(config)}`];
  if (config.do_normalize) parts.push(`mean ${list(config.image_mean)}`, `std ${list(config.image_std)}`);
  return parts.join(' · ');
}

function describeRange({ do_rescale, rescale_factor }: PreprocessConfig): string {
  if (!do_rescale) return '0 to 255';
  const most = 255 * rescale_factor;
  return `0 to ${Number(most.toPrecision(4))}`;
}

function list(values: number | readonly number[]): string {
  const numbers = typeof values === 'number' ? [values] : values;
  const text = numbers.map((value) => String(Number(value.toPrecision(4))));
  return new Set(text).size === 1 ? (text[0] ?? '') : text.join(', ');
}
