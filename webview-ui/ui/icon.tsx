import type { VNode } from 'preact';
import { drawings, type IconName } from './iconDrawings';

export type { IconName };

export function Icon({ name, class: extra = '', slot }: { name: IconName; class?: string; slot?: string }): VNode {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" slot={slot}>
      {drawings[name].map((path) =>
        path.startsWith('f:') ? (
          <path key={path} class="icon-filled" d={path.slice(2)} />
        ) : (
          <path key={path} d={path} />
        ),
      )}
    </svg>
  );
}
