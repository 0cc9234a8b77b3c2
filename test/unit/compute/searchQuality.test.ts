import assert from 'node:assert/strict';
import { withMatrix } from '../../../src/engine/compute/searchMatrix';
import { measureQuality } from '../../../src/engine/compute/searchQuality';
import { seeded } from '../../../src/engine/numerics/random';
import { temporaryFolder } from '../../fixtures/imageFolder';
import { golden, goldenClasses, goldenMatrix } from '../../fixtures/retrieval/retrieval';
import { bruteForce, metrics, vectorsOf, writerIn } from '../../fixtures/retrieval/search';

const { signal } = new AbortController();

describe('the quality of neighbours', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  const write = writerIn(at);
  const noise = vectorsOf(seeded(7));

  for (const metric of metrics)
    it(`measures quality as scikit-learn does, ${metric}`, async () => {
      const rows = goldenMatrix(60, 10).map((row, i) => row.with(0, row[0]! + (i % 5)));
      const file = write(rows);
      for (const budget of [1e9, 0]) {
        const measured = await withMatrix(file, budget, signal, (matrix) =>
          measureQuality(matrix, { file, metric, classes: goldenClasses(60), budget, threads: 1 }, signal, () => undefined),
        );
        const expected = golden.quality[metric];
        for (const key of ['queries', 'recallAt1', 'recallAt5', 'recallAt10', 'knn1', 'knn10'] as const) assert.equal(measured[key], expected[key], key);
        assert.ok(Math.abs(measured.meanAveragePrecision - expected.meanAveragePrecision) < 1e-12);
        const confusions = Object.fromEntries(measured.confusions.map(([a, b, count]) => [`${a} ${b}`, count]));
        assert.deepEqual(confusions, expected.confusions);
        assert.deepEqual(measured.confusions.map(([, , count]) => count), measured.confusions.map(([, , count]) => count).sort((a, b) => b - a));
      }
    });

  it('measures quality exactly where rows are copies, silent, unlabelled or alone', async () => {
    const some = noise(30, 6);
    const rows = [...some, ...some.map((row) => row.slice()), new Float32Array(6), ...noise(5, 6)];
    const classes = Int32Array.from(rows, (_, row) => (row >= 61 ? -1 : row === 7 ? 99 : row % 4));
    const file = write(rows);
    const measured = await withMatrix(file, 1e9, signal, (matrix) => measureQuality(matrix, { file, metric: 'cosine', classes, budget: 1e9, threads: 1 }, signal, () => undefined));
    const candidates = rows.map((_, row) => row).filter((row) => classes[row]! >= 0 && row !== 60);
    const queries = candidates.filter((row) => row !== 7);
    assert.deepEqual([measured.candidates, measured.queries, measured.leftOut], [60, 59, 1]);
    let precision = 0;
    for (const query of queries) {
      const order = bruteForce(rows, rows[query]!, 'cosine', (row) => candidates.includes(row) && row !== query);
      let hits = 0;
      let sum = 0;
      order.forEach(({ row }, i) => {
        if (classes[row] === classes[query]) sum += ++hits / (i + 1);
      });
      precision += sum / hits / queries.length;
    }
    assert.ok(Math.abs(measured.meanAveragePrecision - precision) < 1e-12, `${measured.meanAveragePrecision} for ${precision}`);
  });
});
