import { useSignal, useSignalEffect, type Signal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Stimulus } from '../../../src/protocol/dataset';
import type { Layer } from '../../../src/protocol/model';
import { formatLabel, formatScore } from '../../shared/format';
import { patchKey } from './pictureCache';
import type { PatchesView } from './view';

/** The patch under the pointer. */
export interface Hovered {
  anchor: Element;
  unit: number;
  index: number;
  score: number;
  /** From 0. */
  rank: number;
  of: number;
}

const delay = 350;
const width = 200;
const height = 268;
const gap = 10;

/**
 * A patch larger, and where it comes from. It waits a moment; once it is there it follows the pointer at once. For the
 * eye only: whoever uses the keyboard finds all of it in the unit's own page.
 */
export function Preview({
  view,
  layer,
  hovered,
}: {
  view: PatchesView;
  layer: Layer;
  hovered: Signal<Hovered | null>;
}): VNode | null {
  const shown = useSignal<Hovered | null>(null);
  const stimulus = useSignal<Stimulus | null>(null);
  useSignalEffect(() => {
    const next = hovered.value;
    if (!next) {
      shown.value = null;
      return;
    }
    const timer = window.setTimeout(() => (shown.value = next), shown.peek() ? 40 : delay);
    return () => window.clearTimeout(timer);
  });
  useSignalEffect(() => {
    const index = shown.value?.index;
    if (index === undefined) return;
    stimulus.value = null;
    let current = true;
    void view.stimulus(index).then((found) => {
      if (current) stimulus.value = found ?? null;
    });
    return () => {
      current = false;
    };
  });

  const patch = shown.value;
  if (!patch?.anchor.isConnected) return null;
  const { url, box, problem } = view.pictures.cell(patchKey(layer.name, patch)).value;
  const from = patch.anchor.getBoundingClientRect();
  const mosaic = (patch.anchor.parentElement ?? patch.anchor).getBoundingClientRect();
  const right = mosaic.right + gap + width < window.innerWidth;
  const left = right ? mosaic.right + gap : Math.max(gap, mosaic.left - gap - width);
  const top = Math.max(gap, Math.min(from.top + from.height / 2 - height / 3, window.innerHeight - height - gap));
  const file = stimulus.value?.path ?? '';
  return (
    <div class="preview" aria-hidden="true" style={{ left: `${left}px`, top: `${top}px`, width: `${width}px` }}>
      <div class="preview-picture">{url ? <img src={url} alt="" /> : <span class="quiet">{problem ?? '…'}</span>}</div>
      <dl>
        <div>
          <dt>Score</dt>
          <dd>
            {formatScore(patch.score)} <span class="quiet">{`${patch.rank + 1} of ${patch.of}`}</span>
          </dd>
        </div>
        <div>
          <dt>Class</dt>
          <dd>{stimulus.value ? (stimulus.value.label === null ? '–' : formatLabel(stimulus.value.label)) : '…'}</dd>
        </div>
        <div>
          <dt>File</dt>
          <dd class="preview-file">
            <bdi>{file || '…'}</bdi>
          </dd>
        </div>
        <div>
          <dt>Patch</dt>
          <dd>{box ? `${box[2]} × ${box[3]} px` : '…'}</dd>
        </div>
      </dl>
    </div>
  );
}
