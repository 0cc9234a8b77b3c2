import type { RefObject, VNode } from 'preact';
import { formatCount, formatShort, plural } from '../../shared/format';
import { ListToolbar } from '../../views/listToolbar';
import type { CheckpointTab, CheckpointView } from './view';

/** Tensors or the other contents, and the search. */
export function TensorToolbar({ view, search, onDown }: { view: CheckpointView; search: RefObject<HTMLInputElement | null>; onDown: () => void }): VNode {
  const total = view.tensors.value.length;
  const found = view.found.value;
  const groups = view.tensors.value.some(({ group }) => group.length > 0);
  const shown = found.reduce((sum, { count }) => sum + count, 0);
  return (
    <ListToolbar
      label="Tensors"
      search={view.search.value}
      onSearch={(text) => (view.search.value = text)}
      placeholder="Search name, shape or type"
      field={search}
      onDown={onDown}
      count={found.length === total ? plural(total, 'tensor') : `${formatCount(found.length)} of ${plural(total, 'tensor')}, ${formatShort(shown)} parameters`}
      folding={groups ? { branches: 'modules', onFold: (expanded) => view.setAllExpanded(expanded) } : null}
    />
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
