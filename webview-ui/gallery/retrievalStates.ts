import { Dataset } from './fixtures/dataset';
import { longNames } from './fixtures/models';
import { retrievalScenario, type RetrievalScenario } from './retrievalScenario';
import { progress } from './scenario';

const image = (index: number): { index: number; context: number } => ({ index, context: 1 });
const boxed = { index: 12, context: 1.4, box: [10, 38, 96, 96] as [number, number, number, number] };
const region = { kind: 'images' as const, terms: [{ image: boxed, weight: 1 as const }] };
const products = new Dataset('products', 1200, 40, ['domain', 'season']);
const deep = '/layer4/1/relu_1/Relu_output_0';
const nan = 'Its activation is not a number for n01440764_tench/n01440764_10026.JPEG; the model may overflow in float16.';

/** States of the retrieval panel. */
export const retrievalStates = {
  typical: () => retrievalScenario(),
  'two-layers': () => retrievalScenario({ retrieval: { second: deep } }),
  region: () => retrievalScenario({ retrieval: { query: region } }),
  local: () => retrievalScenario({ retrieval: { query: region, local: true } }),
  'local-without-region': () => retrievalScenario({ retrieval: { local: true } }),
  draw: () => retrievalScenario({ kept: { shown: 'region', region: boxed } }),
  'draw-empty': () => retrievalScenario({ kept: { shown: 'region', region: image(7) } }),
  paste: () => retrievalScenario({ kept: { shown: 'paste', paste: 'similar' } }),
  combine: () =>
    retrievalScenario({
      retrieval: { query: { kind: 'images', terms: [{ image: image(12), weight: 1 }, { image: image(3), weight: -1 }, { image: image(7), weight: 1 }] } },
    }),
  between: () => retrievalScenario({ retrieval: { query: { kind: 'between', images: [image(12), image(4)] } } }),
  unit: () => retrievalScenario({ retrieval: { query: { kind: 'unit', unit: 17 } } }),
  file: () => retrievalScenario({ retrieval: { query: { kind: 'images', terms: [{ image: { path: '/photographs/a-photograph-with-a-very-long-name-that-goes-on.jpg', context: 1 }, weight: 1 }] } } }),
  'file-missing': () => retrievalScenario({ retrieval: { query: { kind: 'images', terms: [{ image: { path: '/tmp/missing.png', context: 1 }, weight: 1 }] } } }),
  approximate: () => retrievalScenario({ retrieval: { approximate: true } }),
  domains: () =>
    retrievalScenario({
      dataset: products,
      retrieval: { filter: { labels: [], where: [{ column: 'season', values: ['season 1', 'season 4'] }], otherClasses: false, domain: { column: 'domain', value: null } } },
    }),
  published: () => retrievalScenario({ dataset: products, retrieval: { index: { uri: 's3://team-embeddings/products/2026', table: 'resnet18-layer4-mean' } } }),
  'other-classes': () => retrievalScenario({ retrieval: { filter: { labels: [], where: [], otherClasses: true } } }),
  'nothing-found': () =>
    retrievalScenario({ dataset: products, retrieval: { filter: { labels: [], where: [{ column: 'season', values: ['none'] }], otherClasses: false } } }),
  huge: () => retrievalScenario({ dataset: new Dataset('everything', 40_000, 200) }),
  'no-labels': () => retrievalScenario({ dataset: new Dataset('unsorted', 300, 1) }),
  'no-labels-quality': () => retrievalScenario({ dataset: new Dataset('unsorted', 300, 1), kept: { shown: 'quality' } }),
  quality: () => retrievalScenario({ kept: { shown: 'quality', measured: true } }),
  'quality-idle': () => retrievalScenario({ kept: { shown: 'quality' } }),
  'quality-running': () => retrievalScenario({ kept: { shown: 'quality', measured: true }, delay: 400 }),
  'quality-failed-layer': () => retrievalScenario({ kept: { shown: 'quality', measured: true }, failures: { [deep]: nan } }),
  'long-names': () => retrievalScenario({ model: longNames() }),
  'long-names-quality': () => retrievalScenario({ model: longNames(), kept: { shown: 'quality', measured: true } }),
  empty: () => retrievalScenario({ retrieval: { query: null } }),
  missing: () => retrievalScenario({ embedded: false, session: { scan: { state: 'idle' } } }),
  recording: () => retrievalScenario({ embedded: false, session: { scan: { state: 'running', progress } } }),
  'failed-layer': () => retrievalScenario({ embedded: false, retrieval: { layer: deep }, failures: { [deep]: nan } }),
  slow: () => retrievalScenario({ delay: 1500 }),
  refused: () => retrievalScenario({ refuses: { search: 'The embeddings cannot be read: the disk is full. Free some room and try again.' } }),
  'no-dataset': () => retrievalScenario({ dataset: null, retrieval: { query: null } }),
  restricted: () => retrievalScenario({ session: { trusted: false, scan: { state: 'idle' } } }),
  stopped: () => retrievalScenario({ session: { engine: { state: 'stopped', message: 'It ran out of memory while searching.' } } }),
} satisfies Record<string, () => RetrievalScenario>;
