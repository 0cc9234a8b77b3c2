import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../../../src/engine/checkpoint/open';
import { summarize } from '../../../src/engine/checkpoint/summary';
import { fixture } from './fixtures';
import { npyHeaderBytes } from '../../../src/engine/io/npyHeader';

/** A second on an idle machine; tests share theirs. */
const mostMilliseconds = 5000;
const tensors = 5000;
/** In elements of four bytes: 3 GB in all. */
const each = 150_000;

/** Files of 3 GB with holes for numbers: nothing but the header is written. */
describe('A checkpoint of 3 GB opens at once, by less than 2 MB of it', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitscope-large-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function sparse(name: string, size: number, parts: [at: number, bytes: Buffer][]): string {
    const path = join(folder, name);
    const file = openSync(path, 'w');
    try {
      for (const [at, bytes] of parts) writeSync(file, bytes, 0, bytes.length, at);
      ftruncateSync(file, size);
    } finally {
      closeSync(file);
    }
    return path;
  }

  async function opens(path: string, count: number): Promise<void> {
    const start = performance.now();
    const checkpoint = await openCheckpoint(path);
    const summary = summarize(checkpoint);
    const took = performance.now() - start;
    const read = checkpoint.files.bytesRead;
    assert.equal(summary.totals.tensors, count);
    assert.ok(summary.size > 2.9e9);
    assert.ok(read < 2e6, `${read} bytes were read`);
    assert.ok(took < mostMilliseconds, `it took ${took} ms`);
    const last = checkpoint.tensors.at(-1)!;
    assert.deepEqual([...last.read(last.count - 1, 1)], [0, 0, 0, 0]);
    checkpoint.files.close();
  }

  it('.safetensors', async () => {
    const header = Object.fromEntries(Array.from({ length: tensors }, (_, i) => [`layers.${i}.weight`, { dtype: 'F32', shape: [each], data_offsets: [i * each * 4, (i + 1) * each * 4] }]));
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await opens(sparse('a.safetensors', 8 + text.length + tensors * each * 4, [[0, Buffer.concat([length, text])]]), tensors);
  });

  it('.npy', async () => {
    const header = npyHeaderBytes([tensors, each], '<f4');
    await opens(sparse('a.npy', header.length + tensors * each * 4, [[0, header]]), 1);
  });

  it('.gguf', async () => {
    const uint64 = (value: number): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(value));
      return bytes;
    };
    const uint32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
    const infos = Array.from({ length: tensors }, (_, i) => {
      const name = Buffer.from(`blk.${i}.weight`);
      return Buffer.concat([uint64(name.length), name, uint32(1), uint64(each), uint32(0), uint64(i * each * 4)]);
    });
    const header = Buffer.concat([Buffer.from('GGUF'), uint32(3), uint64(tensors), uint64(0), ...infos]);
    await opens(sparse('a.gguf', header.length + 64 + tensors * each * 4, [[0, header]]), tensors);
  });

  it('.h5, of which a few pages are read', async () => {
    const path = sparse('a.h5', 3e9, [[0, readFileSync(fixture('data.h5'))]]);
    const start = performance.now();
    const checkpoint = await openCheckpoint(path);
    const took = performance.now() - start;
    assert.equal(summarize(checkpoint).totals.tensors, summarize(await openCheckpoint(fixture('data.h5'))).totals.tensors);
    assert.ok(checkpoint.files.bytesRead < 2e6, `${checkpoint.files.bytesRead} bytes were read`);
    assert.ok(took < mostMilliseconds, `it took ${took} ms`);
    checkpoint.files.close();
  });

  it('.pt', async () => {
    const parts: [number, Buffer][] = [];
    const directory: Buffer[] = [];
    let at = 0;
    const add = (name: string, size: number, content?: Buffer): void => {
      const local = Buffer.alloc(30 + name.length);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt32LE(size, 18);
      local.writeUInt32LE(size, 22);
      local.writeUInt16LE(name.length, 26);
      local.write(name, 30);
      const central = Buffer.alloc(46 + name.length);
      central.writeUInt32LE(0x02014b50, 0);
      central.writeUInt32LE(size, 20);
      central.writeUInt32LE(size, 24);
      central.writeUInt16LE(name.length, 28);
      central.writeUInt32LE(at, 42);
      central.write(name, 46);
      parts.push([at, content ? Buffer.concat([local, content]) : local]);
      directory.push(central);
      at += local.length + size;
    };
    add('a/data.pkl', stateDict().length, stateDict());
    for (let i = 0; i < tensors; i++) add(`a/data/${i}`, each * 4);
    const central = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(directory.length, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(at, 16);
    parts.push([at, Buffer.concat([central, end])]);
    await opens(sparse('a.pt', at + central.length + end.length, parts), tensors);
  });
});

/** The pickle of {"layers.0.weight": tensor, …}, protocol 2. */
function stateDict(): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from('X'), Buffer.from(Uint32Array.of(value.length).buffer), Buffer.from(value)]);
  const number = (value: number): Buffer => Buffer.concat([Buffer.from('J'), Buffer.from(Int32Array.of(value).buffer)]);
  const raw = (value: string): Buffer => Buffer.from(value, 'latin1');
  const one = (i: number): Buffer =>
    Buffer.concat([
      text(`layers.${i}.weight`), raw('ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n'), text(String(i)), text('cpu'), number(each),
      raw('tQK\x00'), number(each), raw('\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR'),
    ]);
  return Buffer.concat([raw('\x80\x02}('), ...Array.from({ length: tensors }, (_, i) => one(i)), raw('u.')]);
}
