import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { formatCount, formatScore, formatShape } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { Bars } from '../../views/tensor/bars';
import { Part } from '../../views/tensor/part';
import { ChannelField, hasChannelField, Mosaic, Plane, type PictureProps } from '../../views/tensor/pictures';
import { DetailHead } from '../checkpoint/detail';
import { formatRelative, stateLabels, type ChangeRow } from './rows';
import type { CompareView } from './view';
import '../checkpoint/detail.css';

/** How one tensor changed: by unit, and before and after. */
export function ChangeDetail({ view, row }: { view: CompareView; row: ChangeRow }): VNode {
  const step = view.step.value;
  const names = view.files.value?.names ?? [];
  const units = useResource(row.name, view.revision.value, () => view.host.call('units', { name: row.name }));
  const { value, error } = units.value;
  const own = value?.[step];
  return (
    <aside class="tensor-detail" aria-label={`Tensor ${row.name}`}>
      <DetailHead name={row.name} onClose={() => (view.selected.value = null)} />
      <p class="tensor-detail-facts">
        {formatShape(row.shape)} <span class="quiet">·</span> {stateLabels[row.state]}
        {row.state === 'changed' && ` by ${formatRelative(row.relative)}`}
      </p>
      {row.renamed && (
        <p class="tensor-note quiet">
          <span>
            Called {row.renamed[0]} in {names[step]} and {row.renamed[1]} in {names[step + 1]}.
          </span>
        </p>
      )}
      {row.problem !== undefined && <p class="tensor-note warning">{row.problem}</p>}
      {error && <p class="tensor-note warning">{error.message}</p>}
      <Steps view={view} name={row.name} />
      {own && own.length > 1 && row.state === 'changed' && (
        <Part title="Change by unit">
          <Bars
            values={own}
            label={`Change of each of ${own.length} units along axis 0`}
            ends={['unit 0', `unit ${formatCount(own.length - 1)}`]}
            describe={(at) => `unit ${formatCount(at)}: ${formatScore(own[at]!)}`}
          />
          <MostMoved units={own} />
        </Part>
      )}
      <Pair key={`${row.name} ${step}`} view={view} row={row} />
    </aside>
  );
}

function MostMoved({ units }: { units: Float64Array }): VNode {
  const most = Array.from(units, (value, unit) => ({ value, unit }))
    .sort((a, b) => b.value - a.value)
    .slice(0, 5);
  return <p class="quiet picture-note">Most: {most.map(({ unit, value }) => `${unit} (${formatScore(value)})`).join(', ')}</p>;
}

/** The tensor's change in each step of a series. */
function Steps({ view, name }: { view: CompareView; name: string }): VNode | null {
  const { value } = view.comparing;
  if (value.state !== 'ready' || value.steps.length < 2) return null;
  const changes = value.steps.map((step) => step.relative[step.names.indexOf(name)] ?? NaN);
  const names = view.files.value?.names ?? [];
  return (
    <Part title="Change by step">
      <Bars
        values={changes.map((change) => (Number.isFinite(change) ? change : 0))}
        height={48}
        label={`Relative change in each of ${changes.length} steps`}
        ends={[names[1] ?? '', names.at(-1) ?? '']}
        describe={(at) => `to ${names[at + 1]}: ${formatRelative(changes[at]!)}`}
        onPick={(at) => (view.step.value = at)}
      />
    </Part>
  );
}

/** Before and after on one scale. */
function Pair({ view, row }: { view: CompareView; row: ChangeRow }): VNode | null {
  const limits = useSignal<[number, number]>([0, 0]);
  const channel = useSignal(0);
  const step = view.step.value;
  const { files } = view;
  if (row.state === 'unread' || row.shape.includes(0)) return null;
  const both = row.state === 'same' || row.state === 'changed';
  const sides = both ? [0, 1] : row.state === 'gone' ? [0] : row.state === 'new' ? [1] : [];
  if (sides.length === 0) return null;
  const common = both ? Math.max(...limits.value) || undefined : undefined;
  const filters = row.shape.length === 4;
  const picture = (side: number): PictureProps => ({
    ask: view.host,
    file: step + side,
    tensor: row.renamed?.[side] ?? row.name,
    shape: row.shape,
    revision: view.revision.value,
    limit: common,
    onRange: (limit) => {
      const next: [number, number] = side === 0 ? [limit, limits.peek()[1]] : [limits.peek()[0], limit];
      if (next.join() !== limits.peek().join()) limits.value = next;
    },
  });
  return (
    <Part title={filters ? 'Filters' : 'Values'}>
      {filters && hasChannelField(row.shape) && <ChannelField channel={channel} channels={row.shape[1]!} />}
      <div class="pair">
        {sides.map((side) => (
          <figure key={side}>
            <figcaption class="quiet" title={files.value?.names[step + side]}>
              {files.value?.names[step + side]}
            </figcaption>
            {filters ? <Mosaic {...picture(side)} channel={channel} /> : <Plane {...picture(side)} />}
          </figure>
        ))}
      </div>
    </Part>
  );
}
