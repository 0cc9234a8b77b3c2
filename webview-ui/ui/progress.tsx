import type { VNode } from 'preact';
import { toolkitElement } from './toolkit';

export function ProgressRing(): VNode {
  return toolkitElement('us-progress-ring', { class: 'progress-ring', 'aria-hidden': 'true' });
}

/** A thin line; `value` of null: how much is left is not known. */
export function ProgressLine({ value, label }: { value: number | null; label: string }): VNode {
  const percent = value === null ? null : Math.round(value * 1000) / 10;
  return (
    <div
      class={`progress-line${percent === null ? ' progress-line-unknown' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
    >
      <div style={{ width: percent === null ? '30%' : `${percent}%` }} />
    </div>
  );
}
