import { closeSync, openSync, readSync } from 'node:fs';
import { UnitscopeError } from '../../protocol/errors';

/**
 * Where the embeddings of stimuli lie on disk: float32 blocks [features, columns], row-major, of which some columns are
 * rows of the matrix of embeddings. A block of one column is one embedding from end to end. Plain data.
 */
export interface EmbeddingSource {
  rows: number;
  features: number;
  files: string[];
  blocks: EmbeddingBlock[];
}

export interface EmbeddingBlock {
  /** Place in `files`. */
  file: number;
  /** In bytes. */
  offset: number;
  columns: number;
  /** Column, row, column, row, …; a column may be several rows (copies of one image). */
  picks: number[];
}

/** Reads the matrix of embeddings by stretches of features. Synchronous: it runs in a process that does nothing else. */
export class EmbeddingReader {
  private readonly handles: number[];

  /** Whether the file has row after row, with nothing between: then one read gets them all. */
  private readonly inOrder: boolean;

  constructor(private readonly source: EmbeddingSource) {
    this.handles = openAll(source.files);
    const [first] = source.blocks;
    this.inOrder = source.blocks.every(
      ({ file, offset, columns, picks }, row) =>
        columns === 1 && picks.length === 2 && picks[1] === row && file === first!.file && offset === first!.offset + row * source.features * 4,
    );
  }

  /** Features `from` up to, not including, `to` of all rows, into [rows, to - from], row-major. */
  read(from: number, to: number, into: Float32Array): void {
    const { blocks, rows, features } = this.source;
    const width = to - from;
    if (width === features && this.inOrder) {
      this.fill(blocks[0]!.file, blocks[0]!.offset, into.subarray(0, rows * features));
      return;
    }
    for (const { file, offset, columns, picks } of blocks) {
      if (columns === 1) {
        const first = picks[1]! * width;
        this.fill(file, offset + from * 4, into.subarray(first, first + width));
        for (let i = 3; i < picks.length; i += 2) into.copyWithin(picks[i]! * width, first, first + width);
        continue;
      }
      const block = new Float32Array(width * columns);
      this.fill(file, offset + from * columns * 4, block);
      for (let i = 0; i < picks.length; i += 2) {
        const start = picks[i + 1]! * width;
        for (let f = 0, at = picks[i]!; f < width; f++, at += columns) into[start + f] = block[at]!;
      }
    }
  }

  private fill(file: number, position: number, into: Float32Array): void {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.handles[file]!, bytes, done, bytes.length - done, position + done);
      if (read === 0) throw new UnitscopeError('cache.failed', `${this.source.files[file]!} ended while it was read; compute again.`);
      done += read;
    }
  }

  close(): void {
    for (const handle of this.handles) closeSync(handle);
  }
}

function openAll(files: readonly string[]): number[] {
  const handles: number[] = [];
  try {
    for (const file of files) handles.push(openSync(file, 'r'));
    return handles;
  } catch (error) {
    for (const handle of handles) closeSync(handle);
    throw new UnitscopeError('cache.failed', 'Activations were deleted while they were needed; compute again.', { cause: error });
  }
}
