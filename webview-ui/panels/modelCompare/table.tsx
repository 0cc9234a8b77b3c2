import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { plural } from '../../shared/format';
import { useVirtual } from '../../shared/virtual';
import { Icon } from '../../ui/icon';
import { Marked, Name } from '../../views/name';
import { EmptyState } from '../../views/notice';
import { changeIcons } from './changeMark';
import { changeLabels, differenceText, type CompareRow, type FoldRow, type NodeText, type PairRow } from './rows';
import type { ModelCompareView } from './view';
import './pairTable.css';

const rowHeight = 40;
const headHeight = 28;
const keyOf = (row: CompareRow): string => (row.kind === 'pair' ? `pair ${row.pair}` : `fold ${row.first}`);

/** The nodes of both models beside each other, equal runs folded. */
export function PairTable({ view }: { view: ModelCompareView }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = view.rows.value;
  const at = Math.max(0, rows.findIndex((row) => row.kind === 'pair' && row.pair === view.selected.value));
  const list = useVirtual({ count: rows.length, size: rowHeight, scroller, margin: headHeight, keep: at, covered: headHeight });
  useEffect(() => {
    if (view.selected.value === null) return;
    list.scrollTo(at);
    // The focus goes with it, where it is on a row.
    if (document.activeElement?.closest('.pair-row')) requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-at="${at}"]`)?.focus({ preventScroll: true }));
  }, [view.selected.value]);
  const move = (event: KeyboardEvent): void => {
    const steps: Partial<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -rows.length, End: rows.length };
    const step = steps[event.key];
    const focused = (event.target as HTMLElement).closest<HTMLElement>('[data-at]');
    if (event.key === 'Escape') view.selected.value = null;
    if (step === undefined || !focused) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(rows.length - 1, Number(focused.dataset.at) + step));
    const row = rows[to];
    if (row?.kind === 'pair') view.selected.value = row.pair;
    list.scrollTo(to);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-at="${to}"]`)?.focus({ preventScroll: true }));
  };
  const names = view.files.value?.names ?? [];
  return (
    <div ref={scroller} class="pair-scroller">
      <div class="pair-table" role="grid" aria-label="Nodes of both models" aria-rowcount={rows.length + 1} onKeyDown={move}>
        <div class="pair-columns" role="row" aria-rowindex={1}>
          <span role="columnheader">
            <span class="hidden">Change</span>
          </span>
          <span role="columnheader">{names[0]}</span>
          <span role="columnheader">{names[1]}</span>
          <span role="columnheader">Differs in</span>
        </div>
        <div class="virtual" role="rowgroup" style={{ height: `${list.total}px` }}>
          {list.items.map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const place = { at: index, top: start - headHeight, focusable: index === at };
            return row.kind === 'fold' ? <Fold key={keyOf(row)} view={view} row={row} {...place} /> : <Pair key={keyOf(row)} view={view} row={row} {...place} />;
          })}
        </div>
        {rows.length === 0 && (
          <EmptyState icon="search" title={view.all.value.length === 0 ? 'Neither model has nodes' : 'No node is listed'}>
            {view.search.value !== '' ? `Nothing of what is listed has “${view.search.value}” in its name, operator or differences.` : 'What is there is hidden by the buttons above.'}
          </EmptyState>
        )}
      </div>
    </div>
  );
}

interface PlaceProps {
  view: ModelCompareView;
  at: number;
  top: number;
  focusable: boolean;
}

function Fold({ view, row, at, top, focusable }: PlaceProps & { row: FoldRow }): VNode {
  return (
    <div class="pair-row virtual-item pair-fold" role="row" aria-rowindex={at + 2} style={{ transform: `translateY(${top}px)` }}>
      <span role="gridcell" aria-colspan={4}>
        <button type="button" class="link-button" data-at={at} tabIndex={focusable ? 0 : -1} onClick={() => view.unfold(row.first)}>
          <Icon name="expand-all" /> {plural(row.count, 'equal node')}
        </button>
      </span>
    </div>
  );
}

function Pair({ view, row, at, top, focusable }: PlaceProps & { row: PairRow }): VNode {
  const selected = view.selected.value === row.pair;
  return (
    <div
      class={`pair-row virtual-item node-${row.change}${selected ? ' pair-selected' : ''}`}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={selected}
      data-at={at}
      tabIndex={focusable ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => {
        event.currentTarget.focus({ preventScroll: true });
        view.selected.value = row.pair;
      }}
    >
      <span role="gridcell" class="pair-mark" title={changeLabels[row.change]}>
        <Icon name={changeIcons[row.change]} />
        <span class="hidden">{changeLabels[row.change]}</span>
      </span>
      {row.sides.map((side, of) => (
        <Side key={of} side={side} words={view.words.value} class={of === 0 ? 'pair-before' : 'pair-after'} />
      ))}
      <span role="gridcell" class="pair-differences" title={differenceText(row.differences)}>
        {differenceText(row.differences)}
      </span>
    </div>
  );
}

function Side({ side, words, class: name }: { side: NodeText | null; words: readonly string[]; class: string }): VNode {
  if (!side) return <span role="gridcell" class={`pair-side pair-none ${name}`} aria-label="none" />;
  return (
    <span role="gridcell" class={`pair-side ${name}`} title={[side.group, side.name].filter(Boolean).join('.')}>
      <span class="pair-name">
        <Name text={[side.group, side.name].filter(Boolean).join('.')} words={words} />
      </span>
      <span class="pair-op quiet">
        <Marked text={side.op} words={words} />
        {side.shape !== '' && ` · ${side.shape}`}
      </span>
    </span>
  );
}

