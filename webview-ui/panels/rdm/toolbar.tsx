import type { VNode } from 'preact';
import type { RdmMeasure, RdmOrder } from '../../../src/protocol/rdm';
import type { RdmSettings } from '../../../src/protocol/rdmViews';
import { formatCount, plural } from '../../shared/format';
import { Icon, type IconName } from '../../ui/icon';
import { MenuButton } from '../../ui/menu';
import { Select } from '../../ui/select';
import { Tabs } from '../../ui/tabs';
import { colourNames } from './colours';
import { exportPicture } from './exportPicture';
import { measureLabels, optionsOf, poolLabels } from './options';
import type { RdmView } from './view';
import './toolbar.css';

/** What is computed, and how it is shown. */
export function Toolbar({ view, settings }: { view: RdmView; settings: RdmSettings }): VNode {
  const { recipe } = settings;
  const measure = (next: RdmMeasure): void => {
    if (next === 'mahalanobis' || next === 'crossnobis') view.act('measure.choose', { measure: next });
    else view.change({ recipe: { ...recipe, measure: next } });
  };
  return (
    <div class="bar-row" role="toolbar" aria-label="RDMs">
      <ChoiceButton
        icon="sliders"
        label="Choose layers…"
        text={plural(settings.layers.length, 'layer')}
        onPress={() => view.act('layers.choose', null)}
      />
      <ChoiceButton
        icon="images"
        label="Choose stimuli…"
        text={stimuliText(view, settings)}
        onPress={() => view.act('stimuli.choose', null)}
      />
      <Select label="Measure of dissimilarity" value={recipe.measure} options={optionsOf(measureLabels)} onChange={measure} />
      <Select
        label="How activations are pooled"
        value={recipe.pool}
        options={optionsOf(poolLabels)}
        onChange={(pool) => view.change({ recipe: { ...recipe, pool } })}
      />
      <Looks view={view} settings={settings} />
    </div>
  );
}

function Looks({ view, settings }: { view: RdmView; settings: RdmSettings }): VNode {
  const dataset = view.session.state.value?.dataset;
  const columns = dataset?.state === 'ready' ? dataset.value.columns : [];
  const labelled = dataset?.state === 'ready' && dataset.value.labels.length > 0;
  const orders = [
    { value: 'dataset', label: 'Dataset order' },
    { value: 'label', label: 'By class', disabled: !labelled },
    { value: 'name', label: 'By name' },
    { value: 'cluster', label: 'Clustered' },
    ...columns.map((column) => ({ value: `column ${column}`, label: `By ${column}` })),
  ];
  const order = settings.order.by === 'column' ? `column ${settings.order.column}` : settings.order.by;
  const reorder = (next: string): void => {
    const by = (['dataset', 'label', 'name', 'cluster'] as const).find((one) => one === next);
    const to: RdmOrder = by ? { by } : { by: 'column', column: next.slice('column '.length) };
    view.change({ order: to });
  };
  const percentile = settings.scale === 'percentile';
  if (view.tab.value === 'compare') return <></>;
  return (
    <span class="bar-group bar-looks">
      <Select label="Order of stimuli" value={order} options={orders} onChange={reorder} />
      <Select
        label="Colours"
        value={settings.colours}
        options={optionsOf(colourNames)}
        onChange={(colours) => view.change({ colours })}
      />
      <button
        type="button"
        class="field-button scale-toggle"
        aria-pressed={percentile}
        title={
          percentile
            ? 'Colours follow the rank of a dissimilarity among all; show values instead'
            : 'Colours follow the value of a dissimilarity; show ranks instead'
        }
        onClick={() => view.change({ scale: percentile ? 'value' : 'percentile' })}
      >
        {percentile ? 'Percentiles' : 'Values'}
      </button>
    </span>
  );
}

function ChoiceButton({ icon, label, text, onPress }: { icon: IconName; label: string; text: string; onPress: () => void }): VNode {
  return (
    <button type="button" class="field-button" title={label} aria-label={`${label} ${text}`} onClick={onPress}>
      <Icon name={icon} class="quiet" />
      <span class="field-button-text">{text}</span>
    </button>
  );
}

/** "All 720 stimuli", "96 of 720" */
function stimuliText(view: RdmView, { recipe }: RdmSettings): string {
  const dataset = view.session.state.value?.dataset;
  if (dataset?.state !== 'ready') return 'No stimuli';
  const { count: total } = dataset.value;
  const { labels, where, sample } = recipe.stimuli;
  if (labels.length === 0 && !where && !sample && recipe.measure !== 'crossnobis')
    return `All ${plural(total, 'stimulus', 'stimuli')}`;
  if (view.set.value && view.current.value) {
    const what = recipe.measure === 'crossnobis' ? plural(view.count.value, 'condition') : null;
    return what ?? `${formatCount(view.count.value)} of ${formatCount(total)}`;
  }
  return sample ? `${formatCount(sample.count)} of ${formatCount(total)}` : `Some of ${formatCount(total)}`;
}

const tabs = [
  { value: 'rdm', label: 'RDM' },
  { value: 'layers', label: 'Layers' },
  { value: 'compare', label: 'Compare' },
] as const;

/** The panel's views, and what can be taken out of them. */
export function Views({ view, able }: { view: RdmView; able: boolean }): VNode {
  return (
    <Tabs tabs={tabs} value={view.tab.value} onChange={(tab) => (view.tab.value = tab)}>
      <Export view={view} disabled={!able} />
    </Tabs>
  );
}

function Export({ view, disabled }: { view: RdmView; disabled: boolean }): VNode {
  const picture = (format: 'png' | 'svg'): void => view.attempt(exportPicture(view, format));
  return (
    <MenuButton
      label="Export"
      icon="export"
      disabled={disabled}
      items={[
        { label: 'Data…', icon: 'braces', detail: 'RDMs and comparison as .npy and CSV', onPick: () => view.act('export.data', null) },
        { label: 'Picture as PNG…', icon: 'mosaic', detail: 'What this view shows, on white', onPick: () => picture('png') },
        { label: 'Picture as SVG…', icon: 'mosaic', detail: 'With axes and text as vectors', onPick: () => picture('svg') },
        {
          label: 'Copy as Python',
          icon: 'terminal',
          detail: 'The figure from the exported files, with NumPy',
          onPick: () => view.act('export.python', { view: view.tab.peek(), layer: view.layer.peek()?.layer ?? null }),
        },
        { label: 'Copy as command line', icon: 'terminal', detail: 'To repeat this on a server', onPick: () => view.act('export.command', null) },
      ]}
    />
  );
}
