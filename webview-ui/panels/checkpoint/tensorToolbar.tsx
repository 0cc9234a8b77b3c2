import type { RefObject, VNode } from 'preact';
import { formatCount, formatShort, plural } from '../../shared/format';
import { IconButton } from '../../ui/button';
import { SearchField } from '../../ui/searchField';
import type { CheckpointTab, CheckpointView } from './view';

/** Tensors or the other contents, and the search. */
export function TensorToolbar({ view, search, onDown }: { view: CheckpointView; search: RefObject<HTMLInputElement | null>; onDown: () => void }): VNode {
  const total = view.tensors.value.length;
  const found = view.found.value;
  const groups = view.tensors.value.some(({ group }) => group.length > 0);
  const shown = found.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="tensors-toolbar" role="toolbar" aria-label="Tensors">
      <div
        class="tensors-search"
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          onDown();
        }}
      >
        <SearchField value={view.search.value} onInput={(text) => (view.search.value = text)} label="Search name, shape or type" field={search} />
      </div>
      <span class="tensors-count quiet" role="status">
        {found.length === total ? plural(total, 'tensor') : `${formatCount(found.length)} of ${plural(total, 'tensor')}, ${formatShort(shown)} parameters`}
      </span>
      {groups && (
        <span class="tensors-folding">
          <IconButton icon="expand-all" label="Expand all modules" onPress={() => view.setAllExpanded(true)} />
          <IconButton icon="collapse-all" label="Collapse all modules" onPress={() => view.setAllExpanded(false)} />
        </span>
      )}
    </div>
  );
}

const tabs: { id: CheckpointTab; label: string }[] = [
  { id: 'tensors', label: 'Tensors' },
  { id: 'contents', label: 'Contents' },
];

export function CheckpointTabs({ view }: { view: CheckpointView }): VNode {
  const move = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    event.preventDefault();
    view.tab.value = view.tab.peek() === 'tensors' ? 'contents' : 'tensors';
    document.getElementById(`tab-${view.tab.peek()}`)?.focus();
  };
  return (
    <div class="checkpoint-tabs" role="tablist" aria-label="Views" onKeyDown={move}>
      {tabs.map(({ id, label }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          class="checkpoint-tab"
          aria-selected={view.tab.value === id}
          aria-controls="checkpoint-content"
          tabIndex={view.tab.value === id ? 0 : -1}
          onClick={() => (view.tab.value = id)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
