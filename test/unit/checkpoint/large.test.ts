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

/** Its name, its length, and what it begins with. */
type Entry = [name: string, size: number, content?: Buffer];

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
    const largest = checkpoint.tensors.reduce((one, other) => (other.bytes >= one.bytes ? other : one));
    assert.ok(largest.bytes * count > 2.9e9);
    assert.deepEqual([...largest.read(largest.count - 1, 1)], [0, 0, 0, 0]);
    checkpoint.files.close();
  }

  /** The header of `count` tensors of 1-D float32. */
  function flatHeader(first: number, count: number): Buffer {
    const header = Object.fromEntries(Array.from({ length: count }, (_, i) => [`layers.${first + i}.weight`, { dtype: 'F32', shape: [each], data_offsets: [i * each * 4, (i + 1) * each * 4] }]));
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text]);
  }

  it('.safetensors', async () => {
    const header = flatHeader(0, tensors);
    await opens(sparse('a.safetensors', header.length + tensors * each * 4, [[0, header]]), tensors);
  });

  it('.safetensors.index.json of four files', async () => {
    const map: Record<string, string> = {};
    for (let shard = 0; shard < 4; shard++) {
      const name = `part-${shard}.safetensors`;
      const count = tensors / 4;
      const header = flatHeader(shard * count, count);
      sparse(name, header.length + count * each * 4, [[0, header]]);
      for (let i = 0; i < count; i++) map[`layers.${shard * count + i}.weight`] = name;
    }
    const index = Buffer.from(JSON.stringify({ metadata: {}, weight_map: map }));
    await opens(sparse('a.safetensors.index.json', index.length, [[0, index]]), tensors);
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

  it('.h5 with one dataset of 3 GB', async () => {
    const bytes = largeHdf5();
    await opens(sparse('a.h5', bytes.length + 3e9, [[0, bytes]]), hdf5Tensors);
  });

  it('.keras with such a one in it', async () => {
    const bytes = largeHdf5();
    const config = Buffer.from('{}');
    await opens(zip('a.keras', [['config.json', config.length, config], ['model.weights.h5', bytes.length + 3e9, bytes]]), hdf5Tensors);
  });

  it('.npz', async () => {
    const count = 500;
    const header = npyHeaderBytes([10, each], '<f4');
    await opens(zip('a.npz', Array.from({ length: count }, (_, i) => [`a${i}.npy`, header.length + 10 * each * 4, header])), count);
  });

  it('.pt', async () => {
    const pickle = stateDict();
    await opens(zip('a.pt', [['a/data.pkl', pickle.length, pickle], ...Array.from({ length: tensors }, (_, i): Entry => [`a/data/${i}`, each * 4])]), tensors);
  });

  /** An archive of stored entries: their beginnings, then holes. */
  function zip(file: string, entries: Entry[]): string {
    const parts: [number, Buffer][] = [];
    const directory: Buffer[] = [];
    let at = 0;
    for (const [name, size, content] of entries) {
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
    }
    const central = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(directory.length, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(at, 16);
    parts.push([at, Buffer.concat([central, end])]);
    return sparse(file, at + central.length + end.length, parts);
  }
});

const hdf5Tensors = 4;

/** The beginning of an HDF5 file whose matrix of 144 x 2, made by h5py, has become one of 3 GB that stands after all else. */
function largeHdf5(): Buffer {
  const bytes = readFileSync(fixture('model.weights.h5'));
  const [endOfFile, space, layout] = [40, 15496, 15592];
  const change = (at: number, from: number, to: number): void => {
    assert.equal(bytes.readBigUInt64LE(at), BigInt(from));
    bytes.writeBigUInt64LE(BigInt(to), at);
  };
  change(endOfFile, bytes.length, bytes.length + 3e9);
  change(space + 8, 144, 3e9 / 8);
  if (bytes[space + 2] === 1) change(space + 24, 144, 3e9 / 8); // the greatest length that it may grow to
  change(layout + 2, 9608, bytes.length);
  change(layout + 10, 144 * 2 * 4, 3e9);
  return bytes;
}

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
