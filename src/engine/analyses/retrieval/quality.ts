import { availableParallelism } from 'node:os';
import { UnitscopeError } from '../../../protocol/errors';
import type { LayerQuality, QualityProgress, QualityReport, QualityRequest } from '../../../protocol/retrieval';
import { embeddingOf, prepareEmbeddings, storedEmbeddings, type EmbeddingServices } from '../../embeddings/prepare';
import type { OpenStudy } from '../../study/openStudy';

/** Progress is counted in so many steps a layer. */
const steps = 1000;

/**
 * How well the neighbours of each layer are of the same class (definitions: `compute/searchQuality.ts`). The layers are recorded in
 * one pass, then measured one after another. @throws usage where no two stimuli have the same label, cancelled
 */
export async function reportQuality(study: OpenStudy, request: QualityRequest, services: EmbeddingServices, signal: AbortSignal, report: (progress: QualityProgress) => void): Promise<QualityReport> {
  const { metric, ...embeddings } = request;
  const { population } = study;
  const { path } = study.parts.dataset.summary;
  if (!population.classes.some((label) => population.sizeOf(label) > 1))
    throw new UnitscopeError('usage', `Quality is measured by classes, and no two images of ${path} have the same label; use folders of classes, or a manifest with a column of labels.`);
  const layers = [...new Set(request.layers)];
  const total = layers.length * steps;
  let reached = 0;
  // Recording them counts as the first half; it has phases of its own.
  const outcome = await prepareEmbeddings(study, embeddings, services, signal, ({ done, total: all }) => {
    reached = Math.max(reached, Math.floor((total / 2) * (all > 0 ? done / all : 0)));
    report({ done: reached, total });
  });
  const found: QualityReport = { layers: [], failedLayers: outcome.failedLayers };
  for (const [at, layer] of outcome.layers.entries()) {
    const { path: file, selection } = await storedEmbeddings(study, embeddingOf(embeddings, layer));
    const classes = selection.stimuli.map((index) => population.classOf[index]!);
    const progress = (share: number): number => Math.floor(total / 2 + ((at + share) / outcome.layers.length) * (total / 2));
    const task = { file, metric, classes, budget: services.memory, threads: availableParallelism() };
    const answer = await services.compute.call('search.quality', task, { signal, onProgress: ({ share }) => report({ done: progress(share), total }) });
    const { confusions, ...numbers } = answer;
    const measured: LayerQuality = {
      layer,
      ...numbers,
      classes: new Set(classes.filter((of) => of >= 0)).size,
      confusions: confusions.map(([label, taken, count]) => ({ label: population.classes[label]!, taken: population.classes[taken]!, count })),
    };
    found.layers.push(measured);
    report({ done: progress(1), total, report: { ...found, layers: [...found.layers] } });
  }
  return found;
}
