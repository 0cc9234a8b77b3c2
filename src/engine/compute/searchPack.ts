import { setImmediate } from 'node:timers/promises';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import { EmbeddingFile, EmbeddingWriter, type EmbeddingHeader } from '../store/embeddingFile';
import { EmbeddingReader, type EmbeddingBlock, type EmbeddingSource } from './embeddings';
import type { PackTask, TransformTask } from './searchContract';
import { fitWhitening, normaliseRows, whitenRows } from './whiten';

type Report = (progress: { share: number }) => void;

/** Bytes of rows that are held at once. */
const chunkBytes = 32e6;

/** The rows `from` up to `to` of a source, with the files that they are in. */
export function partOf(source: EmbeddingSource, from: number, to: number, byRow: readonly EmbeddingBlock[][]): EmbeddingSource {
  const files = new Map<number, number>();
  const blocks = new Map<EmbeddingBlock, EmbeddingBlock>();
  for (let row = from; row < to; row++)
    for (const block of byRow[row]!) {
      let file = files.get(block.file);
      if (file === undefined) files.set(block.file, (file = files.size));
      let part = blocks.get(block);
      if (!part) blocks.set(block, (part = { ...block, file, picks: [] }));
      for (let i = 1; i < block.picks.length; i += 2) if (block.picks[i] === row) part.picks.push(block.picks[i - 1]!, row - from);
    }
  return { rows: to - from, features: source.features, files: Array.from(files.keys(), (file) => source.files[file]!), blocks: [...blocks.values()] };
}

/** For each row the blocks it is in. */
export function blocksByRow({ rows, blocks }: EmbeddingSource): EmbeddingBlock[][] {
  const byRow: EmbeddingBlock[][] = Array.from({ length: rows }, () => []);
  for (const block of blocks) for (let i = 1; i < block.picks.length; i += 2) byRow[block.picks[i]!]!.push(block);
  return byRow;
}

/** The rows of a source, some at a time, whole: [some, features]. */
export async function* rowsOf(source: EmbeddingSource, bytes: number, signal: AbortSignal): AsyncGenerator<{ from: number; values: Float32Array }> {
  const { rows, features } = source;
  const step = Math.max(1, Math.floor(bytes / (4 * features)));
  const byRow = blocksByRow(source);
  const room = new Float32Array(Math.min(rows, step) * features);
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(rows, from + step);
    const reader = new EmbeddingReader(partOf(source, from, to, byRow));
    const values = room.subarray(0, (to - from) * features);
    try {
      reader.read(0, features, values);
    } finally {
      reader.close();
    }
    yield { from, values };
    await setImmediate();
    if (signal.aborted) throw cancelled();
  }
}

/** @throws cache.failed, cancelled */
export async function packEmbeddings({ source, identities, content, file }: PackTask, signal: AbortSignal, report: Report): Promise<EmbeddingHeader> {
  const { rows, features } = source;
  const header: EmbeddingHeader = { rows, features, content, whitening: null, l2: false };
  const writer = new EmbeddingWriter(file, header, identities);
  try {
    for await (const { from, values } of rowsOf(source, chunkBytes, signal)) {
      writer.append(values);
      report({ share: from / rows });
    }
    writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
  return header;
}

/** @throws embedding.missing, usage where it cannot be whitened so, layer.failed, cancelled */
export async function transformEmbeddings({ from, whiten, l2, content, file, threads }: TransformTask, signal: AbortSignal, report: Report): Promise<EmbeddingHeader> {
  const base = EmbeddingFile.open(from);
  if (!base) throw new UnitscopeError('embedding.missing', 'The embeddings were deleted while they were transformed; search again.');
  let writer: EmbeddingWriter | undefined;
  try {
    const { rows, features: inputs } = base.header;
    const read = (a: number, b: number, first = 0, last = inputs): Float32Array => {
      const values = new Float32Array((b - a) * (last - first));
      if (last - first === inputs) base.read(a, values);
      else for (let row = a; row < b; row++) base.readPart(row, first, values.subarray((row - a) * (last - first), (row - a + 1) * (last - first)));
      return values;
    };
    const fit = whiten === null ? null : await fitWhitening({ rows, features: inputs, read }, whiten, threads, signal);
    const features = whiten ?? inputs;
    const whitening = fit && { inputs, epsilon: fit.epsilon, fittedOn: fit.fittedOn };
    const header: EmbeddingHeader = { rows, features, content, whitening, l2 };
    writer = new EmbeddingWriter(file, header, base.identities(), fit ?? undefined);
    const step = Math.max(1, Math.floor(chunkBytes / (4 * inputs)));
    for (let row = 0; row < rows; row += step) {
      let values = read(row, Math.min(rows, row + step));
      if (fit) values = await whitenRows(fit, values, threads);
      if (l2) normaliseRows(values, features);
      writer.append(values);
      report({ share: row / rows });
      await setImmediate();
      if (signal.aborted) throw cancelled();
    }
    writer.finish();
    return header;
  } catch (error) {
    writer?.discard();
    throw error;
  } finally {
    base.close();
  }
}
