import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UnitscopeError } from '../../protocol/errors';
import type { ByteSource } from '../io/rangedFile';

/** Half-open range of bytes in a file. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Messages nested deeper than this are an attack or damage; real models stay below 20. */
const DEEPEST = 100;

/** A tag and a length, each a varint of at most 10 bytes, and a little room. */
const HEADER = 32;

/** One field of a protobuf message. Nothing of its payload is read before an accessor asks for it. */
export class Field {
  constructor(
    private readonly source: ByteSource,
    readonly no: number,
    readonly wire: WireType,
    /** The whole field: tag, length and payload. */
    readonly range: ByteRange,
    /** The payload alone. */
    readonly payload: ByteRange,
    private readonly depth: number,
  ) {}

  /** A varint as a number; 64-bit values beyond 2^53 lose their last digits (ONNX uses them as "to the end"). */
  int(): number {
    return this.ints()[0] ?? 0;
  }

  /** A varint, or a packed list of them. */
  ints(): number[] {
    const bytes = this.numeric(WireType.Varint);
    const values: number[] = [];
    this.decode(bytes, (reader) => {
      const first = bytes[reader.pos]!;
      if (first < 0x80) {
        reader.pos++;
        values.push(first);
      } else values.push(Number(reader.int64()));
    });
    return values;
  }

  /** A varint or a packed list of them, one by one, by their low 32 bits. */
  eachInt32(visit: (value: number) => void): void {
    this.decode(this.numeric(WireType.Varint), (reader) => visit(reader.int32()));
  }

  /** Signed 64-bit varints, exactly, one by one. */
  eachBigint(visit: (value: bigint) => void): void {
    this.decode(this.numeric(WireType.Varint), (reader) => visit(BigInt(reader.int64())));
  }

  /** Signed 64-bit varints, exactly. */
  bigints(): bigint[] {
    const values: bigint[] = [];
    this.eachBigint((value) => values.push(value));
    return values;
  }

  float(): number {
    return this.floats()[0] ?? 0;
  }

  /** A 32-bit float, or a packed list of them. */
  floats(): number[] {
    const values: number[] = [];
    this.eachFloat((value) => values.push(value));
    return values;
  }

  /** 32-bit floats, one by one. */
  eachFloat(visit: (value: number) => void): void {
    this.decode(this.numeric(WireType.Bit32), (reader) => visit(reader.float()));
  }

  /** A 64-bit float, or a packed list of them. */
  doubles(): number[] {
    const values: number[] = [];
    this.eachDouble((value) => values.push(value));
    return values;
  }

  /** 64-bit floats, one by one. */
  eachDouble(visit: (value: number) => void): void {
    this.decode(this.numeric(WireType.Bit64), (reader) => visit(reader.double()));
  }

  string(): string {
    const bytes = this.bytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }

  bytes(): Uint8Array {
    this.expect(WireType.LengthDelimited);
    return this.source.read(this.payload.start, this.payload.end - this.payload.start);
  }

  /** The fields of an embedded message. */
  fields(): Generator<Field, void> {
    this.expect(WireType.LengthDelimited);
    if (this.depth >= DEEPEST) {
      throw malformed(this.source, this.range.start, `messages are nested more than ${DEEPEST} deep`);
    }
    return fields(this.source, this.payload.start, this.payload.end, this.depth + 1);
  }

  /** Payload bytes of a number of this wire type, single or packed. */
  private numeric(wire: WireType): Uint8Array {
    if (this.wire !== WireType.LengthDelimited) this.expect(wire);
    return this.source.read(this.payload.start, this.payload.end - this.payload.start);
  }

  private decode(bytes: Uint8Array, next: (reader: BinaryReader) => void): void {
    const reader = new BinaryReader(bytes);
    try {
      while (reader.pos < reader.len) next(reader);
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw malformed(this.source, this.payload.start + reader.pos, text, cause);
    }
    if (reader.pos > reader.len) throw malformed(this.source, this.payload.end, 'a number is cut off');
  }

  /** Throws when the payload is not a run of bytes (a string, bytes or a message). */
  expectBytes(): void {
    this.expect(WireType.LengthDelimited);
  }

  private expect(wire: WireType): void {
    if (this.wire === wire) return;
    throw malformed(this.source, this.range.start, `field ${this.no} has wire type ${this.wire} instead of ${wire}`);
  }
}

/**
 * Walks the fields of the protobuf message in the bytes `start` to `end` of a source, in file order.
 * Encoding: https://protobuf.dev/programming-guides/encoding. Lengths are checked against the enclosing message.
 * Throws `model.unreadable`, naming the byte where the message stops making sense.
 */
export function* fields(source: ByteSource, start: number, end: number, depth = 0): Generator<Field, void> {
  let chunk: Uint8Array = new Uint8Array(0);
  let reader = new BinaryReader(chunk);
  let base = start;
  for (let at = start; at < end; ) {
    const chunkEnd = base + chunk.length;
    if (at + HEADER > chunkEnd && chunkEnd < end) {
      chunk = source.peek(at, Math.min(HEADER, end - at));
      if (chunk.length > end - at) chunk = chunk.subarray(0, end - at);
      reader = new BinaryReader(chunk);
      base = at;
    }
    reader.pos = at - base;
    const field = nextField(source, reader, base, end, depth);
    yield field;
    at = field.range.end;
  }
}

function nextField(source: ByteSource, reader: BinaryReader, base: number, end: number, depth: number): Field {
  const start = base + reader.pos;
  let no: number;
  let wire: WireType;
  let from: number;
  let length: number;
  try {
    [no, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) {
      length = readLength(reader);
      from = base + reader.pos;
    } else {
      from = base + reader.pos;
      length = numberLength(reader, wire);
    }
  } catch (cause) {
    throw malformed(source, start, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (from + length > source.size) {
    throw new UnitscopeError(
      'model.unreadable',
      `${source.name} is truncated: the field at byte ${start} ends at byte ${from + length}, but the file has only ${source.size} bytes; copy or download it again.`,
    );
  }
  if (from + length > end) {
    throw malformed(source, start, `a field of ${length} bytes does not fit into its message of ${end - from} bytes`);
  }
  return new Field(source, no, wire, { start, end: from + length }, { start: from, end: from + length }, depth);
}

function numberLength(reader: BinaryReader, wire: WireType): number {
  if (wire === WireType.Bit32) return 4;
  if (wire === WireType.Bit64) return 8;
  if (wire === WireType.Varint) return reader.skip(wire).length;
  throw new Error(`wire type ${wire} does not occur in ONNX files`);
}

function readLength(reader: BinaryReader): number {
  const start = reader.pos;
  const length = reader.uint32();
  // uint32() drops the high bits of longer varints.
  if (reader.pos - start > 5) throw new Error('a length exceeds 4 GiB');
  return length;
}

/** The file cannot be understood from this byte on. */
export function malformed(source: ByteSource, offset: number, what: string, cause?: unknown): UnitscopeError {
  return new UnitscopeError(
    'model.unreadable',
    `${source.name} is damaged or no ONNX model (byte ${offset}: ${what}): export or download it again.`,
    { cause },
  );
}

/** Adds a StringStringEntryProto to a map. */
export function readMapEntry(field: Field, map: Map<string, string>): void {
  let key = '';
  let value = '';
  for (const part of field.fields()) {
    if (part.no === 1) key = part.string();
    else if (part.no === 2) value = part.string();
  }
  map.set(key, value);
}
