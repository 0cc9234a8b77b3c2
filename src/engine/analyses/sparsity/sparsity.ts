import { cancelled, UnitscopeError } from '../../../protocol/errors';
import type { LayerSparsity } from '../../../protocol/graph';
import { prepare, type ReadyDevice } from '../../runtime/devices';
import { rowsOfImages } from '../../runtime/imageRows';
import type { ImageFile } from '../../runtime/job';
import type { Tap } from '../../runtime/tap';
import type { Recording } from '../../store/recording';
import { writeSegment, type Segment } from '../../store/segment';
import type { OpenStudy } from '../../study/openStudy';

/** Stimuli that a share is measured on at the most: of each, it is a mean over all units and positions already. */
const enoughImages = 32;

/** Shares are kept in the recording beside the scores, under a key of their own. */
function sparsityKey(tap: Tap): string {
  return `sparsity ${tap.name}`;
}

/**
 * The share of activations that are exactly 0, of every layer that has been recorded, in the order of the graph: the mean over
 * recorded stimuli that are spread evenly over the dataset. What is not known yet is measured by running the model, and kept.
 * @param open gives the device for the taps
 * @throws model.failed, worker.stopped, cancelled
 */
export async function sparsityOfLayers(study: OpenStudy, open: (taps: Tap[]) => Promise<ReadyDevice>, signal: AbortSignal): Promise<LayerSparsity[]> {
  for (;;) {
    const recording = await study.recording();
    const { taps, images } = recorded(study, recording);
    const lacks = (tap: Tap) => ({ identity }: ImageFile): boolean => !recording.has(sparsityKey(tap), identity);
    let same = true;
    // Layers whose first axis is no batch run one image at a time, all others need not.
    for (const batched of [true, false]) {
      const unknown = taps.filter((tap) => tap.batched === batched && images.some(lacks(tap)));
      if (unknown.length === 0) continue;
      const device = await open(unknown);
      same = (await study.recording()) === recording;
      if (!same) break; // another device than the one that is remembered: its results are apart
      const fresh = images.filter((image) => unknown.some((tap) => lacks(tap)(image)));
      await measure(device, unknown, fresh, recording, signal);
    }
    if (same) return await shares(recording, taps, images, signal);
  }
}

/** The layers that have been recorded, and some of the stimuli, which can be decoded then. */
function recorded(study: OpenStudy, recording: Recording): { taps: Tap[]; images: ImageFile[] } {
  const all = study.layers.flatMap(({ name }) => tapWhereKnown(study, name) ?? []);
  const { identities } = study.parts;
  const known = identities.flatMap((identity, index) => (identity !== null && all.some(({ key }) => recording.has(key, identity)) ? [index] : []));
  const taps = all.filter(({ key }) => known.some((index) => recording.has(key, identities[index]!)));
  return { taps, images: spread(known, enoughImages).map((index) => study.imageFile(index)) };
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

async function shares(recording: Recording, taps: readonly Tap[], images: readonly ImageFile[], signal: AbortSignal): Promise<LayerSparsity[]> {
  const found: LayerSparsity[] = [];
  for (const tap of taps) {
    if (signal.aborted) throw cancelled();
    const key = sparsityKey(tap);
    const rows = images.flatMap(({ identity }) => recording.column(key, identity) ?? []);
    const read = new Map<Segment, Float32Array>();
    for (const { segment } of rows) if (!read.has(segment)) read.set(segment, (await segment.read(key))!);
    const sum = rows.reduce((all, { segment, column }) => all + read.get(segment)![column]!, 0);
    if (rows.length > 0) found.push({ layer: tap.name, share: sum / rows.length, images: rows.length });
  }
  return found;
}
