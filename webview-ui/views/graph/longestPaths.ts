import type { Ranked } from './ranked';

/**
 * All vertices on paths: the longest path of the graph, from port to port where it has ports, then the longest of what it leaves, and so on, each from above to below.
 * `weight`: how much each edge wants to be straight: the more items are on the path that it is a part of, the more.
 */
export function longestPaths({ ranks, above, below, upper, lower, firstBend, width, isPort }: Ranked): { paths: number[][]; weight: Float64Array } {
  const size = (vertex: number): number => (isPort[vertex] ? 1000 : vertex < firstBend ? 1 : 0.01);
  const down = new Float64Array(width.length); // longest path that ends here
  const up = new Float64Array(width.length); // longest path that starts here
  const furthest = (edges: readonly number[], end: Int32Array, length: Float64Array): number => edges.reduce((most, edge) => Math.max(most, length[end[edge]!]!), 0);
  for (const vertices of ranks) for (const vertex of vertices) down[vertex] = size(vertex) + furthest(above[vertex]!, upper, down);
  for (const vertices of ranks.toReversed()) for (const vertex of vertices) up[vertex] = size(vertex) + furthest(below[vertex]!, lower, up);

  const weight = Float64Array.from(upper, (from, edge) => (from >= firstBend && lower[edge]! >= firstBend ? 8 : 1));
  const taken = new Uint8Array(width.length);
  // Of paths of one length, from below, the one through what is taken last: of all that is joined, networks make that last.
  const onward = (edges: readonly number[], end: Int32Array, length: Float64Array): number =>
    edges.reduce((best, edge) => (taken[end[edge]!] || (best >= 0 && length[end[best]!]! > length[end[edge]!]!) ? best : edge), -1);
  const total = (vertex: number): number => down[vertex]! + up[vertex]! - size(vertex);
  const byLength = ranks.toReversed().flat().sort((a, b) => total(b) - total(a));
  const paths: number[][] = [];
  for (const start of byLength) {
    if (taken[start]) continue;
    taken[start] = 1;
    const edges: number[] = [];
    const walk = (around: readonly number[][], end: Int32Array, length: Float64Array): number[] => {
      const passed: number[] = [];
      for (let edge = onward(around[start]!, end, length); edge >= 0; edge = onward(around[passed.at(-1)!]!, end, length)) {
        taken[end[edge]!] = 1;
        passed.push(end[edge]!);
        edges.push(edge);
      }
      return passed;
    };
    const path = [...walk(above, upper, down).reverse(), start, ...walk(below, lower, up)];
    const items = path.reduce((sum, vertex) => sum + size(vertex), 0);
    for (const edge of edges) weight[edge] = 10 + 1e8 * (items / total(byLength[0]!)) ** 2;
    paths.push(path);
  }
  return { paths, weight };
}
