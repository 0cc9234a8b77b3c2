import type { VNode } from 'preact';
import './divider.css';

interface DividerProps {
  label: string;
  /** Share of the space that what is before it takes, and its bounds. */
  share: number;
  least: number;
  most: number;
  onMove: (share: number) => void;
  class?: string;
}

const step = 0.02;

/** A bar between two panes, moved with the pointer or the arrow keys. Its siblings share the space of its parent. */
export function Divider({ label, share, least, most, onMove, class: name = '' }: DividerProps): VNode {
  const to = (next: number): void => onMove(Math.round(1000 * Math.min(most, Math.max(least, next))) / 1000);
  return (
    <div
      class={`divider ${name}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-valuenow={Math.round(100 * share)}
      aria-valuemin={Math.round(100 * least)}
      aria-valuemax={Math.round(100 * most)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
        event.currentTarget.focus();
      }}
      onPointerMove={(event) => {
        if (event.buttons === 0) return;
        const { left, top, width, height } = event.currentTarget.parentElement!.getBoundingClientRect();
        const upright = event.currentTarget.offsetHeight > event.currentTarget.offsetWidth;
        to(upright ? (event.clientX - left) / width : (event.clientY - top) / height);
      }}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -step, ArrowUp: -step, ArrowRight: step, ArrowDown: step }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        to(share + by);
      }}
    />
  );
}
