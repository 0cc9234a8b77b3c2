import type { RefObject, VNode } from 'preact';
import type { ModelSummary } from '../../../src/protocol/model';
import { formatCount, plural } from '../../shared/format';
import { IconButton } from '../../ui/button';
import { Checkbox } from '../../ui/checkbox';
import { SearchField } from '../../ui/searchField';
import type { ModelView } from './view';

interface LayerToolbarProps {
  view: ModelView;
  summary: ModelSummary;
  search: RefObject<HTMLInputElement | null>;
  /** The arrow down leads from the search into the list. */
  onDown: () => void;
}

export function LayerToolbar({ view, summary, search, onDown }: LayerToolbarProps): VNode {
  const total = summary.layers.length;
  const shown = view.shown.value;
  const intermediate = summary.layers.some(({ primary }) => !primary);
  const groups = summary.layers.some(({ group }) => group.length > 0);
  return (
    <div class="layers-toolbar" role="toolbar" aria-label="Layers">
      <div
        class="layers-search"
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          onDown();
        }}
      >
        <SearchField
          value={view.search.value}
          onInput={(text) => (view.search.value = text)}
          label="Search layers"
          field={search}
        />
      </div>
      <span class="layers-count quiet" role="status">
        {shown === total ? plural(total, 'layer') : `${formatCount(shown)} of ${plural(total, 'layer')}`}
      </span>
      {intermediate && (
        <Checkbox
          checked={view.intermediate.value}
          onChange={(checked) => (view.intermediate.value = checked)}
          title="Pre-activations, reshapes and other values that are the next layer's business"
        >
          Intermediate layers
        </Checkbox>
      )}
      {groups && (
        <span class="layers-folding">
          <IconButton icon="expand-all" label="Expand all groups" onPress={() => view.setAllExpanded(true)} />
          <IconButton icon="collapse-all" label="Collapse all groups" onPress={() => view.setAllExpanded(false)} />
        </span>
      )}
    </div>
  );
}
