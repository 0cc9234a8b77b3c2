import type { GraphValue } from '../../../src/protocol/graph';
import type { Dim } from '../../../src/protocol/model';
import { formatCount, formatShort } from '../../shared/format';
import type { GraphIndex } from './graphIndex';
import type { Scene, SceneBox } from './scene';

/** What stands on a box, and how large that makes it, in pixels at a zoom of 1. */
export interface BoxText {
  title: string;
  /** Beside the title where the box has one line, else below it. */
  detail: string;
  /** At the right of the title: "× 6". */
  badge: string;
  /** At the edge that leaves the box: shape and type of what flows. */
  label: string;
  dtype: string;
  width: number;
  height: number;
  /** Width of the label on either side of the edge: it may have to stand on the left of it or on the right. */
  room: number;
}

export type Measure = (text: string, font: 'title' | 'detail' | 'label') => number;

/** Between an edge and the label beside it. */
export const labelGap = 6;

const longestTitle = 30;
const iconRoom = 30;
const margin = 12;

/** Dimensions as they stand on edges and boxes: short. */
export function shortShape(shape: readonly Dim[] | null, dtype: string): string {
  if (!shape) return dtype === '' ? '' : dtype;
  if (shape.length === 0) return 'scalar';
  return shape.map((dim, axis) => (typeof dim === 'number' ? String(dim) : axis === 0 ? 'N' : (dim ?? '?'))).join(' × ');
}

/** One image is assumed where the file leaves their number open, as lists say it: N. */
const shortTypes: Record<string, string> = { float16: 'f16', float32: 'f32', float64: 'f64', bfloat16: 'bf16', string: 'str' };

/** "f32", "i64", "u8": as it stands on edges, where room is short. */
export function shortType(dtype: string): string {
  return shortTypes[dtype] ?? dtype.replace(/^(u?)int(\d+)$/, (_, unsigned: string, bits: string) => `${unsigned === '' ? 'i' : 'u'}${bits}`);
}

function drawnShape({ shape, open, dtype }: GraphValue): string {
  return shortShape(open && typeof open[0] !== 'number' && shape?.[0] === 1 ? [open[0] ?? null, ...shape.slice(1)] : shape, dtype);
}

/** Names differ at their ends, so it is the middle that gives way. */
export function shortened(text: string, longest = longestTitle): string {
  if (text.length <= longest) return text;
  const tail = Math.floor(longest * 0.55);
  return `${text.slice(0, longest - tail - 1)}…${text.slice(-tail)}`;
}

function weightText(weights: readonly GraphValue[]): string {
  const shown = weights.filter(({ shape }) => shape && shape.length > 1 && shape.every((dim) => dim !== 0));
  const largest = shown.toSorted((a, b) => elements(b) - elements(a))[0];
  return largest ? largest.shape!.join(' × ') : '';
}

function elements({ shape }: GraphValue): number {
  return (shape ?? []).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
}

/** Texts and sizes of all boxes of a scene. `noteOn`: what stands on a closed box before how much is in it. */
export function boxTexts(scene: Scene, index: GraphIndex, measure: Measure, noteOn: (box: SceneBox) => string = () => ''): BoxText[] {
  return scene.boxes.map((box, at) => {
    const { label, dtype } = edgeLabel(scene, index, at);
    const wide = measure(beside(label, dtype), 'label');
    return { ...boxText(box, index, measure, box.open ? '' : noteOn(box)), label, dtype, room: label === '' ? 0 : Math.ceil(2 * (labelGap + 4 + wide)) };
  });
}

/** Shape and type on one line. */
export function beside(label: string, dtype: string): string {
  return dtype === '' ? label : `${label}  ${dtype}`;
}

/** Of a closed box, what stands at the edge that leaves it. */
function edgeLabel(scene: Scene, index: GraphIndex, box: number): { label: string; dtype: string } {
  const { kind, open } = scene.boxes[box]!;
  const first = scene.out[box]![0];
  // A value says its shape itself.
  if (open || kind === 'value' || first === undefined) return { label: '', dtype: '' };
  const values = new Set(scene.out[box]!.map((link) => scene.links[link]!.value)).size;
  if (kind === 'scope' && values > 1) return { label: `${values} values`, dtype: '' };
  const value = index.graph.values[scene.links[first]!.value]!;
  return { label: drawnShape(value), dtype: value.shape ? shortType(value.dtype) : '' };
}

type BoxLines = Omit<BoxText, 'label' | 'dtype' | 'room'>;

function boxText(box: SceneBox, index: GraphIndex, measure: Measure, note: string): BoxLines {
  const { graph } = index;
  const title = shortened(box.label);
  if (box.kind === 'value') {
    const value = graph.values[box.value]!;
    return lines(title, beside(drawnShape(value), value.shape ? shortType(value.dtype) : ''), '', 1, measure);
  }
  if (box.kind === 'body') return lines(title, '', '', 1, measure);
  if (box.kind === 'scope') {
    const { nodes, cost } = graph.scopes[box.scope]!;
    const copies = index.copies(box.scope);
    const detail = [note, `${formatCount(nodes)} nodes`, note === '' && cost.parameters > 0 && `${formatShort(cost.parameters)} parameters`].filter(Boolean).join(' · ');
    return lines(title, detail, copies > 1 ? `× ${copies}` : '', 2, measure);
  }
  const node = graph.nodes[box.node]!;
  const weights = weightText(index.weightsOf(node));
  // "relu" of the operator Relu says it once; before the shape of weights the operator always stands.
  const op = weights === '' && title.toLowerCase() === node.op.toLowerCase() ? '' : node.op;
  if (node.bodies.length > 0) return lines(title, [op, note === '' ? 'opens' : note].filter(Boolean).join(' · '), '', 2, measure);
  if (weights === '') return lines(title, op, '', 1, measure);
  return lines(title, `${op}  ${weights}`, '', 2, measure);
}

function lines(title: string, detail: string, badge: string, count: 1 | 2, measure: Measure): BoxLines {
  const first = measure(title, 'title');
  const second = detail === '' ? 0 : measure(detail, 'detail');
  const right = badge === '' ? 0 : measure(badge, 'detail') + 20;
  const text = count === 1 ? first + (second > 0 ? 8 + second : 0) : Math.max(first + right, second);
  return { title, detail, badge, width: Math.ceil(Math.max(64, iconRoom + text + margin)), height: count === 1 ? 28 : 44 };
}
