import type { Ranked } from './ranked';

/**
 * The centre of every vertex, so that edges run straight: rank by rank, down and up, each vertex as near to what it is
 * joined with as the gaps allow. The longest path through a vertex weighs most, so that the main path of a network is one line.
 */
export function placeRanks(graph: Ranked, gap: number): Float64Array {
  const { ranks, width } = graph;
  const centre = new Float64Array(width.length);
  const weight = weights(graph);
  const rounds = width.length > 20_000 ? 2 : 6;
  for (const vertices of ranks) {
    let x = 0;
    vertices.forEach((vertex, at) => {
      if (at > 0) x += apart(graph, vertices[at - 1]!, vertex, gap);
      centre[vertex] = x;
    });
    const middle = x / 2;
    for (const vertex of vertices) centre[vertex]! -= middle;
  }
  for (let round = 0; round < rounds; round++) {
    for (let at = 1; at < ranks.length; at++) pull(graph, centre, weight, at, gap, true, false);
    for (let at = ranks.length - 2; at >= 0; at--) pull(graph, centre, weight, at, gap, false, true);
  }
  for (let round = 0; round < Math.ceil(rounds / 2); round++) {
    for (let at = ranks.length - 1; at >= 0; at--) pull(graph, centre, weight, at, gap, true, true);
    for (let at = 0; at < ranks.length; at++) pull(graph, centre, weight, at, gap, true, true);
  }
  straighten(graph, centre, weight);
  return centre;
}

/** Takes out the fractions of a pixel that least squares leave in lines that are meant to be straight. */
function straighten({ ranks, above, upper, upperAt, lowerAt }: Ranked, centre: Float64Array, weight: Float64Array): void {
  for (const vertices of ranks)
    for (const vertex of vertices) {
      const edges = above[vertex]!;
      if (edges.length === 0) continue;
      const edge = edges.reduce((best, other) => (weight[other]! > weight[best]! ? other : best));
      const straight = centre[upper[edge]!]! + upperAt[edge]! - lowerAt[edge]!;
      if (Math.abs(straight - centre[vertex]!) < 2) centre[vertex] = straight;
    }
}

function apart({ width, firstBend }: Ranked, left: number, right: number, gap: number): number {
  const between = left >= firstBend && right >= firstBend ? gap / 2 : left >= firstBend || right >= firstBend ? gap * 0.75 : gap;
  return width[left]! / 2 + between + width[right]! / 2;
}

/** Moves one rank towards its neighbours: weighted least squares under the gaps, by pooling adjacent violators. */
function pull(
  graph: Ranked,
  centre: Float64Array,
  weight: Float64Array,
  at: number,
  gap: number,
  fromAbove: boolean,
  fromBelow: boolean,
): void {
  const { ranks, above, below, upper, lower, upperAt, lowerAt } = graph;
  const vertices = ranks[at]!;
  // Pools of vertices that touch: where the first of them wants to be, and how much.
  const start: number[] = [];
  const wish: number[] = [];
  const mass: number[] = [];
  const offset = new Float64Array(vertices.length);
  vertices.forEach((vertex, index) => {
    let sum = 0;
    let total = 0;
    if (fromAbove)
      for (const edge of above[vertex]!) {
        sum += weight[edge]! * (centre[upper[edge]!]! + upperAt[edge]! - lowerAt[edge]!);
        total += weight[edge]!;
      }
    if (fromBelow)
      for (const edge of below[vertex]!) {
        sum += weight[edge]! * (centre[lower[edge]!]! + lowerAt[edge]! - upperAt[edge]!);
        total += weight[edge]!;
      }
    const wanted = total > 0 ? sum / total : centre[vertex]!;
    offset[index] = index === 0 ? 0 : offset[index - 1]! + apart(graph, vertices[index - 1]!, vertex, gap);
    start.push(index);
    wish.push(wanted - offset[index]);
    mass.push(total > 0 ? total : 1e-6);
    while (wish.length > 1 && wish.at(-2)! >= wish.at(-1)!) {
      const lastMass = mass.pop()!;
      const lastWish = wish.pop()!;
      start.pop();
      const end = wish.length - 1;
      wish[end] = (wish[end]! * mass[end]! + lastWish * lastMass) / (mass[end]! + lastMass);
      mass[end]! += lastMass;
    }
  });
  let pool = 0;
  vertices.forEach((vertex, index) => {
    while (pool + 1 < start.length && start[pool + 1]! <= index) pool++;
    centre[vertex] = wish[pool]! + offset[index]!;
  });
}

/** How much each edge wants to be straight. */
function weights({ ranks, above, below, upper, lower, firstBend, width }: Ranked): Float64Array {
  const size = (vertex: number): number => (vertex < firstBend ? 1 : 0.01);
  const down = new Float64Array(width.length); // longest path that ends here
  const up = new Float64Array(width.length); // longest path that starts here
  const from = new Int32Array(width.length).fill(-1);
  const to = new Int32Array(width.length).fill(-1);
  for (const vertices of ranks)
    for (const vertex of vertices) {
      for (const edge of above[vertex]!)
        if (from[vertex] === -1 || down[upper[edge]!]! > down[upper[from[vertex]!]!]!) from[vertex] = edge;
      down[vertex] = size(vertex) + (from[vertex] === -1 ? 0 : down[upper[from[vertex]!]!]!);
    }
  for (let at = ranks.length - 1; at >= 0; at--)
    for (const vertex of ranks[at]!) {
      for (const edge of below[vertex]!)
        if (to[vertex] === -1 || up[lower[edge]!]! > up[lower[to[vertex]!]!]!) to[vertex] = edge;
      up[vertex] = size(vertex) + (to[vertex] === -1 ? 0 : up[lower[to[vertex]!]!]!);
    }
  // Paths of edges that are the longest way on for both their ends: the more items on one, the straighter it is.
  const weight = new Float64Array(upper.length);
  const onPath = new Uint8Array(upper.length);
  const length = new Float64Array(upper.length);
  let longest = 1;
  for (const vertices of ranks)
    for (const start of vertices) {
      const path: number[] = [];
      let items = size(start);
      for (let edge = to[start]!; edge >= 0 && !onPath[edge] && from[lower[edge]!] === edge; edge = to[lower[edge]!]!) {
        onPath[edge] = 1;
        path.push(edge);
        items += size(lower[edge]!);
      }
      for (const edge of path) length[edge] = items;
      if (path.length > 0) longest = Math.max(longest, items);
    }
  for (let edge = 0; edge < upper.length; edge++) {
    if (onPath[edge]) weight[edge] = 10 + 1e8 * (length[edge]! / longest) ** 2;
    else weight[edge] = upper[edge]! >= firstBend && lower[edge]! >= firstBend ? 8 : 1;
  }
  return weight;
}
