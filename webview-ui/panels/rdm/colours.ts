import type { RdmColours } from '../../../src/protocol/rdmViews';

export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Seventeen steps of "viridis", "magma" (N. Smith and S. van der Walt, matplotlib, CC0) and "cividis" (J. Nuñez, C. Anderton
 * and R. Renslow, PLoS ONE 2018): equal steps of the value look equally large, also without colour vision.
 */
const steps: Record<Exclude<RdmColours, 'grey'>, string> = {
  viridis:
    '440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 81d34d aadc32 d5e21a fde725',
  cividis:
    '00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 8b8778 9a9376 aaa073 bbad6d ccba64 ddc858 efd748 fee838',
  magma:
    '000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 f4695c fb8761 fea571 fec287 fde0a1 fcfdbf',
};

export const colourNames: Record<RdmColours, string> = {
  viridis: 'Viridis',
  cividis: 'Cividis',
  magma: 'Magma',
  grey: 'Grey',
};

const tables = new Map<RdmColours, Uint8ClampedArray>();

/** 256 colours of a map, from the least to the most dissimilar: [256, 3], red, green and blue from 0 to 255. */
export function colourTable(name: RdmColours): Uint8ClampedArray {
  const known = tables.get(name);
  if (known) return known;
  const points = name === 'grey' ? ([[0, 0, 0], [255, 255, 255]] as const) : steps[name].split(' ').map(fromHex);
  const table = new Uint8ClampedArray(256 * 3);
  for (let at = 0; at < 256; at++) {
    const place = (at / 255) * (points.length - 1);
    const before = Math.min(points.length - 2, Math.floor(place));
    for (let channel = 0; channel < 3; channel++) {
      const low = points[before]![channel]!;
      const high = points[before + 1]![channel]!;
      table[at * 3 + channel] = low + (high - low) * (place - before);
    }
  }
  tables.set(name, table);
  return table;
}

/** "#21918c" at a share of the map, 0 to 1. */
export function colourAt(name: RdmColours, share: number): string {
  const table = colourTable(name);
  const at = Math.round(Math.max(0, Math.min(1, share)) * 255) * 3;
  return toHex([table[at]!, table[at + 1]!, table[at + 2]!]);
}

/** Stops of a gradient from the first to the last colour. */
export function gradientStops(name: RdmColours, count = 17): string[] {
  return Array.from({ length: count }, (_, at) => colourAt(name, at / (count - 1)));
}

function fromHex(text: string): Rgb {
  const number = Number.parseInt(text, 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

export function toHex(colour: Rgb): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** The colours of M. Okabe and K. Ito (2008) that stand out from both light and dark grounds: all but black. */
const okabeIto = ['#e69f00', '#56b4e9', '#009e73', '#cc79a7', '#0072b2', '#d55e00', '#f0e442'];

/** Without a class. */
export const noClassColour = '#8c8c8c';

/** The colour of the n-th class, from 0: Okabe and Ito's, then hues a golden angle apart in OKLCH, in turns lighter and darker. */
export function classColour(index: number): string {
  if (index < okabeIto.length) return okabeIto[index]!;
  const more = index - okabeIto.length;
  return toHex(oklch(0.7 - 0.14 * (more % 3) + 0.07, 0.125, (200 + more * 137.508) % 360));
}

/** OKLCH (B. Ottosson 2020) as sRGB, 0 to 255, clipped to its gamut; the hue in degrees. */
export function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encode(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Linear light as a byte of sRGB. */
function encode(linear: number): number {
  const light = Math.max(0, Math.min(1, linear));
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
}

/** Colours of categories by their index; -1 is none. */
export function categoryColour(index: number): string {
  return index < 0 ? noClassColour : classColour(index);
}
