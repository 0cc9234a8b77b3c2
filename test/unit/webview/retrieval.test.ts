import { deepEqual, equal } from 'node:assert/strict';
import { queryTitle, similarTo } from '../../../src/protocol/retrievalViews';
import { UnitscopeError } from '../../../src/protocol/errors';
import { drawnBox, movedBox } from '../../../webview-ui/panels/retrieval/regionBox';
import { rankChange, resultLayout } from '../../../webview-ui/panels/retrieval/resultLayout';
import { pageSize, ResultPages } from '../../../webview-ui/panels/retrieval/resultPages';

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('a ranking in pages', () => {
  const fetched: string[] = [];
  const of =
    (name: string, total: number) =>
    ({ from, count }: { from: number; count: number }): Promise<{ results: string[]; total: number }> => {
      fetched.push(`${name} ${from}`);
      return Promise.resolve({ results: Array.from({ length: Math.min(count, total - from) }, (_, at) => `${name} ${from + at}`), total });
    };
  beforeEach(() => void fetched.splice(0));

  it('fetches what is on screen and nothing else', async () => {
    const pages = new ResultPages<string, { results: string[]; total: number }>();
    pages.ask('a', of('a', 3000));
    await settle();
    deepEqual(fetched, ['a 0']);
    pages.show(1000, 1020);
    await settle();
    equal(pages.row(1010), 'a 1010');
    equal(pages.row(500), undefined);
    deepEqual(fetched, ['a 0', `a ${Math.floor(980 / pageSize) * pageSize}`, `a ${Math.floor(1020 / pageSize) * pageSize}`]);
  });

  it('keeps the last answer until the next one is there or has failed: it is no answer to that', async () => {
    const pages = new ResultPages<string, { results: string[]; total: number }>();
    pages.ask('a', of('a', 10));
    await settle();
    pages.ask('b', of('b', 10));
    equal(pages.stale.value, true);
    equal(pages.row(0), 'a 0');
    await settle();
    equal(pages.row(0), 'b 0');
    equal(pages.stale.value, false);
    pages.ask('c', () => Promise.reject(new UnitscopeError('cache.failed', 'The disk is full.')));
    await settle();
    equal(pages.error.value?.message, 'The disk is full.');
    equal(pages.row(0), undefined);
    equal(pages.answer.value, null);
    pages.ask('d', of('d', 0));
    await settle();
    equal(pages.error.value, null);
    equal((pages.answer.value as { total: number } | null)?.total, 0);
    equal(pages.row(0), undefined);
  });

  it('does not ask the same question twice', async () => {
    const pages = new ResultPages<string, { results: string[]; total: number }>();
    pages.ask('a', of('a', 10));
    pages.ask('a', of('a', 10));
    await settle();
    deepEqual(fetched, ['a 0']);
  });
});

describe('a region', () => {
  it('is drawn in any direction, in whole pixels inside the image', () => {
    deepEqual(drawnBox([80.4, 60.2], [20.1, -5], 100, 50), [20, 0, 60, 50]);
    equal(drawnBox([20, 20], [21, 40], 100, 50), null);
  });

  it('is moved and resized by keys, and stays inside', () => {
    deepEqual(movedBox(undefined, 'ArrowLeft', false, 100, 60), [25, 15, 50, 30]);
    deepEqual(movedBox([1, 0, 50, 30], 'ArrowLeft', false, 100, 60), [0, 0, 50, 30]);
    deepEqual(movedBox([50, 0, 50, 30], 'ArrowRight', true, 100, 60), [50, 0, 50, 30]);
    deepEqual(movedBox([0, 0, 50, 30], 'ArrowUp', true, 100, 60), [0, 0, 50, 29]);
    equal(movedBox([0, 0, 50, 30], 'a', false, 100, 60), null);
  });
});

it('results fill the width', () => {
  for (const width of [120, 376, 640, 1250])
    for (const size of [72, 112, 240]) {
      const { columns, side } = resultLayout(width, size);
      equal(columns >= 1 && columns * side + (columns - 1) * 12 <= Math.max(width, 40), true, `${width} ${size}`);
    }
});

it('says how a rank has changed', () => {
  equal(rankChange(1, 4).text, '▲3');
  equal(rankChange(1240, 2).text, '▼1,238');
  equal(rankChange(7, 7).tone, 'same');
  equal(rankChange(7, 0).text, 'new');
});

it('names queries', () => {
  equal(queryTitle(similarTo({ index: 3, box: [0, 0, 5, 5] }), ['cat.jpg']), 'cat.jpg (region)');
  equal(queryTitle({ kind: 'unit', unit: 7 }, []), 'Unit 7');
  const term = (index: number, weight: 1 | -1): { image: { index: number; context: number }; weight: 1 | -1 } => ({ image: { index, context: 1 }, weight });
  equal(queryTitle({ kind: 'images', terms: [term(0, 1), term(1, -1), term(2, 1)] }, ['a', 'b', 'c']), 'a − b + c');
});
