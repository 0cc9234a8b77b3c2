import { resolve } from 'node:path';
import type { Box } from '../protocol/patches';
import type { Pool } from '../protocol/rdm';
import type { Metric } from '../protocol/retrieval';
import { scanReporter, tellOutcome, withStudy, type CommonOptions } from './study';

interface NeighborsOptions extends CommonOptions {
  layer: string;
  query: string;
  box?: Box;
  pool: Pool;
  metric: Metric;
  top: number;
  json?: boolean;
}

/** `unitscope neighbors`: prints the images that a layer holds to be most similar to an image, or to a box of it. */
export async function neighbors(model: string, options: NeighborsOptions): Promise<void> {
  await withStudy(model, options, async (running) => {
    const { engine, study, signal, progress } = running;
    const { layer, pool, metric, top, box } = options;
    const outcome = await engine.handlers['retrieval.prepare'](
      { study, embeddings: { layers: [layer], pool } },
      { signal, report: scanReporter(progress) },
    );
    await tellOutcome(running, outcome);
    const { results, leftOut } = await engine.handlers['retrieval.query'](
      {
        study,
        request: {
          query: { kind: 'images', terms: [{ image: { path: resolve(options.query), box } }] },
          embedding: { layer, pool },
          metric,
          count: top,
        },
      },
      { signal, report: () => undefined },
    );
    progress.end();
    if (leftOut.silent > 0) progress.warn(`Left out ${leftOut.silent} images for which the layer is silent: they have no angle.`);
    if (leftOut.notFinite > 0) progress.warn(`Left out ${leftOut.notFinite} images whose activations are not finite numbers.`);
    if (options.json) {
      const found = results.map(({ path, index, distance, label }) => ({ image: path, index, distance, label }));
      console.log(JSON.stringify({ query: options.query, ...(box && { box }), results: found }, null, 1));
      return;
    }
    const width = Math.max(0, ...results.map(({ path }) => path.length));
    for (const { path, distance, label } of results) console.log(`${distance.toFixed(6)}  ${path.padEnd(width)}  ${label ?? ''}`.trimEnd());
  });
}
