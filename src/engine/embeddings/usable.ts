import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { SkippedImage } from '../../protocol/dataset';
import { writing } from '../store/cacheFolder';
import { ifMissing } from '../store/ifMissing';
import type { OpenStudy } from '../study/openStudy';

const unusableSchema = z.record(z.string(), z.string());

/** Contents that were found to be no image when they were to be recorded, with the reason; they belong to the recording. */
export async function unusableImages(study: OpenStudy): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(await unusableFile(study), 'utf8').catch(ifMissing('{}'));
  try {
    return new Map(Object.entries(unusableSchema.parse(JSON.parse(text))));
  } catch {
    return new Map(); // damaged: they are found again when they are recorded
  }
}

/** Remembers images that could not be used, so that the rows are the same whoever asks. */
export async function rememberUnusable(study: OpenStudy, skipped: readonly SkippedImage[]): Promise<void> {
  const known = new Map(await unusableImages(study));
  const before = known.size;
  for (const { index, reason } of skipped) {
    const identity = study.parts.identities[index];
    if (identity) known.set(identity, reason);
  }
  if (known.size === before) return;
  const file = await unusableFile(study);
  const aside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  await writing(file, async () => {
    await writeFile(aside, JSON.stringify(Object.fromEntries(known)));
    await rename(aside, file);
  });
}

/** Images of the dataset that no row can be of, each with the reason. */
export async function skippedImages(study: OpenStudy): Promise<SkippedImage[]> {
  const unusable = await unusableImages(study);
  const { stimuli } = study.parts.dataset;
  return stimuli.flatMap(({ index, path }) => {
    const identity = study.parts.identities[index];
    const reason = identity ? unusable.get(identity) : `${path} cannot be read from the disk.`;
    return reason === undefined ? [] : [{ index, path, reason }];
  });
}

async function unusableFile(study: OpenStudy): Promise<string> {
  return join((await study.recording()).folder, 'unusable.json');
}

/** Dataset indices of the images that can be used, in dataset order. */
export async function usableStimuli(study: OpenStudy): Promise<Int32Array> {
  const { dataset, identities } = study.parts;
  const unusable = await unusableImages(study);
  const usable = dataset.stimuli.filter(({ index }) => identities[index] !== null && !unusable.has(identities[index]!));
  return Int32Array.from(usable, ({ index }) => index);
}
