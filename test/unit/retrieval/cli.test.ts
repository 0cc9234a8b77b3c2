import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { readNpy } from '../../../src/engine/io/npy';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { smallNet } from '../../fixtures/smallNet';

interface Neighbors {
  query: string;
  results: { image: string; index: number; distance: number; label: string | null }[];
}

function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [resolve('dist/cli.js'), ...args], (error, out, err) => done({ code: error ? (error.code as unknown as number) : 0, out, err }));
  });
}

describe('the command line of retrieval', function () {
  this.timeout(60_000);
  const at = temporaryFolder();
  before(async () => {
    await writeImages(at('images'), ['Zebra', 'ant', 'écu'], 4);
    smallNet().write(at('net.onnx'));
  });
  const common = (...more: string[]): string[] => [at('net.onnx'), '--images', at('images'), '--layer', 'relu', '--cache', at('cache'), '--device', 'cpu', '--quiet', ...more];

  it('writes embeddings and what they are', async () => {
    assert.deepEqual(await run(['embed', ...common('--out', at('out', 'relu.npy'))]), { code: 0, out: '', err: '' });
    const { shape, data } = await readNpy(at('out', 'relu.npy'));
    assert.deepEqual(shape, [12, 8 * 24 * 24]);
    assert.ok(data.every((value) => value >= 0));
    const index = JSON.parse(await readFile(at('out', 'relu.json'), 'utf8')) as { images: string[]; labels: string[]; layer: string; pool: string; preprocess: object };
    assert.deepEqual(index.images.slice(0, 5), ['Zebra/000.png', 'Zebra/001.png', 'Zebra/002.png', 'Zebra/003.png', 'ant/000.png']);
    assert.deepEqual([index.labels[4], index.layer, index.pool], ['ant', 'relu', 'flatten']);
    assert.ok('image_mean' in index.preprocess);
    await run(['embed', ...common('--pool', 'mean', '--whiten', '3', '--l2', '--out', at('out', 'white.npy'))]);
    const white = await readNpy(at('out', 'white.npy'));
    assert.deepEqual(white.shape, [12, 3]);
    for (let row = 0; row < 12; row++) assert.ok(Math.abs(Math.hypot(...white.data.subarray(3 * row, 3 * row + 3)) - 1) < 1e-6);
  });

  it('prints neighbours, as lines and as JSON, of the mean embedding and without the query', async () => {
    const query = relative('.', at('images', 'ant', '000.png'));
    const json = await run(['neighbors', ...common('--query', query, '--json', '--top', '3')]);
    assert.deepEqual([json.code, json.err], [0, '']);
    const answer = JSON.parse(json.out) as Neighbors;
    assert.equal(answer.query, query);
    assert.equal(answer.results.length, 3);
    assert.ok(answer.results.every(({ image, index, label }) => index !== 4 && image.split('/')[0] === label));
    await run(['embed', ...common('--pool', 'mean', '--out', at('mean.npy'))]);
    const { data } = await readNpy(at('mean.npy'));
    const row = (i: number): Float64Array => data.subarray(8 * i, 8 * i + 8);
    const cosine = (a: Float64Array, b: Float64Array): number => 1 - a.reduce((sum, value, i) => sum + value * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
    const expected = Array.from({ length: 12 }, (_, index) => ({ index, distance: cosine(row(index), row(4)) })).filter(({ index }) => index !== 4);
    expected.sort((a, b) => a.distance - b.distance);
    answer.results.forEach(({ index, distance }, i) => {
      assert.equal(index, expected[i]!.index);
      assert.ok(Math.abs(distance - expected[i]!.distance) < 1e-12);
    });
    const lines = await run(['neighbors', ...common('--query', query, '--metric', 'euclidean', '--box', '2,2,10,12', '--top', '2')]);
    assert.match(lines.out, /^\d+\.\d{6} {2}\S+\.png {2}\S+\n\d+\.\d{6} {2}\S+\.png {2}\S+\n$/);
  });

  it('says in one line what is wrong: 2 for usage, 1 for failure', async () => {
    const query = ['--query', at('images', 'ant', '000.png')];
    const wrong: [string[], number, RegExp][] = [
      [['neighbors', ...common()], 2, /--query/],
      [['neighbors', ...common(...query, '--box', '1,2,3')], 2, /x,y,w,h/],
      [['neighbors', ...common(...query, '--metric', 'other')], 2, /cosine, euclidean/],
      [['neighbors', ...common(...query, '--box', '100,100,5,5')], 2, /lies outside/],
      [['neighbors', ...common('--query', at('nothing.png'))], 1, /^unitscope: .*does not exist\.\n$/],
      [['neighbors', ...common(...query, '--layer', 'none')], 1, /^unitscope: .*no layer named none.*\n$/],
      [['embed', ...common('--out', at('x.bin'))], 2, /end with \.npy/],
      [['embed', ...common('--pool', 'mean', '--whiten', '11', '--out', at('x.npy'))], 1, /vary in 8 directions/],
    ];
    for (const [args, code, message] of wrong) {
      const result = await run(args);
      assert.equal(result.code, code, result.err);
      assert.match(result.err, message);
      assert.ok(!result.err.includes('    at '), result.err);
    }
  });
});
