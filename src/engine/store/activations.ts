import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writing } from './cacheFolder';
import { ifMissing } from './ifMissing';

/**
 * Whole activations of some images in some layers: a text line that names the format, then image after image the float32
 * activations of all layers, then a JSON header and its length. Image-major, as they come out of the model, so that a
 * batch is written as soon as it has run and a stretch of features of one image is one contiguous read. A file is written
 * aside and renamed: it is there whole or not at all.
 */
interface ActivationHeader {
  /** Content identities, in the order of the file. */
  images: string[];
  layers: { key: string; features: number }[];
}

const magic = Buffer.from('unitscope-activations-1\n');

export class ActivationWriter {
  private readonly images: string[] = [];
  private at = magic.length;

  private constructor(
    readonly path: string,
    private readonly layers: ActivationHeader['layers'],
    private readonly file: FileHandle,
  ) {}

  static async create(path: string, layers: { key: string; features: number }[]): Promise<ActivationWriter> {
    return await writing(dirname(path), async () => {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(`${path}.tmp`, 'w');
      await file.write(magic);
      return new ActivationWriter(path, layers, file);
    });
  }

  /** @param parts one array a layer, [features] */
  async append(image: string, parts: readonly Float32Array[]): Promise<void> {
    await writing(dirname(this.path), async () => {
      for (const [i, part] of parts.entries()) {
        if (part.length !== this.layers[i]!.features) throw new RangeError(`${this.layers[i]!.key}: ${part.length}`);
        await this.file.write(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), 0, part.byteLength, this.at);
        this.at += part.byteLength;
      }
    });
    this.images.push(image);
  }

  /** @returns how many images are in it; a file without any is not kept */
  async finish(): Promise<number> {
    await writing(dirname(this.path), async () => {
      const text = Buffer.from(JSON.stringify({ images: this.images, layers: this.layers } satisfies ActivationHeader));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      await this.file.write(Buffer.concat([text, length]), 0, null, this.at);
      await this.file.close();
      if (this.images.length > 0) await rename(`${this.path}.tmp`, this.path);
      else await rm(`${this.path}.tmp`, { force: true });
    });
    return this.images.length;
  }

  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined); // closed already
    await rm(`${this.path}.tmp`, { force: true });
  }
}

/** Where the activation of one image in one layer lies. */
export interface ActivationPlace {
  file: string;
  /** In bytes. */
  offset: number;
  features: number;
}

/** The activation files of a recording. */
export class Activations {
  private readonly places = new Map<string, Map<string, ActivationPlace>>();
  private readonly known = new Set<string>();

  private constructor(readonly folder: string) {}

  static async open(recordingFolder: string): Promise<Activations> {
    const made = new Activations(join(recordingFolder, 'activations'));
    for (const name of await readdir(made.folder).catch(ifMissing([])))
      if (name.endsWith('.act') && !(await made.add(join(made.folder, name)))) await rm(join(made.folder, name), { force: true });
    return made;
  }

  newPath(): string {
    return join(this.folder, `${randomBytes(12).toString('hex')}.act`);
  }

  /** Takes in a file. False where it is damaged or gone. */
  async add(path: string): Promise<boolean> {
    if (this.known.has(path)) return true;
    const header = await readHeader(path);
    if (!header) return false;
    this.known.add(path);
    let offset = magic.length;
    for (const image of header.images)
      for (const { key, features } of header.layers) {
        let ofLayer = this.places.get(key);
        if (!ofLayer) this.places.set(key, (ofLayer = new Map<string, ActivationPlace>()));
        ofLayer.set(image, { file: path, offset, features });
        offset += features * 4;
      }
    return true;
  }

  has(key: string, image: string): boolean {
    return this.places.get(key)?.has(image) ?? false;
  }

  place(key: string, image: string): ActivationPlace | undefined {
    return this.places.get(key)?.get(image);
  }

  /** Marks all files as used just now: what was used longest ago is deleted first. */
  async touch(): Promise<void> {
    const now = new Date();
    for (const path of this.known) await utimes(path, now, now).catch(ifMissing(undefined));
  }
}

/** Reads the header. Null where the file is not whole. */
async function readHeader(path: string): Promise<ActivationHeader | null> {
  const file = await open(path, 'r').catch(ifMissing(null));
  if (!file) return null;
  try {
    const { size } = await file.stat();
    if (size < magic.length + 4) return null;
    const start = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    if (!start.buffer.equals(magic)) return null;
    const end = await file.read(Buffer.alloc(4), 0, 4, size - 4);
    const length = end.buffer.readUInt32LE(0);
    if (length > size - 4 - magic.length) return null;
    const text = await file.read(Buffer.alloc(length), 0, length, size - 4 - length);
    const header = JSON.parse(text.buffer.toString()) as ActivationHeader;
    const floats = header.images.length * header.layers.reduce((sum, layer) => sum + layer.features, 0);
    return magic.length + floats * 4 + length + 4 === size ? header : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    await file.close();
  }
}
