import type { ActivationMap } from '../../../src/protocol/patches';

/**
 * Nine steps of the colour map "inferno" (S. van der Walt and N. Smith, matplotlib, CC0): equal steps of the value look
 * equally large, also without colour vision.
 */
const inferno = [
  [0, 0, 4],
  [33, 12, 74],
  [87, 16, 110],
  [138, 34, 106],
  [188, 55, 84],
  [228, 90, 49],
  [249, 142, 9],
  [249, 203, 53],
  [252, 255, 164],
] as const;

export function infernoAt(share: number): [red: number, green: number, blue: number] {
  const at = Math.max(0, Math.min(1, share)) * (inferno.length - 1);
  const low = inferno[Math.floor(at)]!;
  const high = inferno[Math.ceil(at)]!;
  const part = at - Math.floor(at);
  return [0, 1, 2].map((channel) => Math.round(low[channel]! + (high[channel]! - low[channel]!) * part)) as [
    number,
    number,
    number,
  ];
}

/** "linear-gradient(…)": the same colours for a legend. */
export const infernoGradient = `linear-gradient(to right, ${inferno.map((colour) => `rgb(${colour.join(' ')})`).join(', ')})`;

/** What the colours stand for: 0 to the unit's highest score, so that pictures can be compared; else the map's own range. */
export function heatRange(values: Float32Array, highest: number): [low: number, high: number] {
  if (highest > 0) return [0, highest];
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low < high ? [low, high] : [low - 1, high];
}

/**
 * A map as RGBA, interpolated between the centres of its cells. Where the unit is silent the picture shows through: the
 * more it responds, the more opaque.
 */
export function paintHeat(
  { rows, columns, values }: ActivationMap,
  [low, high]: readonly [number, number],
  width: number,
  height: number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const axis = (at: number, length: number, cells: number): [number, number, number] => {
    const position = Math.max(0, Math.min(cells - 1, ((at + 0.5) / length) * cells - 0.5));
    const before = Math.floor(position);
    return [before, Math.min(cells - 1, before + 1), position - before];
  };
  const across = Array.from({ length: width }, (_, x) => axis(x, width, columns));
  for (let y = 0; y < height; y++) {
    const [above, below, down] = axis(y, height, rows);
    for (let x = 0; x < width; x++) {
      const [left, right, along] = across[x]!;
      const upper = values[above * columns + left]! * (1 - along) + values[above * columns + right]! * along;
      const lower = values[below * columns + left]! * (1 - along) + values[below * columns + right]! * along;
      const share = Math.max(0, Math.min(1, (upper * (1 - down) + lower * down - low) / (high - low)));
      const [red, green, blue] = infernoAt(share);
      pixels.set([red, green, blue, 255 * share * (2 - share)], (y * width + x) * 4);
    }
  }
  return pixels;
}
