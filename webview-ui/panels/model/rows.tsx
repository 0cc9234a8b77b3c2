import type { VNode } from 'preact';
import {
  describeReceptiveField,
  formatCount,
  formatLayerShape,
  formatShort,
  plural,
  splitLabel,
} from '../../shared/format';
import type { Session } from '../../shared/session';
import { Icon } from '../../ui/icon';
import { KindMark } from '../../views/kinds';
import type { GroupRow, LayerRow } from '../../views/layerTree';
import { ReceptiveFieldMark } from '../../views/receptiveFieldMark';
import { Marked, Name } from '../../views/name';
import { openMenu } from '../../views/contextMenu';
import { treeRowProps, type RowPlace } from '../../views/treeGrid';
import { menuContext } from './menu';

export const rowHeight = 26;

export function GroupRowView({ row, onToggle, ...place }: RowPlace & { row: GroupRow; onToggle: () => void }): VNode {
  return (
    <div
      {...treeRowProps(row, place)}
      class="list-row tree-group layer-row virtual-item"
      aria-expanded={row.expanded}
      onClick={onToggle}
    >
      <span role="gridcell" class="tree-name layer-name" aria-colspan={5} title={row.path}>
        <Icon name={row.expanded ? 'chevron-down' : 'chevron-right'} class="twisty" />
        <Name text={row.label} class="group-label" />
        <span class="layer-op">{row.expanded ? '' : plural(row.layers, 'layer')}</span>
      </span>
      <span role="gridcell" class="number with-bar layer-parameters">
        {row.expanded || row.parameters === 0 ? (
          ''
        ) : (
          <span title={plural(row.parameters, 'parameter')}>{formatShort(row.parameters)}</span>
        )}
      </span>
    </div>
  );
}

interface LayerRowProps extends RowPlace {
  row: LayerRow;
  session: Session;
  marked: ReadonlySet<string>;
  onMark: (how: 'alone' | 'toggle' | 'range') => void;
  words: readonly string[];
  inputSize: [number, number] | null;
  mostParameters: number;
  onVisualize: () => void;
}

export function LayerRowView({
  row,
  session,
  marked,
  onMark,
  words,
  inputSize,
  mostParameters,
  onVisualize,
  ...place
}: LayerRowProps): VNode {
  const { layer } = row;
  const { name, op } = splitLabel(layer);
  const state = session.state.value;
  const selected = state?.selectedLayer === layer.name || (marked.size > 1 && marked.has(layer.name));
  const failure = session.failures.value.get(layer.name);
  const field = describeReceptiveField(layer.receptiveField);
  return (
    <div
      {...treeRowProps(row, place)}
      class={`list-row layer-row virtual-item${layer.primary ? '' : ' layer-quiet'}${selected ? ' list-selected' : ''}`}
      aria-selected={selected}
      data-vscode-context={menuContext(state?.modelUri ?? '', layer.name, marked)}
      onClick={(event) => {
        event.currentTarget.focus({ preventScroll: true });
        const how = event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'alone';
        onMark(how);
        if (how === 'alone') session.select(layer.name);
      }}
      onDblClick={onVisualize}
    >
      <span
        role="gridcell"
        class="tree-name layer-name"
        title={failure ?? `${layer.name}\n${layer.op}${layer.node ? ` · node ${layer.node}` : ''} · ${layer.dtype}`}
      >
        {failure !== undefined && <Icon name="warning" class="warning" />}
        <Name text={name} words={words} />
        {op !== '' && (
          <span class="layer-op">
            <Marked text={op} words={words} />
          </span>
        )}
        {failure !== undefined && <span class="hidden">{failure}</span>}
        <button
          type="button"
          class="layer-more"
          title="More actions"
          aria-label="More actions"
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation();
            openMenu(event.currentTarget.closest<HTMLElement>('[role="row"]')!, event);
          }}
        >
          <Icon name="more" />
        </button>
      </span>
      <span role="gridcell" class="layer-kind">
        <KindMark kind={layer.kind} />
      </span>
      <span role="gridcell" class="layer-shape" title={`${formatLayerShape(layer)}\n${layer.dtype} · units along axis ${layer.unitAxis}`}>
        {formatLayerShape(layer)}
      </span>
      <span role="gridcell" class="number">
        {layer.units === null ? '?' : formatCount(layer.units)}
      </span>
      <span role="gridcell" class="layer-field" title={[field.size, field.stride].filter(Boolean).join(', ') + `\n${field.note}`}>
        <ReceptiveFieldMark field={layer.receptiveField} input={inputSize} />
        <span>{field.size}</span>
        <span class="quiet">{field.stride}</span>
      </span>
      <span
        role="gridcell"
        class="number with-bar layer-parameters"
        title={layer.parameters > 0 ? plural(layer.parameters, 'parameter') : undefined}
      >
        {layer.parameters > 0 && (
          <>
            <span class="size-bar" style={{ '--share': `${(100 * layer.parameters) / mostParameters}%` }} />
            {formatShort(layer.parameters)}
          </>
        )}
      </span>
    </div>
  );
}
