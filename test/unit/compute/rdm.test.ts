import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Distance, RdmFault } from '../../../src/engine/compute/contract';
import type { EmbeddingSource } from '../../../src/engine/compute/embeddings';
import { computeRdm } from '../../../src/engine/compute/rdm';
import { openRdm } from '../../../src/engine/store/rdmFile';
import { isCancelled } from '../../../src/protocol/errors';
import { seeded } from '../../../src/engine/numerics/random';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'unitscope-rdm-'))));
afterEach(() => rm(folder, { recursive: true }));

/** Rows as embeddings one after another, and once more feature by feature, in blocks of three images. */
async function sourceOf(rows: Float32Array[], layout: 'rows' | 'columns'): Promise<EmbeddingSource> {
  const features = rows[0]!.length;
  const file = join(folder, `${layout}.bin`);
  if (layout === 'rows') {
    await writeFile(file, Buffer.concat(rows.map((row) => new Uint8Array(row.buffer))));
    const blocks = rows.map((_, row) => ({ file: 0, offset: row * features * 4, columns: 1, picks: [0, row] }));
    return { rows: rows.length, features, files: [file], blocks };
  }
  const parts: Float32Array[] = [];
  const blocks: EmbeddingSource['blocks'] = [];
  let offset = 0;
  for (let first = 0; first < rows.length; first += 3) {
    const some = rows.slice(first, first + 3);
    parts.push(Float32Array.from({ length: features * some.length }, (_, i) => some[i % some.length]![Math.floor(i / some.length)]!));
    blocks.push({ file: 0, offset, columns: some.length, picks: some.flatMap((_, i) => [i, first + i]) });
    offset += features * some.length * 4;
  }
  await writeFile(file, Buffer.concat(parts.map((part) => new Uint8Array(part.buffer))));
  return { rows: rows.length, features, files: [file], blocks };
}

async function compute(source: EmbeddingSource, distance: Distance, budget = 1e9): Promise<Float32Array> {
  const file = join(folder, 'out.rdm');
  const fault = await computeRdm({ source, distance, file, budget, threads: 1 }, new AbortController().signal, () => undefined);
  assert.equal(fault, null);
  const stored = await openRdm(file);
  assert.equal(stored?.features, source.features);
  return await stored.read();
}

/** In double precision, by the definitions of product.md. */
function reference(rows: Float32Array[], distance: Distance): number[] {
  const found: number[] = [];
  const centred = rows.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    return Float64Array.from(row, (value) => (distance === 'correlation' ? value - mean : value));
  });
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const angles = distance === 'correlation' || distance === 'cosine';
  const units = centred.map((row) => {
    const length = Math.sqrt(dot(row, row));
    return angles ? row.map((value) => value / length) : row;
  });
  for (let i = 0; i < rows.length; i++)
    for (let j = i + 1; j < rows.length; j++) {
      const difference = units[i]!.map((value, f) => value - units[j]![f]!);
      const squared = dot(difference, difference);
      if (angles) found.push(squared / 2);
      else found.push(distance === 'euclidean' ? Math.sqrt(squared) : squared / rows[0]!.length);
    }
  return found;
}

function random(count: number, features: number, of: (uniform: () => number, row: number, feature: number) => number, seed = 1): Float32Array[] {
  const uniform = seeded(seed);
  return Array.from({ length: count }, (_, row) => Float32Array.from({ length: features }, (_, f) => of(uniform, row, f)));
}

const relu = (uniform: () => number, row: number, f: number): number => Math.max(0, uniform() - 0.4 + 0.2 * Math.sin(row * f));

const matrices: Record<string, Float32Array[]> = {
  'rectified activations': random(23, 700, relu),
  'a large common offset': random(12, 300, (uniform) => 1000 + uniform()),
  'rows that hardly differ': random(15, 400, (uniform, _, f) => Math.sin(f) + 1e-4 * uniform()),
  'rows of which pairs are almost the same': random(14, 500, (uniform, row, f) => Math.sin(f * Math.floor(row / 2)) + 1e-3 * uniform()),
  'very different lengths': random(16, 300, (uniform, row) => uniform() * 10 ** (row - 8)),
  'more rows than a block': random(520, 40, (uniform) => uniform()),
  'one feature': random(8, 1, (uniform) => uniform()),
};
const distances: Distance[] = ['correlation', 'cosine', 'euclidean', 'sqeuclidean/P'];

describe('an RDM of embeddings', () => {
  for (const [name, rows] of Object.entries(matrices))
    for (const distance of distances) {
      if (rows[0]!.length === 1 && distance === 'correlation') continue; // not defined
      it(`is ${distance} in double precision, to 1e-5: ${name}`, async () => {
        const pairs = await compute(await sourceOf(rows, 'rows'), distance);
        const expected = reference(rows, distance);
        assert.equal(pairs.length, expected.length);
        expected.forEach((value, at) => {
          const tolerance = 1e-5 * value + 1e-12;
          assert.ok(Math.abs(pairs[at]! - value) <= tolerance, `pair ${at}: ${pairs[at]} instead of ${value}`);
        });
      });
    }

  it('is 0 between copies and the same whatever the layout on disk, the memory, and the stretches of features', async () => {
    const rows = random(40, 3000, relu);
    rows.push(rows[7]!);
    const whole = await compute(await sourceOf(rows, 'rows'), 'correlation');
    const columns = await compute(await sourceOf(rows, 'columns'), 'correlation');
    const striped = await compute(await sourceOf(rows, 'rows'), 'correlation', 4000);
    const last = rows.length - 1;
    assert.equal(whole[7 * rows.length - (7 * 8) / 2 + (last - 7 - 1)], 0);
    assert.deepEqual(columns, whole);
    striped.forEach((value, at) => assert.ok(Math.abs(value - whole[at]!) <= 1e-6 * value));
  });

  it('has the quantiles of its pairs', async () => {
    const source = await sourceOf(matrices['rectified activations']!, 'rows');
    const pairs = (await compute(source, 'euclidean')).sort();
    const { quantiles } = (await openRdm(join(folder, 'out.rdm')))!;
    assert.equal(quantiles[0], pairs[0]);
    assert.equal(quantiles[256], pairs.at(-1));
    const middle = (pairs.length - 1) / 2;
    const median = (pairs[Math.floor(middle)]! + pairs[Math.ceil(middle)]!) / 2;
    assert.ok(Math.abs(quantiles[128]! - median) < 1e-6);
  });

  it('reads stretches of features that do not fit at once', async () => {
    const rows = random(700, 30_000, (uniform, row, f) => (f % 97 === row % 97 ? 1 : 0) + uniform());
    const pairs = await compute(await sourceOf(rows, 'rows'), 'sqeuclidean/P');
    for (const [i, j] of [[0, 1], [0, 97], [3, 699], [698, 699]] as const) {
      const expected = rows[i]!.reduce((sum, value, f) => sum + (value - rows[j]![f]!) ** 2, 0) / 30_000;
      const at = i * 700 - (i * (i + 1)) / 2 + (j - i - 1);
      assert.ok(Math.abs(pairs[at]! - expected) < 1e-5 * expected, `${pairs[at]} instead of ${expected}`);
    }
  }).timeout(30_000);

  const faults: [string, Distance, (rows: Float32Array[]) => void, RdmFault][] = [
    ['constant rows have no correlation', 'correlation', (rows) => rows[3]!.fill(0.3), { kind: 'constant', rows: [3] }],
    ['silent rows have no angle', 'cosine', (rows) => (rows[1]!.fill(0), rows[4]!.fill(0)), { kind: 'zero', rows: [1, 4] }],
    ['NaN is reported', 'euclidean', (rows) => (rows[2]![5] = NaN), { kind: 'not-finite', rows: [2] }],
    ['infinity is reported', 'correlation', (rows) => (rows[2]![5] = Infinity), { kind: 'not-finite', rows: [2] }],
  ];
  for (const [name, distance, damage, expected] of faults)
    it(`${name}, and nothing is written`, async () => {
      const rows = random(6, 50, relu);
      damage(rows);
      const file = join(folder, 'out.rdm');
      const source = await sourceOf(rows, 'rows');
      const fault = await computeRdm({ source, distance, file, budget: 1e9, threads: 1 }, new AbortController().signal, () => undefined);
      assert.deepEqual(fault, expected);
      assert.deepEqual((await readdir(folder)).filter((name) => name.startsWith('out')), []);
    });

  it('finds every constant row, whatever its value and length', async () => {
    const noise = random(12, 20_011, relu);
    for (const value of [1 / 255, 0.1, 43 / 255, 1e-20, 1e6, -3.3]) {
      const rows = [...noise, new Float32Array(20_011).fill(value)];
      const source = await sourceOf(rows, 'rows');
      const file = join(folder, 'out.rdm');
      const fault = await computeRdm({ source, distance: 'correlation', file, budget: 1e9, threads: 1 }, new AbortController().signal, () => undefined);
      assert.deepEqual(fault, { kind: 'constant', rows: [12] }, `${value}`);
    }
  });

  it('is exact where a mean is 100,000 times the deviation', async () => {
    const rows = random(10, 3000, (uniform) => 1e5 + Math.round(uniform() * 64) / 16);
    const pairs = await compute(await sourceOf(rows, 'rows'), 'correlation');
    reference(rows, 'correlation').forEach((value, i) => assert.ok(Math.abs(pairs[i]! - value) < 1e-5 * value));
  });

  it('is whole when two compute it at once and one is cancelled', async () => {
    const rows = random(400, 300, relu);
    const source = await sourceOf(rows, 'rows');
    const file = join(folder, 'out.rdm');
    const abort = new AbortController();
    const task = { source, distance: 'euclidean' as const, file, budget: 400_000, threads: 1 };
    const [first, second] = await Promise.allSettled([
      computeRdm(task, new AbortController().signal, ({ share }) => share > 0.3 && abort.abort()),
      computeRdm(task, abort.signal, () => undefined),
    ]);
    assert.equal(first.status, 'fulfilled');
    assert.ok(second.status === 'rejected' && isCancelled(second.reason));
    const pairs = await (await openRdm(file))!.read();
    assert.ok(pairs.every((value) => value > 0));
    assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith('.tmp')), []);
  });

  it('is given up when it is cancelled, and leaves nothing', async () => {
    const source = await sourceOf(random(300, 200, relu), 'rows');
    const abort = new AbortController();
    abort.abort();
    const file = join(folder, 'out.rdm');
    await assert.rejects(computeRdm({ source, distance: 'correlation', file, budget: 1e9, threads: 1 }, abort.signal, () => undefined), isCancelled);
    assert.deepEqual((await readdir(folder)).filter((name) => name.startsWith('out')), []);
  });
});
