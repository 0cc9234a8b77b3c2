import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ActivationMap } from '../../../src/protocol/patches';
import { heatRange, paintHeat } from './heat';

interface HeatCanvasProps {
  map: ActivationMap;
  /** Highest score of the unit: the top of the colour scale. */
  highest: number;
  /** Size of the image that the map's extent is given in. */
  image: [width: number, height: number];
  opacity: number;
}

const side = 96; // finer than any layer's grid that matters, and quick to paint

/** The unit's activation over an image. */
export function HeatCanvas({ map, highest, image, opacity }: HeatCanvasProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [left, top, width, height] = map.extent;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const pixels = paintHeat(map, heatRange(map.values, highest), side, side);
    context.putImageData(new ImageData(pixels, side, side), 0, 0);
  }, [map, highest]);
  return (
    <canvas
      ref={canvas}
      class="heat"
      width={side}
      height={side}
      aria-hidden="true"
      style={{
        left: `${(100 * left) / image[0]}%`,
        top: `${(100 * top) / image[1]}%`,
        width: `${(100 * width) / image[0]}%`,
        height: `${(100 * height) / image[1]}%`,
        opacity,
      }}
    />
  );
}
