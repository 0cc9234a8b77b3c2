import { useSignal, type Signal } from '@preact/signals';
import type { ComponentChildren, RefObject, VNode } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { useVirtual, type Virtual } from '../shared/virtual';
import './pickList.css';

export interface PickEntry {
  key: string;
  /** Headings stand between entries and cannot be picked. */
  heading?: boolean;
  content: ComponentChildren;
  title?: string;
}

/** A list whose entries are walked with the arrow keys while the focus stays in the field above it. */
export interface Options {
  id: string;
  /** The entry one is at, -1 for none. */
  at: number;
  /** Where one was moved to; -1: nowhere. */
  active: Signal<number>;
  scroller: RefObject<HTMLDivElement | null>;
  list: Virtual;
  /** Moves along for arrow and page keys; whether the key was one of these. */
  walk(key: string): boolean;
}

const height = 26;

/** `first`: one is at the first entry as long as one has not moved; otherwise at none, and back above the first at none again. */
export function useOptions(entries: readonly PickEntry[], first: boolean): Options {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const active = useSignal(-1);
  const isEntry = (at: number): boolean => entries[at] !== undefined && !entries[at].heading;
  const at = isEntry(active.value) ? active.value : first ? entries.findIndex(({ heading }) => !heading) : -1;
  const list = useVirtual({ count: entries.length, size: height, scroller, keep: at });

  const move = (from: number, step: number): void => {
    for (let next = from; next >= 0 && next < entries.length; next += step) {
      if (!isEntry(next)) continue;
      active.value = next;
      list.scrollTo(next);
      return;
    }
    if (step < 0 && !first) active.value = -1;
  };
  const walk = (key: string): boolean => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? height) / height) - 1);
    if (key === 'ArrowDown') move(at + 1, 1);
    else if (key === 'ArrowUp') move(at - 1, -1);
    else if (key === 'PageDown') move(Math.min(entries.length - 1, at + page), -1);
    else if (key === 'PageUp') move(Math.max(0, at - page), 1);
    else return false;
    return true;
  };
  return { id, at, active, scroller, list, walk };
}

interface OptionListProps {
  label: string;
  options: Options;
  entries: readonly PickEntry[];
  selected: ReadonlySet<string>;
  multiple?: boolean;
  /** Whether one is at the entry under the pointer. */
  follow?: boolean;
  onPick: (key: string) => void;
  /** Shown when there is nothing. */
  empty: ComponentChildren;
}

/** The entries of any number that are walked with `useOptions`. */
export function OptionList({ label, options: { id, at, active, scroller, list }, entries, selected, multiple = false, follow = false, onPick, empty }: OptionListProps): VNode {
  return (
    <div ref={scroller} id={id} class="pick-scroller" role="listbox" aria-label={label} aria-multiselectable={multiple} tabIndex={-1}>
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
              onPointerMove={follow ? () => (active.value = index) : undefined}
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
  );
}
