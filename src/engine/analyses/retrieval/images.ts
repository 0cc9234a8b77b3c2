import { isAbsolute, resolve } from 'node:path';
import { UnitscopeError } from '../../../protocol/errors';
import type { Box } from '../../../protocol/patches';
import type { QueryImage } from '../../../protocol/retrieval';
import { openImage } from '../../dataset/decode';
import { hashFile } from '../../io/hashFile';
import type { AnyImage } from '../../embeddings/queryVectors';
import type { OpenStudy } from '../../study/openStudy';

/** An image of a query, found out. */
export interface ResolvedImage extends AnyImage {
  /** For sentences: relative to the dataset's root where it is of the dataset. */
  name: string;
  /** The stimulus that it is, or the first with the same content; null: not of the dataset. */
  index: number | null;
  /** Stimuli that are this image, and are not to be found by it. */
  same: number[];
}

/** @throws usage for an index or a box outside, image.unreadable */
export async function resolveImage(study: OpenStudy, { index, path, box, context }: QueryImage, signal: AbortSignal): Promise<ResolvedImage> {
  const { dataset, identities } = study.parts;
  const at = index ?? dataset.find(path!)?.index ?? null;
  const file = at === null ? resolve(path!) : dataset.file(at);
  if (path !== undefined && !isAbsolute(path)) throw new UnitscopeError('usage', `The path of a query has to be absolute: ${path}`);
  const identity = (at === null ? null : identities[at]) ?? (await identityOf(file, signal));
  const copies = study.population.indicesOf(identity);
  return {
    path: file,
    identity,
    box: box ? await boxIn(file, box, context) : null,
    name: at === null ? file : dataset.stimuli[at]!.path,
    index: at ?? copies[0] ?? null,
    same: at === null ? [...copies] : [at],
  };
}

async function identityOf(file: string, signal: AbortSignal): Promise<string> {
  try {
    return await hashFile(file, signal);
  } catch (error) {
    if (error instanceof UnitscopeError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UnitscopeError('image.unreadable', code === 'ENOENT' ? `${file} does not exist.` : `${file} cannot be read (${code}).`, { cause: error });
  }
}

/** A box, enlarged about its centre, clipped to the image, in whole pixels (outwards). @throws usage where nothing is left */
async function boxIn(file: string, [x, y, width, height]: Box, context: number): Promise<Box> {
  const image = await openImage(file);
  const [growX, growY] = [(width * (context - 1)) / 2, (height * (context - 1)) / 2];
  const left = Math.max(0, Math.floor(x - growX));
  const top = Math.max(0, Math.floor(y - growY));
  const right = Math.min(image.width, Math.ceil(x + width + growX));
  const bottom = Math.min(image.height, Math.ceil(y + height + growY));
  if (right > left && bottom > top && x < image.width && y < image.height && x + width > 0 && y + height > 0) return [left, top, right - left, bottom - top];
  throw new UnitscopeError('usage', `The box ${[x, y, width, height].join(', ')} lies outside ${file} (${image.width} x ${image.height}).`);
}
