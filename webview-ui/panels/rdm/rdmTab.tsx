import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { IconButton } from '../../ui/button';
import { useSize } from './canvas';
import { DepthSlider } from './depthSlider';
import { HeatMap, heatSide, heatWidth } from './heatMap';
import { Legend } from './legend';
import { measureName } from './options';
import { Pinned } from './pinned';
import { Readout } from './readout';
import { Scatter } from './scatter';
import type { ReadyLayer, RdmView } from './view';
import { whole, zoomAt } from './viewport';
import './rdmTab.css';
import './stimulus.css';
import './pinned.css';
import './scatter.css';

/** From this width on, the scatter stands beside the RDM; below, under it. */
const sideBySide = 860;
/** Height of what stands under the RDM. */
const chrome = 126;
/** The least width of that. */
const least = 440;

/** One layer's RDM and its stimuli as a map. */
export function RdmTab({ view, layer }: { view: RdmView; layer: ReadyLayer }): VNode {
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body).value;
  const beside = size.width >= sideBySide;
  const side = beside ? heatSide(view, size.width * 0.6, size.height - chrome) : heatSide(view, size.width, Infinity);
  const count = view.count.value;
  const viewport = view.viewport.value;
  const zoom = (factor: number): void => {
    const next = zoomAt(viewport ?? whole(count), factor, [0.5, 0.5], count);
    view.viewport.value = next.span >= count ? null : next;
  };
  const pinned = view.pinned.value;
  const measure = measureName(view.settings.value!.recipe.measure);
  return (
    <div class={`rdm-tab${beside ? ' rdm-beside' : ''}`} ref={body}>
      <section
        class="rdm-main"
        aria-label="RDM"
        style={beside ? { width: `${Math.max(least, heatWidth(view, side))}px` } : {}}
      >
        {size.width > 0 && (
          <HeatMap view={view} layer={layer} side={side} onZoom={zoom} />
        )}
        <div class="rdm-under">
          <Legend scale={view.scaleOf(layer)} measure={measure} />
          <span class="rdm-zoom">
            <IconButton icon="minus" label="Zoom out (−)" disabled={viewport === null} onPress={() => zoom(1 / 1.5)} />
            <IconButton icon="plus" label="Zoom in (+)" onPress={() => zoom(1.5)} />
            <IconButton icon="fit" label="Whole RDM (0)" disabled={viewport === null} onPress={() => (view.viewport.value = null)} />
          </span>
        </div>
        <DepthSlider view={view} layer={layer} />
        <Readout view={view} layer={layer} />
      </section>
      <section class="rdm-side" aria-label="Stimuli">
        {pinned && pinned.every((row) => row < count) && <Pinned view={view} layer={layer} pair={pinned} />}
        <Scatter view={view} />
      </section>
    </div>
  );
}
