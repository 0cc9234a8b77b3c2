import assert from 'node:assert/strict';
import { distanceOf, quiet, retrievalStudy } from '../../fixtures/retrieval/study';

describe('retrieval quality', function () {
  this.timeout(120_000);
  const on = retrievalStudy();
  const { at, vectors } = on;

  it('reports quality of several layers, and leaves those that fail', async () => {
    const steps: number[] = [];
    const report = await on.engine.handlers['retrieval.quality']({ study: on.study, request: { layers: ['relu', 'mix'], metric: 'euclidean' } }, { ...quiet, report: ({ done, total }) => steps.push(done / total) });
    assert.deepEqual(report.layers.map(({ layer, queries, classes, features }) => [layer, queries, classes, features]), [['relu', 18, 3, 8], ['mix', 18, 3, 8]]);
    assert.ok(steps.every((share, i) => i === 0 || share >= steps[i - 1]!) && steps.at(-1) === 1);
    const rows = await vectors('relu', 'mean');
    let first = 0;
    rows.forEach((row, query) => {
      const order = rows.map((other, index) => ({ index, distance: distanceOf(other, row, 'euclidean') })).filter(({ index }) => index !== query);
      order.sort((a, b) => a.distance - b.distance);
      if (Math.floor(order[0]!.index / 6) === Math.floor(query / 6)) first++;
    });
    assert.equal(report.layers[0]!.recallAt1, first / 18);
    assert.equal(report.layers[0]!.confusions.reduce((sum, { count }) => sum + count, 0), 18 - first);
    on.study = { ...on.study, dataset: { path: at('images', 'ant'), limit: 4 } };
    await assert.rejects(Promise.resolve(on.engine.handlers['retrieval.quality']({ study: on.study, request: { layers: ['relu'] } }, quiet)), /no two images .* same label/);
  });
});
