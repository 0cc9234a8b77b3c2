import * as assert from 'node:assert/strict';
import type { Dim } from '../../../src/protocol/model';
import { add, broadcast, canonical, divideExactly, multiply, productOf, substitute, subtract } from '../../../src/engine/model/shapes/dims';

describe('arithmetic on dimensions', () => {
  const equal = (actual: Dim, expected: Dim) => assert.equal(actual, expected);

  it('spells products in one way', () => {
    equal(multiply('batch', 64), '64*batch');
    equal(multiply(2, multiply('h', 'batch')), '2*batch*h');
    equal(productOf(['h', 4, 'batch', 8]), '32*batch*h');
    equal(multiply('batch', 0), 0);
    equal(multiply('batch', 1), 'batch');
    equal(multiply(null, 4), null);
    equal(multiply('batch', 0.5), null);
  });

  it('divides where the quotient is whole', () => {
    equal(divideExactly('64*batch', 64), 'batch');
    equal(divideExactly('32*batch*h', '8*h'), '4*batch');
    equal(divideExactly('64*batch', 'batch'), 64);
    equal(divideExactly('batch', 2), null);
    equal(divideExactly(7, 'batch'), null);
    equal(divideExactly('batch', 0), null);
  });

  it('gives equal sums equal names', () => {
    equal(add('t', 1), '(t + 1)');
    equal(subtract('t', 1), '(t - 1)');
    equal(add(1, 't'), add('t', 1));
    equal(add('2*t', '3*t'), '5*t');
    equal(subtract('t', 't'), 0);
    equal(multiply(add('t', 1), 2), '2*(t + 1)');
    equal(divideExactly('2*(t + 1)', '(t + 1)'), 2);
  });

  it('takes a sum that a file spells as one symbol', () => {
    equal(canonical('2*s0 + 1'), '(2*s0 + 1)');
    equal(divideExactly(multiply(canonical('2*s0 + 1'), 6), 2), '3*(2*s0 + 1)');
    equal(canonical('batch-size'), 'batch-size');
    equal(canonical('s1*s0'), 's0*s1');
  });

  it('does not let names grow without end', () => {
    let dim: Dim = 'batch';
    for (let i = 0; i < 100; i++) dim = multiply(dim, `symbol${i}`);
    equal(dim, null);
  });

  it('broadcasts', () => {
    assert.deepEqual(broadcast([['batch', 1, 7], [3, 1]]), ['batch', 3, 7]);
    assert.deepEqual(broadcast([['a', null], ['b', 4]]), [null, 4]);
    assert.deepEqual(broadcast([['a', 5], ['a', 1]]), ['a', 5]);
    assert.equal(broadcast([['a'], null]), null);
  });

  it('puts numbers in for symbols', () => {
    const values = new Map([['h', 7]]);
    equal(substitute('2*batch*h', values), '14*batch');
    equal(substitute('h', values), 7);
    equal(substitute('w', values), 'w');
  });
});
