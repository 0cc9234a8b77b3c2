import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { UnitscopeError } from '../../protocol/errors';
import { BmpError, decodeBmp, readBmpHeader } from './bmp';
import { cmykToRgb, type Raster, type Size, type Window } from './raster';

// One image a thread: callers decode several at once, and libvips' own threads and cache only get in the way.
sharp.concurrency(1);
sharp.cache(false);

/** Pillow's own limit against decompression bombs, in pixels. */
const mostPixels = 178_956_970;
const mostBytes = 2 ** 30;

/** Opening a named pipe, which a manifest may list, must not wait for somebody to write to it. */
const readAtOnce = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

export const formatNames = 'JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP';

type Format = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'TIFF' | 'AVIF' | 'BMP';

/** libvips' shrinking and enlarging filters that we use. */
export type NativeKernel = 'linear' | 'cubic' | 'lanczos3';

export interface NativeResize {
  size: Size;
  kernel: NativeKernel;
  /** Part of the resized image to return; default all. */
  window?: Window;
  /** Let the decoder skip detail (JPEG, WebP): fast, less exact. */
  shrinkOnLoad: boolean;
}

/** An image file whose header has been read. Width and height have the EXIF orientation applied. */
export interface ImageSource extends Size {
  file: string;
  format: Format;
  /** Decodes all of it to RGB. Throws `image.unreadable`. */
  raster: () => Promise<Raster>;
  /**
   * Decodes and resizes in libvips. Null where libvips would convert to RGB otherwise than we do, or resize before
   * it (alpha, CMYK, more than 8 bits, BMP).
   */
  resized: ((wish: NativeResize) => Promise<Raster>) | null;
}

const unreadable = (message: string, cause?: unknown) => new UnitscopeError('image.unreadable', message, { cause });

/**
 * Opens an image file by its content, whatever its name says. Of several frames or pages the first counts. Throws
 * `image.unreadable` when the file is missing, empty, no known image, or too large to decode.
 */
export async function openImage(file: string): Promise<ImageSource> {
  const bytes = await readBytes(file);
  const format = formatOf(bytes);
  if (!format) throw unreadable(`${file} is not an image that Unitscope reads (${formatNames}).`);
  const source = format === 'BMP' ? openBmp(file, bytes) : await openNative(file, bytes, format);
  if (source.width * source.height > mostPixels) {
    const [millions, most] = [source.width * source.height, mostPixels].map((n) => Math.floor(n / 1e6));
    throw unreadable(
      `${file} has ${millions} megapixels (${source.width} x ${source.height}); Unitscope reads up to ${most}, so make it smaller.`,
    );
  }
  return source;
}

/**
 * Decodes an image file to 8-bit RGB as Pillow does with `exif_transpose` and `convert("RGB")`: EXIF orientation
 * applied, alpha dropped, colour profiles ignored. Of 16-bit samples the high byte is kept (Pillow does so for RGB,
 * but clips grey ones to white). Throws `image.unreadable`.
 */
export async function decodeImage(file: string): Promise<Raster> {
  return (await openImage(file)).raster();
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, readAtOnce);
    try {
      const status = await handle.stat();
      if (!status.isFile()) throw unreadable(`${file} is not a file.`);
      if (status.size === 0) throw unreadable(`${file} is empty (0 bytes).`);
      if (status.size > mostBytes) throw unreadable(`${file} is larger than 1 GiB, which is too large for an image.`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UnitscopeError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw unreadable(`${file} does not exist.`, error);
    throw unreadable(`${file} cannot be read (${code}); check its permissions.`, error);
  }
}

/** By the first bytes, so that nothing but these formats ever reaches a decoder. */
function formatOf(bytes: Buffer): Format | null {
  const text = bytes.toString('latin1', 0, 16);
  if (text.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'WebP';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'GIF';
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return 'TIFF';
  if (text.slice(4, 8) === 'ftyp' && /^(avif|avis|mif1|msf1)$/.test(text.slice(8, 12))) return 'AVIF';
  return text.startsWith('BM') ? 'BMP' : null;
}

function openBmp(file: string, bytes: Buffer): ImageSource {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof BmpError) throw unreadable(`${file} cannot be decoded as BMP: ${error.message}.`, error);
      throw error;
    }
  };
  const header = attempt(() => readBmpHeader(bytes));
  const raster = () => Promise.resolve().then(() => attempt(() => decodeBmp(bytes, header)));
  return { file, format: 'BMP', width: header.width, height: header.height, raster, resized: null };
}

async function openNative(file: string, bytes: Buffer, format: Format): Promise<ImageSource> {
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw unreadable(`${file} cannot be decoded as ${format}: ${reasonOf(error)}.`, error);
    }
  };
  // A truncated file is an error, as for Pillow; what decoders merely warn about is not. The size is checked by us.
  const start = () =>
    sharp(bytes, {
      ignoreIcc: true,
      failOn: 'truncated',
      limitInputPixels: false,
      pages: 1,
      sequentialRead: true,
    }).autoOrient();
  const header = await attempt(() => start().metadata());
  const { width, height } = header.autoOrient;
  const cmyk = header.space === 'cmyk';

  const decode = async (image: Sharp): Promise<Raster> => {
    const { data, info } = await attempt(() => image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }));
    if (info.channels === 3) return { data, width: info.width, height: info.height, channels: 3 };
    if (cmyk && info.channels === 4) return cmykToRgb(data, info.width, info.height);
    throw unreadable(`${file} has ${info.channels} colour channels, which is not supported.`);
  };
  const rgb = (image: Sharp) => image.removeAlpha().toColourspace('srgb');

  return {
    file,
    format,
    width,
    height,
    // Without profiles, libvips' own CMYK conversion differs from Pillow's by far.
    raster: () => decode(cmyk ? start().pipelineColourspace('cmyk').toColourspace('cmyk') : rgb(start())),
    resized:
      cmyk || header.hasAlpha || header.depth !== 'uchar'
        ? null
        : ({ size, kernel, window, shrinkOnLoad }) => {
            const image = start().resize(size.width, size.height, {
              fit: 'fill',
              kernel,
              fastShrinkOnLoad: shrinkOnLoad,
            });
            return decode(
              rgb(
                window
                  ? image.extract({ left: window.x, top: window.y, width: window.width, height: window.height })
                  : image,
              ),
            );
          },
  };
}

/** libvips' last message, without the names of its functions: "premature end of JPEG image". */
function reasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error))
    .split('\n')
    .filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'no reason given').replace(/^.*: /, '').replace(/\.$/, '');
}
