import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Layer } from '../../../src/protocol/model';
import type { UnitDetail } from '../../../src/protocol/patches';
import { stimulusMenu } from '../../../src/protocol/retrievalViews';
import { formatLabel, formatScore } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { HeatCanvas } from './heatCanvas';
import type { PatchesView } from './view';
import './stimulusCard.css';

interface StimulusCardProps {
  view: PatchesView;
  layer: Layer;
  unit: number;
  stimulus: UnitDetail['top'][number];
  rank: number;
  highest: number;
  /** Who is asked for the unit's activation. */
  activation: 'activation' | 'other.activation';
  /** Whether it is among the strongest of the model that is compared with, too. */
  common: boolean;
}

const pictureSide = 480;

/** A stimulus whole, with the patch's box and the unit's activation over it. Fetched when it comes into view. */
export function StimulusCard({ view, layer, unit, stimulus, rank, highest, activation: whose, common }: StimulusCardProps): VNode {
  const card = useRef<HTMLButtonElement>(null);
  const seen = useSignal(false);
  const url = useSignal<string | null>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) seen.value = true;
      },
      { rootMargin: '120px' },
    );
    observer.observe(card.current!);
    return () => observer.disconnect();
  }, [seen]);

  const { index, score, path, label } = stimulus;
  const study = view.study.value ?? 0;
  const picture = useResource(seen.value ? String(index) : null, study, (signal) =>
    view.host.call('picture', { index, size: pictureSide }, { signal }),
  );
  const other = view.session.state.value?.other?.uri ?? '';
  const key = `${layer.name} ${unit} ${index} ${whose === 'activation' ? '' : other}`;
  const activation = useResource(seen.value ? key : null, study, (signal) =>
    view.host.call(whose, { layer: layer.name, unit, index }, { signal }),
  );

  const { value } = picture.value;
  useEffect(() => {
    if (!value) return;
    const made = URL.createObjectURL(new Blob([value.data as Uint8Array<ArrayBuffer>], { type: value.mime }));
    url.value = made;
    return () => {
      URL.revokeObjectURL(made);
      url.value = null;
    };
  }, [value, url]);

  const image = value ? value.original : ([4, 3] as [number, number]);
  const map = activation.value.value;
  const [left, top, width, height] = map?.place.box ?? [0, 0, 0, 0];
  const heated = map !== undefined && view.heat.value && map.values.length > 1;
  const opacity = view.opacity.value;
  const problem = picture.value.error?.message ?? activation.value.error?.message;
  return (
    <button
      ref={card}
      type="button"
      class={`stimulus${common ? ' stimulus-common' : ''}`}
      data-roving
      tabIndex={rank === 0 ? 0 : -1}
      title={`${path}${common ? '\nAmong the strongest of both' : ''}\nOpen the image`}
      aria-label={[
        `Number ${rank + 1}: ${path}`,
        `score ${formatScore(score)}`,
        label !== null && `class ${formatLabel(label)}`,
        common && 'among the strongest of both',
        map && map.values.length > 1 && `strongest in row ${map.place.position[0] + 1} of ${map.rows}, column ${map.place.position[1] + 1} of ${map.columns}`,
      ]
        .filter(Boolean)
        .join(', ')}
      data-vscode-context={stimulusMenu(view.session.state.value?.modelUri ?? '', index)}
      onClick={() => view.host.notify('stimulus.open', { index })}
    >
      <span class="stimulus-frame">
        <span
          class={`stimulus-image ${image[0] * 3 >= image[1] * 4 ? 'stimulus-broad' : 'stimulus-tall'}`}
          style={{ aspectRatio: `${image[0]} / ${image[1]}` }}
        >
          {url.value && (
            <img
              src={url.value}
              alt=""
              draggable={false}
              style={heated ? { filter: `saturate(${1 - 0.7 * opacity}) brightness(${1 - 0.25 * opacity})` } : {}}
            />
          )}
          {heated && <HeatCanvas map={map} highest={highest} image={image} opacity={opacity} />}
          {map && (
            <span
              class="patch-box"
              style={{
                left: `${(100 * left) / image[0]}%`,
                top: `${(100 * top) / image[1]}%`,
                width: `${(100 * width) / image[0]}%`,
                height: `${(100 * height) / image[1]}%`,
              }}
            />
          )}
        </span>
        {problem !== undefined && <span class="stimulus-problem quiet">{problem}</span>}
      </span>
      <span class="stimulus-caption">
        <span class="quiet">{rank + 1}</span>
        <span class="stimulus-label">{label === null ? path : formatLabel(label)}</span>
        <span>{formatScore(score)}</span>
      </span>
    </button>
  );
}
