import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import type { Client } from '../../../src/protocol/method';
import type { LocalAnswer, LocalResult, RetrievalAnswer, RetrievalResult } from '../../../src/protocol/retrieval';
import { localRequestOf, requestOf, type RetrievalHostContract, type RetrievalSettings } from '../../../src/protocol/retrievalViews';
import { ResultPages } from './resultPages';

export type Row = RetrievalResult | LocalResult;
export type Answer = RetrievalAnswer | LocalAnswer;

export interface Progress {
  done: number;
  total: number;
}

/** What a ranking depends on. */
interface Asker {
  host: Client<RetrievalHostContract>;
  settings: ReadonlySignal<RetrievalSettings | null>;
  /** Whether the extension can answer now. */
  askable: ReadonlySignal<boolean>;
  /** Of which study, and after how many recordings. */
  study: ReadonlySignal<number | undefined>;
  settled: ReadonlySignal<number>;
  missing: (question: string) => void;
}

/** The ranking of one layer. */
export class Ranking {
  readonly pages = new ResultPages<Row, Answer>();
  readonly progress = signal<Progress | null>(null);
  /** The question, without how often it was asked; null: there is none. */
  readonly question: ReadonlySignal<string | null>;

  constructor(
    private readonly asker: Asker,
    /** Value name. */
    readonly layer: ReadonlySignal<string | null>,
  ) {
    this.question = computed(() => {
      const settings = asker.settings.value;
      const name = layer.value;
      if (!settings || name === null) return null;
      const request = settings.local ? localRequestOf(settings, name) : requestOf(settings, name);
      return request && JSON.stringify([asker.study.value, settings.local, request]);
    });
    effect(() => {
      const question = this.question.value;
      const settled = asker.settled.value;
      if (question === null || !asker.askable.value) return;
      untracked(() => this.ask(question, settled));
    });
    effect(() => {
      if (this.pages.error.value?.code !== 'embedding.missing') return;
      untracked(() => this.question.value !== null && asker.missing(this.question.value));
    });
  }

  private ask(question: string, settled: number): void {
    const { host, settings } = this.asker;
    const layer = this.layer.peek()!;
    const now = settings.peek()!;
    const onProgress = (progress: Progress): void => void (this.progress.value = progress);
    this.pages.ask(`${settled} ${question}`, async (range, abort) => {
      try {
        return now.local
          ? await host.call('local', { ...localRequestOf(now, layer)!, ...range }, { signal: abort, onProgress })
          : await host.call('search', { ...requestOf(now, layer)!, ...range }, { signal: abort, onProgress });
      } finally {
        this.progress.value = null;
      }
    });
  }
}
