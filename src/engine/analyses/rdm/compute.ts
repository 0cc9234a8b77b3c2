import { availableParallelism } from 'node:os';
import type { Baseline, RdmRecipe } from '../../../protocol/rdm';
import { cancelled, toUnitscopeError, UnitscopeError } from '../../../protocol/errors';
import type { ScanOutcome, ScanProgress } from '../../../protocol/scan';
import type { RdmFault } from '../../compute/contract';
import { shapeProblem } from '../../embeddings/measurable';
import { embeddingSource } from '../../embeddings/source';
import { rememberUnusable, skippedImages } from '../../embeddings/usable';
import { readNpy } from '../../io/npy';
import type { WorkerPool } from '../../runtime/pool';
import { scan } from '../../runtime/scan';
import { Activations } from '../../store/activations';
import { trimCache } from '../../store/trim';
import { openRdm } from '../../store/rdmFile';
import type { OpenStudy } from '../../study/openStudy';
import { scanStudy } from '../../study/scanStudy';
import type { StudyServices } from '../../study/services';
import { selectRows, type Rows } from './rows';
import { forgetFailure, rdmKey, rdmPath, rememberFailure, type RdmKey } from './store';

export interface RdmServices extends StudyServices {
  /** Worker processes for numbers. */
  compute: WorkerPool;
  /** Bytes that computing RDMs may take, about. */
  memory: number;
}

/** A layer that is computed takes this many bytes besides its accumulators. */
const laneBytes = 200e6;

type Report = (progress: ScanProgress) => void;

/** Layers whose RDM is not in the store, of those that can be measured. */
export async function missingRdms(study: OpenStudy, layers: readonly string[], recipe: RdmRecipe, rows: Rows): Promise<string[]> {
  const missing: string[] = [];
  for (const layer of new Set(layers))
    if (shapeProblem(study, layer) === null && !(await openRdm(await rdmPath(study, await rdmKey(layer, recipe, rows))))) missing.push(layer);
  return missing;
}

/**
 * Makes sure that the store has the RDMs of the layers: records what is missing of their embeddings in one pass over the
 * images, then computes each from the disk. RDMs that are there already cost nothing; a layer that fails leaves the others.
 * @throws cancelled, usage, and what `scanStudy` throws
 */
export async function computeRdms(
  study: OpenStudy,
  layers: readonly string[],
  recipe: RdmRecipe,
  services: RdmServices,
  signal: AbortSignal,
  report: Report,
): Promise<ScanOutcome> {
  const start = performance.now();
  const failedLayers: ScanOutcome['failedLayers'] = [];
  const measurable = layers.filter((layer) => {
    study.layer(layer); // a name that is wrong is told before anything runs
    const problem = shapeProblem(study, layer);
    if (problem !== null) failedLayers.push({ layer, message: problem });
    return problem === null;
  });
  if (measurable.length === 0 && failedLayers[0]) throw new UnitscopeError('layer.failed', failedLayers[0].message);
  let rows = await selectRows(study, recipe);
  let missing = await missingRdms(study, measurable, recipe, rows);
  const outcome: ScanOutcome = {
    layers: [...layers],
    done: rows.stimuli.length,
    total: rows.stimuli.length,
    cached: rows.stimuli.length,
    skipped: [],
    failedLayers,
    device: null,
    seconds: 0,
  };
  if (missing.length > 0) {
    const what = recipe.pool === 'flatten' ? 'activations' : 'scores';
    const images = new Set(rows.stimuli);
    const scanned = await scanStudy(study, { what, layers: missing, images }, services, signal, report);
    await rememberUnusable(study, scanned.skipped);
    rows = await selectRows(study, recipe);
    missing = await missingRdms(study, measurable, recipe, rows);
    failedLayers.push(...scanned.failedLayers);
    Object.assign(outcome, scanned, { layers: outcome.layers, failedLayers });
    for (const { layer, message } of scanned.failedLayers)
      await rememberFailure(await rdmPath(study, await rdmKey(layer, recipe, rows)), message);
    const runnable = missing.filter((layer) => !scanned.failedLayers.some((failure) => failure.layer === layer));
    const device = scanned.device;
    failedLayers.push(...(await computeLayers(study, runnable, recipe, rows, services, signal, (done) =>
      report({ phase: 'computing', done, total: runnable.length, cached: 0, skipped: scanned.skipped.length, imagesPerSecond: null, secondsLeft: null, device }),
    )));
    await trimCache(services.cache);
  }
  return { ...outcome, skipped: await skippedImages(study), seconds: (performance.now() - start) / 1000 };
}

/** The RDMs of the baselines, computed where they are missing. */
export async function computeBaseline(
  study: OpenStudy,
  baseline: Baseline,
  recipe: RdmRecipe,
  rows: Rows,
  services: RdmServices,
  signal: AbortSignal,
): Promise<void> {
  const layer = `baseline:${baseline}`;
  if ((await missingRdms(study, [layer], recipe, rows)).length === 0) return;
  const activations = await Activations.open((await study.recording()).folder);
  const lacking = [...rows.stimuli].filter((index) => !activations.has(layer, study.parts.identities[index]!));
  const job = { ...study.job, device: 'cpu' as const };
  await scan(
    services.compute,
    job,
    lacking.map((index) => study.imageFile(index)),
    {
      newPath: () => activations.newPath(),
      record: (images, file, options) =>
        services.compute.call('activations', { job, what: { kind: 'baselines', baselines: [baseline] }, images, file }, options),
      add: (path) => activations.add(path),
    },
    signal,
    () => undefined,
  );
  const [failure] = await computeLayers(study, [layer], recipe, rows, services, signal, () => undefined);
  if (failure) throw new UnitscopeError('layer.failed', failure.message);
}

/** @returns the layers that have none, with the reason */
async function computeLayers(
  study: OpenStudy,
  layers: readonly string[],
  recipe: RdmRecipe,
  rows: Rows,
  services: RdmServices,
  signal: AbortSignal,
  report: (done: number) => void,
): Promise<ScanOutcome['failedLayers']> {
  const activations = await Activations.open((await study.recording()).folder);
  await activations.touch();
  const failures: ScanOutcome['failedLayers'] = [];
  const queue = [...layers];
  const lanes = Math.max(1, Math.min(services.compute.size, queue.length, Math.floor(services.memory / laneBytes)));
  const shares = new Map<string, number>();
  const tell = (layer: string, share: number): void => {
    shares.set(layer, share);
    report([...shares.values()].reduce((sum, one) => sum + one, 0));
  };
  report(0);
  const lane = async (): Promise<void> => {
    for (let layer = queue.shift(); layer !== undefined; layer = queue.shift()) {
      if (signal.aborted) throw cancelled();
      const message = await computeLayer(study, layer, recipe, rows, activations, services, { lanes, signal, tell: (share) => tell(layer, share) });
      if (message !== null) failures.push({ layer, message });
      tell(layer, 1);
    }
  };
  const lanesDone = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failed = lanesDone.find((lane) => lane.status === 'rejected');
  if (failed) throw failed.reason;
  return failures;
}

/** @returns why there is no RDM, or null */
async function computeLayer(
  study: OpenStudy,
  layer: string,
  recipe: RdmRecipe,
  rows: Rows,
  activations: Activations,
  { compute, memory, log }: RdmServices,
  { lanes, signal, tell }: { lanes: number; signal: AbortSignal; tell: (share: number) => void },
): Promise<string | null> {
  const key = await rdmKey(layer, recipe, rows);
  const file = await rdmPath(study, key);
  await forgetFailure(file);
  let message: string;
  try {
    const source = await embeddingSource(study, layer, recipe.pool, rows.stimuli, activations);
    if (!source) throw new UnitscopeError('layer.failed', `Layer ${layer} has not been recorded for all images; compute again.`);
    const { measure: distance } = key;
    const threads = Math.max(1, Math.floor(availableParallelism() / lanes));
    const fault =
      distance === 'mahalanobis' || distance === 'crossnobis'
        ? await compute.call('compute.mahalanobis', { source, file, precision: await readPrecision(recipe, source.features, layer), partition: rows.partition }, { signal })
        : await compute.call('compute.rdm', { source, distance, file, budget: memory / lanes, threads }, { signal, onProgress: ({ share }) => tell(share) });
    if (!fault) return null;
    message = describeFault(study, key, fault);
  } catch (error) {
    const known = toUnitscopeError(error);
    if (known.code !== 'usage' && known.code !== 'layer.failed' && known.code !== 'reference.unreadable') throw error;
    ({ message } = known);
  }
  log('warn', message);
  await rememberFailure(file, message);
  return message;
}

function describeFault(study: OpenStudy, { layer, rows, pool }: RdmKey, { kind, rows: at }: RdmFault): string {
  const path = study.population.pathOf(rows.stimuli[at[0]!]!);
  const others = at.length > 1 ? ` and ${at.length - 1} others` : '';
  const name = layer.startsWith('baseline:') ? `The baseline ${layer.slice('baseline:'.length)}` : `Layer ${layer}`;
  switch (kind) {
    case 'constant':
      return `${name} has the same activation in all its features for ${path}${others}, so correlations with it are not defined; leave it out or choose the Euclidean distance.`;
    case 'zero':
      return `${name} is silent for ${path}${others}, so angles with it are not defined; leave it out or choose the Euclidean distance.`;
    case 'not-finite':
      return `${name} has activations that are not finite numbers for ${path}${others}${pool === 'max' ? ' or cannot be ranked' : ''}; the model may overflow.`;
  }
}

async function readPrecision({ precision, measure }: RdmRecipe, features: number, layer: string): Promise<Float64Array | null> {
  if (precision === undefined) {
    if (measure === 'mahalanobis')
      throw new UnitscopeError('usage', 'The Mahalanobis distance needs a precision matrix of the features: an .npy file (--precision on the command line).');
    return null;
  }
  const { shape, data } = await readNpy(precision);
  if (shape.length !== 2 || shape[0] !== features || shape[1] !== features)
    throw new UnitscopeError(
      'reference.unreadable',
      `${precision} holds an array of ${shape.join(' x ')}, but the precision matrix of layer ${layer} is ${features} x ${features}; pool the layer or choose another file.`,
    );
  return data;
}
