import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { Box } from '../../../src/protocol/patches';
import type { QueryImageInput } from '../../../src/protocol/retrieval';
import { Button, IconButton } from '../../ui/button';
import { Slider } from '../../ui/numberFields';
import { EmptyState } from '../../views/notice';
import { Waiting } from '../../views/sessionReadiness';
import '../patches/stimulusCard.css';
import { BoxMark, useQueryFile, withContext } from './queryPicture';
import { drawnBox, movedBox } from './regionBox';
import { isSpatial } from './results';
import type { RetrievalView } from './view';

/** Where a box is drawn on an image, with the mouse or the keyboard. */
export function RegionPage({ view }: { view: RetrievalView }): VNode {
  const image = view.region.value;
  if (!image)
    return (
      <EmptyState icon="marquee" title="No image" actions={<Button onPress={() => (view.shown.value = 'results')}>Back</Button>}>
        Choose an image to draw a box on: Find Similar to Region….
      </EmptyState>
    );
  return <Region key={JSON.stringify([image.index, image.path])} view={view} image={image} />;
}

function Region({ view, image }: { view: RetrievalView; image: QueryImageInput }): VNode {
  const { image: file, name, path } = useQueryFile(view, image);
  const board = useRef<HTMLDivElement>(null);
  const from = useRef<readonly [number, number] | null>(null);
  const { box, context = 1 } = image;
  const spoken = useSignal('');
  if (file?.problem != null)
    return (
      <EmptyState tone="error" icon="error" title="The image cannot be shown" actions={<Button onPress={() => (view.shown.value = 'results')}>Back</Button>}>
        {file.problem}
      </EmptyState>
    );
  if (!file?.url) return <Waiting text="Reading the image…" />;
  const { width, height, url } = file;
  const put = (next: Box | undefined): void => {
    view.region.value = { ...image, box: next };
  };
  const search = (local: boolean): void => {
    const settings = view.settings.peek();
    if (settings && settings.local !== local) view.change({ local });
    view.search({ index: image.index, path: image.path, ...(box ? { box, context } : {}) });
  };
  const at = (event: PointerEvent): readonly [number, number] => {
    const { left, top, width: across, height: down } = board.current!.getBoundingClientRect();
    return [((event.clientX - left) / across) * width, ((event.clientY - top) / down) * height];
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault();
      search(false);
      return;
    }
    const next = movedBox(box, event.key, event.shiftKey, width, height);
    if (!next) return;
    event.preventDefault();
    put(next);
    spoken.value = `${next[2]} by ${next[3]} pixels at ${next[0]}, ${next[1]}`;
  };
  const spatial = view.layer.value !== null && isSpatial(view.layer.value) && !view.settings.value?.index;
  return (
    <section class="region" aria-label="Draw a region">
      <header class="region-head">
        <IconButton icon="chevron-left" label="Back to the results" onPress={() => (view.shown.value = 'results')} />
        <h2 title={path ?? undefined}>{name}</h2>
        <span class="quiet">
          {box ? `${Math.round(box[2])} × ${Math.round(box[3])} px` : 'Drag a box over what you look for; or the arrow keys, Shift to resize.'}
        </span>
      </header>
      <div class="region-stage" style={{ '--ratio': width / height }}>
        <div
          ref={board}
          class="region-board"
          role="application"
          aria-label={`${name}: arrow keys move the box, Shift and arrow keys resize it, Enter searches`}
          tabIndex={0}
          style={{ aspectRatio: `${width} / ${height}` }}
          onKeyDown={press}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            from.current = at(event);
          }}
          onPointerMove={(event) => {
            const drawn = from.current && drawnBox(from.current, at(event), width, height);
            if (drawn) put(drawn);
          }}
          onPointerUp={() => (from.current = null)}
          onPointerCancel={() => (from.current = null)}
        >
          <img src={url} alt="" draggable={false} />
          {box && (
            <>
              {context > 1 && <BoxMark box={withContext(box, context, width, height)} width={width} height={height} faint />}
              <BoxMark box={box} width={width} height={height} />
            </>
          )}
        </div>
      </div>
      <footer class="region-foot">
        <label class="region-context" title="Enlarges the box about its centre: how much of its surroundings is looked at, too">
          Context × {context.toFixed(1)}
          <Slider
            label="Context"
            text={`times ${context.toFixed(1)}`}
            min={10}
            max={40}
            value={Math.round(context * 10)}
            onChange={(tenths) => (view.region.value = { ...image, context: tenths / 10 })}
          />
        </label>
        {box && <Button onPress={() => put(undefined)}>Whole image</Button>}
        <span class="bar-end bar-group">
          {spatial && (
            <Button disabled={!box} onPress={() => search(true)} title="The regions of other images that match best">
              Find matching regions
            </Button>
          )}
          <Button kind="primary" icon="search" onPress={() => search(false)}>
            Find similar
          </Button>
        </span>
      </footer>
      <span class="hidden" aria-live="polite">
        {spoken.value}
      </span>
    </section>
  );
}
