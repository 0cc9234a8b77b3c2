import type { VNode } from 'preact';
import type { Layer } from '../../../src/protocol/model';
import type { UnitOrder } from '../../../src/protocol/patches';
import type { PatchesSettings } from '../../../src/protocol/views';
import { describeReceptiveField, formatLayerShape, plural } from '../../shared/format';
import { IconButton } from '../../ui/button';
import { Help } from '../../ui/help';
import { Icon } from '../../ui/icon';
import { MenuButton } from '../../ui/menu';
import { NumberField, Slider } from '../../ui/numberFields';
import { Select } from '../../ui/select';
import { kindLabels } from '../../views/kindLabels';
import { inputSize, ReceptiveFieldMark } from '../../views/receptiveFieldMark';
import { ClassFilter } from './classFilter';
import { LayerPicker } from './layerPicker';
import type { PatchesView } from './view';
import './toolbar.css';

interface ToolbarProps {
  view: PatchesView;
  layer: Layer;
  settings: PatchesSettings;
  /** Whether the units are on screen, or will be. */
  arranging: boolean;
}

/** The protocol's own limits live in the extension; these are what the controls offer. */
const most = { top: 50, size: 192 };
const least = { top: 1, size: 24 };

export function Toolbar({ view, layer, settings, arranging }: ToolbarProps): VNode {
  return (
    <header class="toolbar">
      <div class="toolbar-row">
        <LayerPicker session={view.session} layer={layer} />
        <LayerFacts view={view} layer={layer} />
      </div>
      {arranging && <Arrangement view={view} layer={layer} settings={settings} />}
    </header>
  );
}

function Arrangement({ view, layer, settings }: Omit<ToolbarProps, 'arranging'>): VNode {
  const dataset = view.session.state.value?.dataset;
  const labels = dataset?.state === 'ready' ? dataset.value.labels : [];
  const { order, descending, top, size } = settings;
  const orders: { value: UnitOrder; label: string; disabled?: boolean }[] = [
    { value: 'unit', label: 'Unit number' },
    { value: 'score', label: 'Top score' },
    { value: 'selectivity', label: 'Class selectivity', disabled: labels.length < 2 },
  ];
  return (
    <div class="toolbar-row" role="toolbar" aria-label="Units">
      <span class="toolbar-group">
        <Select
          label="Order of units"
          value={order}
          options={orders}
          onChange={(next) => view.change({ order: next, descending: next !== 'unit' })}
        />
        <IconButton
          icon={descending ? 'arrow-down' : 'arrow-up'}
          label={descending ? 'Highest first; turn round' : 'Lowest first; turn round'}
          onPress={() => view.change({ descending: !descending })}
        />
        <Help label="How units are ordered">
          <p>
            <strong>Top score</strong> is the unit’s highest activation over all stimuli and positions.
          </p>
          <p>
            <strong>Class selectivity</strong> compares the class with the highest mean score to all the others:{' '}
            <code>(m_max − m_rest) / (|m_max| + |m_rest|)</code>, from 0 (all alike) to 1 (one class only). Morcos et
            al. 2018.
          </p>
        </Help>
      </span>
      {labels.length > 1 && (
        <ClassFilter labels={labels} chosen={view.labels.value} onChange={(chosen) => view.change({ labels: chosen })} />
      )}
      <label class="toolbar-group" title="Patches shown for each unit">
        <span class="quiet">Top</span>
        <NumberField
          label="Patches a unit"
          min={least.top}
          max={most.top}
          value={top}
          onChange={(next) => view.change({ top: next })}
        />
      </label>
      <label class="toolbar-group toolbar-size" title="Size of the patches">
        <Icon name="mosaic" class="quiet" />
        <Slider
          label="Size of the patches"
          text={`${size} pixels`}
          min={least.size}
          max={most.size}
          step={4}
          value={size}
          onChange={(next) => view.change({ size: next })}
        />
      </label>
      <span class="toolbar-end">
        <MenuButton
          label="Export"
          icon="export"
          items={[
            {
              label: 'Patches as JSON…',
              icon: 'braces',
              detail: 'Scores, positions and boxes of all layers',
              onPick: () => view.host.notify('export.json', null),
            },
            {
              label: 'Contact sheet…',
              icon: 'mosaic',
              detail: 'The units of this layer as one PNG',
              onPick: () => view.host.notify('export.sheet', { layer: layer.name }),
            },
            {
              label: 'Copy as command line',
              icon: 'terminal',
              detail: 'To repeat this on a server',
              onPick: () => view.host.notify('export.command', { layer: layer.name }),
            },
          ]}
        />
      </span>
    </div>
  );
}

function LayerFacts({ view, layer }: { view: PatchesView; layer: Layer }): VNode {
  const { summary, state } = view.session;
  const status = view.pages.status.value;
  const preprocess = state.value?.preprocess;
  const resolved = preprocess?.state === 'ready' ? preprocess.value.inputSize : null;
  const input = summary.value.state === 'ready' ? inputSize(summary.value.value.image, resolved) : null;
  const field = describeReceptiveField(layer.receptiveField);
  const units = status?.units ?? layer.units;
  return (
    <p class="layer-facts">
      <span>{kindLabels[layer.kind]}</span>
      <span>{formatLayerShape(layer)}</span>
      {units !== null && <span>{plural(units, 'unit')}</span>}
      <span class="layer-facts-field" title={field.note}>
        <ReceptiveFieldMark field={layer.receptiveField} input={input} />
        {field.size === 'whole image' ? 'sees the whole image' : `sees ${field.size} px`}
        {field.stride && `, ${field.stride}`}
      </span>
    </p>
  );
}
