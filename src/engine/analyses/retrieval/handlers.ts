import type { Handlers } from '../../../protocol/method';
import { embeddingSchema, embeddingsSchema, localRequestSchema, qualityRequestSchema, retrievalRequestSchema, tableAddressSchema, type RetrievalContract } from '../../../protocol/retrieval';
import type { ScanProgress, Study } from '../../../protocol/scan';
import { prepareEmbeddings } from '../../embeddings/prepare';
import { Kept } from '../../study/kept';
import type { OpenStudy } from '../../study/openStudy';
import { exportEmbeddings } from './export';
import { answerLocal, type KeptRankings } from './local';
import { describePublished, listPublished, publish } from './published';
import { reportQuality } from './quality';
import { answerQuery, ranksOf } from './query';
import type { RetrievalServices } from './services';

/** How the facade opens studies. */
export interface StudyAccess {
  read: <T>(study: Study, signal: AbortSignal, work: (open: OpenStudy, signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** After a look at the disk: images may have changed. */
  refresh: <T>(study: Study, signal: AbortSignal, report: (progress: ScanProgress) => void, work: (open: OpenStudy, signal: AbortSignal) => Promise<T>) => Promise<T>;
}

/** Rankings of local matches that are kept. */
const keptRankings = 8;

/** What the engine answers about retrieval. */
export function retrievalHandlers({ read, refresh }: StudyAccess, services: () => RetrievalServices): Handlers<RetrievalContract> {
  const rankings: KeptRankings = new Kept(keptRankings);
  return {
    'retrieval.prepare': ({ study, embeddings }, { signal, report }) => {
      const asked = embeddingsSchema.parse(embeddings);
      return refresh(study, signal, report, (open, stop) => prepareEmbeddings(open, asked, services(), stop, report));
    },
    'retrieval.query': ({ study, request }, { signal, report }) => {
      const asked = retrievalRequestSchema.parse(request);
      return read(study, signal, (open, stop) => answerQuery(open, asked, services(), stop, report));
    },
    'retrieval.ranks': ({ study, request, indices }, { signal }) => {
      const asked = retrievalRequestSchema.parse(request);
      return read(study, signal, (open, stop) => ranksOf(open, asked, indices, services(), stop));
    },
    'retrieval.local': ({ study, request }, { signal, report }) => {
      const asked = localRequestSchema.parse(request);
      return read(study, signal, (open, stop) => answerLocal(open, asked, rankings, services(), stop, report));
    },
    'retrieval.quality': ({ study, request }, { signal, report }) => {
      const asked = qualityRequestSchema.parse(request);
      return refresh(study, signal, () => undefined, (open, stop) => reportQuality(open, asked, services(), stop, report));
    },
    'retrieval.export': ({ study, embedding, file }, { signal, report }) => {
      const asked = embeddingSchema.parse(embedding);
      return read(study, signal, (open, stop) => exportEmbeddings(open, asked, file, stop, report));
    },
    'retrieval.publish': ({ study, embedding, to }, { signal, report }) => {
      const asked = embeddingSchema.parse(embedding);
      return read(study, signal, (open, stop) => publish(open, asked, tableAddressSchema.parse(to), services(), stop, report));
    },
    'retrieval.tables': ({ uri }, { signal }) => listPublished(uri, services(), signal),
    'retrieval.table': ({ study, table }, { signal }) =>
      read(study, signal, (open, stop) => describePublished(open, tableAddressSchema.parse(table), services(), stop)),
  };
}
