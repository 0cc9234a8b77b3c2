import assert from 'node:assert/strict';
import { mkdir, readdir, readlink, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openDataset } from '../../../src/engine/dataset/dataset';
import { readManifest } from '../../../src/engine/dataset/manifest';
import { refuses, temporaryFolder } from './fixtures';

describe('a manifest as a dataset', () => {
  const folder = temporaryFolder();
  const put = async (name: string, content: string): Promise<string> => {
    const file = join(folder(), name);
    await writeFile(file, content);
    return file;
  };
  const csv = async (content: string, labelColumn?: string) =>
    openDataset({ path: await put('m.csv', content), labelColumn });
  const jsonl = async (content: string) => openDataset({ path: await put('m.jsonl', content) });

  it('reads CSV in the order of its rows, labels and other columns', async () => {
    const dataset = await csv('\uFEFFPath,label,size\r\nb/2.jpg,dog,4\r\n"a, 1.jpg",cat,\r\n\r\nb/2.jpg,,5\r\n');
    assert.deepEqual(dataset.stimuli, [
      { index: 0, path: 'b/2.jpg', label: 'dog' },
      { index: 1, path: 'a, 1.jpg', label: 'cat' },
      { index: 2, path: 'b/2.jpg', label: null },
    ]);
    const { kind, root, columns, labelColumn, labels, otherFiles } = dataset.summary;
    assert.deepEqual([kind, root, columns, labelColumn, otherFiles], ['manifest', folder(), ['label', 'size'], 'label', 0]);
    assert.deepEqual(labels, [
      { name: 'dog', count: 1 },
      { name: 'cat', count: 1 },
    ]);
    assert.equal(dataset.file(1), join(folder(), 'a, 1.jpg'));
  });

  it('reads JSON lines, whose columns may come and go', async () => {
    const dataset = await jsonl('{"image":"a.jpg","class":"x"}\n\n{"image":"b.jpg","n":3,"box":[1,2]}\n');
    assert.deepEqual(dataset.summary.columns, ['class', 'n', 'box']);
    assert.deepEqual(
      dataset.stimuli.map(({ label }) => label),
      ['x', null],
    );
  });

  it('finds the columns by their usual names, or the one asked for', async () => {
    assert.equal((await csv('FILENAME,Class\na.jpg,x\n')).stimuli[0]!.label, 'x');
    assert.equal((await csv('label,file,Kind\nx,a.jpg,y\n', 'kind')).stimuli[0]!.label, 'y');
    assert.equal((await csv('file,path\nno.jpg,yes.jpg\n')).stimuli[0]!.path, 'yes.jpg');
    await refuses(
      csv('path,a\n1.jpg,x\n', 'kind'),
      'dataset.unreadable',
      /m\.csv has no column "kind" for labels; it has "a"\.$/,
    );
  });

  it('takes labels from label, else class, else category', async () => {
    const label = async (header: string) => (await csv(`path,${header}\na.jpg,1,2,3\n`)).stimuli[0]!.label;
    assert.equal(await label('category,class,Label'), '3');
    assert.equal(await label('Category,CLASS,kind'), '2');
    assert.equal(await label('kind,x,Category'), '3');
    assert.equal(await label('kind,x,categories'), null);
  });

  it('gives the values of any column', async () => {
    const dataset = await csv('label,path,Size\nx,a.jpg,4\n,b.jpg,\n');
    assert.deepEqual(dataset.column('label'), ['x', null]);
    assert.deepEqual(dataset.column('Size'), ['4', null]);
    assert.deepEqual([...dataset.columns.keys()], ['label', 'Size']);
    assert.throws(() => dataset.column('path'), {
      code: 'usage',
      message: `${join(folder(), 'm.csv')} has no column "path"; it has "label", "Size".`,
    });
    const lines = await jsonl('{"path":"a.jpg"}\n{"path":"b.jpg","n":3}\n{"path":"c.jpg","x":null}\n');
    assert.deepEqual([lines.column('n'), lines.column('x')], [[null, '3', null], [null, null, null]]);
    await writeFile(join(folder(), 'a.jpg'), '');
    const images = await openDataset({ path: folder() });
    assert.throws(() => images.column('label'), { code: 'usage', message: /has no column "label"; it has no other\.$/ });
  });

  describe('whose images are in a subfolder', () => {
    const text = Array.from({ length: 12 }, (_, i) => `c/${i}.png,x`).join('\n');
    const touch = async (...paths: string[]) => {
      for (const path of paths) {
        await mkdir(dirname(join(folder(), path)), { recursive: true });
        await writeFile(join(folder(), path), '');
      }
    };
    const images = (parent: string, count: number) => Array.from({ length: count }, (_, i) => join(parent, `c/${i}.png`));
    const rootOf = async (limit?: number) => {
      const path = await put('m.csv', `path,label\n${text}\n`);
      return (await openDataset({ path, limit })).summary.root;
    };

    it('has that subfolder as its root', async () => {
      await touch(...images('images', 10), ...images('other', 9), 'c/1.png');
      assert.equal(await rootOf(), join(folder(), 'images'));
      const dataset = await openDataset({ path: join(folder(), 'm.csv') });
      assert.equal(dataset.file(11), join(folder(), 'images', 'c', '11.png'));
      assert.deepEqual([dataset.stimuli[0]!.path, dataset.summary.count], ['c/0.png', 12]);
    });

    it('has its own folder where the first image is there, or no subfolder fits, or several do', async () => {
      await touch(...images('images', 9));
      assert.equal(await rootOf(), folder());
      assert.equal(await rootOf(9), join(folder(), 'images'));
      await touch(...images('images', 10), ...images('other', 10));
      assert.equal(await rootOf(), folder());
      await touch(...images('deep/images', 10));
      assert.equal(await rootOf(), folder());
    });

    it('has its own folder where the first image lies in it', async () => {
      await touch(...images('images', 12), 'c/0.png');
      assert.equal(await rootOf(), folder());
    });

    it('never follows a link out of its folder', async () => {
      await touch(...images('elsewhere/images', 12), 'here/m.csv');
      await symlink(join(folder(), 'elsewhere', 'images'), join(folder(), 'here', 'images'), 'junction');
      await writeFile(join(folder(), 'here', 'm.csv'), `path,label\n${text}\n`);
      assert.equal((await openDataset({ path: join(folder(), 'here', 'm.csv') })).summary.root, join(folder(), 'here'));
    });
  });

  it('treats backslashes as slashes and tidies paths', async () => {
    assert.deepEqual(
      (await csv('path\na\\b\\c.jpg\n./c//d/../e.jpg\n')).stimuli.map(({ path }) => path),
      ['a/b/c.jpg', 'c/e.jpg'],
    );
  });

  it('applies the limit and stops reading there', async () => {
    const path = await put('m.jsonl', '{"path":"a.jpg"}\n{"path":"b.jpg"}\nnot json\n');
    assert.equal((await openDataset({ path, limit: 2 })).summary.count, 2);
    await refuses(openDataset({ path }), 'dataset.unreadable', /line 3/);
  });

  it('refuses paths that leave the folder', async () => {
    for (const path of ['../x.jpg', 'a/../../x.jpg', '..\\x.jpg', '..', 'a/../..']) {
      await refuses(
        jsonl(JSON.stringify({ path })),
        'dataset.unreadable',
        /m\.jsonl, line 1: the path ".+" leaves the manifest's folder; move the manifest/,
      );
    }
    for (const path of ['/etc/x.jpg', 'C:\\x.jpg', 'c:x.jpg', '\\\\host\\share\\x.jpg']) {
      await refuses(
        jsonl(JSON.stringify({ path })),
        'dataset.unreadable',
        /line 1: the path ".+" is absolute; give it relative/,
      );
    }
    await refuses(jsonl('{"path":"a\\u0000.jpg"}'), 'dataset.unreadable', /NUL/);
  });

  it('names the line that is wrong', async () => {
    await refuses(
      csv('path,label\na.jpg,x\nb.jpg\n'),
      'dataset.unreadable',
      /m\.csv, line 3: this row has another number of values than the header\.$/,
    );
    await refuses(csv('path,label\na.jpg,"x\n'), 'dataset.unreadable', /m\.csv.*: a quotation mark is not closed\.$/);
    await refuses(csv('path,label\n,x\n'), 'dataset.unreadable', /line 2: "path" is empty/);
    await refuses(csv('path,a,a\n1,2,3\n'), 'dataset.unreadable', /two columns "a"/);
    await refuses(
      jsonl('{"path":"a.jpg"}\n{"path":}\n'),
      'dataset.unreadable',
      /m\.jsonl, line 2 is not valid JSON; write one object a line\.$/,
    );
    await refuses(jsonl('["a.jpg"]\n'), 'dataset.unreadable', /line 1 is not a JSON object/);
    await refuses(jsonl('{"path":"a.jpg"}\n{"label":"x"}\n'), 'dataset.unreadable', /line 2: "path" is empty/);
  });

  it('says what is missing', async () => {
    await refuses(
      csv('name,label\na.jpg,x\n'),
      'dataset.unreadable',
      /m\.csv has no column "path"; it has "name", "label"\. Name the column of image paths "path"\.$/,
    );
    await refuses(csv('name\n'), 'dataset.unreadable', /has no column "path"/);
    await refuses(jsonl('{"x":1}\n'), 'dataset.unreadable', /has no column "path"/);
    for (const empty of ['path,label\n', ''])
      await refuses(csv(empty), 'dataset.empty', /No images in .+m\.csv: it has no rows/);
    await refuses(jsonl(''), 'dataset.empty', /it has no rows/);
    await refuses(openDataset({ path: join(folder(), 'none.csv') }), 'dataset.unreadable', /none\.csv does not exist/);
  });

  it('says in one sentence when reading fails, in either format', async () => {
    for (const name of ['d.csv', 'd.jsonl']) {
      await mkdir(join(folder(), name)); // opens, but cannot be read
      await refuses(readManifest(join(folder(), name)), 'dataset.unreadable', new RegExp(`^The manifest ${name} cannot be read \\(EISDIR\\)`));
    }
  });

  it('closes its file when it stops early', async function () {
    if (process.platform !== 'linux') return this.skip(); // where open files can be listed
    for (const [name, content] of [['m.csv', `path\n${'a.jpg\n'.repeat(50_000)}`], ['m.jsonl', '{"path":"a.jpg"}\n'.repeat(50_000)]] as const) {
      const path = await put(name, content);
      assert.equal((await openDataset({ path, limit: 1 })).summary.count, 1);
      await setTimeout(100);
      const files = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
      assert.ok(!files.includes(path), `${name} is open`);
    }
  });

  it('bounds its size, and can be cancelled', async () => {
    const huge = await put('huge.jsonl', '');
    await truncate(huge, 2 ** 28 + 1); // a hole: takes no space
    await refuses(openDataset({ path: huge }), 'dataset.unreadable', /huge\.jsonl is larger than 256 MiB; split it/);
    const path = await put('long.csv', `path\n${'a.jpg\n'.repeat(5000)}`);
    const abort = new AbortController();
    await refuses(openDataset({ path }, { signal: abort.signal, report: () => abort.abort() }), 'cancelled', /./);
    assert.equal((await openDataset({ path })).summary.count, 5000);
  });
});
