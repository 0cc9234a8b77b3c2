import assert from 'node:assert/strict';
import { LayerTable } from '../../../src/engine/analyses/patches/table';
import type { Tap } from '../../../src/engine/runtime/tap';
import { Population } from '../../../src/engine/store/population';
import { Recording } from '../../../src/engine/store/recording';
import { writeSegment } from '../../../src/engine/store/segment';
import { temporaryFolder } from '../../fixtures/imageFolder';

describe('the ranking of a layer', () => {
  const at = temporaryFolder();
  const tap: Tap = { name: 'a', key: 'a#1', dtype: 'float32', rank: 2, unitAxis: 1, units: 1, positionAxes: [], batched: true, features: 1, grid: [1, 1] };
  const identity = (index: number): string => index.toString(16).padStart(32, '0');
  const population = (labels: (string | null)[]): Population =>
    new Population(labels.map((label, index) => ({ index, path: `${index}.png`, label })), labels.map((_, index) => identity(index)));
  const record = async (recording: Recording, first: number, scores: number[]): Promise<void> => {
    const path = recording.newSegmentPath();
    const images = scores.map((_, i) => identity(first + i));
    await writeSegment(path, images, [{ key: tap.key, units: 1, scores: Float32Array.from(scores) }]);
    await recording.add(path);
  };

  it('takes in every segment, when two ask for it at a time', async () => {
    const recording = await Recording.open(at('overlapping'), {});
    const table = new LayerTable(recording, tap, population(new Array<null>(40).fill(null)));
    for (let first = 0; first < 20; first += 4) await record(recording, first, [1, 2, 3, 4]);
    await Promise.all([table.update(), table.update()]);
    assert.equal(table.scanned, 20);
    for (let first = 20; first < 40; first += 4) await record(recording, first, [1, 2, 3, 4]);
    await table.update();
    assert.equal(table.scanned, 40);
  });

  it('reads a segment again that could not be read', async () => {
    const recording = await Recording.open(at('again'), {});
    await record(recording, 0, [1, 2]);
    const [segment] = recording.segmentsFrom(0);
    const read = segment!.read.bind(segment);
    segment!.read = () => Promise.reject(new Error('the network share is away'));
    const table = new LayerTable(recording, tap, population([null, null]));
    await assert.rejects(table.update(), /share is away/);
    segment!.read = read;
    await table.update();
    assert.equal(table.scanned, 2);
  });

  it('fails for NaN in any class, also in those that are not ranked', async () => {
    const recording = await Recording.open(at('classes'), {});
    await record(recording, 0, [1, NaN, 3]);
    const table = new LayerTable(recording, tap, population(['cat', 'dog', 'cat']), new Set(['cat']));
    await table.update();
    assert.match(table.failure!, /first seen on 1\.png/);
    assert.equal(table.scanned, 2);
  });
});
