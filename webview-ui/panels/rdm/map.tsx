import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { RsaResult } from '../../../src/protocol/rdm';
import { useSize } from './canvas';
import { mapPoints } from './layerMap';
import { layerTexts } from './layerText';
import { goodReferences } from './references';
import type { RdmView } from './view';

const height = 300;

/** Layers as points that are near where their RDMs are similar, joined in the order of the graph; references as diamonds. */
export function LayerMap({ view, result }: { view: RdmView; result: RsaResult }): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const { width } = useSize(frame).value;
  const hover = useSignal<number | null>(null);
  const good = goodReferences(result);
  const layers = result.layers.length;
  const names = [
    ...layerTexts(view.session.layers.value, result.layers),
    ...good.map(({ reference }) => reference.name),
  ];
  const points = width > 0 ? mapPoints(result.map, names, layers, width, height) : [];
  const open = (at: number): void => {
    view.show(result.layers[at]!);
    view.tab.value = 'rdm';
  };
  const pointed = hover.value === null ? undefined : points[hover.value];
  return (
    <section class="layer-map" aria-label="Map of layers">
      <h3>Map of layers</h3>
      <div ref={frame} class="layer-map-frame">
        <svg width={width} height={height} role="img" aria-label={`Map of ${layers} layers and ${good.length} references: what is near is similar`}>
          <polyline class="layer-map-line" points={points.slice(0, layers).map(({ x, y }) => `${x},${y}`).join(' ')} />
          {points.map((point, at) => {
            const common = {
              onPointerEnter: () => (hover.value = at),
              onPointerLeave: () => (hover.value = null),
            };
            const reference = good[at - layers];
            return (
              <g key={at} {...common}>
                {reference ? (
                  <path class="layer-map-reference" fill={reference.colour} d={`M${point.x} ${point.y - 7}l7 7l-7 7l-7-7z`} />
                ) : (
                  <circle class={result.layers[at] === view.layer.value?.layer ? 'layer-map-here' : 'layer-map-point'} cx={point.x} cy={point.y} r="4.5" onClick={() => open(at)} />
                )}
                <title>{point.name}</title>
                {point.label && (
                  <text class={reference ? 'layer-map-strong' : ''} x={point.label.x + (reference ? (point.label.anchor === 'start' ? 3 : -3) : 0)} y={point.label.y} text-anchor={point.label.anchor}>
                    {point.label.text}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
        {pointed && !pointed.label && (
          <span class="layer-map-tip" style={{ left: `${pointed.x}px`, top: `${pointed.y}px` }}>
            {pointed.name}
          </span>
        )}
      </div>
      <p class="quiet">Second-order MDS: distance on the map follows 1 − similarity.</p>
    </section>
  );
}
