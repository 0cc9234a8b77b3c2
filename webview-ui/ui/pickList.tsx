import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useVirtual } from '../shared/virtual';
import { SearchField } from './searchField';
import './pickList.css';

export interface PickEntry {
  key: string;
  /** Headings stand between entries and cannot be picked. */
  heading?: boolean;
  content: ComponentChildren;
  title?: string;
}

interface PickListProps {
  label: string;
  search: string;
  onSearch: (text: string) => void;
  entries: readonly PickEntry[];
  selected: ReadonlySet<string>;
  onPick: (key: string) => void;
  multiple?: boolean;
  /** Shown when nothing matches. */
  empty: string;
  footer?: ComponentChildren;
}

const height = 26;

/** A searchable list of any length: the focus stays in the search field, the arrows move through the list. */
export function PickList(props: PickListProps): VNode {
  const { label, search, onSearch, entries, selected, onPick, multiple = false, empty, footer } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const active = useSignal(-1);
  const at =
    entries[active.value] && !entries[active.value]?.heading
      ? active.value
      : entries.findIndex((entry) => !entry.heading);
  const list = useVirtual({ count: entries.length, size: height, scroller, keep: at });

  // The list opens at what is selected; a search begins at its first hit.
  useEffect(() => {
    active.value = search === '' ? entries.findIndex(({ key, heading }) => !heading && selected.has(key)) : -1;
    list.scrollTo(Math.max(0, active.value), search === '' ? 'center' : 'start');
  }, [search]);

  const move = (from: number, step: number): void => {
    for (let next = from; next >= 0 && next < entries.length; next += step) {
      if (entries[next]?.heading) continue;
      active.value = next;
      list.scrollTo(next);
      return;
    }
  };
  const press = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? height) / height) - 1);
    if (event.key === 'ArrowDown') move(at + 1, 1);
    else if (event.key === 'ArrowUp') move(at - 1, -1);
    else if (event.key === 'PageDown') move(Math.min(entries.length - 1, at + page), -1);
    else if (event.key === 'PageUp') move(Math.max(0, at - page), 1);
    else if (event.key === 'Enter') {
      const entry = entries[at];
      if (entry) onPick(entry.key);
    } else return;
    event.preventDefault();
  };

  return (
    <div class="pick-list" onKeyDown={press}>
      <SearchField value={search} onInput={onSearch} label={label} list={{ id, active: `${id}-${at}` }} />
      <div
        ref={scroller}
        id={id}
        class="pick-scroller"
        role="listbox"
        aria-label={label}
        aria-multiselectable={multiple}
        tabIndex={-1}
      >
        <div class="virtual" style={{ height: `${list.total}px` }}>
          {list.items.map(({ index, start }) => {
            const entry = entries[index];
            if (!entry) return null;
            const style = { transform: `translateY(${start}px)`, height: `${height}px` };
            if (entry.heading)
              return (
                <div key={entry.key} class="pick-heading virtual-item" role="presentation" style={style}>
                  {entry.content}
                </div>
              );
            return (
              <div
                key={entry.key}
                id={`${id}-${index}`}
                class={`pick-entry virtual-item${index === at ? ' pick-active' : ''}${selected.has(entry.key) ? ' pick-selected' : ''}`}
                role="option"
                aria-selected={selected.has(entry.key)}
                title={entry.title}
                style={style}
                onPointerMove={() => (active.value = index)}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => onPick(entry.key)}
              >
                {entry.content}
              </div>
            );
          })}
        </div>
        {entries.length === 0 && <p class="pick-empty">{empty}</p>}
      </div>
      {footer}
    </div>
  );
}
