import type { Ranked } from './ranked';

/** Orders the vertices of every rank so that few edges cross: barycentres from above and below, the best order kept. */
export function orderRanks(graph: Ranked): void {
  const { ranks, width } = graph;
  const place = new Float64Array(width.length);
  firstOrder(graph, place);
  const widest = Math.max(0, ...ranks.map((vertices) => vertices.length));
  if (widest < 2) return;
  const rounds = width.length > 20_000 ? 2 : width.length > 3000 ? 4 : 10;
  let best = ranks.map((vertices) => [...vertices]);
  let fewest = crossings(graph, place);
  for (let round = 0; round < rounds && fewest > 0; round++) {
    for (let at = 1; at < ranks.length; at++) sortRank(graph, place, at, 'above');
    for (let at = ranks.length - 2; at >= 0; at--) sortRank(graph, place, at, 'below');
    const count = crossings(graph, place);
    if (count >= fewest) {
      if (round > 2) break;
      continue;
    }
    fewest = count;
    best = ranks.map((vertices) => [...vertices]);
  }
  best.forEach((vertices, at) => (ranks[at] = vertices));
}

/** As a walk from the first sources on meets them. */
function firstOrder({ ranks, below, lower }: Ranked, place: Float64Array): void {
  const seen = new Uint8Array(place.length);
  const rankOf = new Int32Array(place.length);
  ranks.forEach((vertices, at) => vertices.forEach((vertex) => (rankOf[vertex] = at)));
  const ordered: number[][] = ranks.map(() => []);
  for (const vertices of ranks)
    for (const start of vertices) {
      const stack = [start];
      while (stack.length > 0) {
        const vertex = stack.pop()!;
        if (seen[vertex]) continue;
        seen[vertex] = 1;
        const row = ordered[rankOf[vertex]!]!;
        place[vertex] = row.push(vertex) - 1;
        for (let at = below[vertex]!.length - 1; at >= 0; at--) stack.push(lower[below[vertex]![at]!]!);
      }
    }
  ordered.forEach((vertices, at) => (ranks[at] = vertices));
}

function sortRank(
  { ranks, width, above, below, upper, lower, upperAt, lowerAt }: Ranked,
  place: Float64Array,
  at: number,
  side: 'above' | 'below',
): void {
  const vertices = ranks[at]!;
  if (vertices.length < 2) return;
  const links = side === 'above' ? above : below;
  const other = side === 'above' ? upper : lower;
  const otherAt = side === 'above' ? upperAt : lowerAt;
  const key = new Map<number, number>();
  for (const vertex of vertices) {
    const edges = links[vertex]!;
    if (edges.length === 0) {
      key.set(vertex, place[vertex]!);
      continue;
    }
    let sum = 0;
    for (const edge of edges) {
      const end = other[edge]!;
      sum += place[end]! + (width[end]! > 0 ? (0.9 * otherAt[edge]!) / width[end]! : 0);
    }
    key.set(vertex, sum / edges.length);
  }
  vertices.sort((a, b) => key.get(a)! - key.get(b)! || place[a]! - place[b]!);
  vertices.forEach((vertex, index) => (place[vertex] = index));
}

/** Pairs of edges that cross, counted rank by rank with a Fenwick tree (Barth, Jünger and Mutzel 2004). */
export function crossings({ ranks, below, upperAt, lower, lowerAt, width }: Ranked, place: Float64Array): number {
  let count = 0;
  for (let at = 0; at + 1 < ranks.length; at++) {
    const ends: number[] = [];
    for (const vertex of ranks[at]!) {
      const edges = below[vertex]!;
      if (edges.length === 1) ends.push(end(edges[0]!));
      else
        ends.push(
          ...edges
            .map((edge) => ({ at: upperAt[edge]!, end: end(edge) }))
            .sort((a, b) => a.at - b.at || a.end - b.end)
            .map((edge) => edge.end),
        );
    }
    if (ends.length < 2) continue;
    count += inversions(ends);
  }
  return count;

  function end(edge: number): number {
    const vertex = lower[edge]!;
    return place[vertex]! + (width[vertex]! > 0 ? (0.9 * lowerAt[edge]!) / width[vertex]! : 0);
  }
}

function inversions(values: readonly number[]): number {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  if (sorted.length < 2) return 0;
  const indexOf = new Map(sorted.map((value, index) => [value, index + 1]));
  const tree = new Int32Array(sorted.length + 1);
  let count = 0;
  values.forEach((value, seen) => {
    const index = indexOf.get(value)!;
    let notGreater = 0;
    for (let at = index; at > 0; at -= at & -at) notGreater += tree[at]!;
    count += seen - notGreater;
    for (let at = index; at < tree.length; at += at & -at) tree[at]!++;
  });
  return count;
}
