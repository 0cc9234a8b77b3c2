import { effect, untracked, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Client } from '../../../src/protocol/method';
import type { PublishedTable, QualityProgress, QualityReport } from '../../../src/protocol/retrieval';
import { noFilter, requestOf, type RetrievalHostContract, type RetrievalSettings } from '../../../src/protocol/retrievalViews';
import type { Session } from '../../shared/session';
import type { Remote } from '../rdm/remote';
import type { Progress, Ranking } from './ranking';

/** What is followed, and where the answers go. */
interface Followed {
  host: Client<RetrievalHostContract>;
  session: Session;
  settings: ReadonlySignal<RetrievalSettings | null>;
  shown: ReadonlySignal<string>;
  askable: ReadonlySignal<boolean>;
  study: ReadonlySignal<number | undefined>;
  settled: Signal<number>;
  root: Signal<string | null>;
  layer: ReadonlySignal<{ name: string } | null>;
  second: ReadonlySignal<{ name: string } | null>;
  first: Ranking;
  other: Ranking;
  table: Remote<PublishedTable>;
  ranks: Remote<{ question: string; ranks: Map<number, number> }>;
  rankedIndices: ReadonlySignal<number[]>;
  quality: Remote<{ report: QualityReport; question: string }>;
  qualityProgress: Signal<Progress | null>;
  measured: ReadonlySignal<boolean>;
  qualityLayers: ReadonlySignal<string[]>;
  forget: () => void;
  change: (part: Partial<RetrievalSettings>) => void;
  attempt: (done: Promise<unknown>) => void;
}

/** Forgets what is of another study, and notices when what was missing may be there. */
export function followSession(view: Followed): void {
  let study: number | undefined;
  let scanning = false;
  let stopped = false;
  let dataset: string | undefined;
  effect(() => {
    const state = view.session.state.value;
    if (!state) return;
    untracked(() => {
      if (study !== undefined && study !== state.studyRevision) view.forget();
      study = state.studyRevision;
      const running = state.scan.state === 'running';
      if ((scanning && !running) || (stopped && state.engine.state === 'running')) view.settled.value++;
      scanning = running;
      stopped = state.engine.state === 'stopped';
      if (state.dataset.state !== 'ready') return;
      if (view.root.value === null) view.attempt(view.host.call('root', null).then((root) => void (view.root.value = root)));
      // Other images: the query is searched for in them, but their classes and columns are others.
      const { path } = state.dataset.value;
      if (dataset !== undefined && path !== dataset && !view.settings.value?.index) view.change({ filter: noFilter });
      dataset = path;
    });
  });
}

/** Finds out what the published table holds that is searched. */
export function followTable(view: Followed): void {
  effect(() => {
    const table = view.settings.value?.index ?? null;
    const settled = view.settled.value;
    if (!view.askable.value) return;
    untracked(() => {
      if (!table) view.table.clear();
      else view.table.ask(JSON.stringify([table, view.table.error.peek() && settled]), (abort) => view.host.call('table', { table }, { signal: abort }));
    });
  });
}

/** Asks where the results of the second layer that are on screen stand in the first one's ranking. */
export function followRanks(view: Followed): void {
  effect(() => {
    const question = view.first.question.value;
    const settings = view.settings.value;
    const layer = view.layer.value;
    const indices = view.rankedIndices.value;
    const settled = view.settled.value;
    if (question === null || !settings || settings.local || !layer || !view.second.value || indices.length === 0 || !view.askable.value) return;
    const request = requestOf(settings, layer.name);
    if (!request) return;
    untracked(() =>
      view.ranks.ask(JSON.stringify([settled, question, indices]), async (abort) => {
        const { ranks } = await view.host.call('ranks', { request, indices }, { signal: abort });
        const before = view.ranks.value.peek();
        const known = new Map(before?.question === question ? before.ranks : []);
        indices.forEach((index, at) => known.set(index, ranks[at] ?? 0));
        return { question, ranks: known };
      }),
    );
  });
}

/** Has the quality of layers measured while it is looked at. */
export function followQuality(view: Followed): void {
  effect(() => {
    const settings = view.settings.value;
    const layers = view.qualityLayers.value;
    const settled = view.settled.value;
    if (view.shown.value !== 'quality' || !view.measured.value || !settings || layers.length === 0 || !view.askable.value) return;
    const { pool, whiten, l2, metric } = settings;
    const request = { layers, pool, whiten, l2, metric };
    const question = JSON.stringify([view.study.value, request]);
    untracked(() => {
      const failed = view.quality.error.peek() !== null;
      view.quality.ask(failed ? `${settled} ${question}` : question, async (abort, show) => {
        view.qualityProgress.value = null;
        const report = await view.host.call('quality', request, {
          signal: abort,
          onProgress: ({ done, total, report: soFar }: QualityProgress) => {
            if (soFar) show({ report: soFar, question });
            if (!abort.aborted) view.qualityProgress.value = { done, total };
          },
        });
        return { report, question };
      });
    });
  });
}
