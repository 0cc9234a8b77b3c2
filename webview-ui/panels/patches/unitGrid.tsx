import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Layer } from '../../../src/protocol/model';
import type { PatchRequest } from '../../../src/protocol/patches';
import type { PatchesSettings } from '../../../src/protocol/views';
import { follow } from '../../shared/follow';
import { useVirtual } from '../../shared/virtual';
import { gridLayout, gridMove, pictureSize } from './gridLayout';
import { noUnits } from './noUnits';
import { Preview, type Hovered } from './preview';
import { UnitCard } from './unitCard';
import type { PatchesView } from './view';
import './unitGrid.css';

interface UnitGridProps {
  view: PatchesView;
  layer: Layer;
  settings: PatchesSettings;
}

/** Space above the first row. */
const edge = 18;

/** The units of a layer as a grid of cards, of which only those on screen are in the page. */
export function UnitGrid({ view, layer, settings }: UnitGridProps): VNode {
  const { pages } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  const hovered = useSignal<Hovered | null>(null);
  const takeFocus = useRef(false);

  follow(pages.version);
  const status = pages.status.value;
  const units = status?.units ?? layer.units ?? 0;
  const dataset = view.session.state.value?.dataset;
  const classes = dataset?.state === 'ready' && dataset.value.labels.length > 1;
  const layout = gridLayout(Math.max(120, width.value), settings.size, settings.top, classes);
  const { columns, rowHeight } = layout;
  const at = Math.min(view.focused.value, Math.max(0, units - 1));
  const list = useVirtual({
    count: Math.ceil(units / columns),
    size: rowHeight,
    scroller,
    margin: edge,
    keep: Math.floor(at / columns),
    overscan: 2,
    initialOffset: view.scroll.peek(),
    onScroll: (offset) => {
      view.scroll.value = offset;
      hovered.value = null;
    },
  });

  useLayoutEffect(() => {
    const measure = (): void => {
      width.value = content.current?.clientWidth ?? 0;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(content.current!);
    return () => observer.disconnect();
  }, [width]);

  // Another layer or order starts at its top; the layer that was shown before hiding, where it was.
  const { order, descending, labels } = settings;
  useLayoutEffect(() => {
    if (scroller.current && units > 0) scroller.current.scrollTop = view.scroll.peek();
  }, [layer.name, order, descending, labels, units > 0, width.value > 0]);

  // Rows on screen, then their patches, then those of the rows next to them.
  const first = (list.range?.first ?? 0) * columns;
  const last = Math.min(units, ((list.range?.last ?? -1) + 1) * columns) - 1;
  const size = pictureSize(layout.side, window.devicePixelRatio);
  useEffect(() => {
    if (width.value > 0) pages.show(first, Math.max(first, last));
  }, [pages, first, last, width.value > 0]);
  useEffect(() => {
    const requests: PatchRequest[] = [];
    const add = (from: number, to: number): void => {
      for (let position = from; position <= to; position++) {
        const row = pages.row(position);
        for (const { index } of row?.top.slice(0, settings.top) ?? []) requests.push({ unit: row!.unit, index });
      }
    };
    add(first, last);
    add(last + 1, Math.min(units - 1, last + columns));
    add(Math.max(0, first - columns), first - 1);
    view.patches.want({ layer: layer.name, size, requests });
  }, [first, last, size, layer.name, settings.top, pages.version.value, view.revision.value]);

  useLayoutEffect(() => {
    if (!takeFocus.current) return;
    const card = scroller.current?.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]');
    if (card?.dataset.position !== String(at)) return;
    takeFocus.current = false;
    card.focus({ preventScroll: true });
  });

  // A unit that is opened or stepped to is in view.
  const opened = view.opened.value;
  useLayoutEffect(() => {
    if (opened && opened.position !== null) list.scrollTo(Math.floor(opened.position / columns));
  }, [opened]);

  const press = (event: KeyboardEvent): void => {
    if (event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      const row = pages.row(at);
      if (row) view.open(row.unit, at);
      event.preventDefault();
      return;
    }
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight));
    const to = units > 0 ? gridMove(at, units, columns, pageRows, event.key, event.ctrlKey || event.metaKey) : null;
    if (to === null) return;
    event.preventDefault();
    hovered.value = null;
    view.focused.value = to;
    takeFocus.current = true;
    list.scrollTo(Math.floor(to / columns));
  };

  const nothing = noUnits(view, layer);
  return (
    <div ref={scroller} class="unit-scroller">
      <div ref={content} class="unit-content">
        {nothing ?? (
          <div
            class="virtual"
            role="grid"
            aria-label="Units"
            aria-busy={pages.stale.value}
            aria-rowcount={Math.ceil(units / columns)}
            aria-colcount={columns}
            style={{
              height: `${list.total + edge}px`,
              '--side': `${layout.side}px`,
              '--across': layout.across,
              '--columns': columns,
              '--card': `${layout.cardWidth}px`,
            }}
            onKeyDown={press}
            onPointerLeave={() => (hovered.value = null)}
          >
            {width.value > 0 &&
              list.items.map(({ index, start }) => (
                <div
                  key={index}
                  class="unit-row virtual-item"
                  role="row"
                  aria-rowindex={index + 1}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {Array.from({ length: Math.min(columns, units - index * columns) }, (_, column) => {
                    const position = index * columns + column;
                    return (
                      <UnitCard
                        key={position}
                        view={view}
                        layer={layer}
                        settings={settings}
                        layout={layout}
                        row={pages.row(position)}
                        position={position}
                        focusable={position === at}
                        hovered={hovered}
                      />
                    );
                  })}
                </div>
              ))}
          </div>
        )}
      </div>
      <Preview view={view} layer={layer} hovered={hovered} />
    </div>
  );
}
