import { cancelled, UnitscopeError } from '../../../protocol/errors';
import type { LayerSparsity } from '../../../protocol/graph';
import { prepare, type ReadyDevice } from '../../runtime/devices';
import { rowsOfImages } from '../../runtime/imageRows';
import type { ImageFile } from '../../runtime/job';
import type { Tap } from '../../runtime/tap';
import type { Recording } from '../../store/recording';
import { writeSegment } from '../../store/segment';
import type { OpenStudy } from '../../study/openStudy';

/** Stimuli that a share is measured on at the most. Between images it differs by few hundredths, so that its standard error is below one. */
const enoughImages = 32;

/** Shares are kept in the recording beside the scores, under a key of their own. */
function sparsityKey(tap: Tap): string {
  return `sparsity ${tap.name}`;
}

/**
 * The share of activations that are exactly 0, of every layer that has been recorded, in the order of the graph: the mean over
 * stimuli that are spread evenly over the dataset. What is not known yet is measured by running the model, and kept.
 * @param open gives the device for the taps
 * @throws model.failed, worker.stopped, cancelled
 */
export async function sparsityOfLayers(study: OpenStudy, open: (taps: Tap[]) => Promise<ReadyDevice>, signal: AbortSignal): Promise<LayerSparsity[]> {
  const readable = study.parts.identities.flatMap((identity, index) => (identity === null ? [] : [index]));
  const recording = await study.recording();
  const isRecorded = (tap: Tap): boolean => readable.some((index) => recording.has(tap.key, study.parts.identities[index]!));
  const taps = study.layers.flatMap(({ name }) => tapWhereKnown(study, name) ?? []).filter(isRecorded);
  const images = spread(readable, enoughImages).map((index) => study.imageFile(index));
  // Layers whose first axis is no batch run one image at a time, all others need not.
  for (const batched of [true, false]) {
    const unknown = taps.filter((tap) => tap.batched === batched && images.some(({ identity }) => !recording.has(sparsityKey(tap), identity)));
    if (unknown.length > 0) await measure(await open(unknown), unknown, images, recording, signal);
  }
  const found: LayerSparsity[] = [];
  for (const tap of taps) {
    if (signal.aborted) throw cancelled();
    const shares = await sharesOf(recording, tap, images);
    if (shares.length > 0) found.push({ layer: tap.name, share: shares.reduce((sum, share) => sum + share, 0) / shares.length, images: shares.length });
  }
  return found;
}

/** Null for a layer whose shape is not known, or has not the axis that was chosen: nothing can have been recorded of it. */
function tapWhereKnown(study: OpenStudy, layer: string): Tap | null {
  try {
    return study.tap(layer);
  } catch (error) {
    if (error instanceof UnitscopeError && error.code === 'layer.failed') return null;
    throw error;
  }
}

/** At most `count` of the items, evenly spaced. */
function spread<T>(items: readonly T[], count: number): T[] {
  return items.length <= count ? [...items] : Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)]!);
}

async function measure(device: ReadyDevice, wanted: Tap[], images: ImageFile[], recording: Recording, signal: AbortSignal): Promise<void> {
  const { taps, batch } = await prepare(device, wanted, signal);
  if (taps.length === 0) return; // why they do not run is told where they are recorded
  const job = { ...device.job, batch };
  await rowsOfImages(device, images, signal, (piece, options) => device.pool.call('sparsity', { job, taps, images: piece }, options), async (piece, rows) => {
    const known = piece.flatMap(({ identity }, i) => (rows[i] ? [{ identity, row: rows[i] }] : []));
    if (known.length === 0) return;
    const layers = taps.map((tap, at) => ({ key: sparsityKey(tap), units: 1, scores: Float32Array.from(known, ({ row }) => row[at]!) }));
    const path = recording.newSegmentPath();
    await writeSegment(path, known.map(({ identity }) => identity), layers);
    await recording.add(path);
  });
}

/** One number an image that was measured. */
async function sharesOf(recording: Recording, tap: Tap, images: ImageFile[]): Promise<number[]> {
  const key = sparsityKey(tap);
  const shares: number[] = [];
  for (const { identity } of images) {
    const share = await recording.value(key, identity, 0);
    if (share !== null) shares.push(share);
  }
  return shares;
}
