import { orderRanks } from './ordering';
import { placeRanks } from './placement';
import type { Ranked } from './ranked';

/** One thing to place. The flow runs down; whoever wants it to run to the right swaps the axes before and after. */
export interface LayerItem {
  width: number;
  height: number;
  /** Where it stands in the order of computation: an edge against this order is drawn backwards. */
  order: number;
  /** A port of the box around: above or below everything else. */
  port?: 'entry' | 'exit';
}

export interface LayerEdge {
  from: number;
  to: number;
  /** Where it leaves and enters, from the left of the item. */
  fromAt: number;
  toAt: number;
}

export interface LayeredOptions {
  /** Between items beside one another, and between ranks. */
  itemGap: number;
  rankGap: number;
}

export interface LayeredResult {
  /** Left and top of every item. */
  x: Float64Array;
  y: Float64Array;
  width: number;
  height: number;
  /** Corners x0, y0, x1, y1, … of every edge from its start to its end; empty where it is too long to be routed. */
  routes: Float64Array[];
}

const mostBends = 60_000;

interface OrientedEdge {
  top: number;
  bottom: number;
  topAt: number;
  bottomAt: number;
  backwards: boolean;
}

/**
 * Layered layout after Sugiyama, Tagawa and Toda (1981): ranks by longest path, order by barycentres, places by weighted
 * least squares. Edges of one start share their bends, so that a value that is used everywhere stays one trunk.
 */
export function layOut(items: readonly LayerItem[], edges: readonly LayerEdge[], options: LayeredOptions): LayeredResult {
  const oriented = edges.map((edge) => orient(items, edge));
  const rank = ranksOf(items, oriented);
  const { graph, trunks } = withBends(items, oriented, rank);
  orderRanks(graph);
  const centre = placeRanks(graph, options.itemGap);

  let left = Infinity;
  let right = -Infinity;
  items.forEach(({ width }, item) => {
    left = Math.min(left, centre[item]! - width / 2);
    right = Math.max(right, centre[item]! + width / 2);
  });
  for (let bend = items.length; bend < centre.length; bend++) {
    left = Math.min(left, centre[bend]!);
    right = Math.max(right, centre[bend]!);
  }
  if (items.length === 0) left = right = 0;
  for (let vertex = 0; vertex < centre.length; vertex++) centre[vertex]! -= left;

  const { top, bottom } = heights(items, graph, centre, options.rankGap);
  const x = new Float64Array(items.length);
  const y = new Float64Array(items.length);
  items.forEach(({ width, height }, item) => {
    x[item] = centre[item]! - width / 2;
    y[item] = (top[rank[item]!]! + bottom[rank[item]!]! - height) / 2;
  });
  const routes = oriented.map((edge) => {
    if (edge.top === edge.bottom) return new Float64Array(0);
    const trunk = trunks.get(trunkKey(edge));
    const first = rank[edge.top]!;
    const last = rank[edge.bottom]!;
    if (last - first > 1 && !trunk) return new Float64Array(0);
    const points: number[] = [];
    const start = centre[edge.top]! + edge.topAt;
    points.push(start, y[edge.top]! + items[edge.top]!.height, start, bottom[first]!);
    for (let at = first + 1; at < last; at++) {
      const bend = centre[trunk![at - first - 1]!]!;
      points.push(bend, top[at]!, bend, bottom[at]!);
    }
    const end = centre[edge.bottom]! + edge.bottomAt;
    points.push(end, top[last]!, end, y[edge.bottom]!);
    return corners(points, edge.backwards);
  });
  return { x, y, width: right - left, height: bottom.at(-1) ?? 0, routes };
}

function trunkKey({ top, topAt }: OrientedEdge): string {
  return `${top} ${topAt}`;
}

function orient(items: readonly LayerItem[], { from, to, fromAt, toAt }: LayerEdge): OrientedEdge {
  const at = (item: number): number => {
    const { port, order } = items[item]!;
    return port === 'entry' ? -Infinity : port === 'exit' ? Infinity : order;
  };
  const backwards = at(from) > at(to) || (at(from) === at(to) && from > to);
  const centred = (item: number, offset: number): number => offset - items[item]!.width / 2;
  return backwards
    ? { top: to, bottom: from, topAt: centred(to, toAt), bottomAt: centred(from, fromAt), backwards }
    : { top: from, bottom: to, topAt: centred(from, fromAt), bottomAt: centred(to, toAt), backwards };
}

/** Longest path from above; then what feeds more than it is fed by moves down to where it is used. */
function ranksOf(items: readonly LayerItem[], edges: readonly OrientedEdge[]): Int32Array {
  const out: number[][] = items.map(() => []);
  const into = new Int32Array(items.length);
  for (const { top, bottom } of edges) {
    if (top === bottom) continue;
    out[top]!.push(bottom);
    into[bottom]!++;
  }
  const hasEntry = items.some(({ port }) => port === 'entry');
  const rank = new Int32Array(items.length);
  items.forEach(({ port }, item) => (rank[item] = hasEntry && port !== 'entry' ? 1 : 0));
  const waiting = Int32Array.from(into);
  const sorted: number[] = [];
  for (let item = 0; item < items.length; item++) if (waiting[item] === 0) sorted.push(item);
  // It grows while it is gone through.
  for (const item of sorted) {
    for (const next of out[item]!) {
      rank[next] = Math.max(rank[next]!, rank[item]! + 1);
      waiting[next]!--;
      if (waiting[next] === 0) sorted.push(next);
    }
  }
  for (let at = sorted.length - 1; at >= 0; at--) {
    const item = sorted[at]!;
    const next = out[item]!;
    if (next.length === 0 || items[item]!.port || into[item]! >= next.length + (into[item] === 0 ? 1 : 0)) continue;
    rank[item] = Math.max(rank[item]!, Math.min(...next.map((lower) => rank[lower]!)) - 1);
  }
  let last = 0;
  items.forEach(({ port }, item) => {
    if (port !== 'exit') last = Math.max(last, rank[item]!);
  });
  items.forEach(({ port }, item) => {
    if (port === 'exit') rank[item] = last + 1;
  });
  return rank;
}

function withBends(
  items: readonly LayerItem[],
  edges: readonly OrientedEdge[],
  rank: Int32Array,
): { graph: Ranked; trunks: Map<string, number[]> } {
  const reach = new Map<string, { edge: OrientedEdge; span: number }>();
  for (const edge of edges) {
    const span = rank[edge.bottom]! - rank[edge.top]! - 1;
    const known = reach.get(trunkKey(edge));
    if (span > 0 && (!known || known.span < span)) reach.set(trunkKey(edge), { edge, span });
  }
  const trunks = new Map<string, number[]>();
  const width: number[] = items.map((item) => item.width);
  const ranks: number[][] = [];
  const put = (vertex: number, at: number): void => void (ranks[at] ??= []).push(vertex);
  items.forEach((_, item) => put(item, rank[item]!));
  let bends = 0;
  const links: { upper: number; lower: number; upperAt: number; lowerAt: number }[] = [];
  for (const [key, { edge, span }] of [...reach].sort(([, a], [, b]) => a.span - b.span)) {
    if (bends + span > mostBends) break;
    bends += span;
    const trunk = Array.from({ length: span }, (_, at) => {
      const bend = width.push(0) - 1;
      put(bend, rank[edge.top]! + 1 + at);
      return bend;
    });
    trunk.forEach((bend, at) =>
      links.push({ upper: at === 0 ? edge.top : trunk[at - 1]!, lower: bend, upperAt: at === 0 ? edge.topAt : 0, lowerAt: 0 }),
    );
    trunks.set(key, trunk);
  }
  for (const edge of edges) {
    const { top, bottom, topAt, bottomAt } = edge;
    if (top === bottom) continue;
    const trunk = trunks.get(trunkKey(edge));
    const span = rank[bottom]! - rank[top]! - 1;
    if (span === 0) links.push({ upper: top, lower: bottom, upperAt: topAt, lowerAt: bottomAt });
    else if (trunk) links.push({ upper: trunk[span - 1]!, lower: bottom, upperAt: 0, lowerAt: bottomAt });
  }
  const above: number[][] = width.map(() => []);
  const below: number[][] = width.map(() => []);
  links.forEach(({ upper, lower }, link) => {
    below[upper]!.push(link);
    above[lower]!.push(link);
  });
  for (let at = 0; at < ranks.length; at++) ranks[at] ??= [];
  return {
    trunks,
    graph: {
      ranks,
      width: Float64Array.from(width),
      isPort: items.map(({ port }) => port !== undefined),
      firstBend: items.length,
      upper: Int32Array.from(links, ({ upper }) => upper),
      lower: Int32Array.from(links, ({ lower }) => lower),
      upperAt: Float64Array.from(links, ({ upperAt }) => upperAt),
      lowerAt: Float64Array.from(links, ({ lowerAt }) => lowerAt),
      above,
      below,
    },
  };
}

/** Top and bottom of each rank. Ranks stand further apart where edges run far to the side between them. */
function heights(
  items: readonly LayerItem[],
  { ranks, upper, lower, upperAt, lowerAt, below }: Ranked,
  centre: Float64Array,
  gap: number,
): { top: Float64Array; bottom: Float64Array } {
  const top = new Float64Array(ranks.length);
  const bottom = new Float64Array(ranks.length);
  let y = 0;
  ranks.forEach((vertices, at) => {
    let height = 0;
    let aside = 0;
    let ports = vertices.length > 0;
    for (const vertex of vertices) {
      const item = items[vertex];
      height = Math.max(height, item?.height ?? 0);
      ports &&= item?.port !== undefined;
      for (const link of below[vertex]!)
        aside = Math.max(
          aside,
          Math.abs(centre[upper[link]!]! + upperAt[link]! - centre[lower[link]!]! - lowerAt[link]!),
        );
    }
    top[at] = y;
    bottom[at] = y + height;
    y = bottom[at] + (ports ? gap / 2 : gap) + Math.min(gap * 1.5, aside * 0.07);
  });
  return { top, bottom };
}

/** Leaves out corners on straight lines. */
function corners(points: readonly number[], backwards: boolean): Float64Array {
  const kept: number[] = [];
  for (let at = 0; at < points.length; at += 2) {
    const x = points[at]!;
    const y = points[at + 1]!;
    const before = kept.length - 2;
    if (before >= 0 && kept[before] === x && kept[before + 1] === y) continue;
    if (before >= 2 && kept[before] === x && kept[before - 2] === x) kept[before + 1] = y;
    else kept.push(x, y);
  }
  if (!backwards) return Float64Array.from(kept);
  const reversed: number[] = [];
  for (let at = kept.length - 2; at >= 0; at -= 2) reversed.push(kept[at]!, kept[at + 1]!);
  return Float64Array.from(reversed);
}
