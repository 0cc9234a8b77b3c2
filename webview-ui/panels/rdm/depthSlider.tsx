import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { IconButton } from '../../ui/button';
import { Slider } from '../../ui/numberFields';
import { LayerName, layerText } from './layerText';
import { wholeLimit } from './matrices';
import type { ReadyLayer, RdmView } from './view';

/** Goes through the layers that have an RDM, in the order of the graph. */
export function DepthSlider({ view, layer }: { view: RdmView; layer: ReadyLayer }): VNode {
  const ready = view.ready.value;
  const at = ready.indexOf(layer);
  const count = view.count.value;
  const key = view.known.value.value?.key;
  // The neighbours are fetched ahead.
  useEffect(() => {
    if (key === undefined || count > wholeLimit || !view.current.value) return;
    for (const step of [1, -1]) {
      const next = ready[at + step];
      if (next) view.matrices.get(key, next.layer, count);
    }
  }, [key, at, count]);
  const go = (to: number): void => {
    const next = ready[to];
    if (next) view.show(next.layer);
  };
  return (
    <div class="depth">
      <IconButton icon="chevron-left" label="Previous layer" disabled={at <= 0} onPress={() => go(at - 1)} />
      {ready.length > 1 && (
        <Slider
          label="Depth"
          min={0}
          max={ready.length - 1}
          value={at}
          text={layerText(view.session.layers.value, layer.layer)}
          onChange={go}
        />
      )}
      <IconButton icon="chevron-right" label="Next layer" disabled={at >= ready.length - 1} onPress={() => go(at + 1)} />
      <span class="depth-name">
        <LayerName session={view.session} name={layer.layer} />
      </span>
      <span class="quiet depth-count">
        {at + 1} of {ready.length}
      </span>
    </div>
  );
}
