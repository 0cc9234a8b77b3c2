import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ActivationMap } from '../../../src/protocol/patches';
import { formatScore } from '../../shared/format';
import { heatRange, paintHeat, strongest } from './heat';

interface HeatCanvasProps {
  map: ActivationMap;
  /** Highest score of the unit: the top of the colour scale. */
  highest: number;
  /** Size of the image that the map's extent is given in. */
  image: [width: number, height: number];
  opacity: number;
}

const side = 96; // finer than any layer's grid that matters, and quick to paint

/** The unit's activation over an image, and its strongest positions as a table for those who cannot see it. */
export function HeatCanvas({ map, highest, image, opacity }: HeatCanvasProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [left, top, width, height] = map.extent;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const pixels = paintHeat(map, heatRange(map.values, highest), side, side);
    context.putImageData(new ImageData(pixels, side, side), 0, 0);
  }, [map, highest]);
  const best = strongest(map, 5);
  return (
    <>
      <canvas
        ref={canvas}
        class="heat"
        width={side}
        height={side}
        role="img"
        aria-label={`Activation on a grid of ${map.rows} rows and ${map.columns} columns, strongest in row ${map.place.position[0] + 1}, column ${map.place.position[1] + 1}`}
        style={{
          left: `${(100 * left) / image[0]}%`,
          top: `${(100 * top) / image[1]}%`,
          width: `${(100 * width) / image[0]}%`,
          height: `${(100 * height) / image[1]}%`,
          opacity,
        }}
      />
      <table class="hidden">
        <caption>Strongest positions</caption>
        <tbody>
          {best.map(({ row, column, value }) => (
            <tr key={`${row} ${column}`}>
              <td>row {row + 1}</td>
              <td>column {column + 1}</td>
              <td>{formatScore(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
