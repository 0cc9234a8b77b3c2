import assert from 'node:assert/strict';
import { Searches } from '../../../src/engine/compute/search';
import { buildIndex } from '../../../src/engine/compute/searchApproximate';
import type { SearchAnswer, SearchTask } from '../../../src/engine/compute/searchContract';
import { withMatrix, type SearchRows } from '../../../src/engine/compute/searchMatrix';
import { PreparedQuery, rank as rankRows, RowLengths } from '../../../src/engine/compute/searchRank';
import { seeded } from '../../../src/engine/numerics/random';
import { isCancelled, type UnitscopeError } from '../../../src/protocol/errors';
import { temporaryFolder } from '../../fixtures/imageFolder';
import { bruteForce, metrics, vectorsOf, writerIn } from '../../fixtures/retrieval/search';

const { signal } = new AbortController();

describe('a search', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  const write = writerIn(at);
  const task = (file: string, query: Float32Array, change: Partial<SearchTask> = {}): SearchTask => ({
    file,
    metric: 'cosine',
    parts: [{ name: 'query', weight: 1, vector: query, transformed: true }],
    transform: null,
    l2: false,
    candidates: {},
    count: 10,
    budget: 1e9,
    threads: 2,
    approximate: null,
    ...change,
  });
  const rank = (asked: SearchTask): Promise<SearchAnswer> => new Searches().rank(asked, signal);
  const random = seeded(7);
  const noise = vectorsOf(random);

  const kinds: Record<string, () => Float32Array[]> = {
    'around zero': () => noise(700, 37),
    rectified: () => noise(700, 64, () => Math.max(0, random() - 0.6)),
    'with a large common offset': () => noise(700, 20, () => 1000 + random()),
    'near copies of one another': () => noise(700, 33).map((row, i, all) => (i % 3 === 0 ? row : all[0]!.map((value) => value * (1 + 1e-7 * random())))),
    'of very different lengths': () => noise(700, 16).map((row, i) => row.map((value) => value * 10 ** ((i % 41) - 20))),
    'whose products overflow float32': () => noise(300, 9, () => (random() - 0.5) * 1e25),
    'whose products underflow float32': () => noise(300, 9, () => (random() - 0.5) * 1e-30),
    'of one number': () => noise(300, 1),
    'longer than products are bounded for': () => noise(40, 40_000),
  };
  for (const [kind, make] of Object.entries(kinds))
    for (const metric of metrics)
      it(`equals brute force in float64 for vectors ${kind}, ${metric}`, async () => {
        const rows = make();
        const file = write(rows);
        for (const query of [rows[5]!, rows[0]!.map((value, i) => value - rows[9]![i]! / 2)])
          for (const count of [1, 10, rows.length])
            for (const budget of [1e9, 0]) {
              const { rows: found, distances, total, exact } = await rank(task(file, query, { metric, count, budget }));
              const expected = bruteForce(rows, query, metric);
              assert.equal(total, expected.length);
              assert.equal(exact, true);
              assert.equal(found.length, Math.min(count, expected.length));
              found.forEach((row, i) => {
                const own = expected[i]!;
                // Sums in another order differ in the last bits: rows may then trade places only where distances are the same to them.
                const scale = metric === 'cosine' ? 1 : own.distance;
                assert.ok(Math.abs(distances[i]! - own.distance) <= 1e-13 * scale + 1e-300, `${i}: ${distances[i]} for ${own.distance}`);
                if (row !== own.row) {
                  const there = expected.find((other) => other.row === row)!;
                  assert.ok(Math.abs(there.distance - own.distance) <= 1e-13 * scale, `${i}: row ${row} for ${own.row}`);
                }
              });
            }
      });

  for (const metric of metrics)
    it(`puts the lower row first where distances are equal, and gives copies the same distance, ${metric}`, async () => {
      const [a, b] = noise(2, 50) as [Float32Array, Float32Array];
      const rows = Array.from({ length: 200 }, (_, row) => (row % 2 === 0 ? a : b).slice());
      const { rows: found, distances } = await rank(task(write(rows), a, { metric, count: 150 }));
      assert.deepEqual([...found.subarray(0, 100)], Array.from({ length: 100 }, (_, i) => 2 * i));
      assert.deepEqual([...found.subarray(100)], Array.from({ length: 50 }, (_, i) => 2 * i + 1));
      assert.equal(new Set(distances).size, 2);
    });

  for (const metric of metrics)
    it(`is the same however rows come in blocks, for many queries at once, ${metric}`, async () => {
      const rows = noise(1000, 30);
      rows[500] = rows[20]!.slice();
      const squares = Float64Array.from(rows, (row) => row.reduce((sum, value) => sum + value * value, 0));
      const all = Float32Array.from(rows.flatMap((row) => [...row]));
      const blocks = (size: number): SearchRows => ({
        rows: 1000,
        features: 30,
        squares,
        async *blocks() {
          for (let from = 0; from < 1000; from += size) {
            await Promise.resolve();
            yield { from, values: all.subarray(from * 30, (from + size) * 30) };
          }
        },
      });
      const lengths = new RowLengths(metric, squares);
      const queries = [20, 3, 999].map((row) => new PreparedQuery(metric, Float64Array.from(rows[row]!), lengths.longest, lengths.shortest));
      for (const count of [1, 40, 1000]) {
        const whole = await rankRows(blocks(1000), lengths, queries, {}, count, 1, signal);
        assert.deepEqual(whole[0]!.slice(0, 2).map(({ row }) => row), [20, 500].slice(0, count));
        whole.forEach((found, i) => assert.deepEqual(found.map(({ row }) => row), bruteForce(rows, rows[[20, 3, 999][i]!]!, metric).slice(0, count).map(({ row }) => row)));
        for (const size of [10, 250]) assert.deepEqual(await rankRows(blocks(size), lengths, queries, {}, count, 1, signal), whole);
      }
    });

  it('leaves out what has no angle or is not finite, and counts it', async () => {
    const rows = noise(50, 8);
    rows[3]!.fill(0);
    rows[4]![2] = NaN;
    rows[5]![2] = Infinity;
    const file = write(rows);
    const cosine = await rank(task(file, rows[0]!, { count: 50 }));
    assert.deepEqual([cosine.rows.length, cosine.total, cosine.silent, cosine.notFinite], [47, 47, 1, 2]);
    const euclidean = await rank(task(file, rows[0]!, { count: 50, metric: 'euclidean' }));
    assert.deepEqual([euclidean.rows.length, euclidean.silent, euclidean.notFinite], [48, 0, 2]);
    assert.ok(![...cosine.distances, ...euclidean.distances].some(Number.isNaN));
    await assert.rejects(rank(task(file, rows[3]!)), (error: UnitscopeError) => error.code === 'layer.failed' && error.message.includes('silent for query'));
  });

  for (const metric of metrics)
    it(`finds among candidates only, and the nearest of each group, ${metric}`, async () => {
      const rows = noise(900, 24);
      const file = write(rows);
      const mask = Uint8Array.from(rows, (_, row) => (row % 7 === 1 ? 1 : 0));
      const masked = await rank(task(file, rows[2]!, { metric, candidates: { mask } }));
      assert.deepEqual([...masked.rows], bruteForce(rows, rows[2]!, metric, (row) => mask[row] === 1).slice(0, 10).map(({ row }) => row));
      const groups = Int32Array.from(rows, (_, row) => (row % 5 === 0 ? -1 : row % 13));
      for (const budget of [1e9, 0]) {
        const grouped = await rank(task(file, rows[2]!, { metric, candidates: { groups }, count: 100, budget }));
        const seen = new Set<number>();
        const expected = bruteForce(rows, rows[2]!, metric, (row) => groups[row]! >= 0).filter(({ row }) => !seen.has(groups[row]!) && seen.add(groups[row]!));
        assert.deepEqual([...grouped.rows], expected.map(({ row }) => row));
        assert.equal(grouped.total, 13);
      }
    });

  it('adds and subtracts vectors, of length 1 each for cosine', async () => {
    const rows = noise(300, 12).map((row, i) => row.map((value) => value * (i + 1)));
    const file = write(rows);
    const parts = [1, -1, 1].map((weight, i) => ({ name: `${i}`, weight, vector: rows[i]!, transformed: true }));
    for (const metric of metrics) {
      const { rows: found } = await rank(task(file, rows[0]!, { metric, parts }));
      const unit = (row: Float32Array): number[] => Array.from(row, (value) => value / (metric === 'cosine' ? Math.hypot(...row) : 1));
      const [a, b, c] = [unit(rows[0]!), unit(rows[1]!), unit(rows[2]!)];
      const query = a.map((value, i) => value - b[i]! + c[i]!);
      assert.deepEqual([...found], bruteForce(rows, query, metric).slice(0, 10).map(({ row }) => row));
    }
    const cancelling = [1, -1].map((weight) => ({ name: 'a', weight, vector: rows[0]!, transformed: true }));
    await assert.rejects(rank(task(file, rows[0]!, { parts: cancelling })), /cancel each other out/);
  });

  it('tells the place of rows in the whole ranking', async () => {
    const rows = noise(400, 10);
    rows[7]!.fill(0);
    const file = write(rows);
    const order = bruteForce(rows, rows[1]!, 'cosine');
    const { places, distances, total } = await new Searches().places(task(file, rows[1]!), Int32Array.of(7, 30, 1, -1), signal);
    assert.deepEqual([...places], [0, order.findIndex(({ row }) => row === 30) + 1, 1, 0]);
    assert.ok(Number.isNaN(distances[0]!));
    assert.equal(total, 399);
  });

  it('is cancelled between blocks', async () => {
    const file = write(noise(300, 100_000));
    const abort = new AbortController();
    const searching = new Searches().rank(task(file, new Float32Array(100_000).fill(1), { budget: 0 }), abort.signal);
    setTimeout(() => abort.abort(), 5);
    await assert.rejects(searching, isCancelled);
  });

  for (const metric of metrics)
    it(`by an approximate index says how good it is, and is exact where a filter is narrow, ${metric}`, async function () {
      const rows = noise(5000, 32);
      rows[11]!.fill(0);
      const file = write(rows);
      const index = at(`${metric}.hnsw`);
      await withMatrix(file, 1e9, signal, (matrix) => buildIndex(matrix, metric, index, 2, signal, () => undefined));
      const answer = await rank(task(file, rows[3]!, { metric, approximate: { file: index } }));
      assert.equal(answer.exact, false);
      assert.deepEqual([answer.recall?.k, answer.recall?.queries], [10, 50]);
      assert.ok(answer.recall!.recall > 0.85 && answer.recall!.recall <= 1, `${answer.recall!.recall}`);
      assert.equal(answer.rows[0], 3);
      const exact = bruteForce(rows, rows[3]!, metric);
      answer.rows.forEach((row, i) => assert.ok(Math.abs(answer.distances[i]! - exact.find((each) => each.row === row)!.distance) < 1e-12));
      assert.ok([...answer.rows].filter((row) => exact.slice(0, 10).some((each) => each.row === row)).length >= 7);
      const mask = Uint8Array.from(rows, (_, row) => (row % 500 === 0 ? 1 : 0));
      const narrow = await rank(task(file, rows[3]!, { metric, approximate: { file: index }, candidates: { mask } }));
      assert.equal(narrow.exact, true);
      assert.deepEqual([...narrow.rows], exact.filter(({ row }) => mask[row] === 1).map(({ row }) => row));
    });
});
