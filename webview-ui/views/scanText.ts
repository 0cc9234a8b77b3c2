import type { ScanOutcome, ScanProgress } from '../../src/protocol/scan';
import { formatCount, formatDevice, formatDuration, formatScore, plural } from '../shared/format';

/** "1,240 of 2,000 images · 161 images/s · 5 s left · WebGPU" */
export function describeProgress(progress: ScanProgress): string {
  if (progress.phase === 'preparing') return 'Preparing the model…';
  const { done, total, imagesPerSecond, secondsLeft, device, cached, skipped } = progress;
  if (progress.phase === 'computing') return `Computing: ${formatCount(Math.floor(done))} of ${plural(total, 'layer')} (${Math.floor((100 * done) / Math.max(1, total))} %)`;
  return [
    `${formatCount(done)} of ${plural(total, 'image')}`,
    imagesPerSecond !== null && `${formatScore(imagesPerSecond)} images/s`,
    secondsLeft !== null && `${formatDuration(Math.max(1, Math.round(secondsLeft)))} left`,
    device && `on ${formatDevice(device)}`,
    cached > 0 && `${formatCount(cached)} from the cache`,
    skipped > 0 && `${formatCount(skipped)} skipped`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** "2,000 images and 61 layers in 12.4 s on WebGPU" */
export function describeOutcome(outcome: ScanOutcome): string {
  const { done, cached, layers, seconds, device } = outcome;
  const what = `${plural(done, 'image')}, ${plural(layers.length, 'layer')}`;
  if (done > 0 && cached >= done) return `${what}, all from the cache`;
  return `${what} in ${formatDuration(seconds)}${device ? ` on ${formatDevice(device)}` : ''}`;
}

/** "Stopped at 640 of 2,000 images." */
export function describeStop({ phase, done, total }: ScanProgress): string {
  return `Stopped at ${formatCount(Math.floor(done))} of ${plural(total, phase === 'computing' ? 'layer' : 'image')}.`;
}

/** What is said aloud: at the start, every quarter, and at the end. */
export function announceProgress({ phase, done, total }: ScanProgress): string {
  if (phase === 'preparing' || total === 0) return 'Recording: preparing the model.';
  if (phase === 'computing') return `Computing ${plural(total, 'layer')}.`;
  const quarter = Math.floor((4 * done) / total) * 25;
  return quarter === 0 ? `Recording ${plural(total, 'image')}.` : `Recording: ${quarter} percent.`;
}
