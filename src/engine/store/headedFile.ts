import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The most that is written at once. */
const piece = 2 ** 30;

/**
 * Writes a file that begins with a text line that names its format, the length of a JSON header (uint32, little-endian), and the
 * header. Aside, and renamed when it is finished: it is there whole or not at all. Synchronous, for worker processes.
 */
export class HeadedWriter {
  /** Bytes of line, length and header. */
  readonly start: number;
  private readonly handle: number;
  /** Of its own: two windows may write the same. */
  private readonly aside: string;
  private closed = false;

  constructor(
    private readonly path: string,
    magic: Buffer,
    header: object,
  ) {
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const head = Buffer.concat([magic, length, text]);
    this.start = head.length;
    mkdirSync(dirname(path), { recursive: true });
    this.aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    this.handle = openSync(this.aside, 'w+');
    this.write(head, 0);
  }

  write(values: NodeJS.ArrayBufferView, position: number): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.handle, bytes, done, Math.min(bytes.length - done, piece), position + done);
  }

  /** @throws RangeError where other than so many bytes were written */
  finish(bytes: number, expected: number): void {
    this.close();
    if (bytes !== expected) throw new RangeError(`${this.path}: ${bytes} bytes instead of ${expected}`);
    renameSync(this.aside, this.path);
  }

  discard(): void {
    this.close();
    rmSync(this.aside, { force: true });
  }

  private close(): void {
    if (!this.closed) closeSync(this.handle);
    this.closed = true;
  }
}
