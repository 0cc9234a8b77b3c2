import { dirname, resolve } from 'node:path';
import { UnitscopeError } from '../protocol/errors';
import type { Pool } from '../protocol/rdm';
import { scanReporter, tellOutcome, withStudy, writableFolder, type CommonOptions } from './study';

interface EmbedOptions extends CommonOptions {
  layer: string;
  pool: Pool;
  l2?: boolean;
  whiten?: number;
  out: string;
}

/** `unitscope embed`: writes the embeddings of all images, float32 N x D, to FILE.npy, and what they are to FILE.json. */
export async function embed(model: string, options: EmbedOptions): Promise<void> {
  if (!/\.npy$/i.test(options.out)) throw new UnitscopeError('usage', `--out ${options.out} has to end with .npy; FILE.json is written beside it.`);
  await withStudy(model, options, async (running) => {
    const { engine, study, signal, progress } = running;
    await writableFolder(dirname(resolve(options.out)));
    const { layer, pool, whiten, l2 = false } = options;
    const outcome = await engine.handlers['retrieval.prepare'](
      { study, embeddings: { layers: [layer], pool, whiten, l2 } },
      { signal, report: scanReporter(progress) },
    );
    await tellOutcome(running, outcome);
    const { file, rows, features } = await engine.handlers['retrieval.export'](
      { study, embedding: { layer, pool, whiten, l2 }, file: resolve(options.out) },
      { signal, report: ({ done, total }) => progress.update('Writing', done, total) },
    );
    progress.end();
    progress.say(`Embeddings of ${rows} images, ${features} numbers each: ${file}`);
  });
}
