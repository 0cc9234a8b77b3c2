import { pairsOf, rowStart, type Vector } from './condensed';

/** A hierarchical clustering as SciPy numbers it: clusters below n are stimuli, n + k is the k-th merge. */
export interface Linkage {
  /** Merged clusters, the lower number at the left: [n - 1]. */
  left: Int32Array;
  right: Int32Array;
  /** Mean dissimilarity between the members of both, never falling: [n - 1]. */
  height: Float32Array;
  /** Stimuli from left to right as a dendrogram has them: [n]. */
  order: Int32Array;
}

/**
 * Average linkage (UPGMA) by chains of nearest neighbours, O(n^2): Müllner, "Modern hierarchical, agglomerative clustering
 * algorithms", 2011. Equal to SciPy's `linkage(values, 'average')` and the leaves of its `dendrogram`, ties included.
 *
 * @param values condensed RDM of n stimuli without NaN
 */
export function averageLinkage(values: Vector, n: number): Linkage {
  const merges = Math.max(0, n - 1);
  const first = new Int32Array(merges); // a stimulus of each merged cluster
  const second = new Int32Array(merges);
  const heights = new Float64Array(merges);
  const distances = new Float64Array(pairsOf(n));
  distances.set(values);
  const sizes = new Int32Array(n).fill(1); // of the cluster whose last stimulus it is; 0: merged into another
  const chain = new Int32Array(n);
  let length = 0;
  for (let merge = 0; merge < merges; merge++) {
    if (length === 0) chain[length++] = sizes.findIndex((size) => size > 0);
    for (;;) {
      const last = chain[length - 1]!;
      const before = length > 1 ? chain[length - 2]! : -1;
      const { nearest, distance } = nearestTo(last, before, distances, sizes);
      if (nearest !== before) {
        chain[length++] = nearest;
        continue;
      }
      length -= 2;
      heights[merge] = distance;
      first[merge] = Math.min(last, before);
      second[merge] = Math.max(last, before);
      break;
    }
    join(first[merge]!, second[merge]!, distances, sizes);
  }
  return numbered(first, second, heights, n);
}

/** The cluster nearest to a cluster; among equally near ones `preferred`, else the lowest. */
function nearestTo(cluster: number, preferred: number, distances: Float64Array, sizes: Int32Array) {
  const n = sizes.length;
  let nearest = preferred;
  let distance = preferred < 0 ? Infinity : distances[rowStart(Math.min(cluster, preferred), n) + Math.max(cluster, preferred)]!;
  for (let i = 0, at = cluster - 1; i < cluster; at += n - i - 2, i++) {
    if (sizes[i] === 0 || !(distances[at]! < distance)) continue;
    distance = distances[at]!;
    nearest = i;
  }
  const start = rowStart(cluster, n);
  for (let i = cluster + 1; i < n; i++) {
    if (sizes[i] === 0 || !(distances[start + i]! < distance)) continue;
    distance = distances[start + i]!;
    nearest = i;
  }
  return { nearest, distance };
}

/** Merges cluster `from` into `into`: its dissimilarity to a cluster is the mean of both, by size. */
function join(from: number, into: number, distances: Float64Array, sizes: Int32Array): void {
  const n = sizes.length;
  const [a, b] = [sizes[from]!, sizes[into]!];
  sizes[from] = 0;
  for (let i = 0; i < n; i++) {
    if (sizes[i] === 0 || i === into) continue;
    const old = distances[rowStart(Math.min(i, from), n) + Math.max(i, from)]!;
    const at = rowStart(Math.min(i, into), n) + Math.max(i, into);
    distances[at] = (a * old + b * distances[at]!) / (a + b);
  }
  sizes[into] = a + b;
}

/** Merges from the lowest to the highest, with the numbers that clusters get so. */
function numbered(first: Int32Array, second: Int32Array, heights: Float64Array, n: number): Linkage {
  const merges = first.length;
  const sorted = Array.from(first.keys()).sort((a, b) => heights[a]! - heights[b]!); // stable
  const left = new Int32Array(merges);
  const right = new Int32Array(merges);
  const parents = Int32Array.from({ length: n + merges }, (_, i) => i);
  const root = (cluster: number): number => {
    let top = cluster;
    while (parents[top] !== top) top = parents[top]!;
    for (let at = cluster; at !== top; ) {
      const above = parents[at]!;
      parents[at] = top;
      at = above;
    }
    return top;
  };
  for (const [k, merge] of sorted.entries()) {
    const [a, b] = [root(first[merge]!), root(second[merge]!)];
    left[k] = Math.min(a, b);
    right[k] = Math.max(a, b);
    parents[a] = parents[b] = n + k;
  }
  const height = Float32Array.from(sorted, (merge) => heights[merge]!);
  return { left, right, height, order: leaves(left, right, n) };
}

/** The stimuli under the last merge, those of the left cluster first. */
function leaves(left: Int32Array, right: Int32Array, n: number): Int32Array {
  const order = new Int32Array(n);
  const stack = n > 0 ? [n + left.length - 1] : [];
  for (let count = 0; stack.length > 0; ) {
    const cluster = stack.pop()!;
    if (cluster < n) order[count++] = cluster;
    else stack.push(right[cluster - n]!, left[cluster - n]!);
  }
  return order;
}
