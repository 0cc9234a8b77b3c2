import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { RangedFile } from '../../../src/engine/io/rangedFile';
import { UnitscopeError } from '../../../src/protocol/errors';
import { temporaryFolder } from '../model/temporary';

const unreadable = (text: RegExp) => (error: unknown) => error instanceof UnitscopeError && error.code === 'model.unreadable' && text.test(error.message);

describe('RangedFile', () => {
  const file = temporaryFolder();
  const size = 3_000_000;
  let path = '';

  before(() => {
    path = file('bytes.bin');
    fs.writeFileSync(path, Uint8Array.from({ length: size }, (_, i) => i % 251));
  });

  function withFile(use: (file: RangedFile) => void): void {
    const open = RangedFile.open(path);
    try {
      use(open);
    } finally {
      open.close();
    }
  }

  const expected = (offset: number, length: number) => Array.from({ length }, (_, i) => (offset + i) % 251);

  it('reads any range', () => {
    withFile((open) => {
      assert.equal(open.size, size);
      for (const [offset, length] of [[0, 10], [1020, 10], [2_000_000, 5000], [5, 3], [size - 4, 4], [100, 1_000_000], [size, 0]] as const) {
        assert.deepEqual([...open.read(offset, length)], expected(offset, length));
      }
    });
  });

  it('keeps earlier views intact', () => {
    withFile((open) => {
      const early = open.read(0, 100);
      open.read(2_000_000, 100);
      open.read(1_000_000, 500_000);
      assert.deepEqual([...early], expected(0, 100));
    });
  });

  it('reads little when it jumps and large blocks when it goes on', () => {
    withFile((open) => {
      for (let offset = 0; offset < size; offset += 100_000) open.read(offset, 16);
      assert.ok(open.bytesRead <= 30 * 1024, `${open.bytesRead} bytes for 30 jumps`);
    });
    withFile((open) => {
      for (let offset = 0; offset + 64 <= size; offset += 64) open.read(offset, 64);
      assert.ok(open.bytesRead < size * 1.01);
    });
  });

  it('peeks at what it has anyway', () => {
    withFile((open) => {
      assert.ok(open.peek(0, 10).length >= 10);
      assert.deepEqual([...open.peek(size - 10, 10)], expected(size - 10, 10));
    });
  });

  it('names the file when a range is outside', () => {
    withFile((open) => {
      assert.throws(() => open.read(size - 3, 4), unreadable(/^bytes\.bin is truncated: 4 bytes are expected at byte 2999997/));
      for (const [offset, length] of [[-1, 4], [0, -1], [NaN, 1], [2 ** 60, 1]] as const) assert.throws(() => open.read(offset, length), unreadable(/bytes\.bin/));
    });
  });

  it('says so when the file shrinks while it is open', () => {
    const shrinking = file('shrinking.bin');
    fs.writeFileSync(shrinking, new Uint8Array(100_000));
    const open = RangedFile.open(shrinking);
    open.read(0, 10);
    fs.truncateSync(shrinking, 50_000);
    assert.throws(() => open.read(90_000, 10), unreadable(/became shorter while it was being read/));
    open.close();
  });

  it('says what is wrong with a path', () => {
    assert.throws(() => RangedFile.open(file('none.onnx')), unreadable(/^none\.onnx does not exist/));
    assert.throws(() => RangedFile.open(file('.')), unreadable(/is a folder/));
  });

  it('is not read after closing', () => {
    const open = RangedFile.open(path);
    open.close();
    open.close();
    assert.throws(() => open.read(0, 10), /was closed/);
  });
});
