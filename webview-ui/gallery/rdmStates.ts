import { Dataset } from './fixtures/dataset';
import { huge, longNames, small } from './fixtures/models';
import { progress, scenario } from './scenario';
import { rdmScenario, type RdmScenario } from './rdmScenario';

const references = [
  { kind: 'file', path: '/data/92_brainRDMs.mat' },
  { kind: 'categories', column: null },
  { kind: 'baseline', baseline: 'pixels' },
] as const;
const computing = { state: 'running', progress: { ...progress, phase: 'computing', done: 3, total: 16 } } as const;
const nan = 'Its activation is constant for ring/ring_40211.JPEG: a constant vector has no correlation. Leave the image out or choose another measure.';

/** States of the RDM panel. */
export const rdmStates = {
  typical: () => rdmScenario(),
  pinned: () => rdmScenario({ kept: { pinned: [3, 41] } }),
  selected: () => rdmScenario({ kept: { selection: [0, 5, 10, 15, 20, 25, 30, 35, 40] } }),
  zoomed: () => rdmScenario({ kept: { viewport: { x: 10, y: 30, span: 14 } } }),
  cluster: () => rdmScenario({ rdm: { order: { by: 'cluster' }, colours: 'magma', layout: 'tsne' } }),
  column: () => rdmScenario({ rdm: { order: { by: 'column', column: 'scale' }, colours: 'cividis' } }),
  values: () => rdmScenario({ rdm: { scale: 'value', colours: 'grey', thumbnails: false } }),
  layers: () => rdmScenario({ kept: { tab: 'layers' } }),
  compare: () => rdmScenario({ kept: { tab: 'compare' }, rdm: { references: [...references] } }),
  'compare-alone': () => rdmScenario({ kept: { tab: 'compare' } }),
  'compare-problem': () =>
    rdmScenario({
      kept: { tab: 'compare' },
      rdm: { references: [...references, { kind: 'file', path: '/data/v4_session3.csv' }] },
    }),
  three: () => rdmScenario({ layers: 3, kept: { tab: 'layers' } }),
  'three-compare': () => rdmScenario({ layers: 3, kept: { tab: 'compare' }, rdm: { references: [...references] } }),
  many: () => rdmScenario({ model: huge(400), layers: 300, kept: { tab: 'layers' } }),
  large: () =>
    rdmScenario({ dataset: new Dataset('imagenet5000', 5000, 40), layers: 4, rdm: { layout: 'pca', thumbnails: false } }),
  'large-layers': () => rdmScenario({ dataset: new Dataset('imagenet5000', 5000, 40), layers: 4, kept: { tab: 'layers' } }),
  cloud: () => rdmScenario({ dataset: new Dataset('imagenet10000', 10_000, 40), layers: 2, rdm: { layout: 'pca', thumbnails: false } }),
  'long-names': () => rdmScenario({ model: longNames(), rdm: { references: [...references] } }),
  'long-names-compare': () => rdmScenario({ model: longNames(), kept: { tab: 'compare' }, rdm: { references: [...references] } }),
  'failed-layer': () => {
    const one = rdmScenario({ kept: { tab: 'layers' } });
    const layer = one.rdmSettings.layers[4]!;
    return { ...one, computed: one.computed.filter((name) => name !== layer).slice(0, 13), failures: { [layer]: nan } };
  },
  missing: () => rdmScenario({ computed: 0, session: { scan: { state: 'idle' } } }),
  computing: () => rdmScenario({ computed: 3, session: { scan: computing } }),
  preparing: () =>
    rdmScenario({ computed: 0, session: { scan: { ...computing, progress: { ...computing.progress, phase: 'preparing' } } } }),
  'slow-layout': () => rdmScenario({ slow: true }),
  refused: () => rdmScenario({ refuses: { layout: 'UMAP needs at least 4 stimuli; 3 are chosen.', image: 'The RDM cannot be read: the disk is full.' } }),
  'compare-refused': () => rdmScenario({ kept: { tab: 'compare' }, refuses: { compare: '92_brainRDMs.mat cannot be read any more. Add it again.' } }),
  'no-layers': () => rdmScenario({ rdm: { layers: [] } }),
  'no-dataset': () => rdmScenario({ dataset: null }),
  restricted: () => rdmScenario({ session: { trusted: false, scan: { state: 'idle' } } }),
  stopped: () =>
    rdmScenario({ session: { engine: { state: 'stopped', message: 'It ran out of memory while computing. Fewer worker processes need less.' } } }),
  error: () => rdmScenario({ session: { model: scenario().session.model, scan: { state: 'failed', code: 'cache.failed', message: 'There is no room for 4.1 GB of activations in the cache folder. Free some, or choose fewer layers.' } }, computed: 0 }),
  unlabelled: () => rdmScenario({ model: small(), dataset: new Dataset('unsorted', 60, 1) }),
} satisfies Record<string, () => RdmScenario>;
