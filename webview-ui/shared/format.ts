import type { Layer, ReceptiveField } from '../../src/protocol/model';
import type { DeviceChoice, DeviceInUse } from '../../src/protocol/scan';

export { formatLayerShape, formatShape } from '../../src/protocol/shapeText';

const thin = '\u202f'; // narrow no-break space, between a number and its unit
const grouped = new Intl.NumberFormat('en-US');

/** "11,689,512" */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** "1 image", "2,000 images" */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Three significant digits: "0", "0.00123", "12.3", "1,230", "−4.5e-7" */
export function formatScore(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size >= 1e6 || size < 1e-4
      ? size.toExponential(2)
      : size >= 100
        ? grouped.format(Math.round(size))
        : size.toPrecision(3);
  return value < 0 ? `−${text}` : text;
}

const scales = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

function scaled(value: number, unit: string): string {
  for (const [scale, prefix] of scales) {
    if (value >= scale * 0.9995) return `${(value / scale).toPrecision(3)}${thin}${prefix}${unit}`;
  }
  return `${grouped.format(value)}${unit === '' ? '' : thin + unit}`;
}

/** "11.7 M" */
export function formatShort(count: number): string {
  return scaled(count, '');
}

/** "44.7 MB" (powers of ten, as disks and VS Code's explorer count) */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 'B');
}

/** "840 ms", "12 s", "3 min", "1 h 20 min" */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)}${thin}ms`;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))}${thin}s`;
  if (seconds < 90) return `${Math.round(seconds)}${thin}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${thin}min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}${thin}h${rest === 0 ? '' : ` ${rest}${thin}min`}`;
}

export interface ReceptiveFieldText {
  /** "43 × 43", "≤ 43 × 43", "whole image" or "–" */
  size: string;
  /** "stride 4", "stride 4 × 2" or "" */
  stride: string;
  /** A sentence. */
  note: string;
}

export function describeReceptiveField(field: ReceptiveField | null): ReceptiveFieldText {
  if (!field) return { size: '–', stride: '', note: 'The receptive field is not known.' };
  if (field.kind === 'global') return { size: 'whole image', stride: '', note: 'Every position sees the whole input.' };
  const [height, width] = field.size;
  const [down, across] = field.stride;
  const bound = field.kind === 'upper-bound';
  return {
    size: `${bound ? '≤ ' : ''}${width} × ${height}`,
    stride: down === across ? `stride ${down}` : `stride ${across} × ${down}`,
    note: bound
      ? `A position sees at most ${width} × ${height} pixels of the input; some of them it does not see.`
      : `A position sees ${width} × ${height} pixels of the input; the next one sees them ${down === across ? down : `${across} × ${down}`} further.`,
  };
}

const deviceLabels: Record<DeviceChoice, string> = {
  auto: 'Automatic',
  cpu: 'CPU',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'CoreML',
};

export function formatDevice(device: DeviceChoice | DeviceInUse): string {
  if (typeof device === 'string') return deviceLabels[device];
  const name = deviceLabels[device.name];
  return device.workers > 1 ? `${name} × ${device.workers}` : name;
}

/** The last part of a path, with either slash. */
export function baseName(path: string): string {
  return path.replace(/[/\\]+$/, '').replace(/^.*[/\\]/, '') || path;
}

/** "features.3 · Conv" as its name and its operator. */
export function splitLabel({ label, op }: Pick<Layer, 'label' | 'op'>): { name: string; op: string } {
  const at = label.lastIndexOf(' · ');
  return at < 0 ? { name: label, op: label === op ? '' : op } : { name: label.slice(0, at), op: label.slice(at + 3) };
}

/** A class as it is read: ImageNet's folders begin with a WordNet number that says nothing to people. */
export function formatLabel(label: string): string {
  return label.replace(/^n\d{8}[_-](?=.)/, '');
}
