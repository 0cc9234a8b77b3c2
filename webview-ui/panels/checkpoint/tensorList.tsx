import type { RefObject, VNode } from 'preact';
import type { TensorMenuContext } from '../../../src/protocol/checkpointViews';
import { formatBytes, formatCount, formatShape, formatShort, plural } from '../../shared/format';
import { Icon } from '../../ui/icon';
import { openMenu, swallowsNativeMenu } from '../../views/contextMenu';
import { Marked, Name } from '../../views/name';
import { EmptyState } from '../../views/notice';
import { treeRowProps, useTreeGrid, type RowPlace } from '../../views/treeGrid';
import { treeMove } from '../../views/treeKeys';
import { TensorToolbar } from './tensorToolbar';
import type { CheckpointRow, TensorOrder } from './tensorTree';
import type { CheckpointView } from './view';
import '../../views/list.css';
import './tensorList.css';

const rowHeight = 24;

/** All tensors by module: a tree grid of which only the rows on screen are in the page. */
export function TensorList({ view, scroller }: { view: CheckpointView; scroller: RefObject<HTMLElement | null> }): VNode {
  const rows = view.rows.value;
  const grid = useTreeGrid({ rows, rowHeight, scroller, focused: view.focused, scroll: view.scroll });
  const { at, list } = grid;
  const goTo = (index: number): void => {
    const row = rows[index];
    grid.goTo(index);
    // Where a tensor is looked at, the arrows lead to the next one.
    if (row?.kind === 'tensor' && view.selected.peek() !== null) view.selected.value = row.tensor.name;
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
      const move = treeMove(rows, at, event.key, grid.page());
      if (!move) return;
      if ('to' in move) goTo(move.to);
      else view.setExpanded(move.open, move.expanded);
    }
    event.preventDefault();
  };
  const most = Math.max(1, ...(view.found.value.length < 100_000 ? view.found.value : []).map(({ bytes }) => bytes));

  return (
    <section class="tensors" aria-label="Tensors" style={{ '--head': `${grid.headHeight}px` }}>
      <div ref={grid.head} class="list-head">
        <TensorToolbar view={view} search={grid.search} onDown={() => goTo(0)} />
      </div>
      <div class="list tensor-list" role="treegrid" aria-label="Tensors by module" aria-rowcount={rows.length + 1} onKeyDown={press}>
        <div class="list-columns" role="row" aria-rowindex={1}>
          <Column view={view} order="name" label="Tensor" />
          <span role="columnheader">Shape</span>
          <span role="columnheader">Type</span>
          <span role="columnheader" class="number">
            Parameters
          </span>
          <Column view={view} order="size" label="Bytes" number />
        </div>
        <div ref={grid.body} class="virtual" role="rowgroup" style={{ height: `${list.total}px` }} onContextMenuCapture={swallowsNativeMenu}>
          {list.items.map(({ index, start }) => {
            const row = rows[index];
            return row && <Row key={row.key} view={view} row={row} {...grid.place(index, start)} most={most} />;
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

interface RowProps extends RowPlace {
  view: CheckpointView;
  row: CheckpointRow;
  most: number;
}

function Row({ view, row, most, ...place }: RowProps): VNode {
  const { key, count, bytes } = row;
  const selected = row.kind === 'tensor' && row.tensor.name === view.selected.value;
  const props = treeRowProps(row, place);
  const size = (
    <>
      <span role="gridcell" class="number tensor-count" title={plural(count, 'parameter')}>
        {formatShort(count)}
      </span>
      <span role="gridcell" class="number with-bar tensor-bytes" title={plural(bytes, 'byte')}>
        <span class="size-bar" style={{ '--share': `${Math.min(100, (100 * bytes) / most)}%` }} />
        {formatBytes(bytes)}
      </span>
    </>
  );
  if (row.kind === 'group')
    return (
      <div {...props} class="list-row tree-group tensor-row virtual-item" aria-expanded={row.expanded} onClick={() => view.setExpanded(key, !row.expanded)}>
        <span role="gridcell" class="tree-name" aria-colspan={3} title={row.path}>
          <Icon name={row.expanded ? 'chevron-down' : 'chevron-right'} class="twisty" />
          <Name text={row.label} class="group-label" words={view.words.value} />
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
      class={`list-row tensor-row virtual-item${selected ? ' list-selected' : ''}`}
      aria-selected={selected}
      data-vscode-context={JSON.stringify(context)}
      onClick={(event) => {
        event.currentTarget.focus({ preventScroll: true });
        view.select(tensor.name);
      }}
    >
      <span role="gridcell" class="tree-name" title={tensor.problem ? `${tensor.name}\n${tensor.problem}` : tensor.name}>
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
