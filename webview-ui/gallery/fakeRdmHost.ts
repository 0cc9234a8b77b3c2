import { UnitscopeError } from '../../src/protocol/errors';
import type { Handlers } from '../../src/protocol/method';
import type { RdmHostContract, RdmSettings, RdmViewContract } from '../../src/protocol/rdmViews';
import type { Connection } from '../../src/rpc/transport';
import { FakeSession, type Asked } from './fakeSession';
import { cutScene } from './fixtures/cut';
import { Rdms } from './fixtures/rdms';
import { outcome } from './scenario';
import type { RdmScenario } from './rdmScenario';

/** Answers the RDM panel as the extension would, from fixtures. */
export function fakeRdmHost(
  { model, dataset, session, rdmSettings, computed, failures, slow, refuses }: RdmScenario,
  view: () => Connection<RdmViewContract>,
  asked: Asked,
): Handlers<RdmHostContract> {
  const fake = new FakeSession(session, model, (state) => view().notify('session.changed', state), asked);
  const primary = model.layers.filter(({ primary: is }) => is).map(({ name }) => name);
  const depthOf = (layer: string): number => (primary.indexOf(layer) + 1) / primary.length;
  const rdms = dataset && new Rdms(dataset, new Set(computed), failures, depthOf);
  let settings = rdmSettings;
  const note = (method: string): ((params: unknown) => null) => fake.note(method);
  const need = (): Rdms => {
    if (!rdms) throw new UnitscopeError('dataset.empty', 'Choose images first.');
    const { engine } = fake.state;
    if (engine.state === 'stopped') throw new UnitscopeError('engine.stopped', engine.message);
    return rdms;
  };
  // Once: the next try succeeds.
  const refused = new Map(Object.entries(refuses));
  const refuse = (method: string): void => {
    const message = refused.get(method);
    refused.delete(method);
    if (message !== undefined) throw new UnitscopeError('internal', message);
  };
  const choose = (method: string, next: () => Partial<RdmSettings>) => (params: unknown): null => {
    asked.push([method, params]);
    settings = { ...settings, ...next() };
    view().notify('settings.set', settings);
    return dataset ? compute() : null; // the extension's commands compute what is missing
  };

  /** One layer after the other, a few a second. */
  const compute = (): null => {
    asked.push(['compute', settings]);
    const waiting = settings.layers.filter((layer) => !need().computed.has(layer) && failures[layer] === undefined);
    const total = waiting.length;
    fake.timer = window.setInterval(() => {
      const next = waiting.shift();
      if (next !== undefined) need().computed.add(next);
      const resultsRevision = fake.state.resultsRevision + 1;
      if (waiting.length === 0) {
        window.clearInterval(fake.timer);
        fake.change({ resultsRevision, scan: { state: 'done', outcome: outcome(model, dataset!.count) } });
        return;
      }
      const { inUse: device } = fake.state.device;
      const done = total - waiting.length;
      const progress = { phase: 'computing' as const, done, total, cached: 0, skipped: 0, imagesPerSecond: null, secondsLeft: null, device };
      fake.change({ resultsRevision, scan: { state: 'running', progress } });
    }, 150);
    return null;
  };

  return {
    ...fake.handlers(() => note('scan.start')(null)),
    settings: () => settings,
    'settings.changed': (next) => {
      const made = (of: RdmSettings): string => JSON.stringify(of.recipe);
      if (made(next) !== made(settings)) rdms?.computed.clear();
      settings = next;
      return note('settings.changed')(next);
    },
    compute,
    'layers.choose': choose('layers.choose', () => ({ layers: primary.slice(-3) })),
    'stimuli.choose': choose('stimuli.choose', () => ({
      recipe: { ...settings.recipe, stimuli: { labels: [], sample: { count: 48, seed: 0 } } },
    })),
    'measure.choose': note('measure.choose'),
    'reference.add': choose('reference.add', () => ({
      references: [...settings.references, { kind: 'categories', column: null }],
    })),
    set: () => {
      refuse('set');
      return need().set(settings);
    },
    arrange: ({ layer, order }) => need().arrange(settings, layer, order),
    image: ({ layer, rows, region, size }) => {
      asked.push(['image', { layer, region, size }]);
      refuse('image');
      return need().image(settings, layer, rows, region, size);
    },
    pairs: ({ layers, pairs }) => need().pairs(settings, layers, pairs),
    compare: () => {
      refuse('compare');
      return need().compare(settings);
    },
    layout: async ({ layer, method }, { report, signal }) => {
      refuse('layout');
      for (let done = 0; slow && done < 40; done++) {
        report({ done, total: 40 });
        await new Promise((resolve) => setTimeout(resolve, 250));
        if (signal.aborted) throw new UnitscopeError('cancelled', 'Cancelled.');
      }
      return need().layout(settings, layer, method);
    },
    column: ({ column }) => need().column(settings, column),
    picture: async ({ index, size }) => {
      const { width, height } = dataset!.scene(index);
      return { ...(await cutScene(dataset!, index, [0, 0, width, height], size)), original: [width, height] };
    },
    'stimuli.open': note('stimuli.open'),
    'export.data': note('export.data'),
    'export.picture': note('export.picture'),
    'export.python': note('export.python'),
    'export.command': note('export.command'),
  };
}
