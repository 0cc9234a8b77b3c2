import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const uint32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const uint64 = (value: number | bigint): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const gguf = (tensors: number | bigint, entries: number | bigint): Buffer => Buffer.concat([ascii('GGUF'), uint32(3), uint64(tensors), uint64(entries)]);
const safetensors = (header: string, content: number): Buffer => Buffer.concat([uint64(Buffer.byteLength(header)), Buffer.from(header), Buffer.alloc(content)]);

/** A zip whose directory says that its entries are 4 GB long. */
function stretched(file: string): Buffer {
  const bytes = readFileSync(fixture(file));
  for (let at = bytes.indexOf('PK\x01\x02', 0, 'latin1'); at >= 0; at = bytes.indexOf('PK\x01\x02', at + 4, 'latin1')) {
    bytes.writeUInt32LE(0xfffffff0, at + 20);
    bytes.writeUInt32LE(0xfffffff0, at + 24);
  }
  return bytes;
}

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

  it('so are they in the headers of other formats', async () => {
    const names = ['__proto__', 'constructor', 'a'];
    const entries = names.map((name, i) => `${JSON.stringify(name)}: {"dtype": "U8", "shape": [1], "data_offsets": [${i}, ${i + 1}]}`);
    const flat = await open(safetensors(`{"__metadata__": {"__proto__": "x"}, ${entries.join(', ')}}`, 3), 'x.safetensors');
    assert.deepEqual(flat.tensors.names, names);
    assert.deepEqual(flat.tree.children!.map(({ key }) => key), ['__proto__']);
    const index = await open(Buffer.from(`{"metadata": {"__proto__": 1}, "weight_map": {${names.map((name) => `${JSON.stringify(name)}: "x.safetensors"`).join(', ')}}}`), 'x.safetensors.index.json');
    assert.deepEqual([index.tensors.names, index.warnings], [names, []]);
    assert.equal(({} as Record<string, unknown>).dtype, undefined);
  });

  it('metadata nested 200,000 deep is no stack overflow, in JSON and in GGUF', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const { tree, tensors } = await open(safetensors(`{"__metadata__": {"deep": ${deep}}, "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}`, 1), 'x.safetensors');
    assert.deepEqual([tree.children![0]!.key, tensors.names], ['deep', ['a']]);
    await open(Buffer.from(`{"metadata": ${deep}, "weight_map": {"a": "x.safetensors"}}`), 'x.safetensors.index.json');
    await assert.rejects(open(Buffer.from(`{"weight_map": {"a": ${deep}}}`), 'y.safetensors.index.json'), (error) => (isSentence(error, 'y.safetensors.index.json'), true));
    const lists = Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.concat([uint32(9), uint64(1)])));
    await assert.rejects(open(Buffer.concat([gguf(0, 1), uint64(1), ascii('k'), uint32(9), lists]), 'x.gguf'), (error) => (isSentence(error, 'x.gguf'), true));
  });

  describe('lengths that no file has are refused in a sentence, before memory is taken for them:', () => {
    const huge = 2n ** 63n - 1n;
    const npy = (shape: string, descr = '<f8'): Buffer => {
      const header = Buffer.from(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + '\n');
      return Buffer.concat([ascii('\x93NUMPY\x01\x00'), Buffer.from([header.length, 0]), header]);
    };
    const tensor = (shape: string, offsets: string): Buffer => safetensors(`{"a": {"dtype": "F32", "shape": ${shape}, "data_offsets": ${offsets}}}`, 4);
    const attacks: Record<string, [name: string, bytes: Buffer]> = {
      'a header of safetensors': ['a.safetensors', Buffer.concat([uint64(huge), ascii('{}')])],
      'a shape of safetensors': ['a.safetensors', tensor('[4611686018427387904, 4]', '[0, 4]')],
      'a negative shape of safetensors': ['a.safetensors', tensor('[-1]', '[0, 4]')],
      'offsets of safetensors': ['a.safetensors', tensor('[1]', '[9007199254740988, 9007199254740992]')],
      'a shape of npy': ['a.npy', npy('(9007199254740991, 9007199254740991)')],
      'a long npy': ['a.npy', npy('(1000000000000,)')],
      'a header of npy': ['a.npy', Buffer.concat([ascii('\x93NUMPY\x02\x00'), uint32(0xffffffff), ascii('{}')])],
      'tensors of GGUF': ['a.gguf', gguf(huge, 0)],
      'entries of GGUF': ['a.gguf', gguf(0, huge)],
      'a text of GGUF': ['a.gguf', Buffer.concat([gguf(0, 1), uint64(huge)])],
      'a list of GGUF': ['a.gguf', Buffer.concat([gguf(0, 1), uint64(1), ascii('k'), uint32(9), uint32(4), uint64(huge)])],
      'a shape of GGUF': ['a.gguf', Buffer.concat([gguf(1, 0), uint64(1), ascii('t'), uint32(2), uint64(huge), uint64(huge), uint32(0), uint64(0)])],
      'an entry of a zip': ['a.npz', stretched('arrays.npz')],
    };
    for (const [what, [name, bytes]] of Object.entries(attacks))
      it(what, async () => {
        const before = process.memoryUsage().rss;
        await assert.rejects(open(bytes, name), (error) => (isSentence(error, name), true));
        assert.ok(process.memoryUsage().rss - before < 200e6);
      });
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

  /** The files that are changed, and what has to stand beside them. */
  const files: Record<string, { as?: string; opened?: string; beside?: string[] }> = Object.fromEntries(
    ['state-protocol2.pt', 'state-protocol4.pt', 'training.ckpt', 'module.pt', 'module-legacy.pt', 'scripted.pt', 'traced.pt', 'state-legacy.pt', 'views-legacy.pt', 'arrays-protocol0.pkl', 'arrays-protocol4.pkl', 'types.safetensors', 'arrays.npz', 'compressed.npz', 'fortran.npy', 'model.gguf', 'data.h5', 'latest.h5', 'model.keras', 'named.onnx'].map((file) => [file, {}]),
  );
  files['tensors.onnx'] = { beside: ['tensors.bin'] };
  files['model.safetensors.index.json'] = { beside: ['model-1-of-2.safetensors', 'model-2-of-2.safetensors'] };
  files['model-1-of-2.safetensors'] = { as: 'model-1-of-2.safetensors', opened: 'model.safetensors.index.json', beside: ['model.safetensors.index.json', 'model-2-of-2.safetensors'] };
  files['model-2-of-2.bin'] = { as: 'model-2-of-2.bin', opened: 'model.bin.index.json', beside: ['model.bin.index.json', 'model-1-of-2.bin'] };
  for (const [file, { as = `damaged${file.slice(file.indexOf('.'))}`, opened = as, beside = [] }] of Object.entries(files)) {
    it(`${file}, cut off or with bytes changed, opens or is refused with a sentence`, async function () {
      this.timeout(60_000);
      const bytes = readFileSync(fixture(file));
      const random = seeded(bytes.length);
      const own = mkdtempSync(join(folder, 'fuzz-'));
      for (const name of beside) copyFileSync(fixture(name), join(own, name));
      const path = join(own, opened);
      const outcomes = { opened: 0, refused: 0 };
      for (let i = 0; i < 150; i++) {
        const changed = Buffer.from(i % 3 === 0 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes);
        const head = random() < 0.5 ? Math.min(changed.length, 600) : changed.length;
        if (i % 3 !== 0) for (let flips = 0; flips <= i % 7; flips++) changed[Math.floor(random() * head)] = Math.floor(random() * 256);
        writeFileSync(join(own, as), changed);
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
          isSentence(error, opened === as && beside.length === 0 ? as : '');
          outcomes.refused++;
        }
        assert.ok(performance.now() - start < 5000, `variant ${i} took ${performance.now() - start} ms`);
      }
      assert.ok(outcomes.refused > 0 && outcomes.opened > 0, JSON.stringify(outcomes));
      assert.ok(process.memoryUsage().rss < 2e9);
      assert.ok((await openCheckpoint(fixture(file))).tensors.length > 0, 'a whole one still opens');
    });
  }
});
