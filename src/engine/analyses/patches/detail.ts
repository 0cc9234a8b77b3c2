import { UnitscopeError } from '../../../protocol/errors';
import type { ActivationMap, UnitDetail, UnitPair } from '../../../protocol/patches';
import { histogram } from '../../numerics/histogram';
import { classSelectivity } from '../../numerics/selectivity';
import { TopK } from '../../numerics/topk';
import type { ReadyDevice } from '../../runtime/devices';
import type { OpenStudy } from '../../study/openStudy';
import { gridExtent, place } from './place';

const bins = 40;

/** One unit over the whole dataset: reads its scores from the recording, four bytes a stimulus. */
export async function unitDetail(study: OpenStudy, layer: string, unit: number, top: number): Promise<UnitDetail> {
  return detailOf(study, layer, unit, top, await unitScores(study, layer, unit));
}

/**
 * One unit in two studies of the same stimuli, from what has been recorded of both. Their histograms share their bins.
 * @throws usage where the other model has no such unit
 */
export async function unitPair(study: OpenStudy, other: OpenStudy, layer: string, unit: number, top: number): Promise<UnitPair> {
  refuseMismatch(study, other, layer);
  const scores = await Promise.all([study, other].map((of) => unitScores(of, layer, unit)));
  const [a, b] = [scores[0]!, scores[1]!];
  let [low, high] = [Infinity, -Infinity];
  for (const scored of [a, b])
    for (const score of scored) {
      if (Number.isNaN(score)) continue;
      low = Math.min(low, score);
      high = Math.max(high, score);
    }
  const range: [number, number] | undefined = low <= high ? [low, high] : undefined;
  const both = Int32Array.from(a.keys()).filter((index) => !Number.isNaN(a[index]!) && !Number.isNaN(b[index]!));
  return {
    units: [detailOf(study, layer, unit, top, a, range), detailOf(other, layer, unit, top, b, range)],
    stimuli: both.length,
    correlation: correlation(Float64Array.from(both, (index) => a[index]!), Float64Array.from(both, (index) => b[index]!)),
  };
}

function refuseMismatch(study: OpenStudy, other: OpenStudy, layer: string): void {
  const [own, its] = [study, other].map(({ layers }) => layers.find(({ name }) => name === layer));
  const what = !its ? `has no layer ${layer}` : own?.units !== its.units ? `has ${its.units ?? 'an unknown number of'} units in ${layer}, not ${own?.units ?? 'as many'}` : null;
  if (what !== null) throw new UnitscopeError('usage', `${other.parts.summary.path} ${what}; choose a model of the same architecture.`);
}

/** Pearson's r. */
function correlation(a: Float64Array, b: Float64Array): number | null {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    product += (value - meanA) * (b[i]! - meanB);
    squaresA += (value - meanA) ** 2;
    squaresB += (b[i]! - meanB) ** 2;
  }
  return squaresA > 0 && squaresB > 0 ? product / Math.sqrt(squaresA * squaresB) : null;
}

/** The unit's score for each stimulus by its index; NaN where there is none yet. */
async function unitScores(study: OpenStudy, layer: string, unit: number): Promise<Float32Array> {
  const tap = study.tap(layer);
  const { population } = study;
  const recording = await study.recording();
  const scores = new Float32Array(population.count).fill(NaN);
  for (const segment of recording.segmentsFrom(0)) {
    const row = await segment.read(tap.key, unit, unit + 1);
    if (!row) continue;
    segment.header.images.forEach((image, column) => {
      for (const index of population.indicesOf(image)) scores[index] = row[column]!;
    });
  }
  return scores;
}

function detailOf({ population }: OpenStudy, layer: string, unit: number, top: number, scores: Float32Array, range?: [number, number]): UnitDetail {
  const ranking = new TopK(1, top);
  const known: number[] = [];
  const classes = population.classes.map((label) => ({ label, count: 0, sum: 0, min: Infinity, max: -Infinity }));
  let sum = 0;
  let squares = 0;
  scores.forEach((score, index) => {
    if (Number.isNaN(score)) return;
    ranking.offer(0, index, score);
    known.push(score);
    sum += score;
    const of = classes[population.classOf[index]!];
    if (!of) return;
    of.count++;
    of.sum += score;
    of.min = Math.min(of.min, score);
    of.max = Math.max(of.max, score);
  });
  const mean = known.length > 0 ? sum / known.length : 0;
  for (const score of known) squares += (score - mean) ** 2;
  const selectivity = classSelectivity(classes.map((of) => of.sum / of.count));
  return {
    unit,
    layer,
    top: ranking.best(0).map(({ index, score }) => ({
      index,
      score,
      path: population.pathOf(index),
      label: population.labelOf(index),
    })),
    histogram: histogram(known, bins, range),
    classes: classes
      .filter((of) => of.count > 0)
      .map(({ label, count, sum: total, min, max }) => ({ label, count, mean: total / count, min, max }))
      .sort((a, b) => b.mean - a.mean),
    mean,
    standardDeviation: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : 0,
    selectivity: selectivity?.selectivity ?? null,
    preferred: selectivity ? population.classes[selectivity.preferred]! : null,
  };
}

/** A unit's activation over the layer's grid for one stimulus; runs the model up to the layer. */
export async function activationMap(
  study: OpenStudy,
  layer: string,
  unit: number,
  index: number,
  device: ReadyDevice,
  signal: AbortSignal,
): Promise<ActivationMap> {
  const tap = study.tap(layer);
  const field = study.field(layer);
  const image = study.imageFile(index);
  const job = { ...device.job, batch: 1 };
  const values = await device.pool.call('map', { job, tap, unit, image }, { signal });
  let at = 0;
  values.forEach((value, i) => {
    if (value > values[at]!) at = i;
  });
  const geometry = await study.geometry(index);
  return {
    rows: tap.grid[0],
    columns: tap.grid[1],
    values,
    extent: gridExtent(tap, field, geometry),
    place: place(tap, field, at, geometry),
  };
}
