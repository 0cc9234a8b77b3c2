import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { RefObject } from 'preact';

/** A canvas of a size in CSS pixels, sharp on any screen; drawn before the next frame, once, whatever has changed. */
export function useDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  width: number,
  height: number,
  draw: (context: CanvasRenderingContext2D, ratio: number) => void,
): void {
  const latest = useRef(draw);
  latest.current = draw;
  const frame = useRef<number>(undefined);
  useLayoutEffect(() => {
    frame.current ??= requestAnimationFrame(() => {
      frame.current = undefined;
      const element = canvas.current;
      const context = element?.getContext('2d');
      if (!element || !context || width < 1 || height < 1) return;
      const ratio = window.devicePixelRatio;
      const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (element.width !== across || element.height !== down) [element.width, element.height] = [across, down];
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      latest.current(context, ratio);
    });
  });
  useEffect(
    () => () => {
      if (frame.current !== undefined) cancelAnimationFrame(frame.current);
    },
    [],
  );
}

/** Width and height of an element's content, as they change. */
export function useSize(element: RefObject<HTMLElement | null>): ReadonlySignal<{ width: number; height: number }> {
  const size = useSignal({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      if (width !== size.peek().width || height !== size.peek().height) size.value = { width, height };
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [element, size]);
  return size;
}

export function fontFamily(): string {
  return getComputedStyle(document.body).fontFamily;
}
