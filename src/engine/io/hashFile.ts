import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { cancelled } from '../../protocol/errors';

/** Bytes hashed at a time. */
const chunkSize = 1 << 20;

/** The first 128 bits of the SHA-256 of a file's content, in hexadecimal, read in pieces. Throws as `fs` does. */
export async function hashFile(file: string, signal?: AbortSignal): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(chunkSize);
    for (;;) {
      if (signal?.aborted) throw cancelled();
      const { bytesRead } = await handle.read(buffer, 0, chunkSize);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await handle.close();
  }
}
