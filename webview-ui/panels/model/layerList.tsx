import { useSignalEffect } from '@preact/signals';
import type { RefObject, VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { ModelSummary } from '../../../src/protocol/model';
import { openMenu, swallowsNativeMenu } from '../../views/contextMenu';
import { EmptyState } from '../../views/notice';
import { inputSize } from '../../views/receptiveFieldMark';
import { ScanBar } from '../../views/scanBar';
import { useTreeGrid } from '../../views/treeGrid';
import { treeMove, typeAhead } from '../../views/treeKeys';
import { LayerToolbar } from './layerToolbar';
import { GroupRowView, LayerRowView, rowHeight } from './rows';
import type { ModelView } from './view';
import '../../views/list.css';
import './layerList.css';

interface LayerListProps {
  view: ModelView;
  summary: ModelSummary;
  scroller: RefObject<HTMLElement | null>;
}

const typingPause = 700;

/** All layers by module: a tree grid after WAI-ARIA's pattern, of which only the rows on screen are in the page. */
export function LayerList({ view, summary, scroller }: LayerListProps): VNode {
  const { session } = view;
  const typed = useRef({ text: '', at: 0 });
  const rows = view.rows.value;
  const grid = useTreeGrid({ rows, rowHeight, scroller, focused: view.focused, scroll: view.scroll });
  const { at, list } = grid;

  // A layer was selected in the tree or by a command: its row comes into view.
  useSignalEffect(() => {
    if (!session.selectedElsewhere.value) return;
    const index = view.rows.peek().findIndex((row) => row.key === view.focused.peek());
    if (index >= 0) requestAnimationFrame(() => list.scrollTo(index));
  });

  const canRun = 'input' in summary.image;
  const visualize = (layer: string): void => {
    if (canRun) session.visualize(layer);
  };

  const press = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (!row || event.altKey || (event.target as HTMLElement).closest('button')) return;
    const modified = event.ctrlKey || event.metaKey;
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      if (row.kind === 'layer') openMenu(event.target as HTMLElement, event);
    } else if (event.key === 'Enter') {
      if (row.kind === 'group') view.setExpanded(row.key, !row.expanded);
      else visualize(row.layer.name);
    } else if (event.key === ' ') {
      if (row.kind === 'group') view.setExpanded(row.key, !row.expanded);
      else {
        view.mark(row.layer.name, modified ? 'toggle' : event.shiftKey ? 'range' : 'alone');
        if (!modified && !event.shiftKey) session.select(row.layer.name);
      }
    } else if (!modified && event.key.length === 1 && event.key !== '/') {
      const { text, at: when } = typed.current;
      const now = performance.now();
      typed.current = { text: now - when < typingPause ? text + event.key : event.key, at: now };
      const found = typeAhead(rows, at, typed.current.text);
      if (found !== null) grid.goTo(found);
    } else {
      const move = treeMove(rows, at, event.key, grid.page());
      if (!move) return;
      if ('to' in move) grid.goTo(move.to);
      else view.setExpanded(move.open, move.expanded);
    }
    event.preventDefault();
  };

  const size = inputSize(
    summary.image,
    session.state.value?.preprocess.state === 'ready' ? session.state.value.preprocess.value.inputSize : null,
  );
  const mostParameters = Math.max(1, ...summary.layers.map(({ parameters }) => parameters));
  const primary = summary.layers.filter((layer) => layer.primary).length;
  return (
    <section class="layers" aria-label="Layers" style={{ '--head': `${grid.headHeight}px` }}>
      <div ref={grid.head} class="list-head">
        {canRun && <ScanBar session={session} layers={primary} />}
        <LayerToolbar view={view} summary={summary} search={grid.search} onDown={() => grid.goTo(0)} />
      </div>
      <div
        class="list layer-list"
        role="treegrid"
        aria-label="Layers by module"
        aria-rowcount={rows.length + 1}
        aria-multiselectable
        onKeyDown={press}
      >
        <div class="list-columns layer-columns" role="row" aria-rowindex={1}>
          <span role="columnheader">Layer</span>
          <span role="columnheader">Kind</span>
          <span role="columnheader">Shape</span>
          <span
            role="columnheader"
            class="number"
            title="Channels, features or tokens' dimensions: what has a score of its own"
          >
            Units
          </span>
          <span role="columnheader" title="The part of the input that one position of the layer sees">
            Receptive field
          </span>
          <span role="columnheader" class="number">
            Parameters
          </span>
        </div>
        <div
          ref={grid.body}
          class="virtual"
          role="rowgroup"
          style={{ height: `${list.total}px` }}
          onContextMenuCapture={swallowsNativeMenu}
        >
          {list.items.map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const place = grid.place(index, start);
            return row.kind === 'group' ? (
              <GroupRowView
                key={row.key}
                row={row}
                {...place}
                onToggle={() => view.setExpanded(row.key, !row.expanded)}
              />
            ) : (
              <LayerRowView
                key={row.key}
                row={row}
                {...place}
                session={session}
                marked={view.marked.value}
                onMark={(how) => view.mark(row.layer.name, how)}
                words={view.words.value}
                inputSize={size}
                mostParameters={mostParameters}
                onVisualize={() => visualize(row.layer.name)}
              />
            );
          })}
        </div>
      </div>
      {rows.length === 0 && <NoRows view={view} summary={summary} />}
    </section>
  );
}

function NoRows({ view, summary }: { view: ModelView; summary: ModelSummary }): VNode {
  if (summary.layers.length === 0)
    return (
      <EmptyState icon="info" title="No layers">
        The graph computes nothing from its inputs: there is no activation to look at.
      </EmptyState>
    );
  return (
    <EmptyState icon="search" title="No layer matches">
      Nothing among {summary.layers.length} layers has “{view.search.value}” in its name, operator, kind or module.
    </EmptyState>
  );
}
