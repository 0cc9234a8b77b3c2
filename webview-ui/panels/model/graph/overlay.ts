import type { Cost, LayerSparsity } from '../../../../src/protocol/graph';
import type { Layer, ReceptiveField } from '../../../../src/protocol/model';
import { describeReceptiveField, formatBytes, formatCount, formatShort, plural } from '../../../shared/format';
import type { Tints } from '../../../views/graph/drawingStyle';
import type { GraphIndex } from '../../../views/graph/graphIndex';
import { mix, type Palette } from '../../../views/graph/palette';
import type { Scene, SceneBox } from '../../../views/graph/scene';

/** What is known of layers beside the graph. */
export interface LayerFacts {
  layers: ReadonlyMap<string, Layer>;
  /** Of the layers that have been recorded; null: not known yet. */
  sparsity: ReadonlyMap<string, LayerSparsity> | null;
  /** Why it is not known, or not yet. */
  sparsityProblem: string | null;
}

export interface Overlay {
  label: string;
  /** In powers: a network's nodes differ by orders of magnitude. */
  logarithmic: boolean;
  format: (value: number) => string;
  /** Null: not known, or nothing there to speak of. */
  value: (box: SceneBox, index: GraphIndex, facts: LayerFacts) => number | null;
  /** What is said of one box, where its costs do not say it anyway; null: nothing. */
  fact?: (box: SceneBox, index: GraphIndex, facts: LayerFacts) => string | null;
  /** What the number is, where its name does not say it. */
  explanation?: (facts: LayerFacts) => string;
  /** Why the numbers are not the latest; null where they are. */
  outdated?: (facts: LayerFacts) => string | null;
  /** Why no box has a colour. */
  none?: (facts: LayerFacts) => string;
}

const costOf = (box: SceneBox, index: GraphIndex): Cost | null =>
  box.kind === 'node' ? index.graph.nodes[box.node]!.cost : box.kind === 'scope' ? index.graph.scopes[box.scope]!.cost : null;

/** What boxes can be coloured by. Another one is one more line. */
export const overlays = {
  macs: { label: 'Multiply-adds', logarithmic: true, format: formatShort, value: (box, index) => costOf(box, index)?.macs ?? null },
  parameters: { label: 'Parameters', logarithmic: true, format: formatShort, value: (box, index) => costOf(box, index)?.parameters ?? null },
  memory: { label: 'Activation memory', logarithmic: true, format: formatBytes, value: (box, index) => costOf(box, index)?.activationBytes ?? null },
  field: { label: 'Receptive field', logarithmic: false, format: pixels, value: receptiveField, fact: fieldFact },
  sparsity: { label: 'Sparsity', logarithmic: false, format: percent, value: sparsity, fact: sparsityFact, explanation: explainSparsity, outdated: ({ sparsityProblem }) => sparsityProblem, none: noSparsity },
} satisfies Record<string, Overlay>;

export type OverlayName = keyof typeof overlays;

/** The layer that a box makes, or those inside it. */
function layersOf(box: SceneBox, index: GraphIndex): string[] {
  const nodes = box.kind === 'node' ? [box.node] : box.kind === 'scope' ? index.nodesIn(box.scope) : [];
  return nodes.flatMap((node) => index.graph.nodes[node]!.layer ?? []);
}

/** The largest over the layer that a box makes, or over those inside it. */
function largestOf(box: SceneBox, index: GraphIndex, value: (layer: string) => number | null): number | null {
  let largest: number | null = null;
  for (const layer of layersOf(box, index)) {
    const own = value(layer);
    if (own !== null) largest = Math.max(largest ?? 0, own);
  }
  return largest;
}

function receptiveField(box: SceneBox, index: GraphIndex, { layers }: LayerFacts): number | null {
  return largestOf(box, index, (layer) => {
    const field = layers.get(layer)?.receptiveField;
    return field && field.kind !== 'global' ? Math.max(...field.size) : null;
  });
}

/** Of a layer its own field; of a module the largest side inside. */
function fieldFact(box: SceneBox, index: GraphIndex, facts: LayerFacts): string | null {
  const fields = layersOf(box, index).flatMap((layer): ReceptiveField | [] => facts.layers.get(layer)?.receptiveField ?? []);
  if (box.kind === 'node') return fields[0] ? describeReceptiveField(fields[0]).size : null;
  const side = receptiveField(box, index, facts);
  const isWhole = fields.some(({ kind }) => kind === 'global');
  return [...(side === null ? [] : [`${pixels(side)} at most`]), ...(isWhole ? ['whole image'] : [])].join(', else ') || null;
}

function sparsityFact(box: SceneBox, index: GraphIndex, facts: LayerFacts): string | null {
  if (layersOf(box, index).length === 0) return null;
  const share = sparsity(box, index, facts);
  if (share === null) return facts.sparsity ? 'not recorded' : 'not known';
  return box.kind === 'node' ? percent(share) : `${percent(share)} at most`;
}

function sparsity(box: SceneBox, index: GraphIndex, { sparsity: known }: LayerFacts): number | null {
  return largestOf(box, index, (layer) => known?.get(layer)?.share ?? null);
}

function pixels(side: number): string {
  return `${formatCount(Math.round(side))} px`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function explainSparsity({ sparsity: known }: LayerFacts): string {
  const images = Math.max(0, ...[...(known?.values() ?? [])].map((layer) => layer.images));
  return `Share of activations that are exactly 0, measured on ${plural(images, 'image')} of those chosen. A module has the largest share inside it.`;
}

function noSparsity({ sparsity: known, sparsityProblem }: LayerFacts): string {
  if (sparsityProblem !== null) return sparsityProblem;
  if (!known) return 'Measuring…';
  return known.size === 0 ? 'Nothing has been recorded with these images yet: visualize a layer first.' : 'No activation of the layers that have been recorded is 0.';
}

/** What an overlay says of one box beside its costs, with its label. */
export function overlayFacts(name: OverlayName, box: SceneBox, index: GraphIndex, facts: LayerFacts): { label: string; text: string }[] {
  const overlay: Overlay = overlays[name];
  const text = overlay.fact?.(box, index, facts) ?? null;
  return text === null ? [] : [{ label: overlay.label, text }];
}

export interface Heat {
  overlay: Overlay;
  facts: LayerFacts;
  /** Of each box: its value, and its share of the scale from 0 to 1; null where there is none. */
  values: (number | null)[];
  share: (value: number) => number;
  range: [low: number, high: number] | null;
}

/** Values of all closed boxes of a scene on one scale. Nothing (0) has no colour. */
export function heatOf(name: OverlayName, scene: Scene, index: GraphIndex, facts: LayerFacts): Heat {
  const overlay: Overlay = overlays[name];
  const values = scene.boxes.map((box) => {
    const value = box.open ? null : overlay.value(box, index, facts);
    return value !== null && value > 0 ? value : null;
  });
  const known = values.filter((value) => value !== null);
  const low = known.reduce((least, value) => Math.min(least, value), Infinity);
  const high = known.reduce((most, value) => Math.max(most, value), -Infinity);
  const scale = overlay.logarithmic ? Math.log : (value: number): number => value;
  const share = (value: number): number => (high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 1);
  return { overlay, facts, values, share, range: known.length > 0 ? [low, high] : null };
}

/** Boxes in the colours of their values, with these on them. */
export function heatTints({ overlay, values, share }: Heat): Tints {
  return (palette) => (box) => {
    const value = values[box];
    return value === null || value === undefined ? null : { fill: heatColour(palette, share(value)), note: overlay.format(value) };
  };
}

/** Colour of a share of the scale. */
export function heatColour(palette: Palette, share: number): string {
  return mix(palette.box, palette.heat, 0.1 + 0.9 * share);
}
