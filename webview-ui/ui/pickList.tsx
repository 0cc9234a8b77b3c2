import type { ComponentChildren, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { OptionList, useOptions, type PickEntry } from './options';
import { SearchField } from './searchField';

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

/** A searchable list of any length: the focus stays in the search field, the arrows move through the list. */
export function PickList(props: PickListProps): VNode {
  const { label, search, onSearch, entries, selected, onPick, multiple = false, empty, footer } = props;
  const options = useOptions(entries, true);
  const { id, at, active, list } = options;

  // The list opens at what is selected; a search begins at its first hit.
  useEffect(() => {
    active.value = search === '' ? entries.findIndex(({ key, heading }) => !heading && selected.has(key)) : -1;
    list.scrollTo(Math.max(0, active.value), search === '' ? 'center' : 'start');
  }, [search]);

  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      const entry = entries[at];
      if (entry) onPick(entry.key);
    } else if (!options.walk(event.key)) return;
    event.preventDefault();
  };

  return (
    <div class="pick-list" onKeyDown={press}>
      <SearchField value={search} onInput={onSearch} label={label} list={{ id, active: `${id}-${at}` }} />
      <OptionList label={label} options={options} entries={entries} selected={selected} multiple={multiple} follow onPick={onPick} empty={empty} />
      {footer}
    </div>
  );
}
