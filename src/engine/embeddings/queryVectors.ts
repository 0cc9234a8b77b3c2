import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { UnitscopeError } from '../../protocol/errors';
import type { Box } from '../../protocol/patches';
import type { Pool } from '../../protocol/rdm';
import { EmbeddingReader } from '../compute/embeddings';
import { decodeImage } from '../dataset/decode';
import { cut } from '../dataset/raster';
import { prepare, type ReadyDevice } from '../runtime/devices';
import type { ImageFile } from '../runtime/job';
import { Activations } from '../store/activations';
import { writing } from '../store/cacheFolder';
import { meanKey, Segment } from '../store/segment';
import { Kept, shared } from '../study/kept';
import type { OpenStudy } from '../study/openStudy';

/** An image, or a part of it, that need not be of the dataset. */
export interface AnyImage {
  /** Absolute. */
  path: string;
  /** Content identity. */
  identity: string;
  /** Whole original pixels, inside the image. */
  box: Box | null;
}

/** Embeddings of queries, as recorded images have them: the last ones are kept. */
export class QueryVectors {
  private readonly kept = new Kept<Float32Array>(64);

  constructor(private readonly cache: string) {}

  /**
   * Runs the model on the image, resized as the study's preprocessing does; a box is cut out first, from the image in its
   * original size. @throws image.unreadable, model.failed, cancelled
   */
  async get(study: OpenStudy, layer: string, pool: Pool, image: AnyImage, device: () => Promise<ReadyDevice>, signal: AbortSignal): Promise<Float32Array> {
    const { folder } = await study.recording();
    const key = JSON.stringify([folder, pool === 'flatten' ? layer : study.tap(layer).key, pool, image.identity, image.box]);
    return await shared(() => this.kept.get(key, async () => await this.embed(study, layer, pool, image, await device(), signal)), signal);
  }

  private async embed(study: OpenStudy, layer: string, pool: Pool, image: AnyImage, device: ReadyDevice, signal: AbortSignal): Promise<Float32Array> {
    const folder = join(this.cache, 'queries', randomBytes(8).toString('hex'));
    await writing(this.cache, () => mkdir(folder, { recursive: true }));
    try {
      const path = image.box ? await this.crop(image, image.box, folder) : image.path;
      const file: ImageFile = { index: 0, path, identity: image.identity };
      const tap = study.tap(layer);
      const { batch, failures } = await prepare(device, [tap], signal);
      if (failures[0]) throw new UnitscopeError('model.failed', failures[0].message);
      const job = { ...device.job, batch };
      if (pool === 'flatten') {
        const activations = await Activations.open(folder);
        const at = activations.newPath();
        const { skipped } = await device.pool.call('activations', { job, what: { kind: 'layers', taps: [tap] }, images: [file], file: at }, { signal });
        await activations.add(at);
        const place = activations.place(layer, image.identity);
        if (!place) throw unusable(image, path, skipped[0]?.reason);
        return readOne(place.file, place.offset, place.features);
      }
      const at = join(folder, 'query.seg');
      const { skipped } = await device.pool.call('scan', { job, taps: [tap], images: [file], segment: at }, { signal });
      const segment = await Segment.open(at);
      const values = await segment?.read(pool === 'mean' ? meanKey(tap.key) : tap.key);
      if (!values) throw unusable(image, path, skipped[0]?.reason);
      return values;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** As a file of its own, without loss. */
  private async crop({ path }: AnyImage, [x, y, width, height]: Box, folder: string): Promise<string> {
    const part = cut(await decodeImage(path), { x, y, width, height });
    const file = join(folder, 'crop.png');
    await writing(folder, () => sharp(part.data, { raw: { width, height, channels: part.channels } }).png({ compressionLevel: 1 }).toFile(file));
    return file;
  }
}

function unusable(image: AnyImage, path: string, reason: string | undefined): UnitscopeError {
  return new UnitscopeError('image.unreadable', reason?.replaceAll(path, () => image.path) ?? `${image.path} cannot be read.`);
}

function readOne(file: string, offset: number, features: number): Float32Array {
  const reader = new EmbeddingReader({ rows: 1, features, files: [file], blocks: [{ file: 0, offset, columns: 1, picks: [0, 0] }] });
  try {
    const values = new Float32Array(features);
    reader.read(0, features, values);
    return values;
  } finally {
    reader.close();
  }
}
