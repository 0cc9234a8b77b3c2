import { UnitscopeError } from '../../protocol/errors';
import type { ByteSource } from './rangedFile';

/** Part of a source as a source of its own. */
export class SubSource implements ByteSource {
  constructor(
    private readonly whole: ByteSource,
    private readonly start: number,
    readonly size: number,
    readonly name = whole.name,
  ) {}

  read(offset: number, length: number): Uint8Array {
    this.check(offset, length);
    return this.whole.read(this.start + offset, length);
  }

  peek(offset: number, atLeast: number): Uint8Array {
    this.check(offset, atLeast);
    const bytes = this.whole.peek(this.start + offset, atLeast);
    return bytes.subarray(0, Math.min(bytes.length, this.size - offset));
  }

  private check(offset: number, length: number): void {
    checkRange(this, offset, length);
  }
}

/** Bytes in memory. */
export class MemorySource implements ByteSource {
  private readonly bytes: Uint8Array;

  constructor(
    readonly name: string,
    bytes: Uint8Array,
  ) {
    // A Buffer's slice() would be no copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  peek(offset: number, atLeast: number): Uint8Array {
    checkRange(this, offset, atLeast);
    return this.bytes.subarray(offset);
  }
}

function checkRange(source: ByteSource, offset: number, length: number): void {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (sound && offset + length <= source.size) return;
  throw new UnitscopeError(
    'model.unreadable',
    `${source.name} is truncated: ${length} bytes are expected at byte ${offset} of a part of ${source.size}; copy or download it again.`,
  );
}
