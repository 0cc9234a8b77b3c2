import { batch, signal, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';

/** One page of a ranking. */
export interface RankingPage<Row> {
  results: Row[];
  /** Length of the whole ranking. */
  total: number;
}

/** Results that are asked for at once. */
export const pageSize = 60;

type Fetch<Answer> = (range: { from: number; count: number }, signal: AbortSignal) => Promise<Answer>;

/**
 * A ranking of any length, of which only pages near those on screen are fetched. The answer to the last question stays until
 * the first page of the next one has arrived, or that one has failed.
 */
export class ResultPages<Row, Answer extends RankingPage<Row>> {
  private readonly known = signal<Answer | null>(null);
  private readonly failure = signal<UnitscopeError | null>(null);
  private readonly arrivals = signal(0);
  private readonly waiting = signal(false);
  /** What the last page to arrive said besides its rows. */
  readonly answer: ReadonlySignal<Answer | null> = this.known;
  readonly error: ReadonlySignal<UnitscopeError | null> = this.failure;
  /** Grows with every page that arrives; read it to be told. */
  readonly version: ReadonlySignal<number> = this.arrivals;
  /** Whether what is shown is not yet the answer to the question. */
  readonly stale: ReadonlySignal<boolean> = this.waiting;
  /** The question that what is shown answers. */
  answered: string | null = null;
  private question: string | null = null;
  private fetch: Fetch<Answer> | null = null;
  private pages = new Map<number, readonly Row[]>();
  private readonly flights = new Map<number, AbortController>();
  private visible = { first: 0, last: 0 };

  /** Turns to another question; the same one is not asked again. */
  ask(question: string, fetch: Fetch<Answer>): void {
    if (question === this.question) return;
    this.cancel();
    this.question = question;
    this.fetch = fetch;
    batch(() => {
      this.waiting.value = true;
      this.failure.value = null;
    });
    this.pump();
  }

  /** Gives up what is on its way; what is shown stays, and the next question is asked in any case. */
  cancel(): void {
    for (const abort of this.flights.values()) abort.abort();
    this.flights.clear();
    this.question = null;
    this.fetch = null;
    this.waiting.value = false;
  }

  /** What is shown is of something else. */
  clear(): void {
    this.cancel();
    batch(() => {
      this.failure.value = null;
      this.empty();
    });
  }

  private empty(): void {
    this.pages = new Map();
    this.answered = null;
    this.known.value = null;
    this.arrivals.value++;
  }

  /** Says which rows are on screen. */
  show(first: number, last: number): void {
    this.visible = { first, last };
    this.pump();
  }

  row(position: number): Row | undefined {
    return this.pages.get(Math.floor(position / pageSize))?.[position % pageSize];
  }

  private pump(): void {
    const { question, fetch } = this;
    if (question === null || !fetch || this.failure.peek()) return;
    if (question !== this.answered) {
      if (this.flights.size === 0) this.load(0, question, fetch);
      return;
    }
    const total = this.known.peek()?.total ?? 0;
    const first = Math.max(0, Math.floor((this.visible.first - pageSize / 3) / pageSize));
    const last = Math.floor(Math.min(this.visible.last + pageSize / 3, total - 1) / pageSize);
    for (const [page, abort] of this.flights) {
      if (page >= first && page <= last) continue;
      abort.abort();
      this.flights.delete(page);
    }
    for (let page = first; page <= last; page++)
      if (!this.flights.has(page) && !this.pages.has(page)) this.load(page, question, fetch);
  }

  private load(page: number, question: string, fetch: Fetch<Answer>): void {
    const abort = new AbortController();
    this.flights.set(page, abort);
    const done = (): boolean => {
      const mine = this.flights.get(page) === abort;
      if (mine) this.flights.delete(page);
      return mine;
    };
    fetch({ from: page * pageSize, count: pageSize }, abort.signal).then(
      (answer) => {
        if (!done()) return;
        if (this.answered !== question) {
          this.pages = new Map();
          this.answered = question;
        }
        this.pages.set(page, answer.results);
        batch(() => {
          this.known.value = answer;
          this.waiting.value = false;
          this.arrivals.value++;
        });
        this.pump();
      },
      (thrown: unknown) => {
        if (!done()) return;
        batch(() => {
          this.waiting.value = false;
          if (!isCancelled(thrown)) this.failure.value = toUnitscopeError(thrown);
          if (this.answered !== question) this.empty(); // under the new question's name it would be taken for its answer
        });
      },
    );
  }
}
