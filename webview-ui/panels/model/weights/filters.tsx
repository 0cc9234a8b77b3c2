import { useComputed, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { TensorSlice } from '../../../../src/protocol/checkpoint';
import { toUnitscopeError } from '../../../../src/protocol/errors';
import type { GaborFit } from '../../../../src/protocol/graph';
import { formatCount, plural } from '../../../shared/format';
import { moveAmong } from '../../../shared/roving';
import { Button, LinkButton } from '../../../ui/button';
import { Checkbox } from '../../../ui/checkbox';
import { NumberField } from '../../../ui/numberFields';
import { ProgressLine } from '../../../ui/progress';
import { Select } from '../../../ui/select';
import { filterPixels, limitsOf, type Shown } from '../../../views/tensor/filterPixels';
import { ScaleSelect } from '../../../views/tensor/scaleSelect';
import { FilterDetail } from './filterDetail';
import { filterPlaces, isOfFits, orderFilters, orderLabels, ordersOf } from './filterOrder';
import { Picture } from './picture';
import type { WeightsView } from './view';
import type { Weight } from './weights';
import './filters.css';

/** Filters that are read at a time, at most. */
const page = 256;
const none: ReadonlyMap<number, GaborFit> = new Map();

/** Channels and sides with which filters show image patterns, and are large enough for a Gabor function to be told from anything else. */
function mayFit([, channels, height, width]: readonly number[]): boolean {
  return channels! <= 4 && Math.min(height!, width!) >= 5 && Math.max(height!, width!) <= 64;
}

/** The filters of a convolution, each a picture: in colour where they see an image, else one input channel, or the norm over all. */
export function Filters({ view, weight }: { view: WeightsView; weight: Weight }): VNode {
  const { name, shape, dequantize } = weight;
  const [units, channels] = shape as [number, number, number, number];
  const revision = view.session.state.value?.modelRevision ?? 0;
  const scales = JSON.stringify(dequantize);
  const wanted = useSignal(page);
  const slices = useSignal<readonly TensorSlice[]>([]);
  const failure = useSignal<string | null>(null);
  const channel = useSignal<'norm' | number>(channels > 3 ? 'norm' : 0);
  const again = useSignal(0);
  useEffect(() => {
    slices.value = [];
  }, [revision, scales]);
  const first = slices.value.reduce((sum, slice) => sum + slice.shape[0]!, 0);
  useEffect(() => {
    if (first >= Math.min(wanted.value, units)) return;
    const abort = new AbortController();
    failure.value = null;
    view.host.call('slice', { file: 0, tensor: name, what: { kind: 'filters', first, most: page, ...(dequantize && { dequantize }) } }, { signal: abort.signal }).then(
      (slice) => {
        if (!abort.signal.aborted) slices.value = [...slices.peek(), slice];
      },
      (thrown: unknown) => {
        if (!abort.signal.aborted) failure.value = toUnitscopeError(thrown).message;
      },
    );
    return () => abort.abort();
  }, [first, wanted.value, revision, scales, again.value]);
  const fits = view.fitting.value.state === 'ready' ? view.fitting.value.fits : none;
  const places = useComputed(() => filterPlaces(slices.value));
  const byUnit = useComputed(() => new Map(places.value.map((one) => [one.facts.unit, one])));
  const fitted = mayFit(shape);
  const shown = shownOf(view, channels, channel.value);
  const jointly = view.jointly.value;
  const limitOf = limitsOf(places.value, shown, jointly);
  const orders = ordersOf(channels, fitted);
  // Another weight may have been looked at before, whose filters had more orders.
  const order = orders.includes(view.order.value) ? view.order.value : 'unit';
  const rows = orderFilters(places.value.map(({ facts }) => facts), order, fits);
  const chosen = byUnit.value.get(view.filter.value ?? -1);
  const showPatches = (unit: number): void => {
    if (weight.layer !== null) view.showUnit(weight.layer, unit);
  };
  return (
    <section class="filters" aria-label="Filters">
      <div class="filters-bar">
        <h3>Filters</h3>
        <span class="quiet">{rows.length < units ? `${formatCount(rows.length)} of ${formatCount(units)}` : plural(units, 'filter')}</span>
        <Select label="Order" value={order} options={orders.map((value) => ({ value, label: orderLabels[value], disabled: fits.size === 0 && isOfFits(value) }))} onChange={(next) => (view.order.value = next)} />
        <ScaleSelect jointly={jointly} onChange={(next) => (view.jointly.value = next)} />
        {shown.kind !== 'colour' && channels > 1 && (
          <>
            <Select
              label="What is shown"
              value={channel.value === 'norm' ? 'norm' : 'channel'}
              options={[
                { value: 'norm', label: 'Norm over input channels' },
                { value: 'channel', label: 'One input channel' },
              ]}
              onChange={(value) => (channel.value = value === 'norm' ? 'norm' : 0)}
            />
            {channel.value !== 'norm' && <NumberField label="Input channel" value={channel.value} min={0} max={channels - 1} onChange={(next) => (channel.value = next)} />}
          </>
        )}
        {fits.size > 0 && (
          <Checkbox checked={view.ticks.value} onChange={(on) => (view.ticks.value = on)} title="A line along the stripes of each filter that has some">
            Orientation
          </Checkbox>
        )}
      </div>
      {fitted ? (
        <Fit view={view} weight={weight} />
      ) : (
        channels <= 4 && shape[2]! < 5 && <p class="quiet filters-note">No orientation or frequency: {`${shape[2]} × ${shape[3]}`} weights are too few to tell a Gabor function from any other.</p>
      )}
      {failure.value !== null && (
        <p class="warning picture-note" role="alert">
          {failure.value} <LinkButton onPress={() => again.value++}>Try again</LinkButton>
        </p>
      )}
      {rows.length === 0 && failure.value === null && (
        <div class="picture-waiting quiet" role="status">
          Reading…
        </div>
      )}
      <div class="filters-body">
        <div class="filter-grid" role="listbox" aria-label={`${plural(rows.length, 'filter')} by ${orderLabels[order].toLowerCase()}`} onKeyDown={moveAmong}>
          {rows.map(({ unit }, at) => {
            const { slice, place } = byUnit.value.get(unit)!;
            const fit = fits.get(unit);
            const selected = view.filter.value === unit;
            return (
              <button
                key={unit}
                type="button"
                role="option"
                aria-selected={selected}
                data-roving
                tabIndex={(view.filter.value === null ? at === 0 : selected) ? 0 : -1}
                class="filter"
                aria-label={`Filter ${unit}${fit?.striped ? `, stripes' normal at ${Math.round(fit.orientation)} degrees` : ''}`}
                title={filterTitle(unit, fit)}
                onClick={(event) => {
                  // The first click opens the detail, and another filter may come under the second one.
                  if (event.detail < 2) view.filter.value = unit;
                }}
                onDblClick={() => showPatches(view.filter.value ?? unit)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter') return;
                  // It would be a click, which only selects.
                  event.preventDefault();
                  view.filter.value = unit;
                  showPatches(unit);
                }}
              >
                <span class="filter-picture">
                  <Picture draw={() => filterPixels(slice, place, shown, limitOf(slice, place))} dependsOn={[slice, place, JSON.stringify(shown), jointly && places.value]} />
                  {view.ticks.value && fit?.striped && <Tick orientation={fit.orientation} />}
                </span>
                <span class="filter-number">{unit}</span>
              </button>
            );
          })}
        </div>
        {chosen && (
          <FilterDetail
            view={view}
            weight={weight}
            facts={chosen.facts}
            fit={fits.get(chosen.facts.unit) ?? null}
            draw={() => filterPixels(chosen.slice, chosen.place, shown, limitOf(chosen.slice, chosen.place))}
            dependsOn={[chosen.slice, chosen.place, JSON.stringify(shown), jointly && places.value]}
          />
        )}
      </div>
      {first < units && first > 0 && (
        <p class="filters-more">
          <Button disabled={first < wanted.value} onPress={() => (wanted.value += page)}>
            {first < wanted.value ? 'Reading…' : `Show ${formatCount(Math.min(page, units - first))} more`}
          </Button>
        </p>
      )}
    </section>
  );
}

function shownOf(view: WeightsView, channels: number, channel: 'norm' | number): Shown {
  const { value } = view.session.state;
  const bgr = value?.preprocess.state === 'ready' && value.preprocess.value.config.channel_order === 'BGR';
  if (channels === 3 || channels === 4) return { kind: 'colour', channels: bgr ? [2, 1, 0] : [0, 1, 2] };
  return channel === 'norm' ? { kind: 'norm' } : { kind: 'channel', channel };
}

function filterTitle(unit: number, fit: GaborFit | undefined): string {
  if (!fit) return `Filter ${unit}`;
  if (!fit.striped) return `Filter ${unit}\nNo stripes (Gabor fit r² ${fit.r2.toFixed(2)})`;
  return `Filter ${unit}\nOrientation ${Math.round(fit.orientation)}°, ${(1 / fit.frequency).toFixed(1)} pixels a cycle, r² ${fit.r2.toFixed(2)}`;
}

/** A line along the stripes: at a right angle to their normal. */
function Tick({ orientation }: { orientation: number }): VNode {
  const angle = ((orientation + 90) * Math.PI) / 180;
  const [x, y] = [32 * Math.cos(angle), -32 * Math.sin(angle)];
  return (
    <svg class="filter-tick" viewBox="-50 -50 100 100" aria-hidden="true">
      <path class="filter-tick-edge" d={`M${-x} ${-y}L${x} ${y}`} />
      <path d={`M${-x} ${-y}L${x} ${y}`} />
    </svg>
  );
}

/** The fit of Gabor functions: it starts by itself where it is soon done. */
function Fit({ view, weight }: { view: WeightsView; weight: Weight }): VNode | null {
  const { name, shape } = weight;
  const { value: now } = view.fitting;
  const few = shape[0]! * shape[2]! * shape[3]! <= 40_000;
  useEffect(() => {
    if (view.fitting.peek().state === 'none' && few) view.fit(weight);
  }, [name, view.session.state.value?.modelRevision]);
  switch (now.state) {
    case 'ready': {
      const striped = [...now.fits.values()].filter((fit) => fit.striped).length;
      return (
        <p class="quiet filters-note">
          {formatCount(striped)} of {plural(now.fits.size, 'filter')} {striped === 1 ? 'has' : 'have'} stripes, by a Gabor function fitted to {shape[1] === 1 ? 'each' : "each one's first principal colour component"}. r² is the share of its variance
          that the function explains; stripes are said where it is above 0.5 and a Gaussian alone leaves twice as much unexplained.
        </p>
      );
    }
    case 'running':
      return (
        <div class="filters-note quiet" role="status">
          <ProgressLine value={now.total > 0 ? now.done / now.total : null} label="Fitting Gabor functions" />
          Fitting Gabor functions{now.total > 0 ? `: ${formatCount(now.done)} of ${formatCount(now.total)}` : ''}… <LinkButton onPress={() => view.cancelFit()}>Cancel</LinkButton>
        </div>
      );
    case 'error':
    case 'cancelled':
    case 'none':
      return (
        <p class={`filters-note ${now.state === 'error' ? 'warning' : 'quiet'}`} role={now.state === 'error' ? 'alert' : undefined}>
          {now.state === 'error' ? now.message : 'Orientation and frequency come of fitting Gabor functions.'} <LinkButton onPress={() => view.fit(weight)}>{now.state === 'error' ? 'Try again' : 'Fit'}</LinkButton>
        </p>
      );
  }
}
