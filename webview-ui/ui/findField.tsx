import { useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { OptionList, useOptions, type PickEntry } from './options';
import { Popover } from './popover';
import { SearchField } from './searchField';
import './findField.css';

interface FindFieldProps {
  label: string;
  value: string;
  onInput: (text: string) => void;
  field?: RefObject<HTMLInputElement | null>;
  /** What is found; asked for only while the list is on show. */
  entries: () => readonly PickEntry[];
  onPick: (key: string) => void;
  /** Enter and F3 where nothing in the list is picked. */
  onNext: (step: 1 | -1) => void;
  onFocus?: () => void;
  /** Shown when nothing is found. */
  empty: ComponentChildren;
  footer?: ComponentChildren;
}

/** A search field whose hits drop below it as one types. They go once one has gone to one of them, at Escape, and with the focus. */
export function FindField({ label, value, onInput, field, entries: entriesOf, onPick, onNext, onFocus, empty, footer }: FindFieldProps): VNode {
  const anchor = useRef<HTMLDivElement>(null);
  const wanted = useSignal(false);
  const open = wanted.value && value.trim() !== '';
  const entries = open ? entriesOf() : [];
  const options = useOptions(entries, false);
  const { id, at, active, list } = options;

  // Before the next key is pressed.
  useLayoutEffect(() => {
    active.value = -1;
    list.scrollTo(0, 'start');
  }, [value, open]);

  const close = (): void => void (wanted.value = false);
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const entry = entries[at];
    if (event.key === 'Enter' && entry) onPick(entry.key);
    else if (event.key === 'Enter' || event.key === 'F3') onNext(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape' && open) event.stopPropagation();
    else if (event.key === 'ArrowDown' && !open) {
      wanted.value = true;
      event.preventDefault();
      return;
    } else {
      if (open && options.walk(event.key)) event.preventDefault();
      return;
    }
    event.preventDefault();
    close();
  };

  return (
    <div ref={anchor} class="find-field" onKeyDownCapture={press}>
      <SearchField
        value={value}
        onInput={(text) => {
          wanted.value = true;
          onInput(text);
        }}
        label={label}
        field={field}
        list={{ id, active: at < 0 ? undefined : `${id}-${at}`, open }}
        onFocus={() => {
          wanted.value = true;
          onFocus?.();
        }}
        onBlur={close}
      />
      {open && (
        <Popover anchor={anchor} label="Found" role="none" class="find-popover" onClose={close}>
          {/* The focus stays in the field. */}
          <div class="pick-list" onMouseDown={(event) => event.preventDefault()}>
            <OptionList
              label="Found"
              options={options}
              entries={entries}
              selected={new Set(entries[at] ? [entries[at].key] : [])}
              onPick={(key) => {
                onPick(key);
                close();
              }}
              empty={empty}
            />
            {footer}
          </div>
        </Popover>
      )}
    </div>
  );
}
