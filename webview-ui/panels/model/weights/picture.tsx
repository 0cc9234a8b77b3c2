import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface PictureProps {
  draw: () => ImageData;
  dependsOn: readonly unknown[];
  label?: string;
  class?: string;
  /** Fitted patterns are smooth, filters are not. */
  smooth?: boolean;
}

/** A few pixels, as large as their place. Without a label it is for what has one around it. */
export function Picture({ draw, dependsOn, label, class: name = '', smooth = false }: PictureProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const data = draw();
    const target = canvas.current!;
    target.width = data.width;
    target.height = data.height;
    target.getContext('2d')!.putImageData(data, 0, 0);
  }, dependsOn);
  return <canvas ref={canvas} class={`${smooth ? '' : 'weight-pixels '}${name}`} {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })} />;
}
