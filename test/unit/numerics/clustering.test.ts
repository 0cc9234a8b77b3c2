import assert from 'node:assert/strict';
import { categoryRdm } from '../../../src/engine/numerics/categories';
import { pairsOf } from '../../../src/engine/numerics/condensed';
import { averageLinkage } from '../../../src/engine/numerics/linkage';
import { sample, seeded } from '../../../src/engine/numerics/random';
import { ascending, denseRanks, midranks } from '../../../src/engine/numerics/ranks';
import { close, rsa } from '../../fixtures/rsa/rsa';

describe('Average linkage', () => {
  it('agrees with SciPy, with many ties and with nothing but ties', () => {
    for (const expected of rsa.linkage) {
      const linkage = averageLinkage(Float64Array.from(expected.values), expected.order.length);
      assert.deepEqual([...linkage.left], expected.left);
      assert.deepEqual([...linkage.right], expected.right);
      linkage.height.forEach((height, i) => close(height, expected.height[i]!, 1e-6));
      assert.deepEqual([...linkage.order], expected.order);
    }
  });

  it('takes one stimulus and two', () => {
    assert.deepEqual(averageLinkage(new Float32Array(0), 1).order, Int32Array.of(0));
    const two = averageLinkage(Float32Array.of(0.5), 2);
    const [left, right, height, order] = [Int32Array.of(0), Int32Array.of(1), Float32Array.of(0.5), Int32Array.of(0, 1)];
    assert.deepEqual(two, { left, right, height, order });
  });
});

describe('Category RDM', () => {
  it('is 0 within a category and 1 between; unlabelled stimuli differ from all', () => {
    assert.deepEqual([...categoryRdm(['a', 'b', 'a', null, null])], [1, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert.equal(categoryRdm([]).length, 0);
  });
});

describe('Ranks', () => {
  it("agree with SciPy's", () => {
    assert.deepEqual([...midranks(Float64Array.from(rsa.ranks.values))], rsa.ranks.midranks);
    assert.deepEqual([...midranks(Float32Array.from(rsa.ranks.values))], rsa.ranks.midranks);
  });

  it('order floats of all sizes and signs, and hold 0 and -0 for equal', () => {
    const random = seeded(2);
    const values = Float64Array.from({ length: 3000 }, () => (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20));
    values.set([0, -0, Infinity, -Infinity, 5e-324, -5e-324, Number.MAX_VALUE, 1, 1 + Number.EPSILON], 100);
    for (const some of [values, Float32Array.from(values)]) {
      const sorted = Array.from(ascending(some), (at) => some[at]! + 0);
      assert.deepEqual(sorted, Array.from(some.toSorted(), (value) => value + 0));
    }
    assert.deepEqual([...midranks(Float32Array.of(-0, 1, 0, -1))], [2.5, 4, 2.5, 1]);
    assert.deepEqual(denseRanks(Float64Array.of(3, -1, 3, 0, -0)), { ids: Int32Array.of(2, 0, 2, 1, 1), groups: 3 });
  });

  it('keep equal values in their order', () => {
    assert.deepEqual([...ascending(Float32Array.of(2, 1, 2, 1, 2))], [1, 3, 0, 2, 4]);
    assert.deepEqual([...ascending(new Float64Array(4))], [0, 1, 2, 3]);
  });
});

describe('Random numbers', () => {
  it('are uniform, and the same for the same seed', () => {
    const random = seeded(42);
    const numbers = Array.from({ length: 20000 }, random);
    const again = seeded(42);
    assert.deepEqual(numbers.slice(0, 5), [again(), again(), again(), again(), again()]);
    assert.notDeepEqual(numbers[0], seeded(43)());
    const bins = new Array<number>(20).fill(0);
    for (const number of numbers) bins[Math.floor(number * 20)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    assert(chiSquare < 43.8, `${chiSquare}`); // 19 degrees of freedom, p = 0.001
  });

  it('sample without replacement, ascending, each as likely as the others', () => {
    const random = seeded(1);
    const counts = new Array<number>(10).fill(0);
    for (let trial = 0; trial < 2000; trial++) {
      const drawn = sample(3, 10, random);
      assert(drawn[0]! < drawn[1]! && drawn[1]! < drawn[2]!);
      for (const i of drawn) counts[i]!++;
    }
    assert(counts.every((count) => Math.abs(count - 600) < 100), counts.join());
    assert.deepEqual([...sample(pairsOf(3), 3, random)], [0, 1, 2]);
    assert.throws(() => sample(4, 3, random), RangeError);
  });
});
