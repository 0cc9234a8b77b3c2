import { useSignal, useSignalEffect } from '@preact/signals';
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ModelSummary } from '../../../src/protocol/model';
import { useVirtual } from '../../shared/virtual';
import { EmptyState } from '../../views/notice';
import { inputSize } from '../../views/receptiveFieldMark';
import { ScanBar } from '../../views/scanBar';
import { treeMove, typeAhead } from '../../views/treeKeys';
import { LayerToolbar } from './layerToolbar';
import { openMenu, swallowsNativeMenu } from './menu';
import { GroupRowView, LayerRowView, rowHeight } from './rows';
import type { ModelView } from './view';
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
  const head = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const measured = useSignal({ margin: 0, head: 0, covered: 0 });
  const takeFocus = useRef(false);
  const typed = useRef({ text: '', at: 0 });

  const rows = view.rows.value;
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === view.focused.value),
  );
  const { margin, covered } = measured.value;
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
      const headHeight = head.current?.offsetHeight ?? 0;
      const header = (body.current?.previousElementSibling as HTMLElement | null)?.offsetHeight ?? 0;
      const next = { margin: body.current?.offsetTop ?? 0, head: headHeight, covered: headHeight + header };
      if (JSON.stringify(next) !== JSON.stringify(measured.peek())) measured.value = next;
    };
    measure();
    const observer = new ResizeObserver(measure);
    for (const element of [head.current, scroller.current?.firstElementChild, scroller.current])
      if (element) observer.observe(element);
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

  const goTo = (index: number): void => {
    const row = rows[index];
    if (!row) return;
    view.focused.value = row.key;
    takeFocus.current = true;
    list.scrollTo(index);
  };

  // A layer was selected in the tree or by a command: its row comes into view.
  useSignalEffect(() => {
    if (!session.selectedElsewhere.value) return;
    const index = view.rows.peek().findIndex((row) => row.key === view.focused.peek());
    if (index >= 0) requestAnimationFrame(() => list.scrollTo(index));
  });

  // Where the panel opens beside it, the list gets narrower and its head higher: the row with the focus stays in view.
  const shown = useRef({ at, range: list.range });
  shown.current = { at, range: list.range };
  useEffect(() => {
    const keep = (): void => {
      const { at: row, range } = shown.current;
      if (range && row >= range.first && row <= range.last)
        requestAnimationFrame(() => requestAnimationFrame(() => list.scrollTo(row)));
    };
    window.addEventListener('resize', keep);
    return () => window.removeEventListener('resize', keep);
  }, []);

  useEffect(() => {
    const find = (event: KeyboardEvent): void => {
      const inField = event.target instanceof HTMLInputElement;
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !inField;
      if (!slash && !(event.key === 'f' && (event.ctrlKey || event.metaKey))) return;
      event.preventDefault();
      event.stopPropagation(); // VS Code listens further out
      search.current?.focus();
      search.current?.select();
    };
    document.addEventListener('keydown', find);
    return () => document.removeEventListener('keydown', find);
  }, []);

  const canRun = 'input' in summary.image;
  const visualize = (layer: string): void => {
    if (canRun) session.visualize(layer);
  };

  const press = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (!row || event.altKey || (event.target as HTMLElement).closest('button')) return;
    const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - covered) / rowHeight) - 1);
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
      if (found !== null) goTo(found);
    } else {
      const move = treeMove(rows, at, event.key, page);
      if (!move) return;
      if ('to' in move) goTo(move.to);
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
    <section class="layers" aria-label="Layers" style={{ '--head': `${measured.value.head}px` }}>
      <div ref={head} class="layers-head">
        {canRun && <ScanBar session={session} layers={primary} />}
        <LayerToolbar view={view} summary={summary} search={search} onDown={() => goTo(0)} />
      </div>
      <div
        class="treegrid"
        role="treegrid"
        aria-label="Layers by module"
        aria-rowcount={rows.length + 1}
        aria-multiselectable
        onKeyDown={press}
      >
        <div class="layer-columns" role="row" aria-rowindex={1}>
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
          ref={body}
          class="virtual"
          role="rowgroup"
          style={{ height: `${list.total}px` }}
          onContextMenuCapture={swallowsNativeMenu}
        >
          {list.items.map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const place = {
              top: start - margin,
              index: index + 2,
              focusable: index === at,
              onFocus: () => (view.focused.value = row.key),
            };
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
