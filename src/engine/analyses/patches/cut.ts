import { toUnitscopeError } from '../../../protocol/errors';
import type { Patch, PatchRequest } from '../../../protocol/patches';
import { cutPictures } from '../../dataset/picture';
import type { ReadyDevice } from '../../runtime/devices';
import type { ImageFile } from '../../runtime/job';
import type { OpenStudy } from '../../study/openStudy';
import { locateAndKeep, positionKey } from './locate';
import { place } from './place';

/** Images that are decoded at once. */
const parallel = 4;

/**
 * Cuts out patches of one layer: looks up where the unit fired in the image, or finds out, and reports each patch as it
 * is ready. Several patches of one image cost one decoding.
 */
export async function cutPatches(
  study: OpenStudy,
  layer: string,
  requests: PatchRequest[],
  size: number,
  device: () => Promise<ReadyDevice>,
  signal: AbortSignal,
  report: (value: { at: number; patch: Patch | { problem: string } }) => void,
): Promise<void> {
  const tap = study.tap(layer);
  const field = study.field(layer);
  const recording = await study.recording();
  const key = positionKey(tap);

  const byImage = new Map<number, { at: number; unit: number }[]>();
  requests.forEach(({ unit, index }, at) => {
    const list = byImage.get(index);
    if (list) list.push({ at, unit });
    else byImage.set(index, [{ at, unit }]);
  });

  const fail = (index: number, error: unknown): void => {
    const problem = toUnitscopeError(error).message;
    for (const { at } of byImage.get(index) ?? []) report({ at, patch: { problem } });
  };
  const cut = async (image: ImageFile): Promise<void> => {
    if (signal.aborted) return;
    try {
      const wanted = byImage.get(image.index)!;
      const geometry = await study.geometry(image.index);
      const places = await Promise.all(
        wanted.map(async ({ unit }) => {
          const at = await recording.value(key, image.identity, unit);
          if (at === null) throw new Error(`${image.path} could not be read when it was looked at.`);
          return place(tap, field, at, geometry);
        }),
      );
      const pictures = await cutPictures(image.path, places.map(({ box }) => box), size);
      wanted.forEach(({ at }, i) => report({ at, patch: { ...places[i]!, picture: pictures[i]! } }));
    } catch (error) {
      fail(image.index, error);
    }
  };
  const cutAll = async (images: ImageFile[]): Promise<void> => {
    const queue = [...images];
    const lane = async (): Promise<void> => {
      for (let image = queue.shift(); image; image = queue.shift()) await cut(image);
    };
    await Promise.all(Array.from({ length: parallel }, lane));
  };

  const images: ImageFile[] = [];
  for (const index of byImage.keys()) {
    try {
      images.push(study.imageFile(index));
    } catch (error) {
      fail(index, error);
    }
  }
  await cutAll(images.filter((image) => recording.has(key, image.identity)));
  const unknown = images.filter((image) => !recording.has(key, image.identity));
  if (unknown.length > 0 && !signal.aborted)
    await locateAndKeep(await device(), tap, unknown, recording, signal, cutAll);
}
