import assert from 'node:assert/strict';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { isCancelled, type UnitscopeError } from '../../../src/protocol/errors';
import type { Pool } from '../../../src/protocol/rdm';
import { quiet, retrievalStudy } from '../../fixtures/retrieval/study';

const pools: Pool[] = ['flatten', 'mean', 'max'];

describe('retrieval', function () {
  this.timeout(120_000);
  const on = retrievalStudy();
  const { at, prepare, ask, names, vectorOf, vectors, agrees } = on;

  for (const pool of pools)
    for (const metric of ['cosine', 'euclidean'] as const)
      it(`ranks as brute force over activations fetched whole, ${pool}, ${metric}: by index, by path, of another image, of a box`, async () => {
        await prepare('relu', pool);
        const rows = await vectors('relu', pool);
        const embedding = { layer: 'relu', pool };
        const all = await names();
        const byIndex = await ask({ embedding, metric }, 4);
        assert.deepEqual([byIndex.total, byIndex.exact, byIndex.leftOut.query], [17, true, 1]);
        agrees(byIndex, rows, rows[4]!, metric, [4]);
        assert.deepEqual(byIndex.results.map(({ path, label }) => [path, label]), byIndex.results.map(({ index }) => [all[index!], all[index!]!.split('/')[0]]));
        const byPath = await ask({ embedding, metric, query: { kind: 'images', terms: [{ image: { path: at('images', all[4]!) } }] } });
        assert.deepEqual(byPath.results, byIndex.results);

        const other = at('others', 'dog', '000.png');
        const foreign = await ask({ embedding, metric, query: { kind: 'images', terms: [{ image: { path: other } }] } });
        assert.deepEqual([foreign.total, foreign.leftOut.query], [18, 0]);
        agrees(foreign, rows, await vectorOf(other, 'relu', pool), metric, []);

        const crop = at('crop.png');
        await sharp(at('images', all[4]!)).extract({ left: 2, top: 4, width: 18, height: 14 }).png().toFile(crop);
        const boxed = await ask({ embedding, metric, query: { kind: 'images', terms: [{ image: { index: 4, box: [5, 6.5, 12, 9], context: 1.5 } }] } });
        assert.deepEqual(boxed.boxes, [[2, 4, 18, 14]]);
        agrees(boxed, rows, await vectorOf(crop, 'relu', pool), metric, [4]);
      });

  it('finds nothing before embeddings are made, and a copy of the query under another name not at all', async () => {
    await assert.rejects(ask({}), (error: UnitscopeError) => error.code === 'embedding.missing');
    await prepare();
    await cp(at('images', 'ant', '001.png'), at('copy.png'));
    const { results, leftOut } = await ask({ query: { kind: 'images', terms: [{ image: { path: at('copy.png') } }] } });
    assert.equal(leftOut.query, 1);
    assert.ok(results.every(({ index }) => index !== 1));
  });

  it('gives a ranking page by page, to its end', async () => {
    await prepare();
    const whole = (await ask({ count: 100 })).results;
    assert.equal(whole.length, 17);
    const pages = [];
    for (let from = 0; from < 20; from += 5) pages.push(...(await ask({ from, count: 5 })).results);
    assert.deepEqual(pages, whole);
    const { ranks, distances, total } = await on.engine.handlers['retrieval.ranks'](
      { study: on.study, request: { query: { kind: 'images', terms: [{ image: { index: 0 } }] }, embedding: { layer: 'relu' } }, indices: [whole[3]!.index!, 0, whole[16]!.index!] },
      quiet,
    );
    assert.deepEqual([[...ranks], total], [[4, 0, 17], 17]);
    assert.equal(distances[0], whole[3]!.distance);
  });

  it('adds and subtracts images, and looks between two', async () => {
    await prepare('mix');
    const rows = await vectors('mix', 'mean');
    const unit = (row: Float64Array): Float64Array => row.map((value) => value / Math.hypot(...row));
    for (const metric of ['cosine', 'euclidean'] as const) {
      const [a, b, c] = [0, 7, 13].map((index) => (metric === 'cosine' ? unit(rows[index]!) : rows[index]!)) as [Float64Array, Float64Array, Float64Array];
      const terms = [
        { image: { index: 0 } },
        { image: { index: 7 }, weight: -1 as const },
        { image: { index: 13 }, weight: 1 as const },
      ];
      const sum = await ask({ metric, embedding: { layer: 'mix' }, query: { kind: 'images', terms } });
      agrees(sum, rows, a.map((value, i) => value - b[i]! + c[i]!), metric, [0, 7, 13]);
      const between = await ask({ metric, embedding: { layer: 'mix' }, query: { kind: 'between', images: [{ index: 0 }, { index: 7 }] } });
      agrees(between, rows, a.map((value, i) => (value + b[i]!) / 2), metric, [0, 7]);
      assert.equal(between.boxes.length, 2);
    }
  });

  it('ranks by a unit as the patches do', async () => {
    await on.engine.handlers['study.scan']({ study: on.study, layers: ['relu'] }, quiet);
    const { results, total } = await ask({ query: { kind: 'unit', unit: 3 } });
    const { top } = await on.engine.handlers['patches.unit']({ study: on.study, layer: 'relu', unit: 3, top: 18 }, quiet);
    assert.equal(total, 18);
    assert.deepEqual(results.map(({ index, distance }) => [index, -distance]), top.map(({ index, score }) => [index, score]));
    await assert.rejects(ask({ query: { kind: 'unit', unit: 8 } }), /has 8 units/);
  });

  it('searches among classes, across classes, and by columns and domains of a manifest', async () => {
    const all = await names();
    const lines = all.map((name, i) => `${name},${name.split('/')[0]},${i % 2 === 0 ? 'iconic' : 'in-context'},${i % 3}`);
    await writeFile(at('images', 'list.csv'), ['path,label,domain,fold', ...lines].join('\n'));
    on.study = { ...on.study, dataset: { path: at('images', 'list.csv') } };
    await prepare();
    const labels = await ask({ filter: { labels: ['bee'] } });
    assert.deepEqual([labels.total, labels.leftOut.filter, new Set(labels.results.map(({ label }) => label))], [6, 11, new Set(['bee'])]);
    const others = await ask({ filter: { otherClasses: true } });
    assert.deepEqual([others.total, others.leftOut.filter], [2, 15]);
    const whole = (await ask({})).results;
    for (const { label, index } of others.results) assert.equal(whole.find((each) => each.label === label)!.index, index);
    assert.deepEqual(new Set(others.results.map(({ label }) => label)), new Set(['bee', 'cat']));
    const other = await ask({ filter: { domain: { column: 'domain', value: null } } }, 3);
    assert.ok(other.results.length === 9 && other.results.every(({ index }) => index! % 2 === 0));
    const asked = await ask({ filter: { domain: { column: 'domain', value: 'in-context' }, where: [{ column: 'fold', values: ['0', '1'] }] } }, 3);
    assert.ok(asked.results.every(({ index }) => index! % 2 === 1 && index! % 3 !== 2));
    await assert.rejects(ask({ filter: { where: [{ column: 'nothing', values: [] }] } }), /no column "nothing"/);
    const foreign = { kind: 'images' as const, terms: [{ image: { path: at('others', 'dog', '000.png') } }] };
    await assert.rejects(ask({ query: foreign, filter: { domain: { column: 'domain', value: null } } }), /choose the one to search in/);
    assert.equal((await ask({ query: foreign, filter: { otherClasses: true } })).total, 3);
    const unit = await ask({ query: { kind: 'unit', unit: 0 }, filter: { otherClasses: true } });
    assert.deepEqual([unit.total, unit.leftOut.filter], [3, 15]);
  });

  it('can be cancelled, and refuses what it cannot answer', async () => {
    const abort = new AbortController();
    abort.abort();
    await assert.rejects(prepare('relu', 'mean', {}, abort.signal), isCancelled);
    await prepare();
    await assert.rejects(ask({ embedding: { layer: 'none' } }), (error: UnitscopeError) => error.code === 'model.unknownLayer');
    await assert.rejects(ask({}, 99), /no image 99/);
    await assert.rejects(ask({ query: { kind: 'images', terms: [{ image: { index: 0, box: [30, 0, 5, 5] } }] } }), /lies outside/);
    await assert.rejects(ask({ query: { kind: 'images', terms: [{ image: { path: resolve('nothing.png') } }] } }), /does not exist/);
    assert.deepEqual((await readdir(join(on.engine.cache, 'queries')).catch(() => [])), []);
  });
});
