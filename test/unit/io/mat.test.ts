import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import { UnitscopeError } from '../../../src/protocol/errors';
import { readMat, type MatValue } from '../../../src/engine/io/mat';
import { readNpy } from '../../../src/engine/io/npy';
import { random, refuses, temporaryFolder } from '../dataset/fixtures';

const fixtures = resolve(__dirname, '../../../test/fixtures/rdms');
const supplement = resolve(__dirname, '../../../../shared/data/kriegeskorte92');
const expected = (
  JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
    mat: Record<string, { shape: number[]; type: string; values: string[] }>;
  }
).mat;

type Kind<K extends MatValue['kind']> = Extract<MatValue, { kind: K }>;
function as<K extends MatValue['kind']>(kind: K, value: MatValue | undefined): Kind<K> {
  assert.equal(value?.kind, kind);
  return value as Kind<K>;
}
const read = async (path: string) => new Map((await readMat(path)).map(({ name, value }) => [name, value]));
const kinds = () => read(join(fixtures, 'kinds.mat'));

/** An element with its tag, padded to 8 bytes. */
function element(type: number, content: Uint8Array, claimed = content.length): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(claimed, 4);
  return Buffer.concat([tag, content, Buffer.alloc(type === 15 ? 0 : (8 - (content.length % 8)) % 8)]);
}
const integers = (type: number, ...numbers: number[]) => element(type, new Uint8Array(Int32Array.from(numbers).buffer));
/** A variable "x" of a class, with dimensions and what follows. */
const matrix = (kind: number, shape: number[], ...parts: Buffer[]) =>
  element(14, Buffer.concat([integers(6, kind, 0), integers(5, ...shape), element(1, Buffer.from('x')), ...parts]));
const head = Buffer.alloc(128, ' ');
head.write('MATLAB 5.0 MAT-file');
head.writeUInt16LE(0x0100, 124);
head.write('IM', 126);

describe('MATLAB files', () => {
  const folder = temporaryFolder();
  const put = async (...parts: Uint8Array[]): Promise<string> => {
    const path = join(folder(), 'x.mat');
    await writeFile(path, Buffer.concat([head, ...parts]));
    return path;
  };

  for (const [name, { shape, type, values }] of Object.entries(expected)) {
    it(`reads ${name} as SciPy does`, async () => {
      const value = as('numeric', (await kinds()).get(name));
      assert.deepEqual([value.shape, value.type, value.complex], [shape, type, name === 'n_complex']);
      assert.deepEqual(Array.from(value.values()), values.map((text) => Number(text.replace('inf', 'Infinity'))));
    });
  }

  it('reads text, cells and structs, and names what it skips', async () => {
    const values = await kinds();
    assert.deepEqual(as('char', values.get('t_text')).rows, ['grün 猫']);
    assert.deepEqual(as('char', values.get('t_rows')).rows, ['one', 'three']);
    assert.deepEqual(as('char', values.get('t_empty')).rows, []);
    assert.deepEqual(values.get('sparse'), { shape: [3, 3], kind: 'skipped', what: 'a sparse matrix' });
    const nested = as('struct', values.get('nested'));
    assert.deepEqual([nested.shape, nested.fields], [[1, 1], ['inner']]);
    const inner = as('struct', nested.elements[0]!.get('inner'));
    assert.deepEqual(Array.from(as('numeric', inner.elements[0]!.get('x')).values()), [1]);
    const cell = as('cell', inner.elements[0]!.get('cell'));
    assert.deepEqual(cell.shape, [2, 1]);
    assert.deepEqual(as('char', cell.cells[0]).rows, ['a']);
    assert.deepEqual(Array.from(as('numeric', cell.cells[1]).values()), [1, 2]);
    assert.deepEqual(Array.from(as('numeric', values.get('last')).values()), [7]);
  });

  it('reads either byte order, compressed or not, alike', async () => {
    const flat = (value: MatValue): unknown => {
      if (value.kind === 'numeric') return [value.type, value.shape, ...value.values()];
      if (value.kind === 'cell') return value.cells.map(flat);
      if (value.kind === 'struct') return value.elements.map((fields) => Array.from(fields, ([k, v]) => [k, flat(v)]));
      return value;
    };
    const all = async (name: string) => (await readMat(join(fixtures, name))).map(({ name, value }) => [name, flat(value)]);
    const plain = await all('plain.mat');
    assert.equal(plain.length, 10);
    assert.deepEqual(await all('big.mat'), plain);
    assert.deepEqual(await all('compressed.mat'), plain);
  });

  it('skips objects and function handles by name', async () => {
    const path = await put(
      matrix(16, [1, 1], element(14, Buffer.alloc(0))),
      matrix(3, [1, 1], element(1, Buffer.from('inline'))),
      element(14, Buffer.concat([integers(6, 17, 0), element(1, Buffer.from('table')), element(1, Buffer.from('MCOS'))])),
    );
    const found = (await readMat(path)).map(({ name, value }) => [name, as('skipped', value).what]);
    assert.deepEqual(found, [['x', 'a function handle'], ['x', 'an object'], ['table', 'an object']]);
  });

  it('says how to save files of other versions', async () => {
    const path = join(folder(), 'x.mat');
    await refuses(readMat(join(fixtures, 'version4.mat')), 'reference.unreadable', /version4\.mat is a MATLAB 4 file or damaged; save it with -v7/);
    const hdf5 = Buffer.from(head);
    hdf5.writeUInt16LE(0x0200, 124);
    for (const bytes of [hdf5, Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')]) {
      await writeFile(path, bytes);
      await refuses(readMat(path), 'reference.unreadable', /x\.mat is a MATLAB 7\.3 file \(HDF5\); save it with -v7, or save the matrix as \.npy\.$/);
    }
    for (const text of ['', 'no MATLAB file at all']) {
      await writeFile(path, text);
      await refuses(readMat(path), 'reference.unreadable', /x\.mat is no MATLAB file/);
    }
  });

  it('refuses lengths that lie, without taking memory for them', async () => {
    const numbers = element(9, new Uint8Array(24));
    assert.equal(as('numeric', (await readMat(await put(matrix(6, [1, 3], numbers))))[0]?.value).values().length, 3);
    const before = process.memoryUsage().rss;
    const lies: [Buffer, RegExp][] = [
      [matrix(6, [1, 4], numbers), /x\.mat: "x" has 3 values, but is 1x4; copy/],
      [matrix(6, [2 ** 31 - 1, 2 ** 31 - 1], numbers), /has 3 values, but is 2147483647x2147483647/],
      [matrix(6, [-1, -3], numbers), /has the dimensions \[-1, -3\]/],
      [matrix(6, [3], numbers), /has the dimensions \[3\]/],
      [matrix(6, [1, 3], element(9, new Uint8Array(24), 0x7fffffff)), /truncated or damaged/],
      [matrix(6, [1, 3]), /truncated or damaged/],
      [matrix(6, [1, 3], element(99, new Uint8Array(24))), /a list of numbers is damaged/],
      [matrix(1, [1, 200_000]), /truncated or damaged/],
      [matrix(1, [2 ** 31 - 1, 2 ** 31 - 1]), /more than 250000 values/],
      [matrix(1, [1, 1], numbers), /damaged cell or field/],
      [matrix(2, [2 ** 31 - 1, 1], integers(5, 4), element(1, Buffer.from('a\0\0\0'))), /more than 250000 values/],
      [matrix(2, [1, 1], integers(5, 0), element(1, Buffer.from('a\0\0\0'))), /field names are damaged/],
      [matrix(2, [1, 1], integers(5, -4), element(1, Buffer.from('a\0\0\0'))), /field names are damaged/],
      [element(14, integers(6, 6, 0), 8), /truncated or damaged/],
      [element(15, Buffer.from('not deflated')), /a compressed variable is damaged \(Z_DATA_ERROR\)/],
    ];
    for (const [bytes, message] of lies) await refuses(readMat(await put(bytes)), 'reference.unreadable', message);
    let deep = matrix(6, [1, 3], numbers);
    for (let i = 0; i < 100; i++) deep = matrix(1, [1, 1], deep);
    await refuses(readMat(await put(deep)), 'reference.unreadable', /nested deeper than 32 levels/);
    assert(process.memoryUsage().rss - before < 200e6, 'memory');
  });

  it('bounds what a small file may grow to', async () => {
    const zeros = matrix(9, [1000, 1000], element(2, new Uint8Array(1e6)));
    const bytes = element(15, deflateSync(zeros));
    const path = await put(bytes, bytes);
    assert.equal((await readMat(path, 2 * zeros.length)).length, 2);
    await refuses(readMat(path, 2 * zeros.length - 1), 'reference.unreadable', /x\.mat: it takes more memory than it may, once inflated/);
    await refuses(readMat(path, zeros.length), 'reference.unreadable', /once inflated/);
    const empty = Buffer.concat(Array.from({ length: 240_000 }, () => element(14, Buffer.alloc(0))));
    const cells = matrix(1, [1, 240_000], empty);
    assert.equal((await readMat(await put(element(15, deflateSync(cells))))).length, 1);
    await refuses(readMat(await put(cells, cells)), 'reference.unreadable', /more than 250000 values/);
  });

  it('answers random damage with a value or a sentence', async () => {
    const next = random(11);
    const below = (n: number) => Math.floor(next() * n);
    let refused = 0;
    for (const name of ['plain.mat', 'big.mat', 'compressed.mat', 'kinds.mat']) {
      const whole = await readFile(join(fixtures, name));
      for (let trial = 0; trial < 150; trial++) {
        const bytes = Buffer.from(trial % 3 === 0 ? whole.subarray(0, below(whole.length)) : whole);
        if (trial % 3 > 0) for (let i = 0; i <= below(4); i++) bytes[100 + below(whole.length - 100)] = below(256);
        const path = join(folder(), 'x.mat');
        await writeFile(path, bytes);
        try {
          for (const { value } of await readMat(path)) if (value.kind === 'numeric') value.values();
        } catch (error) {
          assert(error instanceof UnitscopeError && error.code === 'reference.unreadable', String(error));
          assert.match(error.message, /^x\.mat[^\n]+\.$/);
          refused++;
        }
      }
    }
    assert(refused > 200, `${refused} refused`);
  });

  it('reads the supplement of Kriegeskorte et al. 2008', async function () {
    const path = join(supplement, 'Kriegeskorte_Neuron2008_supplementalData.mat');
    if (!existsSync(path)) this.skip(); // needs the paper's supplement in ../shared/data, which is not ours to commit
    const values = await read(path);
    assert.deepEqual([...values.keys()], ['categoryLabels', 'RDMs_mIT_hIT_fig1', 'categoryVectors', 'stimuli_92objs']);
    const rdms = as('struct', values.get('RDMs_mIT_hIT_fig1'));
    assert.deepEqual([rdms.shape, rdms.fields], [[1, 2], ['name', 'color', 'RDM']]);
    const names = rdms.elements.map((fields) => as('char', fields.get('name')).rows);
    assert.deepEqual(names, [['mIT_674neurons'], ['hITvisStim_316vx']]);
    for (const [i, file] of ['monkey_IT_rdm.npy', 'human_IT_rdm.npy'].entries()) {
      const square = (await readNpy(join(supplement, file))).data;
      const condensed = as('numeric', rdms.elements[i]!.get('RDM')).values();
      let at = 0;
      for (let a = 0; a < 92; a++) for (let b = a + 1; b < 92; b++) assert.equal(condensed[at++], square[a * 92 + b]);
      assert.equal(at, 4186);
    }
    assert.deepEqual(as('struct', values.get('stimuli_92objs')).shape, [1, 92]);
  });
});
