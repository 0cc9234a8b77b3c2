import type * as vscode from 'vscode';
import type { RdmRequest } from '../protocol/rdm';
import type { EmbeddingsInput } from '../protocol/retrieval';
import type { ScanOutcome, ScanProgress, Study } from '../protocol/scan';
import type { EngineClient } from './engineClient';

/** What is to be recorded: scores of layers (undefined: all primary ones, in one pass), or the RDMs or embeddings of some. */
export type Wish = { layers: string[] | undefined } | { rdm: RdmRequest } | { embeddings: EmbeddingsInput };

interface Services {
  engine: EngineClient;
  log: vscode.LogOutputChannel;
}

/** Has the engine record it, and logs what came of it. */
export async function scanWish({ engine, log }: Services, name: string, study: Study, wish: Wish, options: { signal: AbortSignal; onProgress: (progress: ScanProgress) => void }): Promise<ScanOutcome> {
  const outcome =
    'rdm' in wish
      ? await engine.call('rdm.compute', { study, request: wish.rdm }, options)
      : 'embeddings' in wish
        ? await engine.call('retrieval.prepare', { study, embeddings: wish.embeddings }, options)
        : await engine.call('study.scan', { study, layers: wish.layers }, options);
  const { done, total, cached, skipped, failedLayers, seconds } = outcome;
  log.info(`${name}: ${done} of ${total} images (${cached} from the cache, ${skipped.length} skipped) in ${seconds.toFixed(1)} s`);
  for (const { path, reason } of skipped) log.warn(`Skipped ${path}: ${reason}`);
  for (const { layer, message } of failedLayers) log.warn(`Layer ${layer}: ${message}`);
  return outcome;
}
