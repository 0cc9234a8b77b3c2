import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import fs, { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { openDataset } from '../../../src/engine/dataset/dataset';
import { refuses, temporaryFolder } from './fixtures';

describe('a folder as a dataset', () => {
  const folder = temporaryFolder();
  const touch = async (...paths: string[]) => {
    for (const path of paths) {
      await mkdir(dirname(join(folder(), path)), { recursive: true });
      await writeFile(join(folder(), path), '');
    }
  };
  const paths = async (path = folder()) => (await openDataset({ path })).stimuli.map((stimulus) => stimulus.path);

  it('orders by the bytes of the path, "/" included', async () => {
    // "é" is C3 A9; the two last are U+FF5E (EF BD 9E) and U+1F431 (F0 9F 90 B1), the other way round in UTF-16.
    const ordered = [
      '10.png',
      '2.png',
      'B.png',
      'a-b/1.jpg',
      'a.jpg',
      'a/1.jpg',
      'a/b/1.jpg',
      'b.png',
      'é.png',
      '～.png',
      '🐱.png',
    ];
    await touch(...[...ordered].reverse());
    assert.deepEqual(await paths(), ordered);
    assert.deepEqual(
      [...ordered].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      ordered,
    );
  });

  it('labels by the parent folder, in order of first appearance', async () => {
    await touch('x.jpg', 'train/dog/1.jpg', 'train/cat/1.jpg', 'train/cat/2.jpg', 'val/cat/1.jpg');
    const { summary, stimuli } = await openDataset({ path: folder() });
    assert.deepEqual(
      stimuli.map(({ index, label }) => [index, label]),
      [
        [0, 'cat'],
        [1, 'cat'],
        [2, 'dog'],
        [3, 'cat'],
        [4, null],
      ],
    );
    assert.deepEqual(summary.labels, [
      { name: 'cat', count: 3 },
      { name: 'dog', count: 1 },
    ]);
    assert.deepEqual([summary.kind, summary.root, summary.count, summary.columns], ['folder', folder(), 5, []]);
  });

  it('passes over other files and hidden ones, and reads extensions in any case', async () => {
    await touch(
      'a.JPEG',
      'b.Tif',
      'c.avif',
      'd.bmp',
      'e.webp',
      'f.gif',
      'g.jfif',
      'readme.txt',
      'x/labels.csv',
      '.hidden.jpg',
      '.cache/a.jpg',
      'jpg',
    );
    const dataset = await openDataset({ path: folder() });
    assert.equal(dataset.summary.count, 7);
    assert.equal(dataset.summary.otherFiles, 3);
  });

  it('applies the limit after ordering', async () => {
    await touch('c/1.jpg', 'b/1.jpg', 'a/1.jpg');
    const { summary, stimuli } = await openDataset({ path: folder(), limit: 2 });
    assert.deepEqual(
      stimuli.map(({ path }) => path),
      ['a/1.jpg', 'b/1.jpg'],
    );
    assert.deepEqual([summary.count, summary.labels.length], [2, 2]);
  });

  it('finds files again by index', async () => {
    await touch('a/1.jpg');
    const dataset = await openDataset({ path: folder() + sep });
    assert.equal(dataset.file(0), join(folder(), 'a', '1.jpg'));
    assert.throws(() => dataset.file(1), /has no image 1; it has 1\./);
  });

  it('works with one image', async () => {
    await touch('only.png');
    assert.deepEqual(await paths(), ['only.png']);
  });

  it('follows links to folders and files once each, and survives loops', async function () {
    if (process.platform === 'win32') return this.skip(); // links need rights there
    await touch('real/1.jpg', 'elsewhere/2.jpg', 'data/a/0.jpg');
    const data = join(folder(), 'data');
    await symlink(join(folder(), 'real'), join(data, 'z-real'));
    await symlink(join(folder(), 'real'), join(data, 'b-real'));
    await symlink(data, join(data, 'loop'));
    await symlink('..', join(data, 'a', 'up'));
    await symlink(join(data, 'a'), join(data, '0-again'));
    await symlink(join(folder(), 'elsewhere', '2.jpg'), join(data, 'linked.jpg'));
    await symlink(join(folder(), 'nowhere'), join(data, 'dead.jpg'));
    await symlink(join(folder(), 'real'), join(folder(), 'elsewhere', 'deeper'));
    await symlink(join(folder(), 'elsewhere'), join(data, 'c-elsewhere'));
    assert.deepEqual(await paths(data), ['a/0.jpg', 'b-real/1.jpg', 'c-elsewhere/2.jpg', 'linked.jpg']);
    await symlink(data, join(folder(), 'entry'));
    assert.equal((await paths(join(folder(), 'entry'))).length, 4);
  });

  it('does not list a folder again through a link to what is above it', async function () {
    if (process.platform === 'win32') return this.skip();
    await touch('data/a/0.jpg', 'beside/1.jpg');
    await symlink(folder(), join(folder(), 'data', 'above'));
    assert.deepEqual(await paths(join(folder(), 'data')), ['a/0.jpg', 'above/beside/1.jpg']);
  });

  it('passes over a folder that cannot be listed, and says which', async () => {
    await touch('a/1.jpg', 'a/closed/2.jpg');
    const { readdir } = fs;
    const refuse = () => Promise.reject(Object.assign(new Error('not allowed'), { code: 'EACCES' })); // root may list all
    fs.readdir = ((path: string, options: object) =>
      path.includes('closed') ? refuse() : readdir(path, options)) as typeof readdir;
    try {
      const { summary } = await openDataset({ path: folder() });
      assert.deepEqual([summary.count, summary.unreadableFolders], [1, ['a/closed']]);
    } finally {
      fs.readdir = readdir;
    }
  });

  it('says what is wrong with the folder', async () => {
    await refuses(
      openDataset({ path: join(folder(), 'none') }),
      'dataset.unreadable',
      /none does not exist; choose a folder of images or a manifest\.$/,
    );
    await refuses(
      openDataset({ path: folder() }),
      'dataset.empty',
      /^No images in .+: it holds no files; Unitscope reads JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP\.$/,
    );
    await touch('a.txt', 'b/c.md');
    await refuses(openDataset({ path: folder() }), 'dataset.empty', /: it holds 2 other files; Unitscope reads/);
    await refuses(
      openDataset({ path: join(folder(), 'a.txt') }),
      'dataset.unreadable',
      /neither a folder nor a manifest/,
    );
  });

  it('stops when it is cancelled', async () => {
    await touch(...Array.from({ length: 40 }, (_, i) => `${i}/1.jpg`));
    const before = new AbortController();
    before.abort();
    await refuses(openDataset({ path: folder() }, { signal: before.signal }), 'cancelled', /./);
    const during = new AbortController();
    const running = openDataset({ path: folder() }, { signal: during.signal, report: () => during.abort() });
    await refuses(running, 'cancelled', /./);
  });

  it('lists up to 20,000 files at little more than the cost of readdir, without blocking', async function () {
    this.timeout(15_000);
    // Making files is slow on some machines: as many as two seconds allow.
    const made = performance.now();
    const folders: string[] = [];
    while (folders.length < 100 && performance.now() - made < 2000) {
      const path = join(folder(), `class ${folders.length}`);
      mkdirSync(path);
      for (let i = 0; i < 200; i++) closeSync(openSync(join(path, `${i}.jpg`), 'w'));
      folders.push(path);
    }
    const files = 200 * folders.length;
    const bareStart = performance.now();
    for (const path of folders) await readdir(path, { withFileTypes: true });
    const bare = performance.now() - bareStart;
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    let found = 0;
    const start = performance.now();
    const dataset = await openDataset({ path: folder() }, { report: (progress) => (found = progress.found) });
    const took = performance.now() - start;
    clearInterval(beat);
    console.log(
      `      ${files} files: ${took.toFixed(0)} ms, ${(took / bare).toFixed(1)} x a bare readdir, longest pause ${longest.toFixed(0)} ms`,
    );
    assert.deepEqual([dataset.summary.count, found], [files, files]);
    assert(took < 50 * bare + 1000 && longest < 1000);
  });
});
