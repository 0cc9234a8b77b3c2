import type { RefObject, VNode } from 'preact';
import type { ModelSummary } from '../../../src/protocol/model';
import { formatCount, plural } from '../../shared/format';
import { Checkbox } from '../../ui/checkbox';
import { ListToolbar } from '../../views/listToolbar';
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
    <ListToolbar
      label="Layers"
      search={view.search.value}
      onSearch={(text) => (view.search.value = text)}
      placeholder="Search layers"
      field={search}
      onDown={onDown}
      count={shown === total ? plural(total, 'layer') : `${formatCount(shown)} of ${plural(total, 'layer')}`}
      folding={groups ? { branches: 'groups', onFold: (expanded) => view.setAllExpanded(expanded) } : null}
    >
      {intermediate && (
        <Checkbox
          checked={view.intermediate.value}
          onChange={(checked) => (view.intermediate.value = checked)}
          title="Pre-activations, reshapes and other values that are the next layer's business"
        >
          Intermediate layers
        </Checkbox>
      )}
    </ListToolbar>
  );
}
