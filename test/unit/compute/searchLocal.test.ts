import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { searchLocal } from '../../../src/engine/compute/searchLocal';
import { seeded } from '../../../src/engine/numerics/random';
import { temporaryFolder } from '../../fixtures/imageFolder';
import { bruteForce, metrics, vectorsOf } from '../../fixtures/retrieval/search';

const { signal } = new AbortController();

describe('a search of regions', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  const random = seeded(7);
  const noise = vectorsOf(random);
  let cases = 0;

  for (const metric of metrics)
    for (const shape of [
      { outer: 1, units: 5, inner: 42, grid: [6, 7] as [number, number] },
      { outer: 42, units: 5, inner: 1, grid: [6, 7] as [number, number] },
    ])
      it(`finds the best windows as brute force over all of them, ${metric}, units ${shape.inner > 1 ? 'first' : 'last'}`, async () => {
        const images = noise(12, 210, () => Math.max(0, random() - 0.3));
        images[4]!.fill(0);
        images[5]![17] = NaN;
        images[6]!.fill(0.25);
        const file = at(`${cases++}.bin`);
        await writeFile(file, Buffer.concat(images.map((image) => new Uint8Array(image.buffer))));
        const source = { rows: 12, features: 210, files: [file], blocks: images.map((_, row) => ({ file: 0, offset: row * 840, columns: 1, picks: [0, row] })) };
        const value = (image: Float32Array, unit: number, y: number, x: number): number =>
          shape.inner > 1 ? image[unit * 42 + y * 7 + x]! : image[(y * 7 + x) * 5 + unit]!;
        for (const window of [[1, 1], [2, 3], [6, 7]] as [number, number][]) {
          const meanOf = (image: Float32Array, y: number, x: number): Float32Array =>
            Float32Array.from({ length: 5 }, (_, unit) => {
              let sum = 0;
              for (let r = 0; r < window[0]; r++) for (let c = 0; c < window[1]; c++) sum += value(image, unit, y + r, x + c);
              return sum / window[0] / window[1];
            });
          const query = Float64Array.from({ length: 5 }, () => random());
          const best = await searchLocal({ source, shape, query, window, metric }, signal, () => undefined);
          for (const [i, image] of images.entries()) {
            if (i === 5 || (i === 4 && metric === 'cosine')) {
              assert.equal(best.faults[i], i === 5 ? 2 : 1);
              assert.ok(Number.isNaN(best.distances[i]));
              continue;
            }
            let expected = { distance: Infinity, at: -1 };
            for (let y = 0; y + window[0] <= 6; y++)
              for (let x = 0; x + window[1] <= 7; x++) {
                const [found] = bruteForce([meanOf(image, y, x)], query, metric);
                if (found && found.distance < expected.distance - 1e-6) expected = { distance: found.distance, at: y * 7 + x };
              }
            assert.ok(Math.abs(best.distances[i]! - expected.distance) < 1e-6, `${i}`);
            assert.equal(best.positions[i], expected.at, `${i} ${window.join()}`);
          }
        }
      });
});
