import { join } from 'node:path';
import { cancelled, toUnitscopeError, UnitscopeError } from '../../protocol/errors';
import type { SkippedImage, Stimulus } from '../../protocol/dataset';
import type { DeviceInUse, LayerFailure, ScanOutcome, ScanProgress } from '../../protocol/scan';
import type { ImageFile, Job } from '../runtime/job';
import { prepare } from '../runtime/devices';
import { scan, type Sink } from '../runtime/scan';
import type { Tap } from '../runtime/tap';
import type { WorkerPool } from '../runtime/pool';
import { Activations } from '../store/activations';
import { deviceOf } from './device';
import type { OpenStudy } from './openStudy';
import type { StudyServices } from './services';

/** Reports at most this often: every report crosses processes and repaints views. */
const reportInterval = 120;

/** What is recorded of the layers: scores and means of their units, or their activations whole. */
export type Recorded = 'scores' | 'activations';

/** Where it is kept. */
interface Store {
  has(tap: Tap, identity: string): boolean;
  sink(pool: WorkerPool, job: Job, taps: Tap[]): Sink;
}

async function storeOf(study: OpenStudy, what: Recorded): Promise<Store> {
  const recording = await study.recording();
  if (what === 'scores') {
    await recording.refresh();
    return {
      has: (tap, identity) => recording.has(tap.key, identity),
      sink: (pool, job, taps) => ({
        newPath: () => recording.newSegmentPath(),
        record: (images, segment, options) => pool.call('scan', { job, taps, images, segment }, options),
        add: (path) => recording.add(path),
      }),
    };
  }
  const activations = await Activations.open(recording.folder);
  return {
    has: (tap, identity) => activations.has(tap.name, identity),
    sink: (pool, job, taps) => ({
      newPath: () => activations.newPath(),
      record: (images, file, options) =>
        pool.call('activations', { job, what: { kind: 'layers', taps }, images, file }, options),
      add: (path) => activations.add(path),
    }),
  };
}

/**
 * Records what is missing of the layers over the study's dataset. Images and layers that are in the recording already are
 * not looked at again; what was recorded before a cancellation or failure stays.
 * @param what and of which images, by index (default: all), and layers, by name (default: all primary ones)
 * @throws cancelled, device.unavailable, model.unsupported, model.failed (when none of the layers runs), and for names
 * model.unknownLayer and layer.failed (when the shape does not allow it)
 */
export async function scanStudy(
  study: OpenStudy,
  { what = 'scores', layers, images }: { what?: Recorded; layers?: string[]; images?: ReadonlySet<number> },
  services: StudyServices,
  signal: AbortSignal,
  report: (progress: ScanProgress) => void,
): Promise<ScanOutcome> {
  const start = performance.now();
  const failedLayers: LayerFailure[] = [];
  const taps = tapsOf(study, layers, failedLayers);
  const stimuli = study.parts.dataset.stimuli.filter(({ index }) => images?.has(index) !== false);
  const total = stimuli.length;
  const skipped = new Map<number, SkippedImage>();
  stimuli.forEach(({ index, path }) => {
    if (study.parts.identities[index] === null)
      skipped.set(index, { index, path, reason: `${path} cannot be read from the disk.` });
  });
  const { root, unreadableFolders } = study.parts.dataset.summary;
  for (const folder of unreadableFolders)
    services.log('warn', `The folder ${join(root, folder)} cannot be read, so its images are left out; check its permissions.`);

  const recording = await study.recording();
  let store = await storeOf(study, what);
  let missing = missingOf(study, taps, store, stimuli);
  const work: Work[] = [];
  let inUse: DeviceInUse | null = null;
  if (missing.length > 0) {
    const ready = await deviceOf(study, taps, services, signal);
    inUse = ready.inUse;
    if ((await study.recording()) !== recording) {
      store = await storeOf(study, what);
      missing = missingOf(study, taps, store, stimuli);
    }
    for (const group of missing) {
      const { taps: good, failures, batch } = await prepare(ready, group.taps, signal);
      failedLayers.push(...failures.filter((failure) => !isIn(failedLayers, failure.layer)));
      if (good.length > 0) work.push({ ...group, taps: good, batch });
    }
    const before = { skipped: skipped.size, ...countFresh(study, work, stimuli) };
    const all = work.reduce((sum, { images }) => sum + images.length, 0);
    let worked = 0;
    const throttled = throttle(report, reportInterval);
    for (const { taps: good, images: files, batch } of work) {
      if (signal.aborted) throw cancelled();
      const job = { ...ready.job, batch };
      const unusable = await scan(ready.pool, job, files, store.sink(ready.pool, job, good), signal, (counts) => {
        const left = all - worked - counts.done;
        throttled({
          phase: 'scanning',
          done: before.skipped + before.cached + Math.floor((before.fresh * (worked + counts.done)) / all),
          total,
          cached: before.cached,
          skipped: skipped.size,
          imagesPerSecond: counts.imagesPerSecond,
          secondsLeft: counts.imagesPerSecond === null ? null : left / counts.imagesPerSecond,
          device: inUse,
        });
      });
      for (const { index, reason } of unusable) for (const copy of copiesOf(study, index, reason)) skipped.set(copy.index, copy);
      worked += files.length;
    }
  }
  const measured = taps.map((tap) => tap.name).filter((name) => !isIn(failedLayers, name));
  if (measured.length === 0 && failedLayers[0]) throw new UnitscopeError('model.failed', failedLayers[0].message);
  return {
    layers: measured,
    done: total - skipped.size,
    total,
    cached: countFresh(study, work, stimuli).cached,
    skipped: [...skipped.values()].sort((a, b) => a.index - b.index),
    failedLayers,
    device: inUse,
    seconds: (performance.now() - start) / 1000,
  };
}

function isIn(failures: LayerFailure[], name: string): boolean {
  return failures.some(({ layer }) => layer === name);
}

/** An image that cannot be used, and its copies: images are looked at once for each content. */
function copiesOf(study: OpenStudy, index: number, reason: string): SkippedImage[] {
  const { dataset, identities } = study.parts;
  return study.population.indicesOf(identities[index]!).map((copy) => ({
    index: copy,
    path: study.population.pathOf(copy),
    reason: reason.replaceAll(dataset.file(index), () => dataset.file(copy)),
  }));
}

/** A layer that was named must be measurable; of all layers those that are not are listed and left out. */
function tapsOf(study: OpenStudy, layers: string[] | undefined, failed: LayerFailure[]): Tap[] {
  if (layers) return [...new Set(layers)].map((name) => study.tap(name));
  const taps: Tap[] = [];
  for (const layer of study.layers) {
    if (!layer.primary) continue;
    try {
      taps.push(study.tap(layer.name));
    } catch (error) {
      failed.push({ layer: layer.name, message: toUnitscopeError(error).message });
    }
  }
  if (taps.length === 0)
    throw new UnitscopeError('model.unsupported', `${study.parts.summary.path} has no layer whose units can be measured.`);
  return taps;
}

interface Missing {
  taps: Tap[];
  images: ImageFile[];
}

/** What of it runs, and in batches of how many. */
interface Work extends Missing {
  batch: number;
}

/** Images that lack layers, grouped by which; layers that run one image at a time are a group of their own. */
function missingOf(study: OpenStudy, taps: Tap[], store: Store, stimuli: readonly Stimulus[]): Missing[] {
  const groups = new Map<string, Missing>();
  const seen = new Set<string>();
  for (const { index } of stimuli) {
    const identity = study.parts.identities[index];
    if (!identity || seen.has(identity)) continue;
    seen.add(identity);
    for (const batched of [true, false]) {
      const lacking = taps.filter((tap) => tap.batched === batched && !store.has(tap, identity));
      if (lacking.length === 0) continue;
      const key = lacking.length === taps.length ? 'all' : lacking.map((tap) => tap.key).join('\n');
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { taps: lacking, images: [] }));
      group.images.push(study.imageFile(index));
    }
  }
  return [...groups.values()];
}

/** How many stimuli still have something to be recorded, and how many have everything. */
function countFresh(study: OpenStudy, missing: Missing[], stimuli: readonly Stimulus[]): { fresh: number; cached: number } {
  const identities = new Set(missing.flatMap((group) => group.images.map((image) => image.identity)));
  let fresh = 0;
  let cached = 0;
  for (const { index } of stimuli) {
    const identity = study.parts.identities[index];
    if (!identity) continue;
    if (identities.has(identity)) fresh++;
    else cached++;
  }
  return { fresh, cached };
}

function throttle<T>(report: (value: T) => void, interval: number): (value: T) => void {
  let last = -Infinity;
  return (value) => {
    const now = performance.now();
    if (now - last < interval) return;
    last = now;
    report(value);
  };
}
