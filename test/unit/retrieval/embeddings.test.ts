import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNpy } from '../../../src/engine/io/npy';
import type { UnitscopeError } from '../../../src/protocol/errors';
import type { RetrievalAnswer } from '../../../src/protocol/retrieval';
import { distanceOf, quiet, retrievalStudy } from '../../fixtures/retrieval/study';

describe('embeddings of images', function () {
  this.timeout(120_000);
  const on = retrievalStudy();
  const { at, prepare, ask, names, vectorOf, vectors, agrees } = on;

  for (const pool of ['mean', 'flatten'] as const)
    it(`follows new, changed and deleted images without looking at the others again, ${pool}`, async () => {
      const folder = at(`changing-${pool}`);
      await cp(at('images'), folder, { recursive: true, filter: (source) => !source.endsWith('.csv') });
      on.study = { ...on.study, dataset: { path: folder } };
      assert.deepEqual((({ done, cached }) => [done, cached])(await prepare('relu', pool)), [18, 0]);
      const again = await prepare('relu', pool);
      assert.deepEqual([again.cached, again.device], [18, null]);
      await cp(at('others', 'dog', '000.png'), join(folder, 'bee', '0005.png'));
      await cp(at('others', 'dog', '001.png'), join(folder, 'cat', '000.png'));
      await rm(join(folder, 'ant', '002.png'));
      // What was recorded is gone: rows that are known have to come from the embeddings themselves.
      for (const name of await readdir(join(on.engine.cache, 'recordings'))) await rm(join(on.engine.cache, 'recordings', name, 'activations'), { recursive: true, force: true });
      const changed = await prepare('relu', pool);
      assert.deepEqual([changed.done, changed.cached], [18, 16]);
      const embedding = { layer: 'relu', pool };
      const { results, total } = await ask({ embedding, query: { kind: 'images', terms: [{ image: { path: at('others', 'dog', '000.png') } }] } });
      assert.equal(total, 17);
      assert.ok(results.every(({ path }) => path !== 'ant/002.png' && path !== 'bee/0005.png'));
      const rows: Float64Array[] = [];
      const listed = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.png')).map((name) => name.replaceAll('\\', '/')).sort();
      for (const name of listed) rows.push(await vectorOf(join(folder, name), 'relu', pool));
      agrees({ results } as RetrievalAnswer, rows, await vectorOf(at('others', 'dog', '000.png'), 'relu', pool), 'cosine', [listed.indexOf('bee/0005.png')]);
    });

  it('whitens and normalises, queries too, and writes what Python reads', async () => {
    await prepare('relu', 'mean', { whiten: 5, l2: true });
    const embedding = { layer: 'relu', whiten: 5, l2: true };
    const files = await on.engine.handlers['retrieval.export']({ study: on.study, embedding, file: at('white.npy') }, quiet);
    assert.deepEqual([files.rows, files.features, files.index], [18, 5, at('white.json')]);
    const { data, shape } = await readNpy(files.file);
    assert.deepEqual(shape, [18, 5]);
    const index = JSON.parse(await readFile(files.index, 'utf8')) as { images: string[]; labels: string[]; layer: string; pool: string; transform: { l2: boolean; whiten: { eigenvalues: number[]; epsilon: number } } };
    assert.deepEqual([index.images, index.layer, index.pool, index.transform.l2], [await names(), 'relu', 'mean', true]);
    const { data: mean } = await readNpy(at('white.mean.npy'));
    const { data: components } = await readNpy(at('white.components.npy'));
    const { eigenvalues, epsilon } = index.transform.whiten;
    const whiten = (vector: Float64Array): Float64Array => {
      const white = Float64Array.from(eigenvalues, (value, k) => vector.reduce((sum, x, f) => sum + (x - mean[f]!) * components[k * mean.length + f]!, 0) / Math.sqrt(value + epsilon));
      return white.map((value) => value / Math.hypot(...white));
    };
    const rows = (await vectors('relu', 'mean')).map(whiten);
    rows.forEach((row, i) => row.forEach((value, k) => assert.ok(Math.abs(value - data[i * 5 + k]!) < 2e-3, `${i} ${k}: ${data[i * 5 + k]} for ${value}`)));
    const foreign = await ask({ embedding, query: { kind: 'images', terms: [{ image: { path: at('others', 'dog', '001.png') } }] } });
    const query = whiten(await vectorOf(at('others', 'dog', '001.png'), 'relu', 'mean'));
    for (const { index: row, distance } of foreign.results) assert.ok(Math.abs(distance - distanceOf(rows[row!]!, query, 'cosine')) < 2e-3);
    await assert.rejects(prepare('relu', 'mean', { whiten: 9 }), /vary in 8 directions at most/);
  });

  it('leaves out images that cannot be read', async () => {
    const folder = at('broken');
    await cp(at('images'), folder, { recursive: true, filter: (source) => !source.endsWith('.csv') });
    await writeFile(join(folder, 'ant', '001.png'), 'no image');
    on.study = { ...on.study, dataset: { path: folder } };
    const outcome = await prepare();
    assert.deepEqual([outcome.done, outcome.skipped.map(({ path }) => path)], [17, ['ant/001.png']]);
    const { leftOut, total } = await ask({});
    assert.deepEqual([leftOut.unreadable, total], [1, 16]);
    await assert.rejects(ask({}, 1), (error: UnitscopeError) => error.code === 'image.unreadable' && error.message.includes(join('ant', '001.png')));
  });

  it('searches by an approximate index that is built where it is missing', async () => {
    await prepare();
    const { exact, recall, results } = await ask({ approximate: true, count: 5 });
    assert.equal(exact, false);
    assert.ok(recall!.recall > 0.9);
    assert.deepEqual(results, (await ask({ count: 5 })).results);
    const folder = join(on.engine.cache, 'recordings', (await readdir(join(on.engine.cache, 'recordings')))[0]!, 'embeddings');
    assert.ok((await readdir(folder)).some((name) => name.endsWith('.cosine.hnsw')));
  });
});
