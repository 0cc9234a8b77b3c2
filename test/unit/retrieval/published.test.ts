import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lanceFolder } from '../../../src/engine/analyses/retrieval/lance';
import { openLance } from '../../../src/engine/compute/lanceModule';
import { publishLance } from '../../../src/engine/compute/lancePublish';
import { fetchLance, lanceCatalogue } from '../../../src/engine/compute/lanceTable';
import type { Engine } from '../../../src/engine/engine';
import { EmbeddingFile } from '../../../src/engine/store/embeddingFile';
import { seeded } from '../../../src/engine/numerics/random';
import type { UnitscopeError } from '../../../src/protocol/errors';
import type { EmbeddingInput, RetrievalAnswer, RetrievalRequestInput } from '../../../src/protocol/retrieval';
import type { Study } from '../../../src/protocol/scan';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { writeEmbeddings } from '../../fixtures/retrieval/retrieval';
import { smallNet } from '../../fixtures/smallNet';
import { testEngine } from '../../fixtures/testEngine';

const quiet = { signal: new AbortController().signal, report: () => undefined };
const installed = resolve('.vscode-test/lancedb');

describe('a published index', function () {
  this.timeout(240_000);
  const at = temporaryFolder();
  let engine: Engine | undefined;
  let study: Study;
  const embedding: EmbeddingInput = { layer: 'relu' };
  const to = (): { uri: string; table: string } => ({ uri: at('store'), table: 'relu_mean' });

  before(async function () {
    if (!existsSync(installed)) {
      await mkdir(resolve('.vscode-test'), { recursive: true });
      try {
        const made = await lanceFolder(at('install'), quiet.signal);
        await rename(made, installed).catch(async () => await cp(made, installed, { recursive: true })); // another file system
      } catch (error) {
        console.warn(`Skipped: ${(error as Error).message}`);
        this.skip();
      }
    }
    process.env.UNITSCOPE_LANCEDB = installed;
    await writeImages(at('images'), ['ant', 'bee'], 6);
    await writeImages(at('others'), ['dog'], 2, 24, 5);
    const lines = ['ant', 'bee'].flatMap((label, c) => Array.from({ length: 6 }, (_, i) => `${label}/00${i}.png,${label},${c === i % 2 ? "it's" : 'that'},"a, ""b"""`));
    await writeFile(at('images', 'list.csv'), ['path,label,my domain,vector', ...lines].join('\n'));
    smallNet().write(at('net.onnx'));
    study = { model: at('net.onnx'), dataset: { path: at('images', 'list.csv') }, device: 'cpu', unitAxes: {} };
    engine = testEngine(at('cache'));
  });
  after(() => {
    engine?.dispose();
    delete process.env.UNITSCOPE_LANCEDB;
  });

  const prepare = (of = study) => engine!.handlers['retrieval.prepare']({ study: of, embeddings: { layers: ['relu'], pool: 'mean' } }, quiet);
  const publish = (how = embedding) => engine!.handlers['retrieval.publish']({ study, embedding: how, to: to() }, quiet);
  const ask = (request: Partial<RetrievalRequestInput>, of = study): Promise<RetrievalAnswer> =>
    Promise.resolve(
      engine!.handlers['retrieval.query']({ study: of, request: { query: { kind: 'images', terms: [{ image: { index: 3 } }] }, embedding, ...request } }, quiet),
    );

  it('holds embeddings, what they are of, and how they were made', async () => {
    await prepare();
    const outcome = await publish();
    assert.deepEqual({ ...outcome, version: 0 }, { rows: 12, added: 12, changed: 0, deleted: 0, version: 0 });
    const table = await openLance({ module: installed, ...to() });
    const schema = await table.schema();
    assert.deepEqual(schema.fields.map(({ name }) => name), ['vector', 'path', 'label', 'index', 'identity', 'made', 'label_2', 'my_domain', 'vector_2']);
    assert.equal(schema.metadata.get('unitscope.layer'), 'relu');
    assert.equal(schema.metadata.get('unitscope.pool'), 'mean');
    assert.ok(schema.metadata.get('unitscope.preprocess')!.includes('image_mean'));
    assert.equal(await table.countRows(), 12);
  });

  it('is searched exactly as the dataset itself, with filters, and from another dataset', async () => {
    for (const metric of ['cosine', 'euclidean'] as const) {
      const own = await ask({ metric });
      const published = await ask({ metric, index: to() });
      assert.deepEqual(published.results, own.results);
      assert.equal(published.exact, true);
    }
    const filtered = await ask({ index: to(), filter: { where: [{ column: 'my domain', values: ["it's"] }], labels: ['bee'] } });
    assert.deepEqual(filtered.results, (await ask({ filter: { where: [{ column: 'my domain', values: ["it's"] }], labels: ['bee'] } })).results);
    const other: Study = { ...study, dataset: { path: at('others') } };
    const foreign = await ask({ index: to(), query: { kind: 'images', terms: [{ image: { index: 1 } }] } }, other);
    assert.equal(foreign.total, 12);
    assert.ok(foreign.results.every(({ index, path, label }) => index === null && path.startsWith(label!)));
    const approximate = await ask({ index: to(), approximate: true, count: 4 });
    assert.equal(approximate.exact, false);
    assert.deepEqual(approximate.results, (await ask({ count: 4 })).results);
    assert.ok((await readdir(join(engine!.cache, 'tables'))).some((name) => name.endsWith('.emb')));
  });

  it('is brought up to date: what is new, changed and gone, and nothing where nothing is', async () => {
    const { version } = await publish();
    assert.deepEqual(await publish(), { rows: 12, added: 0, changed: 0, deleted: 0, version });
    await cp(at('others', 'dog', '000.png'), at('images', 'bee', '001.png'));
    const lines = ["ant/000.png,ant,that's new,x", ...[1, 3, 4, 5].map((i) => `ant/00${i}.png,ant,that,x`), ...[0, 1, 2].map((i) => `bee/00${i}.png,bee,that,x`)];
    await writeFile(at('images', 'list.csv'), ['path,label,my domain,vector', ...lines].join('\n'));
    await prepare();
    const outcome = await publish();
    assert.deepEqual([outcome.rows, outcome.added, outcome.changed, outcome.deleted], [8, 0, 8, 4]);
    assert.deepEqual((await ask({ index: to() })).results, (await ask({})).results);
    assert.equal((await ask({ index: to() })).total, 7);
    const { columns } = await engine!.handlers['retrieval.table']({ study, table: to() }, quiet);
    assert.deepEqual(columns.map(({ name }) => name), ['my domain', 'vector']); // the one of classes is told as classes
    await writeFile(at('images', 'list.csv'), ['path,label', ...lines.map((line) => line.split(',').slice(0, 2).join(','))].join('\n'));
    await prepare();
    assert.equal((await publish()).rows, 8); // other columns: the table is written anew
    assert.deepEqual((await ask({ index: to() })).results, (await ask({})).results);
  });

  it('of whitened embeddings is searched with the transform that it was made with, or not at all', async () => {
    const white: EmbeddingInput = { layer: 'relu', whiten: 3 };
    const address = { uri: at('store'), table: 'white' };
    const make = async (): Promise<void> => {
      await engine!.handlers['retrieval.prepare']({ study, embeddings: { layers: ['relu'], whiten: 3 } }, quiet);
      await engine!.handlers['retrieval.publish']({ study, embedding: white, to: address }, quiet);
    };
    const query = { kind: 'images' as const, terms: [{ image: { path: at('others', 'dog', '001.png') } }] };
    await make();
    assert.deepEqual((await ask({ embedding: white, index: address, query })).results, (await ask({ embedding: white, query })).results);
    const whole = study;
    study = { ...study, dataset: { ...study.dataset, limit: 6 } };
    await engine!.handlers['retrieval.prepare']({ study, embeddings: { layers: ['relu'], whiten: 3 } }, quiet);
    await assert.rejects(ask({ embedding: white, index: address, query }), /its transform is/);
    await make(); // fitted anew: all rows are others
    assert.equal((await ask({ embedding: white, index: address, query })).total, 6);
    study = whole;
  });

  it('is refused where it holds something else, or is not there', async () => {
    const wrong = (error: UnitscopeError): boolean => error.code === 'reference.unreadable';
    await engine!.handlers['retrieval.prepare']({ study, embeddings: { layers: ['relu'], pool: 'max' } }, quiet);
    await assert.rejects(Promise.resolve(publish({ layer: 'relu', pool: 'max' })), wrong);
    await assert.rejects(ask({ index: to(), embedding: { layer: 'relu', pool: 'max' } }), wrong);
    await assert.rejects(ask({ index: { uri: at('store'), table: 'nothing' } }), /no table named nothing; it has relu_mean/);
    await rm(at('store'), { recursive: true });
    await assert.rejects(ask({ index: to() }), wrong);
  });

  it('of many images comes back row by row as it went, in several batches', async () => {
    const random = seeded(3);
    const rows = Array.from({ length: 20_000 }, () => Float32Array.from({ length: 9 }, random));
    writeEmbeddings(at('many.emb'), rows);
    const table = { module: installed, uri: at('many'), table: 'many' };
    const paths = rows.map((_, row) => `${(row * 7919) % 20_000}.png`);
    const of = { ...table, file: at('many.emb'), paths, labels: rows.map(() => null), indices: rows.map((_, row) => row), columns: [], metadata: { columns: '[]' } };
    const { version } = await publishLance(of, quiet.signal, () => undefined);
    const some = rows.map((row, i) => (i % 3 === 0 ? row.map((value) => value + 1) : row));
    writeEmbeddings(at('more.emb'), some.slice(0, 15_000), 'other');
    const fewer = { ...of, file: at('more.emb'), paths: paths.slice(0, 15_000), labels: of.labels.slice(0, 15_000).map((_, i) => (i % 3 === 0 ? 'moved' : null)), indices: of.indices.slice(0, 15_000) };
    const { version: later, ...counts } = await publishLance(fewer, quiet.signal, () => undefined);
    assert.ok(later > version);
    assert.deepEqual(counts, { rows: 15_000, added: 0, changed: 5000, deleted: 5000 });
    const catalogue = await lanceCatalogue(table, quiet.signal);
    assert.deepEqual(catalogue.paths, fewer.paths);
    await fetchLance(table, catalogue, at('fetched.emb'), quiet.signal, () => undefined);
    const fetched = EmbeddingFile.open(at('fetched.emb'))!;
    const values = new Float32Array(15_000 * 9);
    fetched.read(0, values);
    fetched.close();
    assert.deepEqual(values, Float32Array.from(some.slice(0, 15_000).flatMap((row) => [...row])));
  });

  it('says what to do where npm is missing', async () => {
    const { PATH: path } = process.env;
    delete process.env.UNITSCOPE_LANCEDB;
    process.env.PATH = at('nowhere');
    try {
      await assert.rejects(lanceFolder(at('empty'), quiet.signal), (error: UnitscopeError) => error.code === 'usage' && error.message.includes('npm install --prefix'));
      assert.deepEqual(await readdir(at('empty')), []);
    } finally {
      process.env.PATH = path;
      process.env.UNITSCOPE_LANCEDB = installed;
    }
  });
});
