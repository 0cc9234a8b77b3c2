import { open, rename, rm } from 'node:fs/promises';
import type { Layer, ReceptiveField } from '../../../protocol/model';
import type { Box } from '../../../protocol/patches';
import type { ReadyDevice } from '../../runtime/devices';
import type { Tap } from '../../runtime/tap';
import type { OpenStudy } from '../../study/openStudy';
import { locate } from './locate';
import { place } from './place';
import { LayerTable } from './table';

interface RankedLayer {
  layer: Layer;
  tap: Tap;
  table: LayerTable;
  /** Row-major position of each ranked stimulus: [units, k]. */
  positions: Int32Array;
}

/**
 * Writes `patches.json` as `product.md` defines it, for layers that have been recorded. The winners' positions are found
 * in one more pass over the images that are among any unit's best. The file is there whole or not at all.
 * @param top stimuli a unit, as many as there are at most
 * @returns how many units it holds, and the layers that could not be ranked
 */
export async function exportPatches(
  study: OpenStudy,
  layers: string[],
  top: number,
  file: string,
  device: () => Promise<ReadyDevice>,
  signal: AbortSignal,
  report: (progress: { done: number; total: number }) => void,
): Promise<{ units: number; failed: { layer: string; message: string }[] }> {
  const k = Math.min(top, study.population.count);
  const recording = await study.recording();
  const ranked: RankedLayer[] = [];
  const failed: { layer: string; message: string }[] = [];
  for (const name of layers) {
    const tap = study.tap(name);
    const table = new LayerTable(recording, tap, study.population, new Set(), k);
    await table.update();
    if (table.failure === null)
      ranked.push({ layer: study.layer(name), tap, table, positions: new Int32Array(tap.units * k) });
    else failed.push({ layer: name, message: table.failure });
  }
  for (const batched of [true, false]) {
    const some = ranked.filter(({ tap }) => tap.batched === batched);
    if (some.length > 0) await locateWinners(study, some, k, device, signal, report);
  }

  const aside = `${file}.tmp`;
  const out = await open(aside, 'w');
  try {
    const { dataset, preprocess, summary } = study.parts;
    const head = {
      model: summary.path,
      dataset: { root: dataset.summary.root, count: dataset.summary.count },
      preprocess: preprocess.config,
    };
    await out.write(`${JSON.stringify(head).slice(0, -1)},"layers":[`);
    let first = true;
    for (const layer of ranked) {
      await out.write((first ? '\n' : ',\n') + (await layerText(study, layer, k)));
      first = false;
    }
    await out.write('\n]}\n');
    await out.close();
    await rename(aside, file);
  } catch (error) {
    await out.close();
    await rm(aside, { force: true });
    throw error;
  }
  return { units: ranked.reduce((sum, { tap }) => sum + tap.units, 0), failed };
}

/** Fills the positions of all ranked stimuli, image by image, for all layers at once. */
async function locateWinners(
  study: OpenStudy,
  ranked: RankedLayer[],
  k: number,
  device: () => Promise<ReadyDevice>,
  signal: AbortSignal,
  report: (progress: { done: number; total: number }) => void,
): Promise<void> {
  const winners = new Map<number, { layer: RankedLayer; unit: number; rank: number; column: number }[]>();
  let first = 0;
  for (const layer of ranked) {
    const { indices, counts, units } = layer.table.top;
    for (let unit = 0; unit < units; unit++)
      for (let rank = 0; rank < counts[unit]!; rank++) {
        const index = indices[unit * k + rank]!;
        const entry = { layer, unit, rank, column: first + unit };
        const list = winners.get(index);
        if (list) list.push(entry);
        else winners.set(index, [entry]);
      }
    first += units;
  }
  const images = [...winners.keys()].sort((a, b) => a - b).map((index) => study.imageFile(index));
  const taps = ranked.map(({ tap }) => tap);
  let done = 0;
  await locate(await device(), taps, images, signal, (piece, rows) => {
    piece.forEach((image, i) => {
      const row = rows[i];
      if (!row) throw new Error(`${image.path} could be read during the scan, but not any more.`);
      for (const { layer, unit, rank, column } of winners.get(image.index)!) layer.positions[unit * k + rank] = row[column]!;
    });
    done += piece.length;
    report({ done, total: images.length });
  });
}

async function layerText(study: OpenStudy, { layer, tap, table, positions }: RankedLayer, k: number): Promise<string> {
  const field = study.field(layer.name) ?? wholeInput(study);
  const units: object[] = [];
  for (let unit = 0; unit < tap.units; unit++) {
    const top: { image: string; index: number; score: number; position: [number, number]; box: Box }[] = [];
    for (const [rank, { index, score }] of table.top.best(unit).entries()) {
      const { position, box } = place(tap, field, positions[unit * k + rank]!, await study.geometry(index));
      top.push({ image: study.population.pathOf(index), index, score, position, box });
    }
    units.push({ unit, top });
  }
  const { size, stride, offset, kind } = field;
  return JSON.stringify({ name: layer.name, shape: layer.shape, receptiveField: { size, stride, offset, kind }, units });
}

function wholeInput(study: OpenStudy): ReceptiveField {
  return { size: study.inputSize, stride: [0, 0], offset: [0, 0], kind: 'global' };
}
