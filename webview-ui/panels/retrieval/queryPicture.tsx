import { useSignal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import type { Stimulus } from '../../../src/protocol/dataset';
import type { Box } from '../../../src/protocol/patches';
import type { QueryImageInput } from '../../../src/protocol/retrieval';
import { baseName } from '../../shared/format';
import type { FileImage } from './files';
import type { RetrievalView } from './view';

export interface QueryFile {
  /** Null: not known yet. */
  path: string | null;
  name: string;
  label: string | null;
  /** Of the stimulus that it is; null: it is not of these images, or not known yet. */
  index: number | null;
  image: FileImage | null;
}

/** The file of a query's image, and the stimulus that it is. */
export function useQueryFile(view: RetrievalView, { index, path }: QueryImageInput): QueryFile {
  const stimulus = useSignal<Stimulus | null>(null);
  const asked = useSignal<number | string | undefined>(undefined);
  asked.value = path ?? index;
  useSignalEffect(() => {
    const wanted = asked.value;
    stimulus.value = null;
    if (wanted === undefined || view.study.value === undefined || !view.askable.value) return;
    let current = true;
    void view.stimulus(typeof wanted === 'number' ? { index: wanted } : { path: wanted }).then((found) => {
      if (current) stimulus.value = found;
    });
    return () => {
      current = false;
    };
  });
  const dataset = view.session.state.value?.dataset;
  const root = dataset?.state === 'ready' ? dataset.value.root : null;
  const file = path ?? (stimulus.value && root !== null ? `${root}/${stimulus.value.path}` : null);
  return {
    path: file,
    name: file === null ? '' : baseName(file),
    label: stimulus.value?.label ?? null,
    index: stimulus.value?.index ?? null,
    image: file === null ? null : view.files.get(file).value,
  };
}

/** A box over a picture, in shares of the image. */
export function BoxMark({ box, width, height, faint = false }: { box: Box; width: number; height: number; faint?: boolean }): VNode {
  const [x, y, w, h] = box;
  return (
    <span
      class={`patch-box${faint ? ' box-faint' : ''}`}
      style={{
        left: `${(100 * x) / width}%`,
        top: `${(100 * y) / height}%`,
        width: `${(100 * w) / width}%`,
        height: `${(100 * h) / height}%`,
      }}
    />
  );
}

/** A box enlarged about its centre, inside its image. */
export function withContext([x, y, w, h]: Box, context: number, width: number, height: number): Box {
  const left = Math.max(0, x + w / 2 - (w * context) / 2);
  const top = Math.max(0, y + h / 2 - (h * context) / 2);
  return [left, top, Math.min(width, x + w / 2 + (w * context) / 2) - left, Math.min(height, y + h / 2 + (h * context) / 2) - top];
}
