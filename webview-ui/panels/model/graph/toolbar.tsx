import type { RefObject, VNode } from 'preact';
import { IconButton } from '../../../ui/button';
import { MenuButton, type MenuItem } from '../../../ui/menu';
import { Select } from '../../../ui/select';
import { GraphFind } from './find';
import type { GraphView } from './graphView';
import { overlays, type OverlayName } from './overlay';
import './toolbar.css';

const colourings = [
  { value: '', label: 'Colour: kind' },
  ...(Object.entries(overlays) as [OverlayName, { label: string }][]).map(([value, { label }]) => ({ value, label: `Colour: ${label.toLowerCase()}` })),
] as const;

export function GraphToolbar({ view, search }: { view: GraphView; search: RefObject<HTMLInputElement | null> }): VNode {
  const overlay = view.overlay.value ?? '';
  const offered = colourings.filter(({ value }) => value !== 'sparsity' || view.sparsity.offered.value || overlay === 'sparsity');
  const colour = (value: (typeof colourings)[number]['value']): void => void (view.overlay.value = value === '' ? null : value);
  const depth = [
    { label: 'Open all modules', icon: 'expand-all', onPick: () => view.setAll(true) },
    { label: 'Close all modules', icon: 'collapse-all', onPick: () => view.setAll(false) },
    {
      label: view.horizontal.value ? 'Draw from top to bottom' : 'Draw from left to right',
      icon: view.horizontal.value ? 'flow-right' : 'flow-down',
      onPick: () => void (view.horizontal.value = !view.horizontal.value),
    },
  ] satisfies MenuItem[];
  const exports = [
    { label: 'As SVG…', icon: 'braces', detail: 'vectors', onPick: () => void view.export('svg') },
    { label: 'As PNG…', icon: 'images', detail: 'pixels', onPick: () => void view.export('png') },
  ] satisfies MenuItem[];
  return (
    <div class="graph-toolbar" role="toolbar" aria-label="Graph">
      <GraphFind view={view} field={search} />
      <span class="graph-space" />
      <Select label="Colour of the nodes" value={overlay} options={offered} onChange={colour} />
      <span class="graph-group">
        <span class="graph-group graph-spelled-out">
          {depth.map(({ label, icon, onPick }) => (
            <IconButton key={icon} icon={icon} label={label} onPress={onPick} />
          ))}
        </span>
        <IconButton icon="sidebar" label="Properties (Space)" pressed={view.properties.value} onPress={() => (view.properties.value = !view.properties.value)} />
      </span>
      <span class="graph-spelled-out">
        <MenuButton label="Export" icon="export" disabled={!view.placed.value} items={exports} />
      </span>
      <span class="graph-more">
        <MenuButton
          label="More"
          icon="more"
          compact
          items={[
            ...depth,
            ...(view.placed.value ? exports.map((item) => ({ ...item, label: `Export ${item.label.replace('As', 'as')}` })) : []),
            ...offered.map(({ value, label }) => ({ label, checked: value === overlay, onPick: () => colour(value) })),
          ]}
        />
      </span>
    </div>
  );
}
