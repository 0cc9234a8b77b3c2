import { longestPaths } from './longestPaths';
import type { Ranked } from './ranked';

/**
 * The centre of every vertex, so that edges run straight: rank by rank, down and up, each vertex as near to what it is
 * joined with as the gaps allow, then path by path. The longest path weighs most, so that the main path of a network is one line.
 */
export function placeRanks(graph: Ranked, gap: number): Float64Array {
  const { ranks, width } = graph;
  const centre = new Float64Array(width.length);
  const { paths, weight } = longestPaths(graph);
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
  for (let round = 0; round < rounds; round++) straighten(graph, centre, weight, paths, gap);
  return centre;
}

/**
 * Moves each path as one, the longest first, to where what it is joined with draws it, as far as its neighbours leave room for all of it;
 * where they do not, in as few pieces as that takes.
 */
function straighten(graph: Ranked, centre: Float64Array, weight: Float64Array, paths: readonly number[][], gap: number): void {
  const { ranks, above, below, upper, lower, upperAt, lowerAt } = graph;
  const left = new Int32Array(centre.length).fill(-1);
  const right = new Int32Array(centre.length).fill(-1);
  for (const vertices of ranks)
    for (let at = 1; at < vertices.length; at++) {
      left[vertices[at]!] = vertices[at - 1]!;
      right[vertices[at - 1]!] = vertices[at]!;
    }
  /** Moves the piece of a path that begins here, and says where the next one does. */
  const settle = (path: readonly number[], from: number): number => {
    const offsets: number[] = [];
    let [least, most] = [-Infinity, Infinity];
    let to = from;
    for (; to < path.length; to++) {
      const vertex = path[to]!;
      const before = to === from ? undefined : above[vertex]!.find((edge) => upper[edge] === path[to - 1]);
      const offset = before === undefined ? 0 : offsets.at(-1)! + upperAt[before]! - lowerAt[before]!;
      const low = left[vertex]! < 0 ? -Infinity : centre[left[vertex]!]! + apart(graph, left[vertex]!, vertex, gap) - offset;
      const high = right[vertex]! < 0 ? Infinity : centre[right[vertex]!]! - apart(graph, vertex, right[vertex]!, gap) - offset;
      // A little less room is better than a kink; its neighbours have their turn.
      if (to > from && Math.max(least, low) > Math.min(most, high) + gap / 2) break;
      [least, most] = [Math.max(least, low), Math.min(most, high)];
      offsets.push(offset);
    }
    const piece = path.slice(from, to);
    let [sum, total] = [0, 0];
    const draw = (at: number, edge: number, other: number, place: number): void => {
      if (other === piece[at - 1] || other === piece[at + 1]) return;
      sum += weight[edge]! * (place - offsets[at]!);
      total += weight[edge]!;
    };
    piece.forEach((vertex, at) => {
      for (const edge of above[vertex]!) draw(at, edge, upper[edge]!, centre[upper[edge]!]! + upperAt[edge]! - lowerAt[edge]!);
      for (const edge of below[vertex]!) draw(at, edge, lower[edge]!, centre[lower[edge]!]! + lowerAt[edge]! - upperAt[edge]!);
    });
    const wish = total > 0 ? sum / total : piece.reduce((all, vertex, at) => all + centre[vertex]! - offsets[at]!, 0) / piece.length;
    const start = least > most ? (least + most) / 2 : Math.min(most, Math.max(least, wish));
    piece.forEach((vertex, at) => (centre[vertex] = start + offsets[at]!));
    return to;
  };
  for (const path of paths) for (let from = 0; from < path.length; ) from = settle(path, from);
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
