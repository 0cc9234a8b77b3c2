import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import type { Engine } from '../../../src/engine/engine';
import { readNpy } from '../../../src/engine/io/npy';
import { openModel } from '../../../src/engine/model/summary';
import { isCancelled, UnitscopeError } from '../../../src/protocol/errors';
import type { Pool } from '../../../src/protocol/rdm';
import type { LocalRequestInput, Metric, RetrievalAnswer, RetrievalRequestInput } from '../../../src/protocol/retrieval';
import type { ScanOutcome, Study } from '../../../src/protocol/scan';
import { fetchActivations, type FetchedLayer } from '../../fixtures/bruteForce';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { smallNet } from '../../fixtures/smallNet';
import { testEngine } from '../../fixtures/testEngine';

const quiet = { signal: new AbortController().signal, report: () => undefined };
const pools: Pool[] = ['flatten', 'mean', 'max'];

describe('retrieval', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  let engine: Engine;
  let study: Study;
  let cases = 0;
  let fetch: (file: string) => Promise<Map<string, FetchedLayer>>;
  const layers = ['conv', 'relu', 'mix', 'flat', 'logits'];

  before(async () => {
    await writeImages(at('images'), ['ant', 'bee', 'cat'], 6);
    await writeImages(at('others'), ['dog'], 2, 24, 5);
    smallNet().write(at('net.onnx'));
    const { summary } = openModel(at('net.onnx'));
    assert.ok('input' in summary.image);
    const { config, inputSize } = await resolvePreprocess(summary, undefined);
    fetch = await fetchActivations(at('net.onnx'), summary.image.input, inputSize!, config, layers);
  });
  beforeEach(() => {
    study = { model: at('net.onnx'), dataset: { path: at('images') }, device: 'cpu', unitAxes: {} };
    engine = testEngine(at(`cache${cases++}`));
  });
  afterEach(() => engine.dispose());

  const prepare = (layer = 'relu', pool: Pool = 'mean', more: { whiten?: number; l2?: boolean } = {}, signal = quiet.signal): Promise<ScanOutcome> =>
    Promise.resolve(engine.handlers['retrieval.prepare']({ study, embeddings: { layers: [layer], pool, ...more } }, { signal, report: () => undefined }));
  const ask = (request: Partial<RetrievalRequestInput>, index = 0): Promise<RetrievalAnswer> =>
    Promise.resolve(
      engine.handlers['retrieval.query'](
        { study, request: { query: { kind: 'images', terms: [{ image: { index } }] }, embedding: { layer: 'relu' }, ...request } },
        quiet,
      ),
    );
  const names = async (): Promise<string[]> => (await readdir(at('images'), { recursive: true })).filter((name) => name.endsWith('.png')).map((name) => name.replaceAll('\\', '/')).sort();
  const vectorOf = async (file: string, layer: string, pool: Pool): Promise<Float64Array> => pooled((await fetch(file)).get(layer)!, pool);
  const vectors = async (layer: string, pool: Pool): Promise<Float64Array[]> => {
    const all: Float64Array[] = [];
    for (const name of await names()) all.push(await vectorOf(at('images', name), layer, pool));
    return all;
  };
  /** Rankings agree but for what float32 activations leave open. */
  const agrees = ({ results }: RetrievalAnswer, rows: Float64Array[], query: ArrayLike<number>, metric: Metric, left: number[]): void => {
    const expected = rows.map((row, index) => ({ index, distance: distanceOf(row, query, metric) })).filter(({ index }) => !left.includes(index));
    expected.sort((a, b) => a.distance - b.distance || a.index - b.index);
    assert.deepEqual(results.map(({ index }) => index).sort((a, b) => a! - b!), expected.slice(0, results.length).map(({ index }) => index).sort((a, b) => a - b));
    results.forEach(({ index, distance }, i) => {
      const own = expected.find((each) => each.index === index)!.distance;
      assert.ok(Math.abs(distance - own) <= 2e-6 * Math.max(1, own), `${distance} for ${own}`);
      assert.ok(Math.abs(own - expected[i]!.distance) <= 2e-6 * Math.max(1, own), `place ${i}`);
    });
  };

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
    const { ranks, distances, total } = await engine.handlers['retrieval.ranks'](
      { study, request: { query: { kind: 'images', terms: [{ image: { index: 0 } }] }, embedding: { layer: 'relu' } }, indices: [whole[3]!.index!, 0, whole[16]!.index!] },
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
    await engine.handlers['study.scan']({ study, layers: ['relu'] }, quiet);
    const { results, total } = await ask({ query: { kind: 'unit', unit: 3 } });
    const { top } = await engine.handlers['patches.unit']({ study, layer: 'relu', unit: 3, top: 18 }, quiet);
    assert.equal(total, 18);
    assert.deepEqual(results.map(({ index, distance }) => [index, -distance]), top.map(({ index, score }) => [index, score]));
    await assert.rejects(ask({ query: { kind: 'unit', unit: 8 } }), /has 8 units/);
  });

  it('searches among classes, across classes, and by columns and domains of a manifest', async () => {
    const all = await names();
    const lines = all.map((name, i) => `${name},${name.split('/')[0]},${i % 2 === 0 ? 'iconic' : 'in-context'},${i % 3}`);
    await writeFile(at('images', 'list.csv'), ['path,label,domain,fold', ...lines].join('\n'));
    study = { ...study, dataset: { path: at('images', 'list.csv') } };
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

  for (const pool of ['mean', 'flatten'] as const)
    it(`follows new, changed and deleted images without looking at the others again, ${pool}`, async () => {
      const folder = at(`changing-${pool}`);
      await cp(at('images'), folder, { recursive: true, filter: (source) => !source.endsWith('.csv') });
      study = { ...study, dataset: { path: folder } };
      assert.deepEqual((({ done, cached }) => [done, cached])(await prepare('relu', pool)), [18, 0]);
      const again = await prepare('relu', pool);
      assert.deepEqual([again.cached, again.device], [18, null]);
      await cp(at('others', 'dog', '000.png'), join(folder, 'bee', '0005.png'));
      await cp(at('others', 'dog', '001.png'), join(folder, 'cat', '000.png'));
      await rm(join(folder, 'ant', '002.png'));
      // What was recorded is gone: rows that are known have to come from the embeddings themselves.
      for (const name of await readdir(join(engine.cache, 'recordings'))) await rm(join(engine.cache, 'recordings', name, 'activations'), { recursive: true, force: true });
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
    const files = await engine.handlers['retrieval.export']({ study, embedding, file: at('white.npy') }, quiet);
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

  it('finds regions: the best window of each image, as brute force, and where it lies', async () => {
    const all = await names();
    const local = (request: Partial<LocalRequestInput>) =>
      engine.handlers['retrieval.local']({ study, request: { layer: 'relu', image: { index: 2 }, ...request } }, quiet);
    const answer = await local({ image: { index: 2, box: [4, 6, 5, 3] }, count: 4 });
    assert.deepEqual([answer.window, answer.grid, answer.query.position, answer.query.box], [[3, 5], [24, 24], [6, 4], [4, 6, 5, 3]]);
    assert.deepEqual(answer.query.field, [1, 3, 11, 9]);
    const maps: FetchedLayer[] = [];
    for (const name of all) maps.push((await fetch(at('images', name))).get('relu')!);
    const meanAt = (map: FetchedLayer, y: number, x: number): Float64Array =>
      Float64Array.from({ length: 8 }, (_, unit) => {
        let sum = 0;
        for (let r = 0; r < 3; r++) for (let c = 0; c < 5; c++) sum += map.data[unit * 576 + (y + r) * 24 + x + c]!;
        return sum / 15;
      });
    const query = meanAt(maps[2]!, 6, 4);
    const expected = maps.flatMap((map, index) => {
      if (index === 2) return [];
      let best = { index, distance: Infinity, position: [-1, -1] };
      for (let y = 0; y <= 21; y++)
        for (let x = 0; x <= 19; x++) {
          const distance = distanceOf(meanAt(map, y, x), query, 'cosine');
          if (distance < best.distance) best = { index, distance, position: [y, x] };
        }
      return [best];
    });
    expected.sort((a, b) => a.distance - b.distance);
    assert.equal(answer.total, 17);
    answer.results.forEach((result, i) => {
      assert.equal(result.index, expected[i]!.index);
      assert.deepEqual(result.position, expected[i]!.position);
      assert.deepEqual(result.box, [expected[i]!.position[1], expected[i]!.position[0], 5, 3]);
      assert.ok(Math.abs(result.distance - expected[i]!.distance) < 1e-6);
    });
    assert.deepEqual((await local({ image: { index: 2, box: [4, 6, 5, 3] }, from: 3, count: 1 })).results, answer.results.slice(3));
    const point = await local({ position: [23, 0], metric: 'euclidean', filter: { otherClasses: true } });
    assert.deepEqual([point.window, point.total, point.query.box], [[1, 1], 2, [0, 23, 1, 1]]);
    const tiny = await local({ image: { index: 2, box: [7.6, 7.6, 0.2, 0.2] } });
    assert.deepEqual([tiny.window, tiny.query.position], [[1, 1], [7, 7]]);
    const foreign = await local({ image: { path: at('others', 'dog', '000.png'), box: [0, 0, 24, 24] } });
    assert.deepEqual([foreign.total, foreign.window], [18, [24, 24]]);
    await assert.rejects(Promise.resolve(local({ layer: 'logits', position: [0, 0] })), /no positions that see parts/);
    await assert.rejects(Promise.resolve(local({})), /need a box of the image or a position/);
    await assert.rejects(Promise.resolve(local({ position: [24, 0] })), /24 rows and 24 columns/);
  });

  it('reports quality of several layers, and leaves those that fail', async () => {
    const steps: number[] = [];
    const report = await engine.handlers['retrieval.quality']({ study, request: { layers: ['relu', 'mix'], metric: 'euclidean' } }, { ...quiet, report: ({ done, total }) => steps.push(done / total) });
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
    study = { ...study, dataset: { path: at('images', 'ant'), limit: 4 } };
    await assert.rejects(Promise.resolve(engine.handlers['retrieval.quality']({ study, request: { layers: ['relu'] } }, quiet)), /no two images .* same label/);
  });

  it('leaves out images that cannot be read', async () => {
    const folder = at('broken');
    await cp(at('images'), folder, { recursive: true, filter: (source) => !source.endsWith('.csv') });
    await writeFile(join(folder, 'ant', '001.png'), 'no image');
    study = { ...study, dataset: { path: folder } };
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
    const folder = join(engine.cache, 'recordings', (await readdir(join(engine.cache, 'recordings')))[0]!, 'embeddings');
    assert.ok((await readdir(folder)).some((name) => name.endsWith('.cosine.hnsw')));
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
    assert.deepEqual((await readdir(join(engine.cache, 'queries')).catch(() => [])), []);
  });
});

function pooled({ dims, data }: FetchedLayer, pool: Pool): Float64Array {
  const values = Float64Array.from(data);
  if (pool === 'flatten' || dims.length < 3) return values;
  const area = dims.slice(2).reduce((product, size) => product * size, 1);
  return Float64Array.from({ length: dims[1]! }, (_, unit) => {
    const some = values.subarray(unit * area, (unit + 1) * area);
    return pool === 'max' ? Math.max(...some) : some.reduce((sum, value) => sum + value, 0) / area;
  });
}

function distanceOf(a: ArrayLike<number>, b: ArrayLike<number>, metric: Metric): number {
  let [dot, x, y, difference] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    x += a[i]! ** 2;
    y += b[i]! ** 2;
    difference += (a[i]! - b[i]!) ** 2;
  }
  return metric === 'cosine' ? 1 - dot / Math.sqrt(x * y) : Math.sqrt(difference);
}
