import assert from 'node:assert/strict';
import { Products } from '../../../src/engine/compute/products';
import { transformEmbeddings } from '../../../src/engine/compute/searchPack';
import { leading } from '../../../src/engine/compute/whiten';
import { seeded } from '../../../src/engine/numerics/random';
import { EmbeddingFile } from '../../../src/engine/store/embeddingFile';
import type { UnitscopeError } from '../../../src/protocol/errors';
import { temporaryFolder } from '../../fixtures/imageFolder';
import { golden, goldenMatrix } from '../../fixtures/retrieval/retrieval';
import { writerIn } from '../../fixtures/retrieval/search';

const { signal } = new AbortController();

describe('whitening', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  const write = writerIn(at);
  const random = seeded(7);

  it('decomposes matrices that are too large to be decomposed whole', async () => {
    const n = 600;
    const directions = Array.from({ length: 12 }, () => Float64Array.from({ length: n }, () => random() - 0.5));
    const matrix = new Float64Array(n * n);
    directions.forEach((direction, k) => {
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j]! += (1 / (k + 1)) * direction[i]! * direction[j]!;
    });
    for (let i = 0; i < n; i++) matrix[i * n + i]! += 0.01 * (i % 7);
    const { values, vectors } = await leading(matrix, n, 10, await Products.open(1), signal);
    values.forEach((value, k) => {
      const vector = vectors[k]!;
      assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-9);
      for (let i = 0; i < n; i++) {
        const image = vector.reduce((sum, x, j) => sum + x * matrix[i * n + j]!, 0);
        assert.ok(Math.abs(image - value * vector[i]!) < 1e-6 * values[0]!);
      }
    });
    assert.deepEqual(values, [...values].sort((a, b) => b - a));
  });

  for (const name of ['few', 'wide'] as const)
    it(`whitens as NumPy does, ${name === 'few' ? 'by the covariance' : 'more features than rows'}`, async () => {
      const rows = name === 'few' ? goldenMatrix(40, 12) : goldenMatrix(30, 50);
      const { eigenvalues, rows: white, variance } = golden[name];
      const file = write(rows);
      const out = at(`${name}.white.emb`);
      await transformEmbeddings({ from: file, whiten: eigenvalues.length, l2: false, content: 'x', file: out, threads: 1 }, signal, () => undefined);
      const made = EmbeddingFile.open(out)!;
      const whitening = made.whitening()!;
      whitening.eigenvalues.forEach((value, k) => assert.ok(Math.abs(value - eigenvalues[k]!) <= 1e-6 * eigenvalues[0]!, `${k}: ${value} for ${eigenvalues[k]}`));
      const values = new Float32Array(rows.length * eigenvalues.length);
      made.read(0, values);
      made.close();
      white.flat().forEach((value, i) => assert.ok(Math.abs(values[i]! - value) <= 2e-4, `${i}: ${values[i]} for ${value}`));
      assert.ok(variance.every((value) => Math.abs(value - 1) < 1e-4));
      await assert.rejects(
        transformEmbeddings({ from: file, whiten: 60, l2: false, content: 'x', file: out, threads: 1 }, signal, () => undefined),
        (error: UnitscopeError) => error.code === 'usage' && error.message.includes('vary in'),
      );
    });
});
