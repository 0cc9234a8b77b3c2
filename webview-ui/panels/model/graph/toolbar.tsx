import type { RefObject, VNode } from 'preact';
import { formatCount } from '../../../shared/format';
import { IconButton } from '../../../ui/button';
import { MenuButton } from '../../../ui/menu';
import { SearchField } from '../../../ui/searchField';
import { Select } from '../../../ui/select';
import type { GraphDrawing } from './graphDrawing';
import type { GraphView } from './graphView';
import { overlays, type OverlayName } from './overlay';

const colourings = [
  { value: '', label: 'Colour: kind' },
  ...(Object.entries(overlays) as [OverlayName, { label: string }][]).map(([value, { label }]) => ({ value, label: `Colour: ${label.toLowerCase()}` })),
] as const;

export function GraphToolbar({ view, search }: { view: GraphView; search: RefObject<HTMLInputElement | null> }): VNode {
  const searching = view.search.text.value.trim() !== '';
  const found = view.search.found.value.length;
  const at = view.search.foundAt.value;
  return (
    <div class="graph-toolbar" role="toolbar" aria-label="Graph">
      <div
        class="graph-search"
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== 'F3') return;
          event.preventDefault();
          view.search.next(event.shiftKey ? -1 : 1);
        }}
      >
        <SearchField
          value={view.search.text.value}
          onInput={(text) => view.search.start(text)}
          label="Find name, operator, 64x56x56"
          field={search}
        />
      </div>
      <span class="graph-found quiet" role="status">
        {!searching ? '' : found === 0 ? 'None' : at < 0 ? formatCount(found) : `${formatCount(at + 1)} of ${formatCount(found)}`}
      </span>
      {searching && (
        <span class="graph-group">
          <IconButton icon="arrow-up" label="Previous match (Shift+Enter)" disabled={found === 0} onPress={() => view.search.next(-1)} />
          <IconButton icon="arrow-down" label="Next match (Enter)" disabled={found === 0} onPress={() => view.search.next(1)} />
        </span>
      )}
      <span class="graph-space" />
      <Select label="Colour of the nodes" value={view.overlay.value ?? ''} options={colourings.filter(({ value }) => value !== 'sparsity' || view.sparsity.offered.value || view.overlay.value === 'sparsity')} onChange={(value) => (view.overlay.value = value === '' ? null : value)} />
      <span class="graph-group">
        <IconButton icon="expand-all" label="Open all modules" onPress={() => view.setAll(true)} />
        <IconButton icon="collapse-all" label="Close all modules" onPress={() => view.setAll(false)} />
        <IconButton
          icon={view.horizontal.value ? 'flow-right' : 'flow-down'}
          label={view.horizontal.value ? 'Draw from top to bottom' : 'Draw from left to right'}
          onPress={() => (view.horizontal.value = !view.horizontal.value)}
        />
        <IconButton icon="sidebar" label="Properties (Space)" pressed={view.properties.value} onPress={() => (view.properties.value = !view.properties.value)} />
      </span>
      <MenuButton
        label="Export"
        icon="export"
        disabled={!view.placed.value}
        items={[
          { label: 'As SVG…', icon: 'braces', detail: 'vectors', onPick: () => void view.export('svg') },
          { label: 'As PNG…', icon: 'images', detail: 'pixels', onPick: () => void view.export('png') },
        ]}
      />
    </div>
  );
}

/** Zoom, at the corner of the drawing. */
export function ZoomButtons({ view }: { view: GraphDrawing }): VNode {
  const scale = view.camera.viewport.value?.scale ?? 1;
  return (
    <div class="graph-zoom" role="toolbar" aria-label="Zoom">
      <IconButton icon="minus" label="Zoom out (-)" onPress={() => view.camera.zoom(0.8)} />
      <button type="button" class="graph-scale" title="Actual size (1)" onClick={() => view.camera.actualSize()}>
        {scale < 0.01 ? '<1' : Math.round(100 * scale)} %
      </button>
      <IconButton icon="plus" label="Zoom in (+)" onPress={() => view.camera.zoom(1.25)} />
      <IconButton icon="fit" label="Fit the whole graph (0)" onPress={() => view.fitAll()} />
    </div>
  );
}
