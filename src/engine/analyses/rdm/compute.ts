import { availableParallelism } from 'node:os';
import type { Baseline, RdmRecipe } from '../../../protocol/rdm';
import { cancelled, toUnitscopeError, UnitscopeError } from '../../../protocol/errors';
import type { ScanOutcome, ScanProgress } from '../../../protocol/scan';
import type { RdmFault } from '../../compute/contract';
import { readNpy } from '../../io/npy';
import type { WorkerPool } from '../../runtime/pool';
import { scan } from '../../runtime/scan';
import { Activations, trimActivations } from '../../store/activations';
import { openRdm } from '../../store/rdmFile';
import type { OpenStudy } from '../../study/openStudy';
import { scanStudy } from '../../study/scanStudy';
import type { StudyServices } from '../../study/services';
import { rememberUnusable, selectRows, type Rows } from './rows';
import { embeddingSource } from './source';
import { forgetFailure, rdmKey, rdmPath, rememberFailure, type RdmKey } from './store';

export interface RdmServices extends StudyServices {
  /** Worker processes for numbers. */
  compute: WorkerPool;
  /** Bytes that computing RDMs may take, about. */
  memory: number;
}

/** Whole activations that are kept on disk for the next question, in bytes, of all models together. */
const keptActivations = 8e9;

type Report = (progress: ScanProgress) => void;

/** Layers whose RDM is not in the store. */
export async function missingRdms(study: OpenStudy, layers: readonly string[], recipe: RdmRecipe, rows: Rows): Promise<string[]> {
  const missing: string[] = [];
  for (const layer of new Set(layers))
    if (!(await openRdm(await rdmPath(study, await rdmKey(layer, recipe, rows))))) missing.push(layer);
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
  for (const layer of layers) study.tap(layer); // names and shapes are right before anything runs
  let rows = await selectRows(study, recipe);
  let missing = await missingRdms(study, layers, recipe, rows);
  const outcome: ScanOutcome = {
    layers: [...layers],
    done: rows.stimuli.length,
    total: rows.stimuli.length,
    cached: rows.stimuli.length,
    skipped: [],
    failedLayers: [],
    device: null,
    seconds: 0,
  };
  if (missing.length > 0) {
    const what = recipe.pool === 'flatten' ? 'activations' : 'scores';
    const images = new Set(rows.stimuli);
    const scanned = await scanStudy(study, { what, layers: missing, images }, services, signal, report);
    await rememberUnusable(study, scanned.skipped.map(({ index }) => index));
    rows = await selectRows(study, recipe);
    missing = await missingRdms(study, layers, recipe, rows);
    Object.assign(outcome, scanned, { layers: outcome.layers });
    for (const { layer, message } of scanned.failedLayers)
      await rememberFailure(await rdmPath(study, await rdmKey(layer, recipe, rows)), message);
    const runnable = missing.filter((layer) => !scanned.failedLayers.some((failure) => failure.layer === layer));
    const device = scanned.device;
    outcome.failedLayers.push(...(await computeLayers(study, runnable, recipe, rows, services, signal, (done) =>
      report({ phase: 'computing', done, total: runnable.length, cached: 0, skipped: scanned.skipped.length, imagesPerSecond: null, secondsLeft: null, device }),
    )));
    await trimActivations(services.cache, keptActivations);
  }
  return { ...outcome, seconds: (performance.now() - start) / 1000 };
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
  const lanes = Math.min(services.compute.size, queue.length);
  let done = 0;
  report(0);
  const lane = async (worker: number): Promise<void> => {
    for (let layer = queue.shift(); layer !== undefined; layer = queue.shift()) {
      if (signal.aborted) throw cancelled();
      const message = await computeLayer(study, layer, recipe, rows, activations, services, { worker, lanes, signal });
      if (message !== null) failures.push({ layer, message });
      report(++done);
    }
  };
  const lanesDone = await Promise.allSettled(Array.from({ length: lanes }, (_, worker) => lane(worker)));
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
  { worker, lanes, signal }: { worker: number; lanes: number; signal: AbortSignal },
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
        ? await compute.call('compute.mahalanobis', { source, file, precision: await readPrecision(recipe, source.features, layer), partition: rows.partition }, { worker, signal })
        : await compute.call('compute.rdm', { source, distance, file, budget: memory / lanes, threads }, { worker, signal });
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

async function readPrecision({ precision }: RdmRecipe, features: number, layer: string): Promise<Float64Array | null> {
  if (precision === undefined) return null;
  const { shape, data } = await readNpy(precision);
  if (shape.length !== 2 || shape[0] !== features || shape[1] !== features)
    throw new UnitscopeError(
      'reference.unreadable',
      `${precision} holds an array of ${shape.join(' x ')}, but the precision matrix of layer ${layer} is ${features} x ${features}; pool the layer or choose another file.`,
    );
  return data;
}
