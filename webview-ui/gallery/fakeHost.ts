import { UnitscopeError } from '../../src/protocol/errors';
import type { Handlers } from '../../src/protocol/method';
import type { Layer } from '../../src/protocol/model';
import type { Box, Picture } from '../../src/protocol/patches';
import type { PatchesHostContract, SessionState, SessionViewContract } from '../../src/protocol/views';
import type { Connection } from '../../src/rpc/transport';
import { Recording } from './fixtures/recording';
import { drawScene } from './fixtures/scenes';
import { outcome, type Scenario } from './scenario';

/** What was asked of the host, for the tests to read: [method, parameters]. */
export type Asked = [method: string, params: unknown][];

/** Answers a panel as the extension would, from fixtures. */
export function fakeHost(
  { model, dataset, session, settings, scanned, failures, broken, live }: Scenario,
  view: () => Connection<SessionViewContract>,
  asked: Asked,
): Handlers<PatchesHostContract> {
  let state = session;
  const recording = dataset && new Recording(dataset, scanned);
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));

  const change = (next: Partial<SessionState>): null => {
    state = { ...state, ...next };
    view().notify('session.changed', state);
    return null;
  };
  const note =
    (method: string) =>
    (params: unknown): null => {
      asked.push([method, params]);
      return null;
    };
  const need = (layer: string): { layer: Layer; recording: Recording } => {
    const found = layers.get(layer);
    if (!found) throw new UnitscopeError('model.unknownLayer', `There is no layer ${layer}.`);
    if (!recording) throw new UnitscopeError('dataset.empty', 'Choose images first.');
    if (state.engine.state === 'stopped') throw new UnitscopeError('engine.stopped', state.engine.message);
    return { layer: found, recording };
  };

  let timer: number | undefined;
  const record = (): null => {
    asked.push(['scan.start', null]);
    if (!dataset || !recording || live === null) return null;
    const total = dataset.count;
    timer = window.setInterval(() => {
      recording.scanned = Math.min(total, recording.scanned + Math.ceil(live / 5));
      const { scanned: done } = recording;
      const resultsRevision = state.resultsRevision + 1;
      if (done < total) {
        change({
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
              device: state.device.inUse,
            },
          },
        });
        return;
      }
      window.clearInterval(timer);
      change({ resultsRevision, scan: { state: 'done', outcome: outcome(model, total) } });
    }, 200);
    return null;
  };

  return {
    ready: () => state,
    summary: () => model,
    'layer.select': (params) => {
      asked.push(['layer.select', params]);
      return change({ selectedLayer: params.layer });
    },
    'layer.visualize': (params) => {
      asked.push(['layer.visualize', params]);
      return record();
    },
    'dataset.choose': note('dataset.choose'),
    'device.choose': note('device.choose'),
    'preprocess.choose': note('preprocess.choose'),
    'scan.start': record,
    'scan.cancel': () => {
      window.clearInterval(timer);
      asked.push(['scan.cancel', null]);
      return state.scan.state === 'running' ? change({ scan: { ...state.scan, state: 'cancelled' } }) : null;
    },
    'scan.showSkipped': note('scan.showSkipped'),
    'engine.restart': () => change({ engine: { state: 'running' }, resultsRevision: state.resultsRevision + 1 }),
    'trust.manage': note('trust.manage'),
    'log.show': note('log.show'),
    'model.reload': note('model.reload'),
    'sample.open': note('sample.open'),

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
        else report({ at, patch: { ...place, picture: await cut(index, place.box, size) } });
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
      return { ...(await cut(index, box ?? [0, 0, width, height], size)), original: [width, height] };
    },
    stimuli: ({ indices }) => indices.map((index) => dataset!.stimulus(index)),
    'stimulus.open': note('stimulus.open'),
    'export.json': note('export.json'),
    'export.sheet': note('export.sheet'),
    'export.command': note('export.command'),
  };

  async function cut(index: number, [x, y, width, height]: Box, size: number): Promise<Picture> {
    const scale = Math.min(1, size / Math.max(width, height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    canvas
      .getContext('2d')!
      .drawImage(drawScene(index, dataset!.scene(index)), x, y, width, height, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: 'image/png' });
    return {
      mime: blob.type,
      data: new Uint8Array(await blob.arrayBuffer()),
      width: canvas.width,
      height: canvas.height,
    };
  }
}
