import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../../protocol/errors';
import type { EmbeddingReader } from './embeddings';

export interface Stretch {
  /** [rows + 1, width]: embeddings, and a row of ones, whose products with them are their sums. */
  values: Float32Array;
  width: number;
}

/** Embeddings by stretches of features; where all of them fit they are read once. */
export class Stretches implements AsyncIterable<Stretch> {
  /** All stretches one after another, or room for one. */
  private readonly buffer: Float32Array;
  private readonly keepsAll: boolean;
  private held = 0;

  constructor(
    private readonly reader: EmbeddingReader,
    readonly rows: number,
    private readonly parts: (readonly [number, number])[],
    bytes: number,
    private readonly signal: AbortSignal,
  ) {
    const features = parts.at(-1)![1];
    this.keepsAll = 4 * rows * features <= bytes;
    this.buffer = new Float32Array((rows + 1) * (this.keepsAll ? features : parts[0]![1]));
  }

  get count(): number {
    return this.parts.length;
  }

  /** Of the widest. */
  get width(): number {
    return this.parts[0]![1];
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Stretch> {
    for (const [at, [from, to]] of this.parts.entries()) {
      const start = this.keepsAll ? (this.rows + 1) * from : 0;
      const width = to - from;
      const values = this.buffer.subarray(start, start + (this.rows + 1) * width);
      if (!this.keepsAll || at >= this.held) this.reader.read(from, to, values);
      values.fill(1, this.rows * width);
      this.held = Math.max(this.held, at + 1);
      yield { values, width };
      await this.breathe();
    }
  }

  /** Lets messages in, a cancellation among them. */
  async breathe(): Promise<void> {
    await setImmediate();
    if (this.signal.aborted) throw cancelled();
  }
}
