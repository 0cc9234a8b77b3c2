import { countValues, type ValueCounts } from '../../src/protocol/dataset';
import { UnitscopeError } from '../../src/protocol/errors';
import type { Handlers } from '../../src/protocol/method';
import type { RetrievalHostContract, RetrievalSettings, RetrievalViewContract } from '../../src/protocol/retrievalViews';
import type { Connection } from '../../src/rpc/transport';
import { FakeSession, type Asked } from './fakeSession';
import { cutScene } from './fixtures/cut';
import type { Dataset } from './fixtures/dataset';
import { Neighbours } from './fixtures/neighbours';
import type { RetrievalScenario } from './retrievalScenario';
import { outcome, progress } from './scenario';

/** Answers the retrieval panel as the extension would, from fixtures. */
export function fakeRetrievalHost(
  { model, dataset, session, retrieval, embedded, delay, refuses, failures }: RetrievalScenario,
  view: () => Connection<RetrievalViewContract>,
  asked: Asked,
): Handlers<RetrievalHostContract> {
  const fake = new FakeSession(session, model, (state) => view().notify('session.changed', state), asked);
  const note = (method: string): ((params: unknown) => null) => fake.note(method);
  const primary = model.layers.filter((layer) => layer.primary).map(({ name }) => name);
  const depthOf = (layer: string): number => (primary.indexOf(layer) + 1) / primary.length;
  const neighbours = dataset && new Neighbours(dataset, depthOf);
  const there = new Set(embedded);
  let settings = retrieval;
  const refused = new Map(Object.entries(refuses)); // once: the next try succeeds
  const need = async (method: string, layers: string[], signal: AbortSignal): Promise<Neighbours> => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (signal.aborted) throw new UnitscopeError('cancelled', 'Cancelled.');
    const message = refused.get(method);
    refused.delete(method);
    if (message !== undefined) throw new UnitscopeError('cache.failed', message);
    const { engine } = fake.state;
    if (engine.state === 'stopped') throw new UnitscopeError('engine.stopped', engine.message);
    if (layers.some((layer) => !there.has(layer))) throw new UnitscopeError('embedding.missing', 'There are no embeddings of this layer yet.');
    return neighbours!;
  };
  const set = (next: Partial<RetrievalSettings>): null => {
    settings = { ...settings, ...next };
    view().notify('settings.set', settings);
    return null;
  };
  /** Half a second of recording. */
  const prepare = async (next: RetrievalSettings): Promise<null> => {
    asked.push(['prepare', next]);
    settings = next;
    fake.change({ scan: { state: 'running', progress: { ...progress, done: dataset!.count / 2, total: dataset!.count } } });
    await new Promise((resolve) => (fake.timer = window.setTimeout(resolve, 500)));
    for (const layer of [next.layer, next.second]) if (layer !== null && failures[layer] === undefined) there.add(layer);
    const failedLayers = Object.entries(failures).map(([layer, message]) => ({ layer, message }));
    return fake.change({ scan: { state: 'done', outcome: outcome(model, dataset!.count, { failedLayers }) } });
  };
  const valueCounts = (column: string): ValueCounts => countValues(Array.from({ length: dataset!.count }, (_, index) => dataset!.valueOf(index, column)));
  return {
    ...fake.handlers(() => note('scan.start')(null)),
    settings: () => settings,
    'settings.changed': (next) => {
      settings = next;
      return note('settings.changed')(next);
    },
    prepare,
    search: async (request, { signal }) => {
      asked.push(['search', request]);
      return (await need('search', [request.embedding.layer], signal)).query(request);
    },
    ranks: async ({ request, indices }, { signal }) => (await need('ranks', [request.embedding.layer], signal)).ranks(request, indices),
    local: async (request, { signal, report }) => {
      report({ done: 1, total: 3 });
      return (await need('local', [request.layer], signal)).local(request);
    },
    quality: async ({ layers }, { signal, report }) => {
      asked.push(['quality', layers]);
      const found = await need('quality', [], signal);
      const measured = layers.filter((layer) => failures[layer] === undefined);
      const failedLayers = layers.flatMap((layer) => (failures[layer] === undefined ? [] : [{ layer, message: failures[layer] }]));
      for (let done = 1; delay > 0 && done < measured.length; done++) {
        report({ done, total: layers.length, report: { layers: measured.slice(0, done).map((layer) => found.quality(layer)), failedLayers: [] } });
        await need('quality', [], signal);
      }
      return { layers: measured.map((layer) => found.quality(layer)), failedLayers };
    },
    'query.ask': note('query.ask'),
    'query.set': (query) => {
      asked.push(['query.set', query]);
      return set({ query });
    },
    'query.paste': ({ mime, data, paste }) => {
      asked.push(['query.paste', { mime, bytes: data.byteLength, paste }]);
      return set({ query: { kind: 'images', terms: [{ image: { path: '/storage/pasted.png', context: 1 }, weight: 1 }] } });
    },
    'layers.choose': note('layers.choose'),
    stimuli: ({ indices }) => indices.map((index) => dataset!.stimulus(index)),
    find: ({ path }) => {
      const at = path.startsWith(`${dataset!.summary.root}/`) ? indexOf(dataset!, path) : -1;
      return at < 0 ? null : dataset!.stimulus(at);
    },
    table: async ({ table }) => {
      await need('table', [], new AbortController().signal);
      asked.push(['table', table]);
      const layer = settings.layer ?? primary[0]!;
      const columns = dataset!.columns.map((name) => ({ name, values: valueCounts(name) }));
      return { rows: dataset!.count, embedding: { layer, pool: 'mean', l2: false }, labels: dataset!.summary.labels, columns };
    },
    picture: async ({ index, size }) => {
      const { width, height } = dataset!.scene(index);
      return { ...(await cutScene(dataset!, index, [0, 0, width, height], size)), original: [width, height] };
    },
    file: async ({ path }) => {
      const index = indexOf(dataset!, path);
      if (index < 0) throw new UnitscopeError('image.unreadable', `${path} is not there any more.`);
      const { width, height } = dataset!.scene(index);
      return await cutScene(dataset!, index, [0, 0, width, height], Math.max(width, height));
    },
    column: ({ column }) => valueCounts(column),
    root: () => `file:///data/${dataset?.name ?? ''}`,
    'stimulus.open': note('stimulus.open'),
    'export.csv': note('export.csv'),
    'export.command': note('export.command'),
    'export.embeddings': note('export.embeddings'),
    publish: note('publish'),
  };
}

/** The picture that a made-up path leads to: a stimulus', or for one of elsewhere the fifth. */
function indexOf(dataset: Dataset, path: string): number {
  const root = `${dataset.summary.root}/`;
  if (path.includes('missing')) return -1;
  if (!path.startsWith(root)) return 5;
  const name = path.slice(root.length);
  return Array.from({ length: dataset.count }, (_, index) => index).findIndex((index) => dataset.stimulus(index).path === name);
}
