import type { EmbeddingServices } from '../../embeddings/prepare';
import type { QueryVectors } from '../../embeddings/queryVectors';
import type { ReadyDevice } from '../../runtime/devices';
import type { WorkerPool } from '../../runtime/pool';
import type { OpenStudy } from '../../study/openStudy';

export interface RetrievalServices extends EmbeddingServices {
  /** One worker process that keeps in memory what is searched. */
  search: WorkerPool;
  vectors: QueryVectors;
  /** The device of a study, for a layer. */
  device: (study: OpenStudy, layers: string[], signal: AbortSignal) => Promise<ReadyDevice>;
}
