import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount, formatShape, plural } from '../../../shared/format';
import { useVirtual } from '../../../shared/virtual';
import { Button, IconButton } from '../../../ui/button';
import { Icon } from '../../../ui/icon';
import { ProgressRing } from '../../../ui/progress';
import { SearchField } from '../../../ui/searchField';
import { EmptyState } from '../../../views/notice';
import { Marked, Name } from '../../../views/name';
import { WeightContent } from './content';
import type { WeightsView } from './view';
import './weights.css';

/** The page of a model's weights: all tensors, and one of them looked into. */
export function WeightsPage({ view }: { view: WeightsView }): VNode {
  const { value: all } = view.all;
  const chosen = view.chosen.value;
  const back = useRef<HTMLElement>(null);
  useEffect(() => back.current?.focus(), []);
  return (
    <section class="weights" aria-label="Weights" onKeyDown={(event) => event.key === 'Escape' && (event.target as HTMLElement).tagName !== 'INPUT' && (view.open.value = false)}>
      <header class="weights-bar">
        <IconButton ref={back} icon="chevron-left" label="Back to the layers" onPress={() => (view.open.value = false)} />
        <h1>Weights</h1>
        <span class="quiet">{view.session.state.value?.modelName}</span>
      </header>
      {all.state === 'ready' ? (
        all.value.length === 0 ? (
          <EmptyState icon="info" title="This model holds no weights">
            Neither initializers nor constants are in the file.
          </EmptyState>
        ) : (
          <div class="weights-body">
            <WeightList view={view} />
            <div class="weights-page">
              {chosen && <WeightContent key={chosen.name} view={view} weight={chosen} />}
              {view.without.value !== null && (
                <p class="weights-without" role="status">
                  <Icon name="info" /> {view.without.value} has no weights of its own.
                </p>
              )}
            </div>
          </div>
        )
      ) : all.state === 'error' ? (
        <EmptyState tone="error" icon="error" title="The weights cannot be listed" actions={<Button onPress={() => view.session.act('model.reload')}>Reload</Button>}>
          {all.message}
        </EmptyState>
      ) : (
        <div class="loading" role="status">
          <ProgressRing />
          <span>Listing the weights…</span>
        </div>
      )}
    </section>
  );
}

const rowHeight = 40;

/** All tensors by the order of the file; arrows go through them. */
function WeightList({ view }: { view: WeightsView }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = view.found.value;
  const total = view.all.value.state === 'ready' ? view.all.value.value.length : 0;
  const at = Math.max(0, rows.findIndex(({ name }) => name === view.tensor.value));
  const list = useVirtual({ count: rows.length, size: rowHeight, scroller, keep: at });
  useEffect(() => list.scrollTo(at), [rows.length > 0, view.tensor.value]);
  const press = (event: KeyboardEvent): void => {
    const steps: Partial<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 10, PageUp: at - 10 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(rows.length - 1, to));
    view.choose(rows[index]?.name ?? null);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true }));
  };
  return (
    <nav class="weights-list" aria-label="Tensors">
      <div class="weights-search">
        <SearchField value={view.search.value} onInput={(text) => (view.search.value = text)} label="Search name, node or shape" />
        <span class="quiet" role="status">
          {rows.length === total ? plural(total, 'tensor') : `${formatCount(rows.length)} of ${plural(total, 'tensor')}`}
        </span>
      </div>
      <div ref={scroller} class="weights-scroller" role="listbox" aria-label="Tensors" onKeyDown={press}>
        <div class="virtual" style={{ height: `${list.total}px` }}>
          {list.items.map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const selected = row.name === view.tensor.value;
            return (
              <div
                key={row.name}
                role="option"
                aria-selected={selected}
                class={`weight-row virtual-item${selected ? ' weight-selected' : ''}`}
                tabIndex={index === at ? 0 : -1}
                style={{ transform: `translateY(${start}px)` }}
                title={[row.name, [formatShape(row.shape), row.node].filter(Boolean).join(' · ')].join('\n')}
                onClick={(event) => {
                  event.currentTarget.focus({ preventScroll: true });
                  view.choose(row.name);
                }}
              >
                <span class="weight-name">
                  <Name text={row.name} words={view.words.value} />
                </span>
                <span class="weight-shape quiet">
                  {formatShape(row.shape)}
                  {row.node !== '' && (
                    <>
                      {' · '}
                      <Marked text={row.node} words={view.words.value} />
                    </>
                  )}
                </span>
              </div>
            );
          })}
        </div>
        {rows.length === 0 && <p class="weights-none quiet">No tensor has “{view.search.value}” in its name, node or shape.</p>}
      </div>
    </nav>
  );
}
