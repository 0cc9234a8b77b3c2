import { useSignal, type Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useVirtual, type Virtual } from '../shared/virtual';

interface TreeGridOptions {
  rows: readonly { key: string }[];
  rowHeight: number;
  scroller: RefObject<HTMLElement | null>;
  /** Key of the row with the focus. */
  focused: Signal<string | null>;
  scroll: Signal<number>;
}

export interface TreeGrid {
  /** For what sticks above the columns, for the rows, and for the field that / and Ctrl+F lead to. */
  head: RefObject<HTMLDivElement | null>;
  body: RefObject<HTMLDivElement | null>;
  search: RefObject<HTMLInputElement | null>;
  /** The row with the focus. */
  at: number;
  list: Virtual;
  /** Height of the head, for what sticks below it. */
  headHeight: number;
  /** Rows that PageDown goes on by. */
  page(): number;
  /** Takes the focus to a row. */
  goTo(index: number): void;
  /** Where a row stands. */
  place(index: number, start: number): RowPlace;
}

/** Where a row stands in a tree grid. */
export interface RowPlace {
  top: number;
  /** As ARIA counts: the header is 1. */
  index: number;
  focusable: boolean;
  onFocus: () => void;
}

/** A tree grid after WAI-ARIA's pattern, with the focus on rows, of which only those on screen are in the page. */
export function useTreeGrid({ rows, rowHeight, scroller, focused, scroll }: TreeGridOptions): TreeGrid {
  const head = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const takeFocus = useRef(false);
  const measured = useSignal({ margin: 0, head: 0, covered: 0 });
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === focused.value),
  );
  const { margin, head: headHeight, covered } = measured.value;
  const list = useVirtual({
    count: rows.length,
    size: rowHeight,
    scroller,
    margin,
    covered,
    keep: at,
    overscan: 12,
    initialOffset: scroll.peek(),
    onScroll: (offset) => (scroll.value = offset),
  });

  useLayoutEffect(() => {
    const measure = (): void => {
      const above = head.current?.offsetHeight ?? 0;
      const columns = (body.current?.previousElementSibling as HTMLElement | null)?.offsetHeight ?? 0;
      const next = { margin: body.current?.offsetTop ?? 0, head: above, covered: above + columns };
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
    if (scroller.current) scroller.current.scrollTop = scroll.peek();
  }, []);

  useLayoutEffect(() => {
    if (!takeFocus.current) return;
    const row = body.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
    if (row?.dataset.key !== focused.peek()) return;
    takeFocus.current = false;
    row.focus({ preventScroll: true });
  });

  // Where a panel opens beside it, the list gets narrower and its head higher: the row with the focus stays in view.
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

  const focus = (key: string): void => void (focused.value = key);
  return {
    head,
    body,
    search,
    at,
    list,
    headHeight,
    page: () => Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - covered) / rowHeight) - 1),
    goTo: (index) => {
      const row = rows[index];
      if (!row) return;
      focus(row.key);
      takeFocus.current = true;
      list.scrollTo(index);
    },
    place: (index, start) => ({
      top: start - margin,
      index: index + 2,
      focusable: index === at,
      onFocus: () => focus(rows[index]!.key),
    }),
  };
}

/** What makes an element a row of a tree grid. */
export function treeRowProps(
  { level, position, siblings, key }: { level: number; position: number; siblings: number; key: string },
  { top, index, focusable, onFocus }: RowPlace,
) {
  return {
    role: 'row' as const,
    tabIndex: focusable ? 0 : -1,
    'aria-level': level,
    'aria-posinset': position,
    'aria-setsize': siblings,
    'aria-rowindex': index,
    'data-key': key,
    style: { transform: `translateY(${top}px)`, '--level': level },
    onFocus,
  };
}
