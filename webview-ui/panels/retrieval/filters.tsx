import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { RetrievalFilter } from '../../../src/protocol/retrieval';
import type { RetrievalSettings } from '../../../src/protocol/retrievalViews';
import { useResource } from '../../shared/resource';
import { Checkbox } from '../../ui/checkbox';
import { Slider } from '../../ui/numberFields';
import { PickButton } from '../../ui/pickButton';
import { Select } from '../../ui/select';
import { ClassFilter } from '../patches/classFilter';
import { PickList } from '../../ui/pickList';
import { Marked } from '../../views/name';
import { searchWords } from '../../views/search';
import { formatCount, plural } from '../../shared/format';
import { Icon } from '../../ui/icon';
import { LinkButton } from '../../ui/button';
import { isSpatial } from './results';
import type { RetrievalView } from './view';

/** Which stimuli may be found. */
export function Filters({ view, settings }: { view: RetrievalView; settings: RetrievalSettings }): VNode | null {
  if (view.session.state.value?.dataset.state !== 'ready') return null;
  const { labels, columns } = view.scope.value;
  const { filter, query } = settings;
  const change = (part: Partial<RetrievalFilter>): void => view.change({ filter: { ...filter, ...part } });
  const single = query?.kind === 'images' && query.terms.length === 1;
  const spatial = view.layer.value !== null && isSpatial(view.layer.value);
  return (
    <div class="bar-row" role="toolbar" aria-label="What may be found">
      {labels.length > 1 && <ClassFilter labels={labels} chosen={filter.labels} onChange={(chosen) => change({ labels: chosen })} />}
      {columns.map((column) => (
        <ColumnFilter
          key={column}
          view={view}
          column={column}
          chosen={filter.where.find((one) => one.column === column)?.values ?? []}
          onChange={(values) =>
            change({ where: [...filter.where.filter((one) => one.column !== column), ...(values.length > 0 ? [{ column, values }] : [])] })
          }
        />
      ))}
      {labels.length > 1 && (
        <Checkbox
          checked={filter.otherClasses}
          onChange={(otherClasses) => change({ otherClasses })}
          title="The nearest image of each other class"
        >
          Only other classes
        </Checkbox>
      )}
      {columns.length > 0 && <Domain view={view} settings={settings} columns={columns} onChange={(domain) => change({ domain })} />}
      {single && spatial && !settings.index && (
        <Checkbox
          checked={settings.local}
          onChange={(local) => view.change({ local })}
          title="The regions of other images that are most similar to a region of this one"
        >
          Matching regions
        </Checkbox>
      )}
      <span class="bar-end">
        <Slider label="Size of pictures" min={72} max={240} step={8} value={view.size.value} onChange={(size) => (view.size.value = size)} />
      </span>
    </div>
  );
}

/** Which part of the images is searched: "what is it?" finds products for a scene, "where is it used?" scenes for a product. */
function Domain({
  view,
  settings,
  columns,
  onChange,
}: {
  view: RetrievalView;
  settings: RetrievalSettings;
  columns: readonly string[];
  onChange: (domain: RetrievalFilter['domain']) => void;
}): VNode {
  const { domain } = settings.filter;
  const column = domain?.column ?? null;
  const values = useResource(column, view.study.value ?? 0, (signal) => view.valuesOf(column!, signal)).value;
  const parts = (values.value ?? []).map(({ name }) => ({ value: `= ${name}`, label: `In “${name}”` }));
  return (
    <span class="bar-group">
      <Select
        label="Domain: a column that splits the images"
        value={column === null ? '' : `c ${column}`}
        options={[{ value: '', label: 'All domains' }, ...columns.map((name) => ({ value: `c ${name}`, label: `By ${name}` }))]}
        onChange={(next) => onChange(next === '' ? undefined : { column: next.slice(2), value: null })}
      />
      {domain && (
        <Select
          label="Part to search in"
          value={domain.value === null ? '' : `= ${domain.value}`}
          options={[{ value: '', label: 'Other parts than the query’s' }, ...parts]}
          onChange={(next) => onChange({ column: domain.column, value: next === '' ? null : next.slice(2) })}
        />
      )}
      {values.error && <span class="warning">{values.error.message}</span>}
    </span>
  );
}

interface ColumnFilterProps {
  view: RetrievalView;
  column: string;
  chosen: readonly string[];
  onChange: (values: string[]) => void;
}

/** Which values of a manifest column; none chosen means all. */
function ColumnFilter(props: ColumnFilterProps): VNode {
  const { column, chosen } = props;
  return (
    <PickButton
      label={column}
      icon="filter"
      title={chosen.length > 0 ? chosen.slice(0, 20).join('\n') : `Find only some values of ${column}`}
      text={chosen.length === 0 ? `Any ${column}` : chosen.length === 1 ? chosen[0]! : plural(chosen.length, 'value')}
      class={`class-filter${chosen.length > 0 ? ' field-active' : ''}`}
      panel={() => <ColumnChoice {...props} />}
    />
  );
}

function ColumnChoice({ view, column, chosen, onChange }: ColumnFilterProps): VNode {
  const search = useSignal('');
  const { value = [], error } = useResource(column, view.study.value ?? 0, (signal) => view.valuesOf(column, signal)).value;
  const words = searchWords(search.value);
  const selected = new Set(chosen);
  const entries = value
    .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
    .map(({ name, count }) => ({
      key: name,
      title: name,
      content: (
        <>
          <span class={`tick${selected.has(name) ? ' tick-on' : ''}`}>{selected.has(name) && <Icon name="check" />}</span>
          <span class="class-name">
            <Marked text={name} words={words} />
          </span>
          <span class="quiet">{formatCount(count)}</span>
        </>
      ),
    }));
  return (
    <PickList
      label={`Search ${column}`}
      search={search.value}
      onSearch={(text) => (search.value = text)}
      entries={entries}
      selected={selected}
      multiple
      onPick={(name) => onChange(selected.has(name) ? chosen.filter((other) => other !== name) : [...chosen, name])}
      empty={error?.message ?? 'No value matches.'}
      footer={
        chosen.length > 0 ? (
          <div class="class-footer">
            <LinkButton onPress={() => onChange([])}>Clear</LinkButton>
          </div>
        ) : undefined
      }
    />
  );
}
