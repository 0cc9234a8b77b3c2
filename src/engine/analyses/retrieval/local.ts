import { UnitscopeError } from '../../../protocol/errors';
import type { LeftOut, LocalAnswer, LocalRequest } from '../../../protocol/retrieval';
import { geometryOf, type Geometry } from '../../dataset/geometry';
import { openImage } from '../../dataset/decode';
import { EmbeddingReader } from '../../compute/embeddings';
import { windowMean } from '../../compute/searchLocal';
import { selectionOf } from '../../embeddings/files';
import { embeddingSource } from '../../embeddings/source';
import { rememberUnusable } from '../../embeddings/usable';
import { Activations } from '../../store/activations';
import { trimCache } from '../../store/trim';
import { shared, type Kept } from '../../study/kept';
import type { OpenStudy } from '../../study/openStudy';
import { scanStudy } from '../../study/scanStudy';
import { chooseRows, datasetCatalogue, resultAt } from './catalogue';
import { resolveImage, type ResolvedImage } from './images';
import type { RetrievalServices } from './services';
import { placeWindow, spatialLayer, windowIn, type SpatialLayer, type Window } from './window';

type Report = (steps: { done: number; total: number }) => void;

interface Match {
  index: number;
  distance: number;
  /** Row-major. */
  position: number;
}

interface Ranking {
  matches: Match[];
  leftOut: LeftOut;
  milliseconds: number;
  window: Window;
}

/** The last rankings: the next page of one costs nothing. */
export type KeptRankings = Kept<Ranking>;

/** Images that a worker compares in one call. */
const imagesAtOnce = 256;

/**
 * The window of each other image that is most like a region of the query's image, all windows of that size being compared
 * (`compute/searchLocal.ts`). Whole activations are recorded where they are missing. @throws usage, cancelled, layer.failed
 */
export async function answerLocal(study: OpenStudy, request: LocalRequest, kept: KeptRankings, services: RetrievalServices, signal: AbortSignal, report: Report): Promise<LocalAnswer> {
  const { from, count, ...question } = request;
  const layer = spatialLayer(study, request.layer);
  const image = await resolveImage(study, { ...request.image, context: 1 }, signal);
  const geometry = image.index === null ? await geometryOfFile(study, image) : await study.geometry(image.index);
  const selection = await selectionOf(study);
  const recording = await study.recording();
  const key = JSON.stringify([recording.folder, selection.hash, image.identity, question]);
  const ranking = await shared(() => kept.get(key, () => rankLocally(study, question, layer, image, geometry, services, signal, report)), signal);
  const { matches, window } = ranking;
  const columns = layer.shape.grid[1];
  const catalogue = datasetCatalogue(study, Int32Array.from(matches, ({ index }) => index));
  const results: LocalAnswer['results'] = [];
  for (const [i, { index, distance, position }] of matches.slice(from, from + count).entries()) {
    const place: Window = { position: [Math.floor(position / columns), position % columns], size: window.size };
    results.push({ ...resultAt(catalogue, from + i, distance), index, ...placeWindow(place, layer, await study.geometry(index)) });
  }
  return {
    results,
    total: matches.length,
    leftOut: ranking.leftOut,
    milliseconds: ranking.milliseconds,
    window: window.size,
    grid: layer.shape.grid,
    query: placeWindow(window, layer, geometry),
  };
}

async function rankLocally(
  study: OpenStudy,
  request: Omit<LocalRequest, 'from' | 'count'>,
  layer: SpatialLayer,
  image: ResolvedImage,
  geometry: Geometry,
  services: RetrievalServices,
  signal: AbortSignal,
  report: Report,
): Promise<Ranking> {
  const window = windowOf(request, image, layer, geometry);
  const before = await selectionOf(study);
  const chosenOf = ({ stimuli }: { stimuli: Int32Array }): { rows: number[]; left: { query: number; filter: number } } => {
    const catalogue = datasetCatalogue(study, stimuli);
    const own = image.same.flatMap((index) => catalogue.rowOf(index) ?? []);
    const { candidates, left } = chooseRows(catalogue, request.filter, own, image.index === null ? undefined : catalogue.rowOf(image.index));
    const rows = Array.from(stimuli, (_, row) => row).filter((row) => (candidates.groups ? candidates.groups[row]! >= 0 : candidates.mask![row] === 1));
    return { rows, left };
  };
  const wanted = new Set(chosenOf(before).rows.map((row) => before.stimuli[row]!));
  if (image.index !== null) wanted.add(image.index);
  // Recording is the first half, comparing the second.
  const scanned = await scanStudy(study, { what: 'activations', layers: [request.layer], images: wanted }, services, signal, ({ done, total }) => report({ done, total: 2 * total }));
  if (scanned.failedLayers[0]) throw new UnitscopeError('layer.failed', scanned.failedLayers[0].message);
  await rememberUnusable(study, scanned.skipped);
  const selection = await selectionOf(study, true);
  const activations = await Activations.open((await study.recording()).folder);
  await activations.touch();
  const query = windowMean(await activationOf(study, request.layer, image, activations, services, signal), layer.shape, window.position[0] * layer.shape.grid[1] + window.position[1], window.size);
  if (!query.every(Number.isFinite)) throw new UnitscopeError('layer.failed', `Layer ${request.layer} has activations that are not finite numbers for ${image.name}; the model may overflow.`);
  if (request.metric === 'cosine' && query.every((value) => value === 0))
    throw new UnitscopeError('layer.failed', `Layer ${request.layer} is silent in this region of ${image.name}, so angles with it are not defined; search by Euclidean distance.`);

  const start = performance.now();
  const { rows, left } = chosenOf(selection);
  const stimuli = Int32Array.from(rows, (row) => selection.stimuli[row]!);
  const matches: Match[] = [];
  let [silent, notFinite, next, done] = [0, 0, 0, 0];
  const lane = async (): Promise<void> => {
    while (next < stimuli.length) {
      const some = stimuli.subarray(next, next + imagesAtOnce);
      next += some.length;
      const source = await embeddingSource(study, request.layer, 'flatten', some, activations);
      if (!source) throw new UnitscopeError('layer.failed', `Layer ${request.layer} has not been recorded for all images; try again.`);
      const { distances, positions, faults } = await services.compute.call('search.local', { source, shape: layer.shape, query, window: window.size, metric: request.metric }, { signal });
      some.forEach((index, i) => {
        if (faults[i] === 1) silent++;
        else if (faults[i] === 2) notFinite++;
        else matches.push({ index, distance: distances[i]!, position: positions[i]! });
      });
      done += some.length;
      report({ done: stimuli.length + done, total: 2 * stimuli.length });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: services.compute.size }, lane));
  const failed = lanes.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  matches.sort((a, b) => a.distance - b.distance || a.index - b.index);
  const best = request.filter.otherClasses ? nearestOfClasses(study, matches) : matches;
  await trimCache(services.cache);
  const unreadable = study.parts.dataset.stimuli.length - selection.stimuli.length;
  const leftOut = { ...left, filter: left.filter + matches.length - best.length, silent, notFinite, unreadable };
  return { matches: best, leftOut, milliseconds: performance.now() - start, window };
}

function nearestOfClasses(study: OpenStudy, matches: Match[]): Match[] {
  const seen = new Set<string | null>();
  return matches.filter(({ index }) => {
    const label = study.population.labelOf(index);
    const first = !seen.has(label);
    seen.add(label);
    return first;
  });
}

function windowOf({ position }: Pick<LocalRequest, 'position'>, { box }: ResolvedImage, layer: SpatialLayer, geometry: Geometry): Window {
  if (box) return windowIn(box, layer, geometry);
  const [rows, columns] = layer.shape.grid;
  if (!position) throw new UnitscopeError('usage', 'Local matches need a box of the image or a position of the layer.');
  if (position[0] >= rows || position[1] >= columns)
    throw new UnitscopeError('usage', `The layer's grid has ${rows} rows and ${columns} columns; there is no position ${position.join(', ')}.`);
  return { position, size: [1, 1] };
}

async function activationOf(study: OpenStudy, layer: string, image: ResolvedImage, activations: Activations, services: RetrievalServices, signal: AbortSignal): Promise<Float32Array> {
  const source = image.index === null ? null : await embeddingSource(study, layer, 'flatten', Int32Array.of(image.index), activations);
  if (!source) {
    const device = (): ReturnType<RetrievalServices['device']> => services.device(study, [layer], signal);
    return await services.vectors.get(study, layer, 'flatten', { ...image, box: null }, device, signal);
  }
  const reader = new EmbeddingReader(source);
  try {
    const values = new Float32Array(source.features);
    reader.read(0, source.features, values);
    return values;
  } finally {
    reader.close();
  }
}

async function geometryOfFile(study: OpenStudy, { path }: ResolvedImage): Promise<Geometry> {
  const { width, height } = await openImage(path);
  return geometryOf(study.parts.preprocess.config, { width, height });
}
