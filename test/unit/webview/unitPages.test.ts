import assert from 'node:assert/strict';
import { UnitscopeError } from '../../../src/protocol/errors';
import type { UnitTable, UnitTableQuery } from '../../../src/protocol/patches';
import { pageSize, UnitPages, type Question } from '../../../webview-ui/panels/patches/unitPages';

const question: Question = { layer: 'conv1', order: 'unit', descending: false, labels: [], top: 9 };

function pages(units: number, interval = 0) {
  const queries: UnitTableQuery[] = [];
  const signals: AbortSignal[] = [];
  const answers: ((table: UnitTable | Error) => void)[] = [];
  const made = new UnitPages((query, signal) => {
    queries.push(query);
    signals.push(signal);
    return new Promise((resolve, reject) =>
      answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
    );
  }, interval);
  const answer = async (at: number, scanned = 100): Promise<void> => {
    const { offset, count } = queries[at]!;
    const rows = Array.from({ length: Math.max(0, Math.min(count, units - offset)) }, (_, row) => ({
      unit: offset + row,
      selectivity: scanned / 1000,
      preferred: null,
      top: [],
    }));
    answers[at]!({ units, scanned, total: 100, offset, rows, failure: null });
    await settle();
  };
  return { pages: made, queries, signals, answers, answer };
}

const settle = (ms = 1): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('pages of units', () => {
  it('fetches what is on screen and a little around it', async () => {
    const { pages: table, queries, answer } = pages(3000);
    table.ask(question);
    assert.deepEqual(
      queries.map(({ offset, count }) => [offset, count]),
      [[0, pageSize]],
    );
    await answer(0);
    assert.equal(table.row(5)?.unit, 5);
    table.show(1000, 1030);
    assert.deepEqual(
      queries.slice(1).map(({ offset }) => offset / pageSize),
      [20, 21],
    );
    assert.equal(table.row(1000), undefined);
    await answer(1);
    assert.equal(table.row(1000)?.unit, 1000);
  });

  it('gives up pages that are scrolled past', async () => {
    const { pages: table, signals, answer } = pages(3000);
    table.ask(question);
    await answer(0);
    table.show(1000, 1030);
    table.show(2000, 2030);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [false, true, true, false, false].slice(0, signals.length),
    );
  });

  it('keeps rows while the same layer is asked differently, not for another layer', async () => {
    const { pages: table, queries, answer } = pages(60);
    table.ask(question);
    await answer(0);
    table.ask({ ...question, order: 'score' });
    assert.equal(table.row(3)?.unit, 3);
    assert.equal(queries.at(-1)?.order, 'score');
    table.ask({ ...question, layer: 'conv2' });
    assert.equal(table.row(3), undefined);
    assert.equal(table.status.value, null);
  });

  it('asks anew for what is on screen when there are new results, not while an answer is due', async () => {
    const { pages: table, queries, answer } = pages(40);
    table.ask(question);
    table.refresh();
    table.refresh();
    await settle(5);
    assert.equal(queries.length, 1);
    await answer(0, 100);
    await settle(80);
    assert.equal(queries.length, 2);
    assert.equal(table.row(0)?.selectivity, 0.1, 'the old row stays');
    await answer(1, 200);
    assert.equal(table.row(0)?.selectivity, 0.2);
    await settle(80);
    assert.equal(queries.length, 2);
  });

  it('says while it still shows the answer to another question', async () => {
    const { pages: table, answer } = pages(40);
    table.ask(question);
    assert.equal(table.stale.value, true);
    await answer(0);
    assert.equal(table.stale.value, false);
    table.refresh();
    await settle(5);
    assert.equal(table.stale.value, false, 'new results of the same question');
    await answer(1);
    table.ask({ ...question, order: 'score' });
    assert.equal(table.stale.value, true);
    assert.equal(table.row(0)?.unit, 0, 'the old rows stay');
    await answer(2);
    assert.equal(table.stale.value, false);
  });

  it('tells of failures, keeps what it has, and forgets them when it succeeds', async () => {
    const { pages: table, answers, answer } = pages(40);
    table.ask(question);
    await answer(0);
    table.refresh();
    await settle(5);
    answers[1]!(new UnitscopeError('engine.stopped', 'Gone.'));
    await settle();
    assert.equal(table.error.value?.code, 'engine.stopped');
    assert.equal(table.row(0)?.unit, 0);
    table.refresh();
    await settle(5);
    await answer(2);
    assert.equal(table.error.value, null);
    table.ask(null);
    assert.equal(table.row(0), undefined);
  });
});
