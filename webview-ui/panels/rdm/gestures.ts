import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** What a pointer does on a picture that is zoomed and panned; points in CSS pixels from the element's corner. */
export interface Gestures {
  zoom: (factor: number, at: [x: number, y: number]) => void;
  /** By pixels. */
  pan: (across: number, down: number) => void;
  hover: (at: [x: number, y: number] | null) => void;
  click: (at: [x: number, y: number], event: PointerEvent) => void;
  reset: () => void;
  /** A rectangle is drawn instead of a pan where it says so at the start. */
  marquee?: {
    wanted: (event: PointerEvent) => boolean;
    change: (from: [number, number], to: [number, number]) => void;
    end: (from: [number, number], to: [number, number]) => void;
  };
}

const slack = 4;

export function useGestures(element: RefObject<HTMLElement | null>, gestures: Gestures): void {
  const latest = useRef(gestures);
  latest.current = gestures;
  useLayoutEffect(() => {
    const target = element.current!;
    const abort = new AbortController();
    const { signal } = abort;
    const place = (event: MouseEvent): [number, number] => {
      const box = target.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let held: { from: [number, number]; last: [number, number]; moved: boolean; marquee: boolean } | null = null;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      // A pinch comes as a wheel with Ctrl, in smaller steps.
      latest.current.zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.002)), place(event));
    };
    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      const from = place(event);
      held = { from, last: from, moved: false, marquee: latest.current.marquee?.wanted(event) ?? false };
      target.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent): void => {
      const at = place(event);
      if (held) {
        if (!held.moved && Math.hypot(at[0] - held.from[0], at[1] - held.from[1]) < slack) return;
        held.moved = true;
        if (held.marquee) latest.current.marquee?.change(held.from, at);
        else latest.current.pan(held.last[0] - at[0], held.last[1] - at[1]);
        held.last = at;
        latest.current.hover(null);
        return;
      }
      latest.current.hover(at);
    };
    const up = (event: PointerEvent): void => {
      if (!held) return;
      const { from, moved, marquee } = held;
      held = null;
      if (!moved) latest.current.click(place(event), event);
      else if (marquee) latest.current.marquee?.end(from, place(event));
    };
    const leave = (): void => latest.current.hover(null);
    const cancel = (): void => {
      held = null;
    };
    target.addEventListener('wheel', wheel, { passive: false, signal });
    target.addEventListener('pointerdown', down, { signal });
    target.addEventListener('pointermove', move, { signal });
    target.addEventListener('pointerup', up, { signal });
    target.addEventListener('pointercancel', cancel, { signal });
    target.addEventListener('pointerleave', leave, { signal });
    target.addEventListener('dblclick', () => latest.current.reset(), { signal });
    return () => abort.abort();
  }, [element]);
}
