import type { LayerKind } from '../../../src/protocol/model';

/** The theme's colours as a canvas and an SVG take them. */
export interface Palette {
  ground: string;
  text: string;
  quiet: string;
  line: string;
  edge: string;
  box: string;
  well: string;
  scope: string;
  focus: string;
  selection: string;
  hover: string;
  /** Of the frame around what a search found: like no kind and no heat. */
  match: string;
  input: string;
  output: string;
  heat: string;
  /** Of what differs between two graphs. */
  changed: string;
  added: string;
  removed: string;
  /** Of the icon, the ground and the border of a node of each kind. */
  kinds: Record<LayerKind, string>;
  fills: Record<LayerKind, string>;
  borders: Record<LayerKind, string>;
  highContrast: boolean;
  family: string;
}

const expressions = {
  ground: 'var(--us-ground)',
  text: 'var(--us-text)',
  quiet: 'var(--us-quiet)',
  line: 'var(--vscode-contrastBorder, color-mix(in srgb, var(--us-text) 26%, var(--us-ground)))',
  edge: 'var(--vscode-contrastBorder, color-mix(in srgb, var(--us-text) 42%, var(--us-ground)))',
  box: 'color-mix(in srgb, var(--us-text) 5%, var(--us-ground))',
  well: 'color-mix(in srgb, var(--us-text) 3%, transparent)',
  scope: 'color-mix(in srgb, var(--us-text) 10%, var(--us-ground))',
  focus: 'var(--us-focus)',
  selection: 'var(--vscode-contrastActiveBorder, color-mix(in srgb, var(--us-focus) 24%, var(--us-ground)))',
  hover: 'color-mix(in srgb, var(--us-text) 12%, var(--us-ground))',
  match: 'var(--vscode-editor-foreground, var(--us-text))',
  input: 'var(--vscode-charts-green)',
  output: 'var(--us-accent)',
  heat: 'var(--vscode-charts-red)',
  changed: 'var(--vscode-gitDecoration-modifiedResourceForeground)',
  added: 'var(--vscode-gitDecoration-addedResourceForeground)',
  removed: 'var(--vscode-gitDecoration-deletedResourceForeground)',
} as const;

const kindColours: Record<LayerKind, string> = {
  convolution: 'var(--vscode-charts-blue)',
  activation: 'var(--vscode-charts-yellow)',
  pooling: 'var(--vscode-charts-purple)',
  normalization: 'var(--vscode-charts-green)',
  dense: 'var(--vscode-charts-red)',
  attention: 'var(--vscode-symbolIcon-classForeground, var(--vscode-charts-yellow))',
  merge: 'var(--vscode-charts-foreground)',
  reshape: 'var(--us-quiet)',
  other: 'var(--us-quiet)',
};

/** Reads the colours anew: after a change of the theme. */
export function readPalette(): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const resolve = (expression: string): string => {
    probe.style.color = expression;
    return plainColour(getComputedStyle(probe).color);
  };
  const map = <K extends string>(table: Record<K, string>): Record<K, string> =>
    Object.fromEntries(Object.entries<string>(table).map(([key, expression]) => [key, resolve(expression)])) as Record<K, string>;
  const highContrast =
    document.body.classList.contains('vscode-high-contrast') || document.body.classList.contains('vscode-high-contrast-light');
  const tinted = (share: number): Record<LayerKind, string> =>
    map(Object.fromEntries(Object.entries(kindColours).map(([kind, colour]) => [kind, highContrast ? (share < 0.3 ? expressions.ground : expressions.line) : `color-mix(in srgb, ${colour} ${100 * share}%, var(--us-ground))`])) as Record<LayerKind, string>);
  const palette: Palette = {
    ...map(expressions),
    kinds: map(kindColours),
    fills: tinted(0.14),
    borders: tinted(0.5),
    highContrast,
    family: getComputedStyle(document.body).fontFamily,
  };
  if (palette.highContrast) palette.selection = palette.ground;
  probe.remove();
  return palette;
}

/** "color(srgb 0.1 0.2 0.3 / 0.5)", which few programs read, as "rgba(26, 51, 77, 0.5)". */
export function plainColour(colour: string): string {
  const parts = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/.exec(colour);
  if (!parts) return colour;
  const [red, green, blue] = [1, 2, 3].map((at) => Math.round(255 * Number(parts[at])));
  return parts[4] === undefined ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${Number(parts[4])})`;
}

/** Red, green, blue of 255 of a plain colour. */
export function channels(colour: string): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = (/\(([^)]*)\)/.exec(colour)?.[1] ?? '').split(/[\s,/]+/).map(Number);
  return [red, green, blue];
}

export function mix(a: string, b: string, share: number): string {
  const from = channels(a);
  const to = channels(b);
  return `rgb(${from.map((value, at) => Math.round(value + (to[at]! - value) * share)).join(', ')})`;
}
