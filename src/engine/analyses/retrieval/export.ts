import { rename, writeFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { cancelled, UnitscopeError } from '../../../protocol/errors';
import type { Embedding, EmbeddingFiles } from '../../../protocol/retrieval';
import { writeNpy } from '../../io/npy';
import { storedEmbeddings } from '../../embeddings/prepare';
import { EmbeddingFile } from '../../store/embeddingFile';
import type { OpenStudy } from '../../study/openStudy';

type Report = (steps: { done: number; total: number }) => void;

const chunkBytes = 32e6;

/**
 * Writes embeddings as `.npy`, float32 [stimuli, features], and beside it a `.json` that says what the rows are and how they were
 * made; of whitened ones also `.mean.npy` [P] (float64) and `.components.npy` [D, P], so that (x - mean) @ components.T / sqrt(eigenvalues + epsilon)
 * whitens other vectors. @throws embedding.missing, output.failed, cancelled
 */
export async function exportEmbeddings(study: OpenStudy, embedding: Embedding, file: string, signal: AbortSignal, report: Report): Promise<EmbeddingFiles> {
  const { path, header, selection } = await storedEmbeddings(study, embedding);
  const { summary, dataset, preprocess } = study.parts;
  const stem = file.replace(/\.npy$/i, '');
  const npy = `${stem}.npy`;
  const stored = EmbeddingFile.open(path);
  if (!stored) throw new UnitscopeError('embedding.missing', 'The embeddings were deleted while they were written; try again.');
  try {
    const { rows, features } = header;
    await writeNpy(npy, [rows, features], 'f4', rowsOf(stored, signal, (done) => report({ done, total: rows })));
    const whitening = stored.whitening();
    if (whitening) {
      await writeNpy(`${stem}.mean.npy`, [whitening.mean.length], 'f8', [whitening.mean]);
      await writeNpy(`${stem}.components.npy`, [features, whitening.mean.length], 'f4', [whitening.components]);
    }
    const stimuli = Array.from(selection.stimuli, (index) => dataset.stimuli[index]!);
    const description = {
      model: summary.path,
      dataset: { root: dataset.summary.root, count: dataset.summary.count },
      preprocess: preprocess.config,
      layer: embedding.layer,
      pool: embedding.pool,
      shape: [rows, features],
      transform: {
        whiten: whitening && {
          components: features,
          epsilon: whitening.epsilon,
          fittedOn: header.whitening!.fittedOn,
          eigenvalues: Array.from(whitening.eigenvalues),
        },
        l2: embedding.l2,
      },
      images: stimuli.map((stimulus) => stimulus.path),
      labels: stimuli.map(({ label }) => label),
      indices: stimuli.map(({ index }) => index),
    };
    const index = `${stem}.json`;
    await writingTo(index, async () => {
      await writeFile(`${index}.tmp`, `${JSON.stringify(description, null, 1)}\n`);
      await rename(`${index}.tmp`, index);
    });
    return { file: npy, index, rows, features };
  } finally {
    stored.close();
  }
}

async function* rowsOf(file: EmbeddingFile, signal: AbortSignal, report: (done: number) => void): AsyncGenerator<Float32Array> {
  const { rows, features } = file.header;
  const step = Math.max(1, Math.floor(chunkBytes / (4 * features)));
  const room = new Float32Array(Math.min(rows, step) * features);
  for (let from = 0; from < rows; from += step) {
    const values = room.subarray(0, (Math.min(rows, from + step) - from) * features);
    file.read(from, values);
    yield values;
    report(Math.min(rows, from + step));
    await setImmediate();
    if (signal.aborted) throw cancelled();
  }
}

async function writingTo(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UnitscopeError('output.failed', `${file} cannot be written (${code}); choose another folder.`, { cause: error });
  }
}
