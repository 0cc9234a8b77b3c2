import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { RdmEstimate, RdmRecipe } from '../../../protocol/rdm';
import { Activations } from '../../store/activations';
import { writing } from '../../store/cacheFolder';
import { meanKey } from '../../store/segment';
import type { OpenStudy } from '../../study/openStudy';
import { missingRdms } from './compute';
import { selectRows } from './rows';

/** Of one core: floating-point operations a second of the matrix product, and bytes a second to the disk and back. */
const flops = 120e9;
const diskRate = 300e6;
/** An image through a network nobody has timed. */
const secondsPerImage = 0.05;

const speedSchema = z.object({ secondsPerImage: z.number().positive() });

/** What computing the RDMs would take. Runs nothing. */
export async function estimate(study: OpenStudy, layers: readonly string[], recipe: RdmRecipe): Promise<RdmEstimate> {
  const rows = await selectRows(study, recipe);
  const missing = await missingRdms(study, layers, recipe, rows);
  const recording = await study.recording();
  const activations = await Activations.open(recording.folder);
  const flat = recipe.pool === 'flatten';
  const images = new Set<string>();
  let bytes = 0;
  let operations = 0;
  for (const name of missing) {
    const tap = study.tap(name);
    const features = flat ? tap.features : tap.units;
    for (const index of rows.stimuli) {
      const identity = study.parts.identities[index]!;
      if (flat ? activations.has(name, identity) : recording.has(meanKey(tap.key), identity)) continue;
      images.add(identity);
      if (flat) bytes += features * 4;
    }
    operations += rows.stimuli.length ** 2 * features;
  }
  const cores = availableParallelism();
  const perImage = (await rememberedSpeed(study)) ?? secondsPerImage / cores;
  const seconds = images.size * perImage + (2 * bytes) / diskRate + operations / (flops * cores);
  return { stimuli: rows.stimuli.length, layers: missing.length, images: images.size, seconds, bytes };
}

/** Remembers how fast images went through the model. */
export async function rememberSpeed(study: OpenStudy, images: number, seconds: number): Promise<void> {
  if (images < 16) return;
  const file = await speedFile(study);
  await writing(file, () => writeFile(file, JSON.stringify({ secondsPerImage: seconds / images })));
}

async function rememberedSpeed(study: OpenStudy): Promise<number | null> {
  try {
    return speedSchema.parse(JSON.parse(await readFile(await speedFile(study), 'utf8'))).secondsPerImage;
  } catch {
    return null; // never timed, or damaged: an estimate needs no more
  }
}

async function speedFile(study: OpenStudy): Promise<string> {
  return join((await study.recording()).folder, 'speed.json');
}
