import assert from 'node:assert/strict';
import { classSelectivity } from '../../../src/engine/numerics/selectivity';

describe('classSelectivity', () => {
  it('follows Morcos et al. 2018: (max - rest) / (max + rest)', () => {
    // (3 - 1.5) / (3 + 1.5), rest = mean of 1 and 2
    assert.deepEqual(classSelectivity([1, 3, 2]), { selectivity: 1.5 / 4.5, preferred: 1 });
  });
  it('is 1 for a unit that is silent for all other classes, 0 for one that does not care', () => {
    assert.equal(classSelectivity([0, 5, 0, 0])?.selectivity, 1);
    assert.equal(classSelectivity([2, 2, 2])?.selectivity, 0);
    assert.equal(classSelectivity([0, 0])?.selectivity, 0);
  });
  it('stays within 0 and 1 for scores below zero', () => {
    const found = classSelectivity([-1, -3, 2]);
    assert.equal(found?.preferred, 2);
    assert.ok(found.selectivity >= 0 && found.selectivity <= 1);
    assert.equal(classSelectivity([-4, -2])?.selectivity, 2 / 6);
  });
  it('leaves out classes without stimuli and needs two with', () => {
    assert.deepEqual(classSelectivity([NaN, 3, 1]), { selectivity: 0.5, preferred: 1 });
    assert.equal(classSelectivity([NaN, 3]), null);
    assert.equal(classSelectivity([]), null);
  });
});
