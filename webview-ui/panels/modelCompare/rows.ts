import type { GraphNode, ModelComparison, ModelGraph, NodeChange, NodeDifference } from '../../../src/protocol/graph';
import { formatShape } from '../../shared/format';

export type PairNames = [string | null, string | null];

/** A pair of nodes, or one without a partner. */
export interface PairRow {
  kind: 'pair';
  /** By place in the comparison. */
  pair: number;
  change: NodeChange;
  /** By place in the two graphs. */
  nodes: [number | null, number | null];
  sides: [NodeText | null, NodeText | null];
  differences: NodeDifference[];
  /** Of the nodes, or of their first outputs where they have none. */
  names: PairNames;
  /** What a search looks in, in lower case. */
  text: string;
}

export interface NodeText {
  name: string;
  /** Modules around it, outermost first. */
  group: string;
  op: string;
  shape: string;
  layer: string | null;
}

/** Equal pairs in a row that are folded. `first` and `count`: of the pairs. */
export interface FoldRow {
  kind: 'fold';
  first: number;
  count: number;
}

export type CompareRow = PairRow | FoldRow;

function nodeText({ scopes, values, bodies }: ModelGraph, node: GraphNode): NodeText {
  const { label, op, domain, scope, outputs, layer, body } = node;
  const output = outputs.find((value) => value >= 0);
  const { shape = null, open = shape } = values[output ?? -1] ?? {};
  const path = scopes[scope]?.path ?? [];
  const inside = body > 0 ? [bodies[body]!.name || bodies[body]!.kind] : [];
  return {
    name: label.split(' · ')[0]!, // the operator stands below it
    group: [...inside, ...path].join('.'),
    op: domain === '' ? op : `${domain}.${op}`,
    shape: open ? formatShape(open) : '',
    layer,
  };
}

export function pairRows({ models, pairs }: ModelComparison): PairRow[] {
  return pairs.map(({ nodes, change, differences }, pair) => {
    const sides = nodes.map((node, side) => (node === null ? null : nodeText(models[side]!, models[side]!.nodes[node]!))) as PairRow['sides'];
    const named = nodes.map((node, side) => (node === null ? '' : models[side]!.nodes[node]!.name));
    const text = [...named, ...sides.map((side) => (side ? `${side.group}.${side.name} ${side.op}` : '')), change, ...differences.map(({ what, name }) => `${what} ${name}`)].join('\n').toLowerCase();
    const names = nodes.map((node, side) => (node === null ? null : nameOf(models[side]!, node))) as PairNames;
    return { kind: 'pair', pair, change, nodes, sides, differences, names, text };
  });
}

function nameOf({ nodes, values }: ModelGraph, node: number): string {
  const { name, outputs } = nodes[node]!;
  return name || (values[outputs[0] ?? -1]?.name ?? '');
}

/** The pair of these names, null where there is none any more. */
export function pairOf(rows: readonly PairRow[], names: PairNames | null): number | null {
  return rows.find((row) => names !== null && row.names[0] === names[0] && row.names[1] === names[1])?.pair ?? null;
}

/** Equal pairs that stay beside one that differs. */
const around = 2;
/** Fewer are not folded. */
const fewest = 4;

/** Rows with runs of equal pairs folded, but for those that were opened (by their first pair). */
export function foldRows(rows: readonly PairRow[], opened: ReadonlySet<number>): CompareRow[] {
  const folded: CompareRow[] = [];
  for (let at = 0; at < rows.length; ) {
    if (rows[at]!.change !== 'equal') {
      folded.push(rows[at++]!);
      continue;
    }
    let end = at;
    while (end < rows.length && rows[end]!.change === 'equal') end++;
    const from = at === 0 ? 0 : at + around;
    const to = end === rows.length ? end : end - around;
    if (to - from < fewest || opened.has(rows[from]!.pair)) folded.push(...rows.slice(at, end));
    else folded.push(...rows.slice(at, from), { kind: 'fold', first: rows[from]!.pair, count: to - from }, ...rows.slice(to, end));
    at = end;
  }
  return folded;
}

export const changeLabels: Record<NodeChange, string> = { equal: 'Equal', changed: 'Changed', added: 'Added', removed: 'Removed' };

export const whatLabels: Record<NodeDifference['what'], string> = { operator: 'operator', attribute: 'attributes', inputs: 'inputs', outputs: 'outputs', shape: 'shape', weights: 'weights' };

/** "weights 3.2 %, shape" */
export function differenceText(differences: readonly NodeDifference[]): string {
  const kinds = [...new Set(differences.map(({ what }) => what))];
  return kinds
    .map((what) => {
      if (what === 'attribute') return differences.filter((one) => one.what === what).map(({ name }) => name).join(', ');
      const changes = differences.flatMap((one) => (one.what === 'weights' && typeof one.relative === 'number' ? [one.relative] : []));
      return what === 'weights' && changes.length > 0 ? `weights ${formatPercent(Math.max(...changes))}` : whatLabels[what];
    })
    .join(' · ');
}

export function formatPercent(share: number): string {
  const percent = 100 * share;
  if (percent === 0) return '0 %';
  return percent < 0.001 ? '< 0.001 %' : `${percent >= 1000 ? percent.toPrecision(2) : percent.toPrecision(3)} %`;
}
