import assert from 'node:assert/strict';
import { crossnobis, quadratic } from '../../../src/engine/compute/mahalanobis';

/**
 * rsatoolbox 0.3 on X[i][j] = sin((i + 1) (j + 2)), 6 stimuli with 5 features: `calc_rdm` with method mahalanobis and the
 * precision diag(1..5); with method crossnobis over two folds, X and X + 0.1 sin(i j), without noise.
 */
const golden = {
  mahalanobis: [
    2.659209883720277, 2.635115211950079, 3.5121052397065555, 3.2476767527148, 1.2578702476933354, 2.821019521427433,
    3.4494715042014183, 0.6976901634145201, 2.6180517417311324, 0.7981550020929842, 1.8435646549924924, 2.8413041072682006,
    2.779843399972745, 3.6113970501753387, 3.355421199993605,
  ],
  crossnobis: [
    1.2777597857711522, 0.8526557552272065, 0.933919072537018, 1.289503342546619, 0.688710363217241, 0.9356383155014241,
    1.4413434252009574, 0.21809571920715737, 0.9055408439318139, 0.5582053560708025, 0.6320778322205636, 0.8712296412439924,
    1.2888556072827244, 1.2718531362200847, 1.2416043539542485,
  ],
};

const [n, features] = [6, 5];
const x = Float64Array.from({ length: n * features }, (_, k) => Math.sin((Math.floor(k / features) + 1) * ((k % features) + 2)));

function close(found: Float64Array, expected: number[]): void {
  assert.equal(found.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(found[i]! - value) < 1e-12, `${i}: ${found[i]} instead of ${value}`));
}

describe('distances weighted by a precision matrix', () => {
  it('are the Mahalanobis distance of rsatoolbox', async () => {
    const precision = Float64Array.from({ length: 25 }, (_, k) => (k % 6 === 0 ? k / 6 + 1 : 0));
    close(await quadratic(x, x, n, features, precision), golden.mahalanobis);
  });

  it('without one, the squared Euclidean distance over P', async () => {
    const found = await quadratic(x, x, n, features, null);
    let sum = 0;
    for (let f = 0; f < features; f++) sum += (x[f]! - x[features + f]!) ** 2;
    assert.ok(Math.abs(found[0]! - sum / features) < 1e-12);
  });

  it('cross-validated, are the crossnobis distance of rsatoolbox', async () => {
    const other = x.map((value, k) => value + 0.1 * Math.sin(Math.floor(k / features) * (k % features)));
    const both = Float64Array.from([...x, ...other]);
    const conditions = Int32Array.from({ length: 2 * n }, (_, row) => row % n);
    const folds = Int32Array.from({ length: 2 * n }, (_, row) => Math.floor(row / n));
    const { distances, count } = await crossnobis(both, features, null, { conditions, folds });
    assert.equal(count, n);
    close(distances, golden.crossnobis);
  });

  it('need every condition in every fold', async () => {
    const conditions = Int32Array.of(0, 1, 2, 0, 1, 1);
    const folds = Int32Array.of(0, 0, 0, 1, 1, 1);
    await assert.rejects(crossnobis(x, features, null, { conditions, folds }), /Condition 3 has no image in one of the folds/);
  });
});
