import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { follow } from '../../shared/follow';
import { useVirtual } from '../../shared/virtual';
import { gridMove } from '../patches/gridLayout';
import '../patches/stimulusCard.css';
import { ResultCard } from './resultCard';
import type { Ranking } from './ranking';
import { captionHeight, gap, resultLayout } from './resultLayout';
import type { RetrievalView } from './view';

interface ResultGridProps {
  view: RetrievalView;
  ranking: Ranking;
  score: boolean;
  compared: boolean;
}

const edge = 4;

/** A ranking as a grid of pictures, of which only those on screen are in the page. */
export function ResultGrid({ view, ranking, score, compared }: ResultGridProps): VNode {
  const { pages } = ranking;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  const focused = useSignal(0);
  const takeFocus = useRef(false);
  follow(pages.version);
  const total = pages.answer.value?.total ?? 0;
  const { columns, side, rowHeight } = resultLayout(Math.max(80, width.value), view.size.value);
  const at = Math.min(focused.value, Math.max(0, total - 1));
  const list = useVirtual({
    count: Math.ceil(total / columns),
    size: rowHeight,
    scroller,
    margin: edge,
    keep: Math.floor(at / columns),
    overscan: 1,
    initialOffset: compared ? 0 : view.scroll.peek(),
    onScroll: (offset) => {
      if (!compared) view.scroll.value = offset;
    },
  });
  useLayoutEffect(() => {
    const measure = (): void => void (width.value = content.current?.clientWidth ?? 0);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(content.current!);
    return () => observer.disconnect();
  }, [width]);

  // Another question starts at its nearest; what was shown before hiding, where it was.
  const question = ranking.question.value;
  const asked = useRef(question);
  useLayoutEffect(() => {
    const anew = asked.current !== question;
    asked.current = question;
    if (anew) focused.value = 0;
    if (scroller.current && width.value > 0) scroller.current.scrollTop = anew || compared ? 0 : view.scroll.peek();
  }, [question, width.value > 0]);

  const first = (list.range?.first ?? 0) * columns;
  const last = Math.max(first, Math.min(total, ((list.range?.last ?? -1) + 1) * columns) - 1);
  useEffect(() => {
    if (width.value > 0) pages.show(first, last);
  }, [pages, first, last, width.value > 0]);
  useEffect(() => {
    if (!compared) return;
    const indices: number[] = [];
    for (let position = first; position <= last; position++) {
      const index = pages.row(position)?.index;
      if (index != null) indices.push(index);
    }
    view.rankedIndices.value = indices;
  }, [compared, first, last, pages.version.value]);

  useLayoutEffect(() => {
    if (!takeFocus.current) return;
    const card = scroller.current?.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]');
    if (card?.dataset.position !== String(at)) return;
    takeFocus.current = false;
    card.focus({ preventScroll: true });
  });

  const press = (event: KeyboardEvent): void => {
    if (event.altKey) return;
    const index = pages.row(at)?.index;
    if (event.key === 'Enter' && index != null) {
      event.preventDefault();
      view.search({ index });
      return;
    }
    if (event.key === ' ' && index != null) {
      event.preventDefault();
      view.act('stimulus.open', { index });
      return;
    }
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight));
    const to = gridMove(at, total, columns, pageRows, event.key, event.ctrlKey || event.metaKey);
    if (to === null) return;
    event.preventDefault();
    focused.value = to;
    takeFocus.current = true;
    list.scrollTo(Math.floor(to / columns));
  };
  const ranks = compared ? view.ranks.value.value : null;
  return (
    <div ref={scroller} class="result-scroller">
      <div
        ref={content}
        class={`result-content virtual${pages.stale.value ? ' result-stale' : ''}`}
        role="grid"
        aria-label="Results, nearest first"
        aria-rowcount={Math.ceil(total / columns)}
        aria-colcount={columns}
        aria-busy={pages.stale.value}
        style={{ height: `${list.total + edge}px`, '--side': `${side}px`, '--columns': columns, '--gap': `${gap}px`, '--caption': `${captionHeight}px` }}
        onKeyDown={press}
      >
        {width.value > 0 &&
          list.items.map(({ index, start }) => (
            <div key={index} class="result-row virtual-item" role="row" aria-rowindex={index + 1} style={{ transform: `translateY(${start}px)` }}>
              {Array.from({ length: Math.min(columns, total - index * columns) }, (_, column) => {
                const position = index * columns + column;
                const row = pages.row(position);
                return (
                  <ResultCard
                    key={position}
                    view={view}
                    row={row}
                    position={position}
                    focusable={position === at}
                    score={score}
                    before={row?.index == null ? undefined : ranks?.ranks.get(row.index)}
                    onFocus={() => (focused.value = position)}
                  />
                );
              })}
            </div>
          ))}
      </div>
    </div>
  );
}
