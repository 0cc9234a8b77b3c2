import { UnitscopeError } from '../../src/protocol/errors';
import type { Handlers } from '../../src/protocol/method';
import type { Layer } from '../../src/protocol/model';
import type { PatchesHostContract, SessionViewContract } from '../../src/protocol/views';
import type { Connection } from '../../src/rpc/transport';
import { FakeSession, type Asked } from './fakeSession';
import { cutScene } from './fixtures/cut';
import { Recording } from './fixtures/recording';
import { outcome, progress, type Scenario } from './scenario';

/** Answers a panel as the extension would, from fixtures. */
export function fakeHost(
  { model, dataset, session, settings, scanned, failures, broken, live, otherRecording }: Scenario,
  view: () => Connection<SessionViewContract>,
  asked: Asked,
): Handlers<PatchesHostContract> {
  const fake = new FakeSession(session, model, (state) => view().notify('session.changed', state), asked);
  const recording = dataset && new Recording(dataset, scanned);
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const note = (method: string): ((params: unknown) => null) => fake.note(method);
  const need = (layer: string): { layer: Layer; recording: Recording } => {
    const found = layers.get(layer);
    if (!found) throw new UnitscopeError('model.unknownLayer', `There is no layer ${layer}.`);
    if (!recording) throw new UnitscopeError('dataset.empty', 'Choose images first.');
    const { engine } = fake.state;
    if (engine.state === 'stopped') throw new UnitscopeError('engine.stopped', engine.message);
    return { layer: found, recording };
  };

  const record = (): null => {
    asked.push(['scan.start', null]);
    if (!dataset || !recording || live === null) return null;
    const total = dataset.count;
    fake.timer = window.setInterval(() => {
      recording.scanned = Math.min(total, recording.scanned + Math.ceil(live / 5));
      const { scanned: done } = recording;
      const resultsRevision = fake.state.resultsRevision + 1;
      if (done < total) {
        fake.change({
          resultsRevision,
          scan: {
            state: 'running',
            progress: {
              phase: 'scanning',
              done,
              total,
              cached: 0,
              skipped: 0,
              imagesPerSecond: live,
              secondsLeft: (total - done) / live,
              device: fake.state.device.inUse,
            },
          },
        });
        return;
      }
      window.clearInterval(fake.timer);
      fake.change({ resultsRevision, scan: { state: 'done', outcome: outcome(model, total) } });
    }, 200);
    return null;
  };

  return {
    ...fake.handlers(record),

    settings: () => settings,
    'settings.changed': note('settings.changed'),
    table: (query) => {
      const found = need(query.layer);
      return found.recording.table(found.layer, query, failures[query.layer] ?? null);
    },
    cut: async ({ layer: name, requests, size }, { report, signal }) => {
      const found = need(name);
      for (const [at, { unit, index }] of requests.entries()) {
        if (signal.aborted) throw new UnitscopeError('cancelled', 'Cancelled.');
        const place = found.recording.place(found.layer, unit, index);
        if (broken.includes(unit))
          report({ at, patch: { problem: `${dataset?.stimulus(index).path ?? ''} cannot be read any more.` } });
        else report({ at, patch: { ...place, picture: await cutScene(dataset!, index, place.box, size) } });
      }
      return null;
    },
    unit: ({ layer: name, unit, top }) => {
      const { layer, recording: found } = need(name);
      return found.detail(layer, unit, top);
    },
    activation: ({ layer: name, unit, index }) => {
      const { layer, recording: found } = need(name);
      return found.activation(layer, unit, index);
    },
    picture: async ({ index, box, size }) => {
      const { width, height } = dataset!.scene(index);
      return { ...(await cutScene(dataset!, index, box ?? [0, 0, width, height], size)), original: [width, height] };
    },
    stimuli: ({ indices }) => indices.map((index) => dataset!.stimulus(index)),
    'stimulus.open': note('stimulus.open'),
    'unit.taken': note('unit.taken'),
    'other.choose': note('other.choose'),
    'other.leave': note('other.leave'),
    'other.record': ({ layer }, { signal, report }) => {
      asked.push(['other.record', { layer }]);
      if (otherRecording === 'done') return null;
      if (otherRecording !== 'never') throw new UnitscopeError('usage', otherRecording.refuses);
      report(progress);
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          asked.push(['other.record cancelled', null]);
          reject(new UnitscopeError('cancelled', 'Cancelled.'));
        }),
      );
    },
    'other.unit': ({ layer: name, unit, top }) => {
      const { layer, recording: found } = need(name);
      const [own, other] = [found.detail(layer, unit, top), { ...found.detail(layer, unit + 1, top), unit }];
      // Some of the strongest are the same, and the other unit is weaker.
      const top5 = own.top.slice(0, 5).map((one, at) => ({ ...one, score: one.score * (0.7 - 0.02 * at) }));
      other.top = [...other.top.slice(0, 2), ...top5, ...other.top.slice(2)].filter((one, at, all) => all.findIndex(({ index }) => index === one.index) === at).slice(0, top);
      other.histogram = { range: own.histogram.range, counts: own.histogram.counts.map((_, at, counts) => (counts[2 * at] ?? 0) + (counts[2 * at + 1] ?? 0)) };
      return { units: [own, other], stimuli: scanned, correlation: 0.61 };
    },
    'other.activation': ({ layer: name, unit, index }) => {
      const { layer, recording: found } = need(name);
      return found.activation(layer, unit + 1, index);
    },
    'export.json': note('export.json'),
    'export.sheet': note('export.sheet'),
    'export.command': note('export.command'),
  };
}
