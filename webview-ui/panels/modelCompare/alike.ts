import type { ModelComparison } from '../../../src/protocol/graph';
import { keyOf, keysAround } from '../../views/graph/expansion';
import type { GraphIndex } from '../../views/graph/graphIndex';

/** Of each box that opens, by key, the one of the other model that holds the same; of the first model's, and of the second's. */
export type AlikeKeys = readonly [ReadonlyMap<string, string>, ReadonlyMap<string, string>];

/**
 * Modules belong together where most of the pairs inside them say so: each pair votes for the modules around its two nodes, level by level from the innermost. A node
 * that opens belongs to its partner.
 */
export function alikeKeys(a: GraphIndex, b: GraphIndex, pairs: ModelComparison['pairs']): AlikeKeys {
  const votes = [new Votes(), new Votes()] as const;
  for (const { nodes } of pairs) {
    const [one, other] = nodes;
    if (one === null || other === null) continue;
    const [around, opposite] = [levels(a, one), levels(b, other)];
    for (let level = 1; level <= Math.min(around.length, opposite.length); level++) {
      const [key, partner] = [around.at(-level)!, opposite.at(-level)!];
      votes[0].add(key, partner);
      votes[1].add(partner, key);
    }
  }
  const found = [new Map<string, string>(), new Map<string, string>()] as const;
  for (const key of votes[0].voters()) {
    const partner = votes[0].best(key)!;
    if (votes[1].best(partner) !== key) continue;
    found[0].set(key, partner);
    found[1].set(partner, key);
  }
  return found;
}

/** Keys of what has to be open for the inside of a node to be seen: the scopes around it, and itself where it opens. */
function levels(index: GraphIndex, node: number): string[] {
  const opens = index.graph.nodes[node]!.bodies.length > 0;
  return [...keysAround(index, node), ...(opens ? [keyOf(index, node)] : [])];
}

class Votes {
  private readonly counts = new Map<string, Map<string, number>>();

  add(key: string, partner: string): void {
    let counts = this.counts.get(key);
    if (!counts) {
      counts = new Map<string, number>();
      this.counts.set(key, counts);
    }
    counts.set(partner, (counts.get(partner) ?? 0) + 1);
  }

  voters(): Iterable<string> {
    return this.counts.keys();
  }

  /** The one with the most votes, the first of several. */
  best(key: string): string | null {
    let best: string | null = null;
    let most = 0;
    for (const [partner, count] of this.counts.get(key) ?? []) {
      if (count <= most) continue;
      best = partner;
      most = count;
    }
    return best;
  }
}
