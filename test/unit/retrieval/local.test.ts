import assert from 'node:assert/strict';
import { isCancelled } from '../../../src/protocol/errors';
import type { LocalRequestInput } from '../../../src/protocol/retrieval';
import type { FetchedLayer } from '../../fixtures/bruteForce';
import { distanceOf, quiet, retrievalStudy } from '../../fixtures/retrieval/study';

describe('retrieval of regions', function () {
  this.timeout(120_000);
  const on = retrievalStudy();
  const { at, names } = on;

  it('finds regions: the best window of each image, as brute force, and where it lies', async () => {
    const all = await names();
    const local = (request: Partial<LocalRequestInput>) =>
      on.engine.handlers['retrieval.local']({ study: on.study, request: { layer: 'relu', image: { index: 2 }, ...request } }, quiet);
    const answer = await local({ image: { index: 2, box: [4, 6, 5, 3] }, count: 4 });
    assert.deepEqual([answer.window, answer.grid, answer.query.position, answer.query.box], [[3, 5], [24, 24], [6, 4], [4, 6, 5, 3]]);
    assert.deepEqual(answer.query.field, [1, 3, 11, 9]);
    const maps: FetchedLayer[] = [];
    for (const name of all) maps.push((await on.fetch(at('images', name))).get('relu')!);
    const meanAt = (map: FetchedLayer, y: number, x: number): Float64Array =>
      Float64Array.from({ length: 8 }, (_, unit) => {
        let sum = 0;
        for (let r = 0; r < 3; r++) for (let c = 0; c < 5; c++) sum += map.data[unit * 576 + (y + r) * 24 + x + c]!;
        return sum / 15;
      });
    const query = meanAt(maps[2]!, 6, 4);
    const expected = maps.flatMap((map, index) => {
      if (index === 2) return [];
      let best = { index, distance: Infinity, position: [-1, -1] };
      for (let y = 0; y <= 21; y++)
        for (let x = 0; x <= 19; x++) {
          const distance = distanceOf(meanAt(map, y, x), query, 'cosine');
          if (distance < best.distance) best = { index, distance, position: [y, x] };
        }
      return [best];
    });
    expected.sort((a, b) => a.distance - b.distance);
    assert.equal(answer.total, 17);
    answer.results.forEach((result, i) => {
      assert.equal(result.index, expected[i]!.index);
      assert.deepEqual(result.position, expected[i]!.position);
      assert.deepEqual(result.box, [expected[i]!.position[1], expected[i]!.position[0], 5, 3]);
      assert.ok(Math.abs(result.distance - expected[i]!.distance) < 1e-6);
    });
    assert.deepEqual((await local({ image: { index: 2, box: [4, 6, 5, 3] }, from: 3, count: 1 })).results, answer.results.slice(3));
    const point = await local({ position: [23, 0], metric: 'euclidean', filter: { otherClasses: true } });
    assert.deepEqual([point.window, point.total, point.query.box], [[1, 1], 2, [0, 23, 1, 1]]);
    const tiny = await local({ image: { index: 2, box: [7.6, 7.6, 0.2, 0.2] } });
    assert.deepEqual([tiny.window, tiny.query.position], [[1, 1], [7, 7]]);
    const foreign = await local({ image: { path: at('others', 'dog', '000.png'), box: [0, 0, 24, 24] } });
    assert.deepEqual([foreign.total, foreign.window], [18, [24, 24]]);
    await assert.rejects(Promise.resolve(local({ layer: 'logits', position: [0, 0] })), /no positions that see parts/);
    await assert.rejects(Promise.resolve(local({})), /need a box of the image or a position/);
    await assert.rejects(Promise.resolve(local({ position: [24, 0] })), /24 rows and 24 columns/);
  });

  it('answers who asks the same while another gives it up', async () => {
    const first = new AbortController();
    const request = { layer: 'relu', image: { index: 3 }, position: [5, 5] as [number, number] };
    const ask = (signal: AbortSignal) => Promise.resolve(on.engine.handlers['retrieval.local']({ study: on.study, request }, { signal, report: () => first.abort() }));
    const [given, kept] = await Promise.allSettled([ask(first.signal), ask(quiet.signal)]);
    assert.ok(given.status === 'rejected' && isCancelled(given.reason));
    assert.ok(kept.status === 'fulfilled' && kept.value.total > 0, String(kept.status === 'rejected' && kept.reason));
  });
});
