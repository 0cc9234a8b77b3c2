import { useSignal } from '@preact/signals';
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { TensorMenuContext } from '../../../src/protocol/checkpointViews';
import { formatBytes, formatCount, formatShape, formatShort, plural } from '../../shared/format';
import { useVirtual } from '../../shared/virtual';
import { Icon } from '../../ui/icon';
import { Marked, Name } from '../../views/name';
import { EmptyState } from '../../views/notice';
import { treeMove } from '../../views/treeKeys';
import { openMenu, swallowsNativeMenu } from '../model/menu';
import { TensorToolbar } from './tensorToolbar';
import type { CheckpointRow, TensorOrder } from './tensorTree';
import type { CheckpointView } from './view';
import './tensorList.css';

const rowHeight = 24;

/** All tensors by module: a tree grid of which only the rows on screen are in the page. */
export function TensorList({ view, scroller }: { view: CheckpointView; scroller: RefObject<HTMLElement | null> }): VNode {
  const head = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const takeFocus = useRef(false);
  const measured = useSignal({ margin: 0, head: 0 });
  const rows = view.rows.value;
  const at = Math.max(0, rows.findIndex((row) => row.key === view.focused.value));
  const { margin } = measured.value;
  const covered = measured.value.head + rowHeight;
  const list = useVirtual({
    count: rows.length,
    size: rowHeight,
    scroller,
    margin,
    covered,
    keep: at,
    overscan: 12,
    initialOffset: view.scroll.peek(),
    onScroll: (offset) => (view.scroll.value = offset),
  });

  useLayoutEffect(() => {
    const measure = (): void => {
      const next = { margin: body.current?.offsetTop ?? 0, head: head.current?.offsetHeight ?? 0 };
      if (JSON.stringify(next) !== JSON.stringify(measured.peek())) measured.value = next;
    };
    measure();
    const observer = new ResizeObserver(measure);
    for (const element of [head.current, scroller.current?.firstElementChild, scroller.current]) if (element) observer.observe(element);
    return () => observer.disconnect();
  }, [measured, scroller]);

  // Where the page was when it was hidden.
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.scrollTop = view.scroll.peek();
  }, []);

  useLayoutEffect(() => {
    if (!takeFocus.current) return;
    const row = body.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
    if (row?.dataset.key !== view.focused.peek()) return;
    takeFocus.current = false;
    row.focus({ preventScroll: true });
  });

  useEffect(() => {
    const find = (event: KeyboardEvent): void => {
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !(event.target instanceof HTMLInputElement);
      if (!slash && !(event.key === 'f' && (event.ctrlKey || event.metaKey))) return;
      event.preventDefault();
      event.stopPropagation(); // VS Code listens further out
      search.current?.focus();
      search.current?.select();
    };
    document.addEventListener('keydown', find);
    return () => document.removeEventListener('keydown', find);
  }, []);

  const goTo = (index: number): void => {
    const row = rows[index];
    if (!row) return;
    view.focused.value = row.key;
    // Where a tensor is looked at, the arrows lead to the next one.
    if (row.kind === 'tensor' && view.selected.peek() !== null) view.selected.value = row.tensor.name;
    takeFocus.current = true;
    list.scrollTo(index);
  };
  const press = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (!row || event.altKey || (event.target as HTMLElement).closest('button')) return;
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      if (row.kind === 'tensor') openMenu(event.target as HTMLElement, event);
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (row.kind === 'group') view.setExpanded(row.key, !row.expanded);
      else view.select(row.tensor.name);
    } else if (event.key === 'Escape' && view.selected.peek() !== null) view.select(null);
    else {
      const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - covered) / rowHeight) - 1);
      const move = treeMove(rows, at, event.key, page);
      if (!move) return;
      if ('to' in move) goTo(move.to);
      else view.setExpanded(move.open, move.expanded);
    }
    event.preventDefault();
  };
  const most = Math.max(1, ...(view.found.value.length < 100_000 ? view.found.value : []).map(({ bytes }) => bytes));

  return (
    <section class="tensors" aria-label="Tensors" style={{ '--head': `${measured.value.head}px` }}>
      <div ref={head} class="tensors-head">
        <TensorToolbar view={view} search={search} onDown={() => goTo(0)} />
      </div>
      <div class="tensor-grid" role="treegrid" aria-label="Tensors by module" aria-rowcount={rows.length + 1} onKeyDown={press}>
        <div class="tensor-columns" role="row" aria-rowindex={1}>
          <Column view={view} order="name" label="Tensor" />
          <span role="columnheader">Shape</span>
          <span role="columnheader">Type</span>
          <span role="columnheader" class="number">
            Parameters
          </span>
          <Column view={view} order="size" label="Bytes" number />
        </div>
        <div ref={body} class="virtual" role="rowgroup" style={{ height: `${list.total}px` }} onContextMenuCapture={swallowsNativeMenu}>
          {list.items.map(({ index, start }) => {
            const row = rows[index];
            return row && <Row key={row.key} view={view} row={row} top={start - margin} index={index + 2} focusable={index === at} most={most} />;
          })}
        </div>
      </div>
      {rows.length === 0 && <NoRows view={view} />}
    </section>
  );
}

function Column({ view, order, label, number = false }: { view: CheckpointView; order: TensorOrder; label: string; number?: boolean }): VNode {
  const on = view.order.value === order;
  return (
    <span role="columnheader" class={number ? 'number' : ''} aria-sort={on ? (order === 'size' ? 'descending' : 'ascending') : 'none'}>
      <button
        type="button"
        class="column-sort"
        title={on ? 'Back to the order of the file' : order === 'size' ? 'Largest first' : 'By name'}
        onClick={() => (view.order.value = on ? 'file' : order)}
      >
        {label}
        {on && <Icon name={order === 'size' ? 'arrow-down' : 'arrow-up'} />}
      </button>
    </span>
  );
}

interface RowProps {
  view: CheckpointView;
  row: CheckpointRow;
  top: number;
  index: number;
  focusable: boolean;
  most: number;
}

function Row({ view, row, top, index, focusable, most }: RowProps): VNode {
  const { level, position, siblings, key, count, bytes } = row;
  const selected = row.kind === 'tensor' && row.tensor.name === view.selected.value;
  const props = {
    role: 'row' as const,
    tabIndex: focusable ? 0 : -1,
    'aria-level': level,
    'aria-posinset': position,
    'aria-setsize': siblings,
    'aria-rowindex': index,
    'data-key': key,
    style: { transform: `translateY(${top}px)`, '--level': level },
    onFocus: () => (view.focused.value = key),
  };
  const size = (
    <>
      <span role="gridcell" class="number tensor-count" title={plural(count, 'parameter')}>
        {formatShort(count)}
      </span>
      <span role="gridcell" class="number tensor-bytes" title={plural(bytes, 'byte')}>
        <span class="size-bar" style={{ '--share': `${Math.min(100, (100 * bytes) / most)}%` }} />
        {formatBytes(bytes)}
      </span>
    </>
  );
  if (row.kind === 'group')
    return (
      <div {...props} class="tensor-row module-row virtual-item" aria-expanded={row.expanded} onClick={() => view.setExpanded(key, !row.expanded)}>
        <span role="gridcell" class="tensor-name" aria-colspan={3} title={row.path}>
          <Icon name={row.expanded ? 'chevron-down' : 'chevron-right'} class="twisty" />
          <Name text={row.label} class="module-label" words={view.words.value} />
          <span class="quiet">{plural(row.tensors, 'tensor')}</span>
        </span>
        {size}
      </div>
    );
  const { tensor } = row;
  const context: TensorMenuContext = { webviewSection: 'tensor', unitscopeCheckpoint: view.state.value?.uri ?? '', unitscopeTensor: tensor.name, preventDefaultContextMenuItems: true };
  return (
    <div
      {...props}
      class={`tensor-row virtual-item${selected ? ' tensor-selected' : ''}`}
      aria-selected={selected}
      data-vscode-context={JSON.stringify(context)}
      onClick={(event) => {
        event.currentTarget.focus({ preventScroll: true });
        view.select(tensor.name);
      }}
    >
      <span role="gridcell" class="tensor-name" title={tensor.problem ? `${tensor.name}\n${tensor.problem}` : tensor.name}>
        {tensor.problem !== undefined && <Icon name="warning" class="warning" />}
        <Name text={tensor.label} words={view.words.value} />
        {tensor.view && tensor.view.sharedBy > 1 && <span class="quiet tensor-tag">shared</span>}
      </span>
      <span role="gridcell" class="tensor-shape" title={formatShape(tensor.shape)}>
        {formatShape(tensor.shape)}
      </span>
      <span role="gridcell" class="quiet">
        <Marked text={tensor.dtype} words={view.words.value} />
      </span>
      {size}
    </div>
  );
}

function NoRows({ view }: { view: CheckpointView }): VNode {
  const total = view.tensors.value.length;
  if (total === 0)
    return (
      <EmptyState icon="info" title="No tensors">
        This file holds no tensor that could be shown. What else is in it stands under Contents.
      </EmptyState>
    );
  return (
    <EmptyState icon="search" title="No tensor matches">
      Nothing among {formatCount(total)} tensors has “{view.search.value}” in its name, shape or element type.
    </EmptyState>
  );
}
