import type { RefObject, VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { formatScore, formatShape } from '../../shared/format';
import { useVirtual } from '../../shared/virtual';
import { Icon } from '../../ui/icon';
import { Marked, Name } from '../../views/name';
import { EmptyState } from '../../views/notice';
import { formatRelative, stateLabels, type ChangeOrder } from './rows';
import type { CompareView } from './view';

const rowHeight = 24;
const columns: { order?: ChangeOrder; label: string; title: string; number?: boolean }[] = [
  { order: 'name', label: 'Tensor', title: 'By name' },
  { order: 'state', label: 'State', title: 'What moved first' },
  { label: 'Shape', title: '' },
  { order: 'relative', label: 'Relative change', title: "||W' − W|| / ||W||, greatest first", number: true },
  { order: 'cosine', label: 'Cosine', title: "Between W and W', least first", number: true },
  { order: 'maxAbs', label: 'Max |change|', title: 'Of one element, greatest first', number: true },
];

/** All tensors of a step with their numbers. */
export function ChangeTable({ view, scroller }: { view: CompareView; scroller: RefObject<HTMLElement | null> }): VNode {
  const body = useRef<HTMLDivElement>(null);
  const rows = view.rows.value;
  const at = Math.max(0, rows.findIndex(({ name }) => name === view.selected.value));
  const margin = body.current?.offsetTop ?? 0;
  const list = useVirtual({ count: rows.length, size: rowHeight, scroller, margin, covered: rowHeight, keep: at, overscan: 12 });
  const press = (event: KeyboardEvent): void => {
    const steps: Partial<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 15, PageUp: at - 15 };
    const to = steps[event.key];
    if (event.key === 'Escape') view.selected.value = null;
    if (to === undefined || !(event.target as HTMLElement).closest('.change-row')) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(rows.length - 1, to));
    view.selected.value = rows[index]?.name ?? null;
    list.scrollTo(index);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true }));
  };
  return (
    <div class="list change-table" role="grid" aria-label="Tensors" aria-rowcount={rows.length + 1} onKeyDown={press}>
      <div class="list-columns" role="row" aria-rowindex={1}>
        {columns.map(({ order, label, title, number }) => {
          const on = order !== undefined && view.order.value === order;
          return (
            <span key={label} role="columnheader" class={number ? 'number' : ''} aria-sort={on ? (number && order !== 'cosine' ? 'descending' : 'ascending') : 'none'}>
              {order === undefined ? (
                label
              ) : (
                <button type="button" class="column-sort" title={on ? 'Back to the order of the file' : title} onClick={() => (view.order.value = on ? 'depth' : order)}>
                  {label}
                  {on && <Icon name={number && order !== 'cosine' ? 'arrow-down' : 'arrow-up'} />}
                </button>
              )}
            </span>
          );
        })}
      </div>
      <div ref={body} class="virtual" role="rowgroup" style={{ height: `${list.total}px` }}>
        {list.items.map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          const selected = row.name === view.selected.value;
          return (
            <div
              key={row.name}
              role="row"
              class={`list-row change-row virtual-item${selected ? ' list-selected' : ''}`}
              aria-rowindex={index + 2}
              aria-selected={selected}
              tabIndex={index === at ? 0 : -1}
              data-key={row.name}
              style={{ transform: `translateY(${start - margin}px)` }}
              onClick={(event) => {
                event.currentTarget.focus({ preventScroll: true });
                view.selected.value = row.name;
              }}
            >
              <span role="gridcell" title={row.renamed ? `${row.renamed[0]}\n${row.renamed[1]}` : row.name}>
                <Name text={row.name} words={view.words.value} />
              </span>
              <span role="gridcell" class={`change-state change-${row.state}`} title={row.problem}>
                <Marked text={stateLabels[row.state]} words={view.words.value} />
              </span>
              <span role="gridcell" class="quiet">
                {formatShape(row.shape)}
              </span>
              <span role="gridcell" class="number">
                {formatRelative(row.relative)}
              </span>
              <span role="gridcell" class="number">
                {Number.isNaN(row.cosine) ? '–' : row.cosine.toFixed(4)}
              </span>
              <span role="gridcell" class="number">
                {Number.isNaN(row.maxAbs) ? '–' : formatScore(row.maxAbs)}
              </span>
            </div>
          );
        })}
      </div>
      {rows.length === 0 && (
        <EmptyState icon="search" title={view.all.value.length === 0 ? 'No tensors' : 'No tensor matches'}>
          {view.all.value.length === 0 ? 'Neither file holds a tensor.' : `Nothing has “${view.search.value}” in its name, state or shape.`}
        </EmptyState>
      )}
    </div>
  );
}
