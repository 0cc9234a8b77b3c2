import type { Cost, GraphNode, GraphValue, ModelGraph } from '../../../src/protocol/graph';
import { formatBytes, formatCount, formatShape, formatShort, plural, splitLabel } from '../../shared/format';
import { kindLabels } from '../kindLabels';
import type { GraphIndex } from './graphIndex';
import type { Placed } from './placed';
import { linksOf } from './edges';
import type { SceneBox } from './scene';
import { namesOf } from './search';

/** "batch × 3 × 224 × 224", as the file has it, or that not even the rank is known. */
export function valueShape(index: GraphIndex, value: number): string {
  return shapeText(index.graph.values[value]!);
}

export function shapeText({ shape, open }: Pick<GraphValue, 'shape' | 'open'>): string {
  return shape ? formatShape(open ?? shape) : 'shape not known';
}

/** "1 × 3 × 224 × 224", that costs are of, where the file leaves sizes open and they were assumed; else null. */
export function assumedShape(index: GraphIndex, value: number): string | null {
  const { shape, open } = index.graph.values[value]!;
  return shape && open ? formatShape(shape) : null;
}

/** As `assumedShape`, where more than the number of images was assumed. */
export function assumedSize(index: GraphIndex, value: number): string | null {
  const { open } = index.graph.values[value]!;
  return open?.some((dim, axis) => axis > 0 && typeof dim !== 'number') ? assumedShape(index, value) : null;
}

/** What a tensor takes in memory at the shape that costs are of; null where that is not known, or no number of bits says it. */
export function bytesOf({ dtype, shape }: GraphValue): number | null {
  const bits = dtype === 'bool' ? 8 : Number(/^[a-z]+(\d+)/.exec(dtype)?.[1] ?? NaN);
  const elements = (shape ?? [null]).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : NaN), 1);
  const bytes = Math.ceil((elements * bits) / 8);
  return Number.isNaN(bytes) ? null : bytes;
}

/** The node that makes a value, null where it comes from outside, and the nodes that take it. */
export function endsOf(index: GraphIndex, value: number): { from: number | null; to: number[] } {
  const producer = index.producer[value]!;
  return { from: producer < 0 ? null : producer, to: index.consumers[value]! };
}

/** What stands for a node in a sentence. */
export function nodeName({ nodes }: ModelGraph, node: number): string {
  return splitLabel(nodes[node]!).name;
}

/** How much of what may be very many is said at once: values of an edge, and nodes that take one. */
export const mostSaid = 4;

/** Names of nodes, of the first of many. */
export function nodeNames(graph: ModelGraph, nodes: readonly number[], between: string): string {
  const names = nodes.slice(0, mostSaid).map((node) => nodeName(graph, node)).join(between);
  return nodes.length > mostSaid ? `${names} and ${formatCount(nodes.length - mostSaid)} more` : names;
}

/** What a screen reader says of an edge: "x.1, 1 by 64 by 56 by 56 float32, from conv1, to relu and add". */
export function spokenEdge(index: GraphIndex, values: readonly number[]): string {
  const said = values
    .slice(0, mostSaid)
    .map((value) => {
      const { name, dtype } = index.graph.values[value]!;
      const { from, to } = endsOf(index, value);
      return [
        name,
        `${valueShape(index, value).replaceAll(' × ', ' by ')} ${dtype}`.trim(),
        from === null ? '' : `from ${nodeName(index.graph, from)}`,
        to.length > 0 ? `to ${nodeNames(index.graph, to, ' and ')}` : '',
      ]
        .filter(Boolean)
        .join(', ');
    });
  if (values.length > mostSaid) said.push(`and ${formatCount(values.length - mostSaid)} more`);
  return said.join('; ');
}

/** Why a cost is not known: the inputs whose sizes are open. */
export function unknownBecause(graph: ModelGraph): string {
  const open = graph.bodies[0]?.inputs.flatMap((value) => {
    const { name, kind, shape } = graph.values[value]!;
    return kind === 'input' && (!shape || shape.some((dim) => typeof dim !== 'number')) ? [`“${name}”`] : [];
  });
  return open && open.length > 0 ? `the sizes of ${open.join(' and ')} are open` : 'the shapes that it depends on are not known';
}

export interface CostFact {
  label: string;
  text: string;
  title: string;
}

/** Parameters, multiply-adds and memory as a person reads them. */
export function costFacts({ parameters, macs, activationBytes, unknown }: Cost, graph: ModelGraph): CostFact[] {
  const known = (value: number, text: string, title: string): Omit<CostFact, 'label'> => {
    if (unknown === 0) return { text, title };
    const why = unknownBecause(graph);
    if (value === 0) return { text: 'not known', title: `Not known: ${why}.` };
    return { text: `≥ ${text}`, title: `At least ${title}; of ${plural(unknown, 'node')} it is not known: ${why}.` };
  };
  return [
    { label: 'Parameters', text: formatShort(parameters), title: plural(parameters, 'parameter') },
    { label: 'Multiply-adds', ...known(macs, formatShort(macs), `${plural(macs, 'multiply-add')} of convolutions and matrix products`) },
    { label: 'Activations', ...known(activationBytes, formatBytes(activationBytes), `${formatCount(activationBytes)} bytes of values that are made`) },
  ];
}

export function costOfBox(box: SceneBox, graph: ModelGraph): Cost | null {
  if (box.kind === 'node') return graph.nodes[box.node]!.cost;
  return box.kind === 'scope' ? graph.scopes[box.scope]!.cost : null;
}

/** The modules around a box and its own name, "features.0.conv"; "" where it is in none, or where the name that the file has says so already. */
export function pathOf(index: GraphIndex, box: SceneBox): string {
  const { scopes, nodes } = index.graph;
  if (box.kind === 'scope') return scopes[box.scope]!.path.join('.');
  if (box.kind !== 'node') return '';
  const { path, dotted } = namesOf(index, box.node);
  return path === '' || nodes[box.node]!.name.replaceAll('/', '.').includes(path) ? '' : dotted;
}

/** One line below the name: "Conv · Convolution", "module · 12 nodes · 6 alike". */
export function subtitle(box: SceneBox, index: GraphIndex): string {
  const { graph } = index;
  if (box.kind === 'node') return operatorText(graph.nodes[box.node]!);
  if (box.kind === 'scope') {
    const { nodes } = graph.scopes[box.scope]!;
    const copies = index.copies(box.scope);
    return [index.isChunk(box.scope) ? 'Part of a long graph' : 'Module', plural(nodes, 'node'), ...(copies > 1 ? [`${copies} built alike`] : [])].join(' · ');
  }
  if (box.kind === 'body') return graph.bodies[box.body]!.kind === 'function' ? 'Function' : 'Subgraph';
  return box.role === 'input' ? 'Input' : 'Output';
}

export function operatorText({ op, domain, kind }: GraphNode): string {
  const name = domain === '' ? op : `${domain}.${op}`;
  return kind === 'other' || kindLabels[kind] === op ? name : `${name} · ${kindLabels[kind]}`;
}

/** What a screen reader says of a box. */
export function spoken(placed: Placed, index: GraphIndex, box: number): string {
  const one = placed.scene.boxes[box]!;
  const parts = [one.label, subtitle(one, index).replaceAll(' · ', ', ')];
  if (one.openable) parts.push(one.open ? 'open' : 'closed');
  if (one.kind === 'node') {
    const output = index.graph.nodes[one.node]!.outputs.find((value) => value >= 0);
    if (output !== undefined) parts.push(`gives ${valueShape(index, output).replaceAll(' × ', ' by ')}`);
  }
  if (one.kind === 'value') parts.push(valueShape(index, one.value).replaceAll(' × ', ' by '));
  const count = (side: 'into' | 'out'): number => new Set(linksOf(placed, box, side).map((link) => placed.scene.links[link]![side === 'into' ? 'from' : 'to'])).size;
  parts.push(`${plural(count('into'), 'producer')}, ${plural(count('out'), 'consumer')}`);
  return parts.join(', ');
}
