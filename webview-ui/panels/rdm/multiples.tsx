import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { RdmLayer } from '../../../src/protocol/rdm';
import { useResource } from '../../shared/resource';
import { moveAmong } from '../../shared/roving';
import { useVirtual } from '../../shared/virtual';
import { Icon } from '../../ui/icon';
import { useSize } from './canvas';
import { commonRange } from './heat';
import { paint } from './heatPictures';
import { LayerName } from './layerText';
import { Legend } from './legend';
import { measureName } from './options';
import type { ReadyLayer, RdmView } from './view';
import './multiples.css';

const side = 160;
const gap = 16;
const height = side + 46;

/** The RDMs of all layers side by side: in one order, on one colour scale. */
export function Multiples({ view, layer }: { view: RdmView; layer: ReadyLayer }): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { width } = useSize(scroller).value;
  const layers = view.set.value?.layers ?? [];
  const columns = Math.max(1, Math.floor((width + gap) / (side + gap)));
  const list = useVirtual({ count: Math.ceil(layers.length / columns), size: height, scroller, overscan: 2 });
  const range = commonRange(view.ready.value.map(({ quantiles }) => quantiles));
  return (
    <div class="multiples">
      <div class="multiples-head">
        <Legend scale={view.scaleOf(layer, range)} measure={measureName(view.settings.value!.recipe.measure)} />
      </div>
      <div class="multiples-scroller" ref={scroller}>
        <div class="virtual" role="list" style={{ height: `${list.total}px` }} onKeyDown={moveAmong}>
          {width > 0 &&
            list.items.map(({ index, start }) => (
              <div key={index} class="virtual-item multiples-row" role="presentation" style={{ transform: `translateY(${start}px)` }}>
                {layers.slice(index * columns, (index + 1) * columns).map((one) => (
                  <Multiple key={one.layer} view={view} layer={one} range={range} shown={one.layer === layer.layer} />
                ))}
              </div>
            ))}
        </div>
      </div>
    </div>
  );
}

interface MultipleProps {
  view: RdmView;
  layer: RdmLayer;
  range: readonly [number, number];
  shown: boolean;
}

function Multiple({ view, layer, range, shown }: MultipleProps): VNode {
  const open = (): void => {
    view.show(layer.layer);
    view.tab.value = 'rdm';
  };
  return (
    <div role="listitem" class="multiple">
      <button
        type="button"
        class={`multiple-button${shown ? ' multiple-shown' : ''}`}
        data-roving
        tabIndex={shown ? 0 : -1}
        disabled={layer.state !== 'ready'}
        aria-current={shown}
        onClick={open}
      >
        {layer.state === 'ready' ? (
          <Picture view={view} layer={layer} range={range} />
        ) : (
          <span class={`multiple-picture multiple-${layer.state}`}>
            <Icon name={layer.state === 'failed' ? 'warning' : 'record'} />
            <span title={layer.state === 'failed' ? layer.message : undefined}>
              {layer.state === 'failed' ? layer.message : 'Not computed yet'}
            </span>
          </span>
        )}
        <LayerName session={view.session} name={layer.layer} op={false} />
      </button>
    </div>
  );
}

/** A layer's RDM, small. */
export function Picture({ view, layer, range }: { view: RdmView; layer: ReadyLayer; range: readonly [number, number] }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const count = view.count.value;
  const rows = view.rows.value;
  const size = Math.min(count, Math.round(side * window.devicePixelRatio));
  const key = view.current.value ? JSON.stringify([layer.layer, view.rowsKey.value, size]) : null;
  const { value, error } = useResource(key, 0, (signal) =>
    view.matrices.fetch({ layer: layer.layer, rows, region: [0, 0, count, count], size }, signal),
  ).value;
  const scale = view.scaleOf(layer, range);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!value || !context) return;
    [canvas.current!.width, canvas.current!.height] = [value.width, value.height];
    context.drawImage(paint(value.values, value.width, scale), 0, 0);
  }, [value, scale.by, scale.colours, range[0], range[1]]);
  if (error)
    return (
      <span class="multiple-picture multiple-failed">
        <Icon name="error" />
        <span title={error.message}>{error.message}</span>
      </span>
    );
  return (
    <span class="multiple-picture">
      <canvas ref={canvas} aria-hidden="true" class={value ? '' : 'multiple-waiting'} style={{ imageRendering: count <= side ? 'pixelated' : 'auto' }} />
    </span>
  );
}
