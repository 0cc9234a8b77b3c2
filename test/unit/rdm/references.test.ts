import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { alignRdm, type AlignTo } from '../../../src/engine/analyses/rdm/references/alignment';
import { stimuliOf, type RdmEntry } from '../../../src/engine/analyses/rdm/references/entry';
import { readRdmFile } from '../../../src/engine/analyses/rdm/references/rdmFile';
import { openDataset } from '../../../src/engine/dataset/dataset';
import { UnitscopeError } from '../../../src/protocol/errors';
import { random, refuses, temporaryFolder } from '../dataset/fixtures';

const fixtures = resolve(__dirname, '../../../test/fixtures/rdms');
const supplement = resolve(__dirname, '../../../../shared/data/kriegeskorte92');
const { rdms } = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
  rdms: { names: string[]; first: number[]; second: number[] };
};

/** What a file must give: the name of each entry, which of the two RDMs it is, and whether it has names. */
type Expected = [name: string, rdm: 'first' | 'second', named?: 'named' | 'counted'];

describe('RDMs in files', () => {
  const folder = temporaryFolder();
  const put = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder(), name), content);
    return join(folder(), name);
  };
  const refused = async (name: string, content: string, message: RegExp) =>
    refuses(readRdmFile(await put(name, content)), 'reference.unreadable', message);

  const both: Expected[] = [['plain', 'first'], ['column', 'second'], ['cube 1', 'first'], ['cube 2', 'second'], ['one', 'first'], ['two', 'second'], ['named', 'first', 'named']];
  const files: Record<string, Expected[]> = {
    'square.npy': [['square', 'first']],
    'condensed.npy': [['condensed', 'first']],
    'row.npy': [['row', 'first']],
    'stack-square.npy': [['stack-square 1', 'first'], ['stack-square 2', 'second']],
    'stack-condensed.npy': [['stack-condensed 1', 'first'], ['stack-condensed 2', 'second']],
    'square.csv': [['square', 'first']],
    'square.tsv': [['square', 'first']],
    'row.csv': [['row', 'first']],
    'column.csv': [['column', 'first']],
    'column-headed.csv': [['column-headed', 'first']],
    'named.csv': [['named', 'first', 'named']],
    'named-columns.csv': [['named-columns', 'first', 'named']],
    'named-rows.csv': [['named-rows', 'first', 'named']],
    'european.csv': [['european', 'first', 'named']],
    'counted.csv': [['counted', 'first', 'counted']],
    'counted-columns.csv': [['counted-columns', 'first', 'counted']],
    'square.json': [['square', 'first']],
    'condensed.json': [['condensed', 'first']],
    'object.json': [['one', 'first', 'named']],
    'values.json': [['values', 'first']],
    'stack.json': [['stack 1', 'first'], ['stack 2', 'second']],
    'objects.json': [['one', 'first'], ['one (2)', 'second', 'named']],
    'blank-diagonal.json': [['blank-diagonal', 'first']],
    'plain.mat': both,
    'compressed.mat': both,
    'big.mat': both,
    'lopsided-too.mat': [['plain', 'first']],
  };
  for (const [file, expected] of Object.entries(files)) {
    it(`reads ${file}, equal to SciPy's pdist`, async () => {
      const entries = await readRdmFile(join(fixtures, file));
      assert.deepEqual(entries.map(({ name }) => name), expected.map(([name]) => name));
      entries.forEach(({ n, condensed, names }, i) => {
        const [, rdm, named] = expected[i]!;
        assert.equal(n, 7);
        assert.deepEqual(Array.from(condensed), rdms[rdm]);
        const counted = Array.from({ length: 7 }, (_, k) => String(k));
        assert.deepEqual(names, named === 'named' ? rdms.names : named === 'counted' ? counted : null);
      });
    });
  }

  it('takes float32 that is symmetric, in Fortran order', async () => {
    const [entry] = await readRdmFile(join(fixtures, 'float32-fortran.npy'));
    assert.deepEqual(Array.from(entry!.condensed), rdms.first.map(Math.fround));
  });

  it('reads upper-case extensions, tables as R and spreadsheets write them, and empty corners', async () => {
    const read = async (content: string) => (await readRdmFile(await put('x.CSV', content)))[0]!;
    const expected = [1, 2, 3];
    const forms = {
      r: '"a","b","c"\n"a",0,1,2\n"b",1,0,3\n"c",2,3,0\n',
      spreadsheet: '\uFEFF;a;b;c\r\na;0;1,0;2\r\nb;1;0;3\r\nc;2;3;0\r\n\r\n',
      corner: 'stimulus,a,b,c\na,,1,2\nb,1,,3\nc,2,3,\n',
      commas: '"a","b","c"\n0,1,2\n1,0,3\n2,3,0',
    };
    for (const [form, content] of Object.entries(forms)) {
      const { condensed, names } = await read(content);
      assert.deepEqual([Array.from(condensed), names], [expected, ['a', 'b', 'c']], form);
    }
    for (const content of ['nan,1,2\n1,nan,3\n2,3,NaN\n', ',1,2\n1,,3\n2,3,\n', '1;2;3', '1\n2\n3\n', '0\t1\t2\n1\t0\t3\n2\t3\t0']) {
      const { condensed, names } = await read(content);
      assert.deepEqual([Array.from(condensed), names], [expected, null], content);
    }
    const [first, second] = await readRdmFile(await put('k.csv', 'name,ab,ac,ad,bc,bd,cd\nx,1,2,3,4,5,6\ny,6,5,4,3,2,1\n'));
    assert.deepEqual([first!.n, ...first!.condensed], [4, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual([second!.n, ...second!.condensed], [4, 6, 5, 4, 3, 2, 1]);
  });

  it('accepts the asymmetry of rounding and no more', async () => {
    const matrix = (off: number) => JSON.stringify([[0, 1000, 1], [1000, 0, 2 + off], [1, 2, 0]]);
    assert.deepEqual(Array.from((await readRdmFile(await put('x.json', matrix(0.0009))))[0]!.condensed), [1000, 1, 2.0009]);
    await refused('x.json', matrix(0.0011), /^x\.json is not symmetric: stimuli 2 and 3 have 2\.0011 above the diagonal and 2 below; give a symmetric/);
    await refused('x.csv', ',a,b,c\na,0,1,2\nb,1,0,3\nc,9,3,0\n', /^x\.csv is not symmetric: "a" and "c" have 2 above the diagonal and 9 below/);
    await refuses(readRdmFile(join(fixtures, 'lopsided.mat')), 'reference.unreadable', /lopsided\.mat \(variable "weights"\) is not symmetric: stimuli 1 and 2/);
  });

  it('refuses values that are not finite, naming the pair', async () => {
    await refused('x.csv', '0,1,2\n1,0,nan\n2,3,0', /^x\.csv has no number \(NaN\) for stimuli 2 and 3; every pair/);
    await refused('x.csv', '0,1,2\n1,0,3\n2,,0', /has no number \(NaN\) for stimuli 3 and 2/);
    await refused('x.csv', '0,1,2\n1,0,3\n-inf,3,0', /has an infinite value for stimuli 3 and 1/);
    await refused('x.json', '[1,2,null,4,5,6]', /has no number \(NaN\) for stimuli 1 and 4/);
    await refused('x.json', '{"names":["a","b","c"],"rdm":[1,null,2]}', /for "a" and "c"/);
    await refused('x.json', '[[1,2,3],[1,2,1e999]]', /^x\.json, RDM 2, has an infinite value for stimuli 2 and 3/);
  });

  it('refuses what is no RDM by its shape', async () => {
    await refused('x.json', '[1,2,3,4]', /^x\.json has 4 values, but the upper triangle of an RDM has n\(n-1\)\/2 for n stimuli, 3 or more \(3 for 3, 6 for 4\); give/);
    await refused('x.json', '[1]', /has 1 values.*\(3 for 3, 6 for 4\)/);
    await refused('x.json', '[]', /has 0 values/);
    await refused('x.json', '[[0,1],[1,0]]', /^x\.json has the shape 2 x 2, neither square nor an upper triangle; give an RDM of 3 stimuli or more/);
    await refused('x.csv', '0,1,2,3\n1,0,3,4\n', /has the shape 2 x 4/);
    assert.deepEqual([1, 2, 3, 4, 5, 6, 4186, 4187, 12497500].map(stimuliOf), [null, null, 3, null, null, 4, 92, null, 5000]);
    for (let n = 3; n < 3000; n++) assert.equal(stimuliOf((n * (n - 1)) / 2), n);
  });

  it('refuses damaged text', async () => {
    await refused('x.csv', '', /^x\.csv is empty/);
    await refused('x.csv', '0,1,2\n1,0,x\n2,3,0', /^x\.csv, line 2: "x" in column 3 is no number; give a table of numbers\.$/);
    await refused('x.csv', '0,1,2\n1,0,3\n2,3', /^x\.csv, line 3: this row has 2 values, the one before 3/);
    await refused('x.csv', ',a,b,c\na,0,1,2\nc,1,0,3\nb,2,3,0', /names row 2 "c" and column 2 "b"; give rows and columns the same order/);
    await refused('x.csv', '0,1,"2\n', /^x\.csv.*: /);
    await refused('x.json', '[1,2,', /^x\.json is not valid JSON/);
    await refused('x.json', '[[0,1,2],[1,0],[2,3,0]]', /^x\.json has a list of 2 where it should not be/);
    await refused('x.json', `[[${'0,'.repeat(99_999)}0]${',[]'.repeat(99_999)}]`, /has a list of 0 where/);
    await refused('x.json', '[0,1,"2"]', /has "2" where/);
    await refused('x.json', '[[0,[1],2],[1,0,3],[2,3,0]]', /has a list of 1 where/);
    await refused('x.json', '"text"', /holds no list of numbers/);
    await refused('x.json', '{"a":1,"b":2}', /holds no RDM under "rdm", .* it has "a", "b"; name the matrix "rdm"\.$/);
    await refused('x.json', '[{"rdm":[1,2,3]},{"x":1}]', /^x\.json \(object 2\) holds no RDM/);
    await refused('x.json', '{"rdm":[1,2,3],"names":["a","b"]}', /has 2 names for 3 stimuli/);
    await refused('x.json', '{"rdm":[1,2,3],"names":["a",1,2]}', /"names" that are not a list of texts/);
    await refused('x.txt', '0', /^x\.txt is no file of RDMs by its name; save it as \.npy, \.csv/);
    for (const extension of ['npy', 'csv', 'tsv', 'json', 'mat'])
      await refuses(readRdmFile(join(folder(), `no.${extension}`)), 'reference.unreadable', /^no\..+ does not exist; check the path\.$/);
  });

  it('lists what a MATLAB file has where nothing is an RDM', async () => {
    await refuses(
      readRdmFile(join(fixtures, 'nothing.mat')),
      'reference.unreadable',
      /^nothing\.mat holds no RDM: it has table \(double 6x15\), words \(char 1x9\), labels \(cell 2x1\), pictures \(struct 1x2 with image, category\); save a square/,
    );
  });

  it('reads the supplement of Kriegeskorte et al. 2008: the two IT RDMs correlate with 0.49', async function () {
    if (!existsSync(supplement)) this.skip();
    const path = join(supplement, 'Kriegeskorte_Neuron2008_supplementalData.mat');
    const [monkey, human, ...others] = await readRdmFile(path);
    assert.deepEqual([monkey!.name, human!.name, others], ['mIT_674neurons', 'hITvisStim_316vx', []]);
    for (const [entry, file] of [[monkey, 'monkey_IT_rdm.npy'], [human, 'human_IT_rdm.npy']] as const) {
      const [same] = await readRdmFile(join(supplement, file));
      assert.deepEqual(same!.condensed, entry!.condensed);
    }
    const dataset = await openDataset({ path: join(supplement, 'labels.csv') });
    const to = { paths: dataset.stimuli.map((stimulus) => stimulus.path), columns: dataset.columns, rows: Int32Array.from({ length: 92 }, (_, i) => i) };
    const a = alignRdm(monkey!, to, path);
    const b = alignRdm(human!, to, path);
    assert.deepEqual(a, Float32Array.from(monkey!.condensed));
    assert(Math.abs(pearson(a, b) - 0.491) < 0.0005, String(pearson(a, b)));
  });

  it('reads a file whose name has dots or spaces', async () => {
    const path = join(folder(), 'my rdm.v2.npy');
    await copyFile(join(fixtures, 'square.npy'), path);
    assert.equal((await readRdmFile(path))[0]!.name, 'my rdm.v2');
  });
});

function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (x: ArrayLike<number>) => Array.from(x).reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

describe('RDMs aligned with stimuli', () => {
  const paths = ['cat/01.png', 'cat/02.png', 'dog/03.jpg', 'dog/04.jpg', 'tree/05.JPG', '06.x.png'];
  const codes = ['c1', 'c2', 'd1', 'd2', 't', null];
  const to = (rows: number[], columns: [string, (string | null)[]][] = [['code', codes]]): AlignTo => ({
    paths,
    columns: new Map(columns),
    rows: Int32Array.from(rows),
  });

  /** An RDM where the dissimilarity of stimuli i < j of the dataset is 10 i + j; its row r is stimulus `order[r]`. */
  function entry(order: number[], names: string[] | null): RdmEntry {
    const condensed: number[] = [];
    order.forEach((i, a) => order.slice(a + 1).forEach((j) => condensed.push(value(i, j))));
    return { name: 'IT', n: order.length, condensed: Float64Array.from(condensed), names };
  }
  const value = (i: number, j: number) => 10 * Math.min(i, j) + Math.max(i, j);
  const expected = (rows: number[]) => rows.flatMap((i, a) => rows.slice(a + 1).map((j) => value(i, j)));
  const aligned = (rdm: RdmEntry, rows: number[]) => Array.from(alignRdm(rdm, to(rows), 'it.csv'));
  const refused = (rdm: RdmEntry, target: AlignTo, message: RegExp) =>
    assert.throws(
      () => alignRdm(rdm, target, 'it.csv'),
      (error: unknown) => {
        assert(error instanceof UnitscopeError && error.code === 'reference.unreadable', String(error));
        assert.match(error.message, message);
        assert.match(error.message, /^it\.csv.*\.$/);
        return true;
      },
    );

  it('finds stimuli by path, file name, this without extension, folder or column, in any order', () => {
    const next = random(5);
    const shuffled = <T>(items: T[]): T[] => {
      const all = [...items];
      for (let i = all.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1));
        [all[i], all[j]] = [all[j]!, all[i]!];
      }
      return all;
    };
    const file = (path: string) => path.split('/').at(-1)!;
    const stem = (path: string) => file(path).replace(/\.[^.]*$/, '');
    const ways: ((i: number) => string)[] = [
      (i) => paths[i]!,
      (i) => file(paths[i]!),
      (i) => stem(paths[i]!),
      (i) => codes[i] ?? 'none',
      (i) => paths[i]!.toUpperCase(),
      (i) => (codes[i] ?? 'none').toUpperCase(),
      (i) => `/data/images/${file(paths[i]!)}`,
      (i) => `C:\\images\\${stem(paths[i]!)}.bmp`,
    ];
    for (const way of ways)
      for (const rows of [[0, 1, 2, 3, 4], [4, 2, 0], [3, 0, 4, 1]]) {
        const order = shuffled([0, 1, 2, 3, 4, 5]);
        assert.deepEqual(aligned(entry(order, order.map(way)), rows), expected(rows), way(0));
      }
    const folders = entry([4, 2, 0], ['tree', 'dog', 'cat']);
    assert.deepEqual(aligned(folders, [0, 2, 4]), expected([0, 2, 4]));
  });

  it('prefers the case of the names, and matches composed with decomposed letters', () => {
    const target = { paths: ['a.png', 'A.png', '\u00fc.png'], columns: new Map(), rows: Int32Array.of(0, 1, 2) };
    const rdm: RdmEntry = { name: 'x', n: 3, condensed: Float64Array.of(1, 2, 3), names: ['A', 'u\u0308', 'a'] };
    assert.deepEqual(Array.from(alignRdm(rdm, target, 'f')), [2, 3, 1]);
  });

  it('takes rows without names by their order: of the dataset, or of the stimuli wanted', () => {
    const all = entry([0, 1, 2, 3, 4, 5], null);
    assert.deepEqual(aligned(all, [0, 1, 2, 3, 4, 5]), expected([0, 1, 2, 3, 4, 5]));
    assert.deepEqual(aligned(all, [5, 1, 3]), expected([5, 1, 3]));
    assert.deepEqual(aligned(entry([5, 1, 3], null), [5, 1, 3]), expected([5, 1, 3]));
    for (const start of [0, 1]) {
      const counting = entry([0, 1, 2, 3, 4, 5], Array.from({ length: 6 }, (_, i) => String(i + start)));
      assert.deepEqual(aligned(counting, [2, 4, 1]), expected([2, 4, 1]));
    }
  });

  it('does not take counting names for order where they name images', () => {
    const target = { paths: ['1.png', '10.png', '2.png'], columns: new Map(), rows: Int32Array.of(0, 1, 2) };
    const names = Array.from({ length: 10 }, (_, i) => String(i + 1));
    const condensed = Float64Array.from({ length: 45 }, (_, i) => i);
    // Pairs (1, 10), (1, 2) and (2, 10) are the ninth, the first and the last of the second row of eight.
    assert.deepEqual(Array.from(alignRdm({ name: 'x', n: 10, condensed, names }, target, 'f')), [8, 0, 16]);
  });

  it('says both sizes where they disagree', () => {
    refused(entry([0, 1, 2, 3], null), to([0, 1, 2, 3, 4, 5]), /^it\.csv holds an RDM of 4 stimuli \("IT"\), but 6 images are chosen; give its stimuli names, or choose the images it was made of\.$/);
    refused(entry([0, 1, 2, 3], null), to([0, 1, 2]), /but 3 images are chosen of 6;/);
  });

  it('names the first stimulus that is missing or not unique, and how many', () => {
    const names = (...list: string[]) => entry(list.map((_, i) => i), list);
    refused(names('01', '02', '04', '05'), to([0, 1, 2, 3]), /the RDM "IT" has no stimulus named as "dog\/03\.jpg"; add it/);
    refused(names('01', '02', 'x', 'y'), to([0, 1, 2, 3]), /named as "dog\/03\.jpg" \(2 of 4 are not found\);/);
    refused(names('x', 'y', 'z'), to([0, 1, 2]), /names its stimuli "x", "y", …, but none of the 3 chosen images is called so \("cat\/01\.png"\)/);
    refused(names('01', '02', '03', '03'), to([0, 1, 2]), /names 2 stimuli "03"; give each stimulus a name of its own/);
    refused(names('one', 'two', 'three'), to([0, 1, 2], [['kind', ['one', 'two', 'two', null, null, null]]]), /has one row for several chosen images named "two"/);
  });
});
