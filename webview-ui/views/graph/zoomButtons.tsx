import type { VNode } from 'preact';
import { IconButton } from '../../ui/button';
import type { GraphDrawing } from './graphDrawing';

/** Zoom, at the corner of the drawing. */
export function ZoomButtons({ view }: { view: GraphDrawing }): VNode {
  const scale = view.camera.viewport.value?.scale ?? 1;
  return (
    <div class="graph-floating graph-zoom" role="toolbar" aria-label="Zoom">
      <IconButton icon="minus" label="Zoom out (-)" onPress={() => view.camera.zoom(0.8)} />
      <button type="button" class="graph-scale" title="Actual size (1)" onClick={() => view.camera.actualSize()}>
        {scale < 0.01 ? '<1' : Math.round(100 * scale)} %
      </button>
      <IconButton icon="plus" label="Zoom in (+)" onPress={() => view.camera.zoom(1.25)} />
      <IconButton icon="fit" label="Fit the whole graph (0)" onPress={() => view.fitAll()} />
    </div>
  );
}
