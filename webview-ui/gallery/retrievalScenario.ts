import { retrievalSettingsSchema, type RetrievalSettings } from '../../src/protocol/retrievalViews';
import { scenario, type Scenario } from './scenario';

/** One state of the retrieval panel. */
export interface RetrievalScenario extends Scenario {
  retrieval: RetrievalSettings;
  /** Layers that have embeddings. */
  embedded: string[];
  /** Answers take their time, in milliseconds. */
  delay: number;
  /** Sentences of calls that fail, the first time. */
  refuses: Record<string, string>;
}

type Change = Parameters<typeof scenario>[0] & {
  retrieval?: Partial<RetrievalSettings>;
  embedded?: boolean;
  delay?: number;
  refuses?: Record<string, string>;
};

/** A stimulus searched for among 2,000 pictures in ResNet-18; everything else is said as a difference from it. */
export function retrievalScenario({ retrieval = {}, embedded = true, delay = 0, refuses = {}, ...change }: Change = {}): RetrievalScenario {
  const base = scenario(change);
  const query = { kind: 'images', terms: [{ image: { index: 12, context: 1 }, weight: 1 }] } as const;
  const layer = base.session.selectedLayer;
  return {
    ...base,
    retrieval: retrievalSettingsSchema.parse({ query, layer, ...retrieval }),
    embedded: embedded ? base.model.layers.map(({ name }) => name) : [],
    delay,
    refuses,
  };
}
