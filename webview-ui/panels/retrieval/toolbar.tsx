import type { VNode } from 'preact';
import { metrics, type Metric, type TableAddress } from '../../../src/protocol/retrieval';
import type { QueryCommand, RetrievalSettings } from '../../../src/protocol/retrievalViews';
import { plural, splitLabel } from '../../shared/format';
import { IconButton } from '../../ui/button';
import { Checkbox } from '../../ui/checkbox';
import { Icon, type IconName } from '../../ui/icon';
import { MenuButton } from '../../ui/menu';
import { NumberField } from '../../ui/numberFields';
import { PickButton } from '../../ui/pickButton';
import { Select } from '../../ui/select';
import { Tabs } from '../../ui/tabs';
import { optionsOf } from '../rdm/options';
import '../patches/toolbar.css';
import { LayerPick } from './pick';
import type { RetrievalView } from './view';

const poolLabels = { mean: 'Mean', max: 'Maximum', flatten: 'All activations' } as const;
const metricLabels: Record<Metric, string> = { cosine: 'Cosine distance', euclidean: 'Euclidean distance' };

/** Searching: what for is asked in VS Code's own pickers. */
const queries: { how: QueryCommand; label: string; icon: IconName; detail: string }[] = [
  { how: 'similar', label: 'Similar images…', icon: 'images', detail: 'A file, the open or copied image, a random one' },
  { how: 'region', label: 'Similar to a region…', icon: 'marquee', detail: 'A box that you draw' },
  { how: 'between', label: 'Between two…', icon: 'merge', detail: 'Near the middle of two images' },
  { how: 'combine', label: 'Combine…', icon: 'plus', detail: 'A − B + C' },
  { how: 'unit', label: 'For a unit…', icon: 'convolution', detail: 'What drives one unit most' },
  { how: 'published', label: 'Published table…', icon: 'braces', detail: 'In the embeddings that a team shares' },
  { how: 'repeat', label: 'Repeat…', icon: 'record', detail: 'Searched for lately' },
];

export function QueryMenu({ view }: { view: RetrievalView }): VNode {
  return (
    <MenuButton
      label="Search"
      icon="search"
      items={queries.map(({ how, label, icon, detail }) => ({ label, icon, detail, onPick: () => view.act('query.ask', { how }) }))}
    />
  );
}

const tabs = [
  { value: 'results', label: 'Results' },
  { value: 'quality', label: 'Quality' },
] as const;

/** The panel's views, what is searched for, and what can be taken out of it. */
export function Views({ view, settings }: { view: RetrievalView; settings: RetrievalSettings }): VNode {
  return (
    <Tabs tabs={tabs} value={view.shown.value === 'quality' ? 'quality' : 'results'} onChange={(tab) => (view.shown.value = tab)}>
      <QueryMenu view={view} />
      <MenuButton
        label="Export"
        icon="export"
        items={[
          ...(settings.query
            ? [
                { label: 'Results as CSV…', icon: 'mosaic' as const, detail: 'The whole ranking', onPick: () => view.act('export.csv', null) },
                { label: 'Copy as command line', icon: 'terminal' as const, detail: 'To repeat this on a server', onPick: () => view.act('export.command', null) },
              ]
            : []),
          { label: 'Embeddings…', icon: 'braces', detail: 'Of this layer as .npy', onPick: () => view.act('export.embeddings', null) },
          { label: 'Publish embeddings…', icon: 'export', detail: 'As a table for a team and Python', onPick: () => view.act('publish', null) },
        ]}
      />
    </Tabs>
  );
}

/** How embeddings are made and compared; the ranking follows at once. */
export function Toolbar({ view, settings }: { view: RetrievalView; settings: RetrievalSettings }): VNode {
  const quality = view.shown.value === 'quality';
  const unit = !quality && settings.query?.kind === 'unit';
  return (
    <div class="bar-row" role="toolbar" aria-label="Embeddings">
      {!quality && (settings.index ? <Table view={view} table={settings.index} /> : <Layers view={view} settings={settings} />)}
      {!unit && !(!quality && (settings.local || settings.index)) && (
        <Select
          label="How activations are pooled"
          value={settings.pool}
          options={optionsOf(poolLabels)}
          onChange={(pool) => view.change({ pool })}
        />
      )}
      {!unit && (
        <Select
          label="Distance"
          value={settings.metric}
          options={metrics.map((value) => ({ value, label: metricLabels[value] }))}
          onChange={(metric) => view.change({ metric })}
        />
      )}
      {!unit && <More view={view} settings={settings} />}
    </div>
  );
}

/** The published table that is searched, and the way back. */
function Table({ view, table: { uri, table } }: { view: RetrievalView; table: TableAddress }): VNode {
  const { value, error, loading } = view.table;
  const embedding = value.value?.embedding;
  const layer = embedding && view.session.layers.value.get(embedding.layer);
  const how = embedding && [layer ? splitLabel(layer).name : embedding.layer, poolLabels[embedding.pool].toLowerCase(), embedding.whiten && `whitened to ${embedding.whiten}`, embedding.l2 && 'of length 1'].filter(Boolean).join(', ');
  const facts = value.value ? `${plural(value.value.rows, 'image')}, ${how}` : error.value ? 'cannot be read' : loading.value ? 'reading…' : '';
  return (
    <span class="table-scope" title={`${table}\n${uri}`}>
      <Icon name="braces" />
      <span class="table-name">
        Table <strong>{table}</strong> <span class="quiet">{facts}</span>
      </span>
      <IconButton icon="close" label="Search these images instead of the table" onPress={() => view.leaveTable()} />
    </span>
  );
}

function Layers({ view, settings }: { view: RetrievalView; settings: RetrievalSettings }): VNode {
  const single = settings.query?.kind === 'unit' || settings.local;
  return (
    <>
      <LayerPick session={view.session} label="Layer" layer={view.layer.value} onPick={(layer) => view.change({ layer })} />
      {!single && (
        <span class="bar-group second-layer">
          <LayerPick
            session={view.session}
            label="Second layer"
            layer={view.second.value}
            placeholder="Compare with a layer"
            onPick={(second) => view.change({ second })}
          />
          {view.second.value && <IconButton icon="close" label="One layer only" onPress={() => view.change({ second: null })} />}
        </span>
      )}
    </>
  );
}

function More({ view, settings }: { view: RetrievalView; settings: RetrievalSettings }): VNode {
  const { whiten, l2, approximate, local, index } = settings;
  const quality = view.shown.value === 'quality';
  const changed = [l2, whiten !== undefined, approximate].filter(Boolean).length;
  return (
    <PickButton
      label="More options"
      icon="sliders"
      class={changed > 0 ? 'field-active' : ''}
      text={changed > 0 ? `${changed} on` : 'More'}
      panel={() => (
        <div class="more-options">
          {(quality || !index) && (
            <>
              <Checkbox checked={l2} onChange={(on) => view.change({ l2: on })}>
                Scale embeddings to length 1
              </Checkbox>
              <Checkbox checked={whiten !== undefined} onChange={(on) => view.change({ whiten: on ? 64 : undefined })}>
                Whiten: principal components of equal variance
              </Checkbox>
              {whiten !== undefined && (
                <label class="more-number">
                  Components
                  <NumberField label="Components" value={whiten} min={1} max={4096} onChange={(value) => view.change({ whiten: value })} />
                </label>
              )}
            </>
          )}
          {!quality && !local && (
            <>
              <Checkbox checked={approximate} onChange={(on) => view.change({ approximate: on })}>
                Approximate search
              </Checkbox>
              <p class="quiet">An index that is faster with very many images. How many of the nearest it finds is measured and shown.</p>
            </>
          )}
        </div>
      )}
    />
  );
}
