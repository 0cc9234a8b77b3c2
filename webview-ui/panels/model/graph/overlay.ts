import type { Cost } from '../../../../src/protocol/graph';
import type { Layer } from '../../../../src/protocol/model';
import { formatBytes, formatCount, formatShort } from '../../../shared/format';
import type { GraphIndex } from './graphIndex';
import { mix, type Palette } from './palette';
import type { Scene, SceneBox } from './scene';

export interface Overlay {
  label: string;
  /** In powers: a network's nodes differ by orders of magnitude. */
  logarithmic: boolean;
  format: (value: number) => string;
  /** Null: not known, or nothing there to speak of. */
  value: (box: SceneBox, index: GraphIndex, layers: ReadonlyMap<string, Layer>) => number | null;
}

const costOf = (box: SceneBox, index: GraphIndex): Cost | null =>
  box.kind === 'node' ? index.graph.nodes[box.node]!.cost : box.kind === 'scope' ? index.graph.scopes[box.scope]!.cost : null;

/** What boxes can be coloured by. Another one is one more line. */
export const overlays = {
  macs: { label: 'Multiply-adds', logarithmic: true, format: formatShort, value: (box, index) => costOf(box, index)?.macs ?? null },
  parameters: { label: 'Parameters', logarithmic: true, format: formatShort, value: (box, index) => costOf(box, index)?.parameters ?? null },
  memory: { label: 'Activation memory', logarithmic: true, format: formatBytes, value: (box, index) => costOf(box, index)?.activationBytes ?? null },
  field: { label: 'Receptive field', logarithmic: false, format: (side) => `${formatCount(Math.round(side))} px`, value: receptiveField },
} satisfies Record<string, Overlay>;

export type OverlayName = keyof typeof overlays;

/** Of a scope, the largest inside. */
function receptiveField(box: SceneBox, index: GraphIndex, layers: ReadonlyMap<string, Layer>): number | null {
  const nodes = box.kind === 'node' ? [box.node] : box.kind === 'scope' ? index.nodesIn(box.scope) : [];
  let side: number | null = null;
  for (const node of nodes) {
    const field = layers.get(index.graph.nodes[node]!.layer ?? '')?.receptiveField;
    if (field && field.kind !== 'global') side = Math.max(side ?? 0, ...field.size);
  }
  return side;
}

export interface Heat {
  overlay: Overlay;
  /** Of each box: its value, and its share of the scale from 0 to 1; null where there is none. */
  values: (number | null)[];
  share: (value: number) => number;
  range: [low: number, high: number] | null;
}

/** Values of all closed boxes of a scene on one scale. Nothing (0) has no colour. */
export function heatOf(name: OverlayName, scene: Scene, index: GraphIndex, layers: ReadonlyMap<string, Layer>): Heat {
  const overlay: Overlay = overlays[name];
  const values = scene.boxes.map((box) => {
    const value = box.open ? null : overlay.value(box, index, layers);
    return value !== null && value > 0 ? value : null;
  });
  const known = values.filter((value) => value !== null);
  const low = known.reduce((least, value) => Math.min(least, value), Infinity);
  const high = known.reduce((most, value) => Math.max(most, value), -Infinity);
  const scale = overlay.logarithmic ? Math.log : (value: number): number => value;
  const share = (value: number): number => (high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 1);
  return { overlay, values, share, range: known.length > 0 ? [low, high] : null };
}

/** Colour of a share of the scale. */
export function heatColour(palette: Palette, share: number): string {
  return mix(palette.box, palette.heat, 0.1 + 0.9 * share);
}
