import assert from 'node:assert/strict';
import { halfBits, toTensorData } from '../../../src/engine/dataset/tensorData';
import { float16ToNumber } from '../../../src/engine/model/halfFloats';

describe('half precision', () => {
  it('keeps every finite half, and both infinities', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = float16ToNumber(half);
      if (Number.isNaN(value)) continue;
      assert.equal(halfBits(value), half);
    }
  });

  it('rounds to the nearest, ties to even, everywhere between neighbours', () => {
    for (let half = 0; half < 0x7bff; half++) {
      const [low, high] = [float16ToNumber(half), float16ToNumber(half + 1)];
      const middle = (low + high) / 2; // exact in single precision
      assert.equal(halfBits(middle), half % 2 === 0 ? half : half + 1, `the tie above ${low}`);
      const nudge = (high - low) / 8;
      assert.equal(halfBits(middle - nudge), half);
      assert.equal(halfBits(middle + nudge), half + 1);
      assert.equal(halfBits(-(middle + nudge)), (half + 1) | 0x8000);
    }
  });

  it('overflows and underflows as IEEE 754 says', () => {
    assert.equal(halfBits(65504), 0x7bff);
    assert.equal(halfBits(65519.996), 0x7bff);
    assert.equal(halfBits(65520), 0x7c00);
    assert.equal(halfBits(-1e9), 0xfc00);
    assert.equal(halfBits(Infinity), 0x7c00);
    assert.equal(halfBits(2 ** -25), 0);
    assert.equal(halfBits(2 ** -25 * 1.001), 1);
    assert.equal(halfBits(-0), 0x8000);
    assert.equal(halfBits(NaN) & 0x7e00, 0x7e00);
  });
});

describe('toTensorData', () => {
  const values = Float32Array.of(-3, 0, 1.5, 2.5, 254.6, 300);
  it('gives each element type its typed array', () => {
    assert.equal(toTensorData(values, 'float32'), values);
    assert.deepEqual(toTensorData(values, 'float64'), Float64Array.from(values));
    assert.deepEqual(toTensorData(values, 'uint8'), Uint8Array.of(0, 0, 2, 2, 255, 255));
    assert.deepEqual(toTensorData(values.subarray(0, 3), 'float16'), Uint16Array.of(0xc200, 0, 0x3e00));
  });
});
