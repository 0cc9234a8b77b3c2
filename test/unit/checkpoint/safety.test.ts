import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, withCheckpoint } from '../../../src/engine/checkpoint/open';
import { interpretPickle } from '../../../src/engine/checkpoint/pickle/interpret';
import { isHarmless } from '../../../src/engine/checkpoint/pickle/globals';
import { summarize } from '../../../src/engine/checkpoint/summary';
import { MemorySource } from '../../../src/engine/io/subSource';
import { UnitscopeError } from '../../../src/protocol/errors';
import { seeded } from '../../fixtures/random';
import { fixture, isSentence } from './fixtures';

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const pickle = (...parts: (string | Buffer)[]): MemorySource => new MemorySource('x.pkl', Buffer.concat(parts.map((part) => (typeof part === 'string' ? ascii(part) : part))));

describe('Nothing in a checkpoint is executed', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitscope-safety-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const open = (bytes: Buffer, name = 'x.pkl') => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return withCheckpoint(path, summarize);
  };

  it('a command in a pickle is named, not run', async () => {
    const { warnings, tensors } = await withCheckpoint(fixture('evil.pt'), summarize);
    assert.deepEqual(tensors.names, ['weight']);
    assert.match(warnings[0]!.text, /^Loading this file in Python would use posix\.system, which could run code\. Unitscope has not run it\.$/);
    assert.equal(existsSync('pwned.txt'), false);
    for (const name of ['builtins.eval', 'builtins.getattr', 'torch.hub.load', 'torch.nn.modules.module.torch.os', 'numpy.load', 'runpy._run_code', 'torch.storage._load_from_bytes', 'collections.OrderedDict.__class__'])
      assert.equal(isHarmless(name), false, name);
    const globals = ['cos\nsystem\n', 'c__builtin__\neval\n', 'csubprocess\nPopen\n'];
    const all = await open(Buffer.concat([ascii('('), ...globals.map((of) => ascii(`${of}(S'x'\ntR`)), ascii('t.')]));
    assert.deepEqual(all.warnings[0]!.globals, ['os.system', '__builtin__.eval', 'subprocess.Popen']);
  });

  it('keys of any name are entries like others', async () => {
    const { tree } = await open(Buffer.concat([ascii('\x80\x02}('), ...['__proto__', 'constructor', 'toString'].map((key) => Buffer.concat([ascii('X'), Buffer.from([key.length, 0, 0, 0]), ascii(`${key}K\x01`)])), ascii('u.')]));
    assert.deepEqual(tree.children!.map(({ key }) => key), ['__proto__', 'constructor', 'toString']);
    assert.equal(({} as Record<string, unknown>).K, undefined);
  });

  it('what contains itself ends', async () => {
    assert.equal((await open(ascii('\x80\x02]q\x00h\x00a.'))).tensors.names.length, 0);
    assert.equal((await open(ascii('\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.'))).tree.kind, 'dict');
  });

  it('references that double at every level take no memory', async () => {
    const levels = Array.from({ length: 200 }, (_, i) => Buffer.concat([ascii('h'), Buffer.from([i]), ascii('h'), Buffer.from([i]), ascii('\x86q'), Buffer.from([i + 1]), ascii('0')]));
    const before = process.memoryUsage().rss;
    const { tree } = await open(Buffer.concat([ascii('\x80\x02)q\x000'), ...levels, ascii('h'), Buffer.from([200]), ascii('.')]));
    assert.equal(tree.kind, 'tuple');
    assert.ok(process.memoryUsage().rss - before < 300e6);
  });

  it('200,000 levels of nesting are no stack overflow', async () => {
    const lists = await open(Buffer.concat([ascii('\x80\x02'), Buffer.alloc(200_000, ']'), Buffer.alloc(199_999, 'a'), ascii('.')]));
    assert.match(lists.warnings.map(({ text }) => text).join(), /nested deeper than 64 levels/);
    const repeated = (text: string): Buffer => Buffer.concat(Array.from({ length: 200_000 }, () => ascii(text)));
    await open(Buffer.concat([ascii('\x80\x02c__builtin__\nbytes\nq\x000}X\x01\x00\x00\x00a'), repeated('h\x00'), ascii('K\x01'), repeated('\x85R'), ascii('s.')]));
    await open(Buffer.concat([ascii('\x80\x02K\x01'), Buffer.alloc(200_000, '\x85', 'latin1'), ascii('.')]));
    await open(Buffer.concat([ascii('\x80\x02'), Buffer.alloc(200_000, '('), ascii('K\x01'), Buffer.alloc(200_000, 't'), ascii('.')]));
  });

  it('lengths that no file has are refused', () => {
    for (const text of ['\x80\x02X\xff\xff\xff\x7fa.', '\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.', '\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.', '\x80\x02\x8b\xff\xff\xff\x7f.', '\x80\x02h\x07.', '.', 't.', 'a.', '\x80\x02K', 'I12x\n.'])
      assert.throws(() => interpretPickle(pickle(text)), (error) => (isSentence(error, 'x.pkl'), true), JSON.stringify(text));
  });

  it('every opcode is understood', () => {
    const value = (text: string) => interpretPickle(pickle(text)).value;
    assert.equal(value('I42\n.'), 42);
    assert.equal(value('I01\n.'), true);
    assert.equal(value('L-1099511627776L\n.'), -(2 ** 40));
    assert.equal(value('\x8a\x06\x00\x00\x00\x00\x00\xff.'), -(2 ** 40));
    assert.equal(value('\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00.'), 2n ** 63n);
    assert.equal(value("S'a\\n\\x41\\''\n."), "a\nA'");
    assert.equal(value('Vé\\u20ac\n.'), 'é€');
    assert.equal((value('F1.5\n.') as { value: number }).value, 1.5);
    assert.equal((value('G?\xf0\x00\x00\x00\x00\x00\x00.') as { value: number }).value, 1);
    assert.equal((value('(ios\nsystem\n.') as { text: string }).text, 'os.system');
    assert.equal((value('(cos\nsystem\nS\'x\'\no.') as { text: string }).text, 'os.system');
    assert.equal((value('\x8c\x02os\x8c\x06system\x93)R.') as { text: string }).text, 'os.system');
    assert.equal((value('\x80\x04\x8f(K\x01K\x02\x90.') as { items: unknown[] }).items.length, 2);
  });

  it('archives of PyTorch before 0.2 are refused with what to do', async () => {
    const tar = Buffer.alloc(1024);
    tar.write('sys_info', 0);
    tar.write('ustar', 257);
    await assert.rejects(open(tar, 'old.pt'), /^UnitscopeError: old\.pt cannot be read as a checkpoint: it is a tar archive, as PyTorch wrote before 0\.2; load it with torch\.load and save it again with torch\.save\.$/);
  });

  const files = ['state-protocol2.pt', 'state-protocol4.pt', 'training.ckpt', 'module.pt', 'scripted.pt', 'state-legacy.pt', 'views-legacy.pt', 'arrays-protocol0.pkl', 'arrays-protocol4.pkl', 'types.safetensors', 'model.safetensors.index.json', 'arrays.npz', 'compressed.npz', 'fortran.npy', 'model.gguf', 'data.h5', 'latest.h5', 'model.keras'];
  for (const file of files) {
    it(`${file}, cut off or with bytes changed, opens or is refused with a sentence`, async function () {
      this.timeout(60_000);
      const bytes = readFileSync(fixture(file));
      const random = seeded(bytes.length);
      const name = `damaged${file.slice(file.indexOf('.'))}`;
      const path = join(folder, name);
      const outcomes = { opened: 0, refused: 0 };
      for (let i = 0; i < 150; i++) {
        const changed = Buffer.from(i % 3 === 0 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes);
        const head = random() < 0.5 ? Math.min(changed.length, 600) : changed.length;
        if (i % 3 !== 0) for (let flips = 0; flips <= i % 7; flips++) changed[Math.floor(random() * head)] = Math.floor(random() * 256);
        writeFileSync(path, changed);
        const start = performance.now();
        try {
          const checkpoint = await openCheckpoint(path);
          summarize(checkpoint);
          for (const tensor of checkpoint.tensors.slice(0, 30)) {
            if (!tensor.element || tensor.bytes > 1e6) continue;
            try {
              tensor.read(0, tensor.count);
            } catch (error) {
              assert.ok(error instanceof UnitscopeError, error instanceof Error ? error.stack : String(error));
            }
          }
          checkpoint.files.close();
          outcomes.opened++;
        } catch (error) {
          isSentence(error, file.includes('index') ? '' : 'damaged');
          outcomes.refused++;
        }
        assert.ok(performance.now() - start < 5000, `variant ${i} took ${performance.now() - start} ms`);
      }
      assert.ok(outcomes.refused > 0, JSON.stringify(outcomes));
      assert.ok(process.memoryUsage().rss < 2e9);
      assert.ok((await openCheckpoint(fixture(file))).tensors.length > 0, 'a whole one still opens');
    });
  }
});
