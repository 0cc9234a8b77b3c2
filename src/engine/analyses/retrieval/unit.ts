import { UnitscopeError } from '../../../protocol/errors';
import type { LeftOut, RetrievalFilter, RetrievalResult } from '../../../protocol/retrieval';
import { selectionOf } from '../../embeddings/files';
import type { OpenStudy } from '../../study/openStudy';
import { chooseRows, datasetCatalogue, resultAt } from './catalogue';

/**
 * Stimuli by a unit's score, its maximum over positions, as the patches have it; `distance` is minus the score. Equal scores: the
 * lower index first. @throws usage for a unit that there is not, embedding.missing
 */
export async function rankByUnit(
  study: OpenStudy,
  layer: string,
  unit: number,
  filter: RetrievalFilter,
): Promise<{ found: (RetrievalResult & { index: number })[]; leftOut: LeftOut; milliseconds: number }> {
  const tap = study.tap(layer);
  if (unit >= tap.units) throw new UnitscopeError('usage', `Layer ${layer} has ${tap.units} units, 0 to ${tap.units - 1}; there is no unit ${unit}.`);
  const start = performance.now();
  const { stimuli } = await selectionOf(study);
  const recording = await study.recording();
  const scores = new Map<number, number>();
  for (const segment of recording.segmentsFrom(0)) {
    const row = await segment.read(tap.key, unit, unit + 1);
    segment.header.images.forEach((image, column) => {
      if (row) for (const index of study.population.indicesOf(image)) scores.set(index, row[column]!);
    });
  }
  if (stimuli.some((index) => !scores.has(index))) throw new UnitscopeError('embedding.missing', `Layer ${layer} has not been recorded for all images yet.`);
  const catalogue = datasetCatalogue(study, stimuli);
  const { candidates, left } = chooseRows(catalogue, filter, [], undefined);
  let notFinite = 0;
  const ranked: { row: number; score: number }[] = [];
  stimuli.forEach((index, row) => {
    if (candidates.mask?.[row] === 0 || (candidates.groups?.[row] ?? 0) < 0) return;
    const score = scores.get(index)!;
    if (Number.isNaN(score)) notFinite++;
    else ranked.push({ row, score });
  });
  ranked.sort((a, b) => b.score - a.score || a.row - b.row);
  const seen = new Set<number>();
  const best = ranked.filter(({ row }) => {
    const group = candidates.groups?.[row];
    if (group === undefined) return true;
    const first = !seen.has(group);
    seen.add(group);
    return first;
  });
  const found = best.map(({ row, score }) => ({ ...resultAt(catalogue, row, 0 - score), index: stimuli[row]! }));
  const unreadable = study.parts.dataset.stimuli.length - stimuli.length;
  const leftOut = { ...left, filter: left.filter + ranked.length - best.length, silent: 0, notFinite, unreadable };
  return { found, leftOut, milliseconds: performance.now() - start };
}
