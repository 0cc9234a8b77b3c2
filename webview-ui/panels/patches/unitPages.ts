import { batch, signal, type ReadonlySignal } from '@preact/signals';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';
import type { UnitRow, UnitTable, UnitTableQuery } from '../../../src/protocol/patches';

export type Question = Omit<UnitTableQuery, 'offset' | 'count'>;

export type TableStatus = Omit<UnitTable, 'offset' | 'rows'>;

/** Rows that are asked for at once. */
export const pageSize = 48;

/**
 * The table of a layer's units, of which only pages near those on screen are fetched. While results come in, what is on
 * screen is fetched anew now and then, and what was there stays until its successor has arrived.
 */
export class UnitPages {
  readonly status: ReadonlySignal<TableStatus | null>;
  readonly error: ReadonlySignal<UnitscopeError | null>;
  /** Grows with every page that arrives; read it to be told. */
  readonly version: ReadonlySignal<number>;
  /** Whether some of what is on screen is not yet the answer to the question. */
  readonly stale: ReadonlySignal<boolean>;
  private readonly set: {
    status: (value: TableStatus | null) => void;
    error: (value: UnitscopeError | null) => void;
    changed: () => void;
    stale: (value: boolean) => void;
  };
  private question: Question | null = null;
  private pages = new Map<number, { rows: UnitRow[]; revision: number }>();
  private readonly flights = new Map<number, AbortController>();
  private visible = { first: 0, last: 0 };
  private revision = 0;
  /** The revision at which the question was asked; later ones only look for new results. */
  private asked = 0;
  private refreshedAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly fetch: (query: UnitTableQuery, signal: AbortSignal) => Promise<UnitTable>,
    private readonly interval = 1000,
  ) {
    const status = signal<TableStatus | null>(null);
    const error = signal<UnitscopeError | null>(null);
    const version = signal(0);
    const stale = signal(false);
    this.status = status;
    this.error = error;
    this.version = version;
    this.stale = stale;
    this.set = {
      status: (value) => (status.value = value),
      error: (value) => (error.value = value),
      changed: () => version.value++,
      stale: (value) => (stale.value = value),
    };
  }

  /** Turns to another question. Rows of the same layer stay until the new ones are there. */
  ask(question: Question | null): void {
    this.abort();
    if (question?.layer !== this.question?.layer) {
      this.pages = new Map();
      batch(() => {
        this.set.status(null);
        this.set.error(null);
        this.set.changed();
      });
    }
    this.question = question;
    this.asked = ++this.revision;
    this.set.stale(question !== null);
    this.pump();
  }

  /** Says which rows are on screen. */
  show(first: number, last: number): void {
    this.visible = { first, last };
    this.pump();
  }

  /** There may be new results. Asks at most once an interval, and not before the last answer is there. */
  refresh(): void {
    if (this.timer !== undefined || this.question === null) return;
    const wait = Math.max(0, this.refreshedAt + this.interval - performance.now());
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        if (this.flights.size > 0) {
          this.refresh();
          return;
        }
        this.refreshedAt = performance.now();
        this.revision++;
        this.pump();
      },
      Math.max(wait, this.flights.size > 0 ? 50 : 0),
    );
  }

  row(position: number): UnitRow | undefined {
    return this.pages.get(Math.floor(position / pageSize))?.rows[position % pageSize];
  }

  /** Every row that has been fetched, with its position. */
  *known(): Generator<[position: number, row: UnitRow]> {
    for (const [page, { rows }] of this.pages)
      for (const [at, row] of rows.entries()) yield [page * pageSize + at, row];
  }

  private pump(): void {
    const { question, revision } = this;
    if (!question) return;
    const first = Math.max(0, Math.floor((this.visible.first - pageSize / 4) / pageSize));
    const units = this.status.peek()?.units ?? Infinity;
    const last = Math.floor(Math.min(this.visible.last + pageSize / 4, Math.max(0, units - 1)) / pageSize);
    for (const [page, abort] of this.flights) {
      if (page >= first && page <= last) continue;
      abort.abort();
      this.flights.delete(page);
    }
    let current = true;
    for (let page = first; page <= last; page++) {
      current &&= (this.pages.get(page)?.revision ?? -1) >= this.asked;
      if (this.flights.has(page) || (this.pages.get(page)?.revision ?? -1) >= revision) continue;
      this.load(question, page, revision);
    }
    this.set.stale(!current);
  }

  private load(question: Question, page: number, revision: number): void {
    const abort = new AbortController();
    this.flights.set(page, abort);
    const done = (): boolean => {
      const mine = this.flights.get(page) === abort;
      if (mine) this.flights.delete(page);
      return mine;
    };
    this.fetch({ ...question, offset: page * pageSize, count: pageSize }, abort.signal).then(
      ({ rows, units, scanned, total, failure }) => {
        if (!done()) return;
        this.pages.set(page, { rows, revision });
        batch(() => {
          this.set.status({ units, scanned, total, failure });
          this.set.error(null);
          this.set.changed();
        });
        this.pump();
      },
      (thrown: unknown) => {
        if (done() && !isCancelled(thrown)) this.set.error(toUnitscopeError(thrown));
      },
    );
  }

  private abort(): void {
    for (const abort of this.flights.values()) abort.abort();
    this.flights.clear();
  }
}
