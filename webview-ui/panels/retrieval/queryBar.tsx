import type { ComponentChildren, VNode } from 'preact';
import type { Box } from '../../../src/protocol/patches';
import type { QueryImageInput, RetrievalQuery } from '../../../src/protocol/retrieval';
import { imagesOf, stimulusMenu } from '../../../src/protocol/retrievalViews';
import { formatLabel, splitLabel } from '../../shared/format';
import { Button } from '../../ui/button';
import { BoxMark, useQueryFile } from './queryPicture';
import type { RetrievalView } from './view';

/** What is searched for: its images with their boxes, and how they are combined. */
export function QueryBar({ view, query }: { view: RetrievalView; query: RetrievalQuery }): VNode {
  const images = imagesOf(query);
  const [only] = images;
  const boxes = usedBoxes(view, images.length);
  const layer = view.layer.value;
  return (
    <section class="query" aria-label="Query">
      {query.kind === 'unit' && (
        <span class="query-unit">
          <strong>Unit {query.unit}</strong>{' '}
          <span class="quiet">of {layer && splitLabel(layer).name}: images by its highest activation</span>
        </span>
      )}
      {query.kind === 'images' &&
        query.terms.map(({ image, weight }, at) => (
          <Term key={at} view={view} image={image} used={boxes[at] ?? null}>
            {(at > 0 || weight < 0) && <span class="query-sign">{weight < 0 ? '−' : '+'}</span>}
          </Term>
        ))}
      {query.kind === 'between' &&
        query.images.map((image, at) => (
          <Term key={at} view={view} image={image} used={boxes[at] ?? null}>
            {at === 1 && <span class="query-sign query-word">and</span>}
          </Term>
        ))}
      {images.length === 1 && only && (
        <span class="query-actions">
          <Button icon="marquee" onPress={() => view.drawOn(only)}>
            {only.box ? 'Change region' : 'Draw region'}
          </Button>
          {only.box && <Button onPress={() => view.search({ index: only.index, path: only.path })}>Whole image</Button>}
        </span>
      )}
    </section>
  );
}

/** Boxes as the engine used them, of the answer that is shown. */
function usedBoxes(view: RetrievalView, count: number): (Box | null)[] {
  const answer = view.first.pages.answer.value;
  if (!answer || view.first.pages.stale.value) return [];
  if ('query' in answer) return [answer.query.box];
  return answer.boxes.length === count ? answer.boxes : [];
}

function Term({ view, image, used, children }: { view: RetrievalView; image: QueryImageInput; used: Box | null; children: ComponentChildren }): VNode {
  const { name, label, index, image: file, path } = useQueryFile(view, image);
  const modelUri = view.session.state.value?.modelUri ?? '';
  const { box } = image;
  return (
    <span class="query-term">
      {children}
      <figure
        class="query-image"
        title={path ?? undefined}
        data-vscode-context={index === null ? undefined : stimulusMenu(modelUri, index)}
      >
        <span class="query-picture" style={file?.url ? { aspectRatio: `${file.width} / ${file.height}` } : {}}>
          {file?.url && <img src={file.url} alt={name} />}
          {file?.url && box && <BoxMark box={box} width={file.width} height={file.height} />}
          {file?.url && used && <BoxMark box={used} width={file.width} height={file.height} faint={box !== undefined} />}
          {file?.problem != null && <span class="query-problem quiet">{file.problem}</span>}
        </span>
        <figcaption>
          <span class="query-name">{name || '…'}</span>
          {label !== null && <span class="quiet">{formatLabel(label)}</span>}
          {box && (
            <span class="quiet">
              {Math.round(box[2])} × {Math.round(box[3])} px{(image.context ?? 1) > 1 && `, context × ${Number((image.context ?? 1).toFixed(1))}`}
            </span>
          )}
        </figcaption>
      </figure>
    </span>
  );
}
