import type { ComponentChildren, RefObject, VNode } from 'preact';
import { IconButton } from '../ui/button';
import { SearchField } from '../ui/searchField';

interface ListToolbarProps {
  /** What the list is of: "Layers". */
  label: string;
  search: string;
  onSearch: (text: string) => void;
  placeholder: string;
  field: RefObject<HTMLInputElement | null>;
  /** The arrow down leads from the search into the list. */
  onDown: () => void;
  /** How many are shown. */
  count: string;
  /** What the tree's branches are called, "groups", and what opens or closes them all; null where there are none. */
  folding: { branches: string; onFold: (expanded: boolean) => void } | null;
  children?: ComponentChildren;
}

/** Above a list: its search, how many it shows, and what folds it. */
export function ListToolbar({ label, search, onSearch, placeholder, field, onDown, count, folding, children }: ListToolbarProps): VNode {
  return (
    <div class="list-toolbar" role="toolbar" aria-label={label}>
      <div
        class="list-search"
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          onDown();
        }}
      >
        <SearchField value={search} onInput={onSearch} label={placeholder} field={field} />
      </div>
      <span class="list-count quiet" role="status">
        {count}
      </span>
      {children}
      {folding && (
        <span class="list-folding">
          <IconButton icon="expand-all" label={`Expand all ${folding.branches}`} onPress={() => folding.onFold(true)} />
          <IconButton icon="collapse-all" label={`Collapse all ${folding.branches}`} onPress={() => folding.onFold(false)} />
        </span>
      )}
    </div>
  );
}
