import assert from 'node:assert/strict';
import { TopK } from '../../../src/engine/numerics/topk';
import { seeded } from '../../fixtures/random';

describe('TopK', () => {
  it('agrees with sorting everything, whatever the order of arrival, ties included', () => {
    const random = seeded(1);
    for (let trial = 0; trial < 50; trial++) {
      const items = Array.from({ length: 40 }, (_, index) => ({ index, score: Math.floor(random() * 6) - 2 }));
      const expected = items.toSorted((a, b) => b.score - a.score || a.index - b.index).slice(0, 9);
      const top = new TopK(2, 9);
      for (const { index, score } of items.toSorted(() => random() - 0.5)) top.offer(1, index, score);
      assert.deepEqual(top.best(1), expected);
      assert.deepEqual(top.best(0), []);
    }
  });

  it('gives what there is when there are fewer than k', () => {
    const top = new TopK(1, 5);
    top.offer(0, 3, -1);
    top.offer(0, 1, -1);
    assert.deepEqual(top.best(0), [
      { index: 1, score: -1 },
      { index: 3, score: -1 },
    ]);
    assert.deepEqual(top.best(0, 1), [{ index: 1, score: -1 }]);
  });

  it('ranks -Infinity last and keeps float32 scores', () => {
    const top = new TopK(1, 2);
    top.offer(0, 0, -Infinity);
    top.offer(0, 1, 0.1);
    assert.deepEqual(top.best(0), [
      { index: 1, score: Math.fround(0.1) },
      { index: 0, score: -Infinity },
    ]);
  });
});
