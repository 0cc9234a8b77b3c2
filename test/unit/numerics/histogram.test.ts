import assert from 'node:assert/strict';
import { histogram } from '../../../src/engine/numerics/histogram';

describe('histogram', () => {
  it('agrees with numpy.histogram([0, 1, 1, 2, 4], 4): bins are half-open but for the last', () => {
    assert.deepEqual(histogram([0, 1, 1, 2, 4], 4), { range: [0, 4], counts: [1, 2, 1, 1] });
  });
  it('puts equal values into one bin and handles none', () => {
    assert.deepEqual(histogram([3, 3, 3], 2), { range: [3, 3], counts: [3, 0] });
    assert.deepEqual(histogram([], 2), { range: [0, 0], counts: [0, 0] });
  });
});
