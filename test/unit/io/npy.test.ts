import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readNpy, squareRows, writeNpy } from '../../../src/engine/io/npy';
import { refuses, temporaryFolder } from '../dataset/fixtures';

const fixtures = resolve(__dirname, '../../../test/fixtures/rdms');
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
  npy: Record<string, { shape: number[]; values: string[] }>;
  written: Record<string, { dtype: 'f4' | 'f8'; shape: number[]; values: number[]; bytes: string }>;
};
const numberOf = (text: string): number => Number(text.replace('inf', 'Infinity'));

describe('NumPy arrays', () => {
  const folder = temporaryFolder();

  for (const [name, { shape, values }] of Object.entries(expected.npy)) {
    it(`reads ${name} as NumPy does`, async () => {
      const array = await readNpy(join(fixtures, `${name}.npy`));
      assert.deepEqual(array.shape, shape);
      assert.deepEqual(Array.from(array.data), values.map(numberOf));
    });
  }

  it('refuses what is not made of real numbers, saying what it is', async () => {
    const kinds = {
      complex: /refused-complex\.npy holds complex numbers, not real numbers; save it as float32 or float64\.$/,
      object: /holds Python objects/,
      structured: /holds a structured array/,
      text: /holds text/,
      date: /holds elements of type "<M8\[D\]"/,
    };
    for (const [kind, message] of Object.entries(kinds))
      await refuses(readNpy(join(fixtures, `refused-${kind}.npy`)), 'reference.unreadable', message);
  });

  it('refuses damaged files, whatever lengths they claim', async () => {
    const whole = await readFile(join(fixtures, 'square.npy'));
    const path = join(folder(), 'x.npy');
    const refused = async (bytes: Uint8Array, message: RegExp) => {
      await writeFile(path, bytes);
      await refuses(readNpy(path), 'reference.unreadable', message);
    };
    const changed = (from: string, to: string) =>
      Buffer.from(whole.toString('latin1').replace(from.padEnd(to.length), to.padEnd(from.length)), 'latin1');
    for (let length = 0; length < whole.length; length += 7) {
      await refused(whole.subarray(0, length), length < 12 ? /is no NumPy array/ : /cannot be; write|bytes of data, but its shape/);
    }
    await refused(Buffer.concat([whole, Buffer.alloc(1)]), /has 393 bytes of data, but its shape \[7, 7\] takes 392/);
    await refused(changed('(7, 7)', '(9e9,)'), /damaged \.npy header/);
    await refused(changed('(7, 7), }   ', '(99999, 99999), }'), /has the shape \[99999, 99999\], more than 2 GiB/);
    await refused(changed("'shape'", "'shade'"), /damaged \.npy header/);
    await refused(changed('<f8', 'f99'), /holds elements of type "f99"/);
    const version = Buffer.from(whole);
    version[6] = 9;
    await refused(version, /unknown \.npy version 9/);
    const length = Buffer.from(whole);
    length[6] = 2;
    length.writeUInt32LE(0xffffffff, 8);
    await refused(length, /has a header of 4294967295 bytes/);
  });

  it('says what is wrong with the path', async () => {
    await refuses(readNpy(join(folder(), 'no.npy')), 'reference.unreadable', /no\.npy does not exist; check the path\.$/);
    await mkdir(join(folder(), 'd.npy'));
    await refuses(readNpy(join(folder(), 'd.npy')), 'reference.unreadable', /d\.npy is no file/);
  });

  for (const [name, { dtype, shape, values, bytes }] of Object.entries(expected.written)) {
    it(`writes ${name} byte for byte as NumPy does, from pieces of any length`, async () => {
      const path = join(folder(), 'x.npy');
      for (const length of [1, 5, 1000]) {
        async function* pieces() {
          for (let i = 0; i < values.length; i += length) {
            await Promise.resolve();
            yield Float64Array.from(values.slice(i, i + length));
          }
        }
        await writeNpy(path, shape, dtype, pieces());
        assert.equal((await readFile(path)).toString('hex'), bytes);
      }
      assert.deepEqual(await readdir(folder()), ['x.npy']);
    });
  }

  it('reads what it has written, float32 as float64 and the other way round', async () => {
    const path = join(folder(), 'x.npy');
    const numbers = [1 / 3, -2, 1e-40, Infinity, NaN, 1e300];
    await writeNpy(path, [2, 3], 'f4', [Float64Array.from(numbers)]);
    assert.deepEqual((await readNpy(path)).data, Float64Array.from(numbers.map(Math.fround)));
    await writeNpy(path, [2, 3], 'f8', [Float32Array.from(numbers)]);
    assert.deepEqual((await readNpy(path)).data, Float64Array.from(numbers.map(Math.fround)));
  });

  it('leaves the old file and nothing else where writing fails', async () => {
    const path = join(folder(), 'x.npy');
    await writeNpy(path, [1], 'f8', [Float64Array.of(7)]);
    await assert.rejects(writeNpy(path, [2], 'f8', [Float64Array.of(1)]), /1 values for the shape \[2\]/);
    await assert.rejects(writeNpy(path, [2], 'f8', [Float64Array.of(1, 2, 3)]), RangeError);
    await assert.rejects(
      writeNpy(path, [2], 'f8', (function* () {
        yield Float64Array.of(1);
        throw new Error('out of rows');
      })()),
      /out of rows/,
    );
    assert.deepEqual(await readdir(folder()), ['x.npy']);
    assert.deepEqual(Array.from((await readNpy(path)).data), [7]);
    await refuses(writeNpy(join(folder(), 'no', 'x.npy'), [0], 'f8', []), 'output.failed', /x\.npy cannot be written \(ENOENT\)/);
  });

  it('unfolds a condensed RDM as SciPy does', async () => {
    const condensed = (await readNpy(join(fixtures, 'condensed.npy'))).data;
    const square = (await readNpy(join(fixtures, 'square.npy'))).data;
    assert.deepEqual(Array.from(squareRows(condensed, 7), (row) => [...row]).flat(), Array.from(square));
    assert.deepEqual(Array.from(squareRows([4], 2), (row) => [...row]), [[0, 4], [4, 0]]);
  });
});
