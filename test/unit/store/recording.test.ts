import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Recording } from '../../../src/engine/store/recording';
import { Segment, writeSegment } from '../../../src/engine/store/segment';

describe('Recording', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'unitscope-recording-'))));
  afterEach(async () => await rm(folder, { recursive: true }));

  const image = (n: number): string => n.toString(16).padStart(32, '0');
  const twoLayers = [
    { key: 'a#1', units: 2, scores: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { key: 'b#1', units: 1, scores: Float32Array.of(7, 8, 9) },
  ];

  it('gives back what was written: whole layers, single units, single values', async () => {
    const recording = await Recording.open(folder, { model: 'm.onnx' });
    const path = recording.newSegmentPath();
    await writeSegment(path, [image(1), image(2), image(3)], twoLayers);
    assert.ok(await recording.add(path));
    const [segment] = recording.segmentsFrom(0);
    assert.deepEqual(await segment?.read('a#1'), Float32Array.of(1, 2, 3, 4, 5, 6));
    assert.deepEqual(await segment?.read('a#1', 1, 2), Float32Array.of(4, 5, 6));
    assert.deepEqual(await segment?.read('b#1'), Float32Array.of(7, 8, 9));
    assert.equal(await segment?.read('c#1'), null);
    assert.equal(await recording.value('a#1', image(3), 0), 3);
    assert.equal(await recording.value('b#1', image(2), 0), 8);
    assert.equal(await recording.value('b#1', image(4), 0), null);
    assert.ok(recording.has('b#1', image(1)));
    assert.ok(!recording.has('c#1', image(1)));
  });

  it('is found again by another process, and tells what it is about', async () => {
    const first = await Recording.open(folder, { model: 'm.onnx' });
    await writeSegment(first.newSegmentPath(), [image(1), image(2), image(3)], twoLayers);
    const second = await Recording.open(folder, { model: 'm.onnx' });
    assert.ok(second.has('a#1', image(2)));
    await first.refresh();
    assert.ok(first.has('a#1', image(2)));
    assert.equal(first.segmentsFrom(0).length, 1);
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'about.json'), 'utf8')), { model: 'm.onnx' });
  });

  it('drops a segment that was cut short, is damaged or is something else, and keeps the others', async () => {
    const recording = await Recording.open(folder, {});
    const good = recording.newSegmentPath();
    await writeSegment(good, [image(1), image(2), image(3)], twoLayers);
    const short = recording.newSegmentPath();
    await writeSegment(short, [image(4), image(5), image(6)], twoLayers);
    await truncate(short, 200);
    await writeFile(recording.newSegmentPath(), 'no segment');
    await writeFile(recording.newSegmentPath(), '');
    const damaged = recording.newSegmentPath();
    await writeSegment(damaged, [image(7), image(8), image(9)], twoLayers);
    const bytes = await readFile(damaged);
    bytes[30] = 0;
    await writeFile(damaged, bytes);

    const again = await Recording.open(folder, {});
    assert.ok(again.has('a#1', image(1)));
    assert.ok(!again.has('a#1', image(4)));
    assert.ok(!again.has('a#1', image(7)));
    assert.equal((await readdir(join(folder, 'segments'))).length, 1);
  });

  it('leaves nothing behind when writing fails', async () => {
    const path = join(folder, 'x.seg');
    const wrong = [{ key: 'a#1', units: 2, scores: new Float32Array(3) }];
    await assert.rejects(writeSegment(path, [image(1)], wrong), RangeError);
    assert.deepEqual(await readdir(folder), []);
    assert.equal(await Segment.open(path).catch(() => null), null);
  });

  it('notices that its segments were deleted, and writes new ones', async () => {
    const recording = await Recording.open(folder, {});
    const [first, second] = [recording.newSegmentPath(), recording.newSegmentPath()];
    await writeSegment(first, [image(1), image(2), image(3)], twoLayers);
    await writeSegment(second, [image(4), image(5), image(6)], twoLayers);
    await recording.refresh();
    await recording.refresh();
    assert.equal(recording.generation, 0);
    assert.equal(recording.segmentsFrom(0).length, 2);
    await rm(first);
    await recording.refresh();
    assert.equal(recording.generation, 1);
    assert.ok(!recording.has('a#1', image(1)));
    assert.equal(await recording.value('a#1', image(4), 0), 1);
    await rm(folder, { recursive: true });
    const later = recording.newSegmentPath();
    await writeSegment(later, [image(7), image(8), image(9)], twoLayers);
    assert.ok(await recording.add(later));
    await recording.refresh();
    assert.ok(!recording.has('a#1', image(4)));
    assert.ok(recording.has('a#1', image(7)));
    await rm(folder, { recursive: true });
    await recording.refresh();
    assert.equal(recording.segmentsFrom(0).length, 0);
  });

  it('takes in a segment once, whoever finds it', async () => {
    const recording = await Recording.open(folder, {});
    const path = recording.newSegmentPath();
    await writeSegment(path, [image(1), image(2), image(3)], twoLayers);
    await Promise.all([recording.add(path), recording.refresh(), recording.refresh()]);
    assert.equal(recording.segmentsFrom(0).length, 1);
  });

  it('removes what a process that was killed left behind, and leaves what is being written', async () => {
    const recording = await Recording.open(folder, {});
    const [old, fresh] = [`${recording.newSegmentPath()}.tmp`, `${recording.newSegmentPath()}.tmp`];
    await writeFile(old, '');
    await writeFile(fresh, '');
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    await utimes(old, hoursAgo, hoursAgo);
    await recording.refresh();
    assert.deepEqual((await readdir(join(folder, 'segments'))).map((name) => join(folder, 'segments', name)), [fresh]);
  });

  it('says in one sentence that a folder cannot be written to, and what to do', async () => {
    await writeFile(join(folder, 'file'), '');
    const blocked = join(folder, 'file', 'results');
    const message = `Results cannot be kept in ${blocked} (ENOTDIR); make room or choose another folder with the setting unitscope.cacheFolder or --cache.`;
    await assert.rejects(Recording.open(blocked, {}), { code: 'cache.failed', message });
    await assert.rejects(writeSegment(join(blocked, 'x.seg'), [image(1), image(2), image(3)], twoLayers), { code: 'cache.failed', message });
  });
});
