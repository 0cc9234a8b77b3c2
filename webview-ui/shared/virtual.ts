import { useSignal } from '@preact/signals';
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';
import { follow } from './follow';

export interface VirtualOptions {
  count: number;
  /** Height of an item in pixels; all are alike. */
  size: number;
  scroller: RefObject<HTMLElement | null>;
  /** Distance from the top of what scrolls to the first item. */
  margin?: number;
  /** Height at the top of the scroller that sticky elements cover. */
  covered?: number;
  /** An item that stays in the page even when it is scrolled away: the one with the focus. */
  keep?: number;
  overscan?: number;
  initialOffset?: number;
  onScroll?: (offset: number) => void;
}

export interface Virtual {
  items: VirtualItem[];
  /** Height of all items. */
  total: number;
  /** Items on screen, without overscan. */
  range: { first: number; last: number } | null;
  scrollTo(index: number, align?: 'auto' | 'start' | 'center'): void;
}

/** Which items of a long list of equal heights are to be in the page. */
export function useVirtual(options: VirtualOptions): Virtual {
  const { count, size, scroller, margin = 0, covered = 0, keep = -1, overscan = 8, onScroll } = options;
  const version = useSignal(0);
  const instance = useRef<Virtualizer<HTMLElement, HTMLElement>>(undefined);
  const settings = {
    count,
    estimateSize: () => size,
    getScrollElement: () => scroller.current,
    scrollMargin: margin,
    scrollPaddingStart: covered,
    overscan,
    initialOffset: options.initialOffset ?? 0,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const indices = defaultRangeExtractor(range);
      if (keep >= 0 && keep < count && !indices.includes(keep)) indices.push(keep);
      return indices.sort((a, b) => a - b);
    },
    onChange: (virtualizer: Virtualizer<HTMLElement, HTMLElement>) => {
      version.value++;
      if (virtualizer.scrollOffset !== null) onScroll?.(virtualizer.scrollOffset);
    },
  };
  const virtualizer = (instance.current ??= new Virtualizer(settings));
  virtualizer.setOptions(settings);
  follow(version);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, size]);

  const items = virtualizer.getVirtualItems();
  const { range } = virtualizer;
  return {
    items,
    total: count * size,
    range: range && count > 0 ? { first: range.startIndex, last: Math.min(range.endIndex, count - 1) } : null,
    scrollTo: (index, align = 'auto') => virtualizer.scrollToIndex(index, { align }),
  };
}
