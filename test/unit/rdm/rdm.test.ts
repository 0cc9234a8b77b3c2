import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { readNpy, writeNpy } from '../../../src/engine/io/npy';
import { openModel } from '../../../src/engine/model/summary';
import type { UnitscopeError } from '../../../src/protocol/errors';
import { fetchActivations, pooled } from '../../fixtures/bruteForce';
import { layers, quiet, rdmStudy } from '../../fixtures/rdms/study';

describe('RDMs', function () {
  this.timeout(120_000);
  const on = rdmStudy();
  const { at, request, compute, states, matrix, compare } = on;

  for (const pool of ['flatten', 'mean', 'max'] as const)
    it(`are those of activations fetched whole, ${pool}: 1e-5`, async () => {
      const asked = request({ pool });
      await compute(asked);
      const { summary } = openModel(on.study.model);
      assert.ok('input' in summary.image);
      const { config, inputSize } = await resolvePreprocess(summary, undefined);
      const fetch = await fetchActivations(on.study.model, summary.image.input, inputSize!, config, layers);
      const { names } = await on.engine.handlers['rdm.set']({ study: on.study, request: asked }, quiet);
      assert.equal(names.length, 18);
      const fetched = [];
      for (const name of names) fetched.push(await fetch(at('images', name)));
      for (const layer of layers) {
        const vectors = fetched.map((image) => pooled(image.get(layer)!, pool));
        const { values } = await matrix(layer, asked);
        for (const [i, a] of vectors.entries())
          for (const [j, b] of vectors.entries()) {
            const expected = i === j ? 0 : 1 - pearson(a, b);
            assert.ok(Math.abs(values[i * 18 + j]! - expected) <= 1e-5 * Math.abs(expected) + 2e-7, `${layer} ${i},${j}: ${values[i * 18 + j]} for ${expected}`);
          }
      }
    });

  it('of pooled activations come from what visualizing a layer has recorded', async () => {
    await on.engine.handlers['study.scan']({ study: on.study }, quiet);
    for (const pool of ['mean', 'max'] as const) {
      const outcome = await compute(request({ pool, layers: ['relu', 'mix'] }));
      assert.deepEqual([outcome.cached, outcome.device], [18, null]);
    }
  });

  it('leave a selection in the order of the dataset: classes, and a sample with a seed', async () => {
    const asked = (seed: number) => request({ stimuli: { labels: ['bee', 'cat'], sample: { count: 5, seed } } });
    const { indices, labels } = await on.engine.handlers['rdm.set']({ study: on.study, request: asked(1) }, quiet);
    assert.deepEqual([...indices], [...indices].sort((a, b) => a - b));
    assert.equal(new Set(indices).size, 5);
    assert.ok(labels.every((label) => label !== 'ant'));
    assert.deepEqual((await on.engine.handlers['rdm.set']({ study: on.study, request: asked(1) }, quiet)).indices, indices);
    assert.notDeepEqual((await on.engine.handlers['rdm.set']({ study: on.study, request: asked(2) }, quiet)).indices, indices);
    await assert.rejects(states(request({ stimuli: { labels: ['none'] } })), (error: UnitscopeError) => error.code === 'usage' && error.message.includes('at least 3 stimuli'));
  });

  it('are arranged by class, name, column and cluster', async () => {
    const rows = ['path,label,size', ...[3, 1, 2].flatMap((n) => [`ant/00${n}.png,ant,${n}`, `bee/00${n}.png,bee,${n * 10}`])];
    await writeFile(at('images', 'list.csv'), rows.join('\n'));
    on.study = { ...on.study, dataset: { path: at('images', 'list.csv') } };
    await compute();
    const arrange = async (order: object) => await on.engine.handlers['rdm.arrange']({ study: on.study, request: request(), layer: 'relu', order: order as never }, quiet);
    assert.deepEqual([...(await arrange({ by: 'dataset' })).rows], [0, 1, 2, 3, 4, 5]);
    const byLabel = await arrange({ by: 'label' });
    assert.deepEqual([...byLabel.rows], [0, 2, 4, 1, 3, 5]);
    assert.deepEqual(byLabel.groups, [{ name: 'ant', from: 0, to: 3 }, { name: 'bee', from: 3, to: 6 }]);
    assert.deepEqual([...(await arrange({ by: 'name' })).rows], [2, 4, 0, 3, 5, 1]);
    assert.deepEqual([...(await arrange({ by: 'column', column: 'size' })).rows], [2, 4, 0, 3, 5, 1], 'by number');
    const { rows: clustered, tree } = await arrange({ by: 'cluster' });
    assert.deepEqual([...clustered].sort(), [0, 1, 2, 3, 4, 5]);
    assert.equal(tree?.height.length, 5);
    await assert.rejects(arrange({ by: 'column', column: 'colour' }), (error: UnitscopeError) => error.code === 'usage' && error.message.includes('size'));
  });

  it('are pictures whose pixels are means, and single pairs', async () => {
    await compute();
    const whole = await matrix('relu');
    const rows = Int32Array.from({ length: 18 }, (_, i) => 17 - i);
    const part = await on.engine.handlers['rdm.image']({ study: on.study, request: request(), layer: 'relu', rows, region: [2, 0, 12, 18], size: 6 }, quiet);
    assert.deepEqual([part.width, part.height], [6, 6]);
    let sum = 0;
    for (const x of [4, 5]) for (const y of [3, 4, 5]) sum += whole.values[(17 - y) * 18 + (17 - x)]!;
    assert.ok(Math.abs(part.values[6 + 1]! - sum / 6) < 1e-6);
    const [values, missing] = await on.engine.handlers['rdm.pairs']({ study: on.study, request: request(), layers: ['relu', 'pool'], pairs: [[3, 9], [9, 3], [4, 4]] }, quiet);
    assert.deepEqual([...values!], [whole.values[3 * 18 + 9], whole.values[3 * 18 + 9], 0]);
    assert.ok(missing!.every(Number.isNaN));
  });

  for (const method of ['mds', 'pca', 'tsne', 'umap'] as const)
    it(`are laid out by ${method}, the same every time`, async () => {
      await compute();
      const layOut = async () => await on.engine.handlers['rdm.layout']({ study: on.study, request: request(), layer: 'mix', method }, quiet);
      const { points, quality } = await layOut();
      assert.equal(points.length, 36);
      assert.ok(points.every(Number.isFinite) && quality.length > 0);
      assert.deepEqual((await layOut()).points, points);
    });

  it('by Mahalanobis and crossnobis distance, with a precision matrix and folds', async () => {
    const precision = Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 + i / 5 : 0.1));
    await writeNpy(at('precision.npy'), [4, 4], 'f8', [precision]);
    const asked = request({ layers: ['logits'], measure: 'mahalanobis', precision: at('precision.npy') });
    await compute(asked);
    assert.equal((await states(asked))[0]!.state, 'ready');
    const without = await compute(request({ layers: ['logits'], measure: 'mahalanobis' }));
    assert.match(without.failedLayers[0]!.message, /needs a precision matrix/);
    const wrong = request({ layers: ['mix'], measure: 'mahalanobis', precision: at('precision.npy') });
    const { failedLayers } = await compute(wrong);
    assert.match(failedLayers[0]!.message, /precision\.npy holds an array of 4 x 4, but the precision matrix of layer mix is 4608 x 4608/);
    const rows = ['path,label,run', ...['ant', 'bee', 'cat'].flatMap((name) => [0, 1, 2, 3].map((n) => `${name}/00${n}.png,${name},${n % 2}`))];
    await writeFile(at('images', 'runs.csv'), rows.join('\n'));
    on.study = { ...on.study, dataset: { path: at('images', 'runs.csv') } };
    const crossed = request({ layers: ['logits'], measure: 'crossnobis', folds: 'run' });
    await compute(crossed);
    const set = await on.engine.handlers['rdm.set']({ study: on.study, request: crossed }, quiet);
    assert.deepEqual(set.names, ['ant', 'bee', 'cat']);
    assert.equal(set.layers[0]!.state, 'ready');
    await assert.rejects(compute(request({ layers: ['logits'], measure: 'crossnobis' })), (error: UnitscopeError) => error.message.includes('Crossnobis needs a manifest column'));
  });

  it('are exported as .npy, .csv and rdm.json', async () => {
    await compute();
    const asked = { study: on.study, request: request(), comparison: 'rho-a' as const, references: [{ kind: 'categories' as const, column: null }], folder: at('out'), formats: ['npy' as const, 'csv' as const] };
    const { files, problems } = await on.engine.handlers['rdm.export'](asked, quiet);
    assert.deepEqual(problems, []);
    assert.equal(files.length, 11);
    const { shape, data: numbers } = await readNpy(at('out', 'relu.npy'));
    assert.deepEqual(shape, [18, 18]);
    const { values } = await matrix('relu');
    assert.deepEqual([...numbers], [...values]);
    const lines = (await readFile(at('out', 'relu.csv'), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 19);
    assert.equal(Number(lines[1]!.split(',')[2]), values[1]);
    const json = JSON.parse(await readFile(files[0]!, 'utf8')) as { images: string[]; rsa: { matrix: number[][] }; references: { name: string; values: unknown[] }[] };
    assert.equal(json.images[0], 'ant/000.png');
    assert.equal(json.rsa.matrix.length, 5);
    assert.deepEqual(json.references.map(({ name, values: all }) => [name, all.length]), [['Classes', 5]]);
    // What was exported is a reference that fits.
    const again = await compare([{ kind: 'file', path: at('out', 'relu.csv') }], { comparison: 'pearson' });
    assert.ok(Math.abs(again.references[0]!.values[1]!.value! - 1) < 1e-9);
  });
});

function pearson(a: Float64Array, b: Float64Array): number {
  const mean = (v: Float64Array): number => v.reduce((sum, value) => sum + value, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((value, i) => {
    ab += (value - ma) * (b[i]! - mb);
    aa += (value - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}
