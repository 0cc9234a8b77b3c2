import * as assert from 'node:assert/strict';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ByteSource } from '../../../src/engine/io/rangedFile';
import { fields, type Field } from '../../../src/engine/model/protobuf';

/** Hands out views as narrow as it may, so that every refill is tried, and notes what is read. */
function memory(bytes: Uint8Array): ByteSource & { reads: [number, number][] } {
  const reads: [number, number][] = [];
  const read = (offset: number, length: number) => {
    assert.ok(offset >= 0 && offset + length <= bytes.length, 'read outside');
    reads.push([offset, length]);
    return bytes.subarray(offset, offset + length);
  };
  return { name: 'memory', size: bytes.length, read, peek: read, reads };
}

describe('protobuf fields', () => {
  it('are walked in order, with ranges that include the tag', () => {
    const bytes = new BinaryWriter()
      .tag(1, WireType.Varint).int64(-5)
      .tag(2, WireType.LengthDelimited).string('näme')
      .tag(3, WireType.Bit32).float(1.5)
      .tag(4, WireType.Bit64).double(-2.25)
      .tag(5, WireType.LengthDelimited).fork().int64(1).int64(300).int64('9223372036854775807').join()
      .finish();
    const walked = [...fields(memory(bytes), 0, bytes.length)];
    assert.deepEqual(walked.map(({ no }) => no), [1, 2, 3, 4, 5]);
    const [int, string, float, double, packed] = walked;
    assert.equal(int!.int(), -5);
    assert.equal(string!.string(), 'näme');
    assert.equal(float!.float(), 1.5);
    assert.deepEqual(double!.doubles(), [-2.25]);
    assert.deepEqual(packed!.ints(), [1, 300, 2 ** 63]);
    assert.deepEqual(packed!.bigints(), [1n, 300n, 9223372036854775807n]);
    assert.equal(string!.range.start, int!.range.end);
    assert.equal(string!.payload.end - string!.payload.start, 5);
    assert.equal(packed!.range.end, bytes.length);
  });

  it('are not read before they are asked for', () => {
    const bytes = new BinaryWriter().tag(9, WireType.LengthDelimited).bytes(new Uint8Array(100_000)).tag(1, WireType.Varint).int32(7).finish();
    const source = memory(bytes);
    const walked = [...fields(source, 0, bytes.length)];
    assert.equal(walked[1]!.int(), 7);
    assert.ok(source.reads.every(([, length]) => length < 100));
  });

  const message = (write: (writer: BinaryWriter) => BinaryWriter) => write(new BinaryWriter()).finish();
  const broken: [name: string, bytes: Uint8Array, text: RegExp][] = [
    ['that end after the file', Uint8Array.of(0x0a, 200, 1, 0), /memory is truncated: the field at byte 0 ends at byte 203, but the file has only 4 bytes/],
    ['that end after their message', Uint8Array.of(0x0a, 3, 0x0a, 9, 0, 0x10, 1, 0x10, 1, 0x10, 1, 0x10, 1), /byte 2: a field of 9 bytes does not fit/],
    ['with an unfinished varint', Uint8Array.of(0x08, 0x80), /memory is damaged or no ONNX model \(byte 0/],
    ['with an endless varint', new Uint8Array(30).fill(0xff), /damaged/],
    ['of a group', Uint8Array.of(0x0b, 0x0c), /wire type 3 does not occur/],
    ['with number zero', Uint8Array.of(0x00, 0x00), /illegal tag/],
    ['with a length over 4 GiB', Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), /exceeds 4 GiB/],
    ['of another wire type than expected', message((w) => w.tag(1, WireType.Varint).int32(3)), /field 1 has wire type 0 instead of 2/],
    ['with a number cut off', Uint8Array.of(0x0a, 2, 0x80, 0x80), /damaged/],
  ];
  for (const [name, bytes, text] of broken) {
    it(`${name} are refused with a sentence`, () => {
      const walk = () => {
        for (const field of fields(memory(bytes), 0, bytes.length)) {
          if (name.includes('number cut off')) field.ints();
          else for (const inner of field.fields()) assert.ok(inner.range.end <= bytes.length);
        }
      };
      assert.throws(walk, (error: Error) => text.test(error.message));
    });
  }

  it('may not nest without end', () => {
    let bytes: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 200; depth++) bytes = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(bytes).finish();
    const descend = (level: Iterable<Field>): void => {
      for (const field of level) descend(field.fields());
    };
    assert.throws(() => descend(fields(memory(bytes), 0, bytes.length)), /nested more than 100 deep/);
  });
});
