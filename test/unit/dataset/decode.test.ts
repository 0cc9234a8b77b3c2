import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { decodeImage, openImage } from '../../../src/engine/dataset/decode';
import { difference, fixture, goldenBytes, manifest, random, refuses, temporaryFolder } from './fixtures';

describe('decodeImage', () => {
  for (const entry of manifest.decode) {
    it(`reads ${entry.file} as Pillow does${entry.note ? ` (${entry.note})` : ''}`, async () => {
      const image = await decodeImage(fixture(entry.file));
      assert.deepEqual([image.width, image.height, image.channels], [entry.width, entry.height, 3]);
      const { mean } = difference(image.data, goldenBytes(entry));
      assert(mean <= entry.tolerance, `mean difference ${mean}`);
    });
  }

  it('gives all eight EXIF orientations the same picture', async () => {
    const upright = await decodeImage(fixture('exif-1.jpg'));
    for (let orientation = 2; orientation <= 8; orientation++) {
      const turned = await decodeImage(fixture(`exif-${orientation}.jpg`));
      assert(difference(turned.data, upright.data).mean < 3, `orientation ${orientation}`);
    }
  });

  it('knows the upright size without decoding', async () => {
    const { width, height, format } = await openImage(fixture('exif-6.jpg'));
    assert.deepEqual({ width, height, format }, { width: 24, height: 16, format: 'JPEG' });
  });
});

describe('unreadable images', () => {
  const folder = temporaryFolder();
  const put = async (name: string, bytes: Uint8Array | string): Promise<string> => {
    const file = join(folder(), name);
    await writeFile(file, bytes);
    return file;
  };
  const refused = (file: string, message: RegExp) => refuses(decodeImage(file), 'image.unreadable', message);

  it('names a missing, an empty and a foreign file', async () => {
    await refused(join(folder(), 'none.jpg'), /none\.jpg does not exist\.$/);
    await refused(await put('empty.jpg', ''), /empty\.jpg is empty \(0 bytes\)\.$/);
    await refused(
      await put('text.jpg', 'no picture at all'),
      /text\.jpg is not an image that Unitscope reads \(JPEG, /,
    );
    await mkdir(join(folder(), 'folder.png'));
    await refused(join(folder(), 'folder.png'), /folder\.png is not a file\.$/);
  });

  it('never hands other formats to a decoder, whatever their name', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    await refused(await put('svg.png', svg), /is not an image that Unitscope reads/);
    await refused(await put('pdf.jpg', '%PDF-1.4\n'), /is not an image that Unitscope reads/);
  });

  it('does not wait for a named pipe', async function () {
    if (process.platform === 'win32') return this.skip();
    execFileSync('mkfifo', [join(folder(), 'pipe.jpg')]);
    await refused(join(folder(), 'pipe.jpg'), /pipe\.jpg is not a file\.$/);
  });

  it('goes by content, not by name', async () => {
    const file = await put('really-a.jpg', await readFile(fixture('rgb.png')));
    assert.equal((await openImage(file)).format, 'PNG');
  });

  for (const name of [
    'large.jpg',
    'progressive.jpg',
    'rgb.png',
    'lossy.webp',
    'deflate.tif',
    'first-frame.gif',
    'rgb.avif',
    '24.bmp',
    'rle8.bmp',
    '4.bmp',
  ]) {
    it(`refuses a truncated ${name}`, async () => {
      const bytes = await readFile(fixture(name));
      // Of the GIF, whose first frame ends in the middle, only the first half matters.
      for (const part of name.endsWith('.gif') ? [0.5, 0.3] : [0.9, 0.5]) {
        const file = await put(`cut-${name}`, bytes.subarray(0, Math.floor(bytes.length * part)));
        await refused(file, /cut-\S+ cannot be decoded as (JPEG|PNG|WebP|TIFF|GIF|AVIF|BMP): .+\.$/);
      }
    });
  }

  it('refuses a bomb before decoding it', async () => {
    const before = process.memoryUsage().rss;
    await refused(
      fixture('bomb.png'),
      /bomb\.png has 3600 megapixels \(60000 x 60000\); Unitscope reads up to 178, so make it smaller\.$/,
    );
    const bmp = Buffer.from(await readFile(fixture('24.bmp')));
    bmp.writeInt32LE(2_000_000_000, 18);
    bmp.writeInt32LE(-2_000_000_000, 22);
    await refused(await put('bomb.bmp', bmp), /megapixels/);
    assert(process.memoryUsage().rss - before < 300e6);
  });

  it('survives damaged BMPs: a picture or a sentence, never a crash', async function () {
    this.timeout(20_000);
    const next = random(1);
    for (const name of ['rle8.bmp', 'rle4.bmp', '16-565.bmp', '4.bmp', 'os2.bmp', '32-masks.bmp']) {
      const good = await readFile(fixture(name));
      for (let i = 0; i < 40; i++) {
        const bad = Buffer.from(good);
        for (let k = 0; k < 3; k++) bad[2 + Math.floor(next() * (bad.length - 2))] = Math.floor(next() * 256);
        const file = await put('bad.bmp', bad);
        const header = await openImage(file).catch(() => null);
        if (!header || header.width * header.height > 1e5) continue;
        await decodeImage(file).catch((error: unknown) => assert.match(String(error), /cannot be decoded as BMP/));
      }
    }
  });

  it('reads a JPEG with junk behind it, as Pillow does', async () => {
    const bytes = await readFile(fixture('small.jpg'));
    const image = await decodeImage(await put('junk.jpg', Buffer.concat([bytes, Buffer.from('trailing')])));
    assert.equal(difference(image.data, (await decodeImage(fixture('small.jpg'))).data).mean, 0);
  });

  it('ignores colour profiles', async () => {
    const bytes = await sharp(fixture('rgb.png')).withIccProfile('p3').png().toBuffer();
    const kept = await sharp(bytes).metadata();
    assert(kept.icc, 'the test image has a profile');
    const raw = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    const image = await decodeImage(await put('p3.png', bytes));
    assert.equal(difference(image.data, raw).mean, 0);
  });
});
