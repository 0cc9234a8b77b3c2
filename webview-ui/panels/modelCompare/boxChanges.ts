import type { ModelComparison, NodeChange } from '../../../src/protocol/graph';
import { formatCount } from '../../shared/format';
import type { GraphIndex } from '../../views/graph/graphIndex';
import type { SceneBox } from '../../views/graph/scene';

export type ChangeCounts = Record<NodeChange, number>;

const differing = ['changed', 'added', 'removed'] as const satisfies NodeChange[];

/** What the comparison says of the nodes of one of the two models, by node and by box of its drawing. */
export class BoxChanges {
  /** Of each node, the pair it is in. */
  private readonly pairs: Int32Array;
  private readonly changes: NodeChange[];
  /** Constants by the node that they are shown with: they have no boxes. */
  private readonly constants = new Map<number, number[]>();
  private readonly known = new Map<string, ChangeCounts>();

  constructor(
    private readonly index: GraphIndex,
    pairs: ModelComparison['pairs'],
    side: 0 | 1,
  ) {
    const { nodes } = index.graph;
    this.pairs = new Int32Array(nodes.length).fill(-1);
    this.changes = nodes.map(() => 'equal');
    pairs.forEach((pair, at) => {
      const node = pair.nodes[side];
      if (node === null) return;
      this.pairs[node] = at;
      this.changes[node] = pair.change;
    });
    nodes.forEach((_, node) => {
      const shown = index.shownAs(node);
      if (shown === null || shown === node) return;
      const known = this.constants.get(shown);
      if (known) known.push(node);
      else this.constants.set(shown, [node]);
    });
  }

  /** The pair that a node is in, null where it is in none. */
  pairOf(node: number): number | null {
    const pair = this.pairs[node]!;
    return pair < 0 ? null : pair;
  }

  /** How many nodes of each kind a box stands for: a node with its constants and what is inside it, or all of a module. Null: the box is no node. */
  countsOf(box: SceneBox): ChangeCounts | null {
    if (box.kind !== 'node' && box.kind !== 'scope') return null;
    const key = box.kind === 'node' ? `n${box.node}` : `s${box.scope}`;
    let counts = this.known.get(key);
    if (!counts) {
      counts = { equal: 0, changed: 0, added: 0, removed: 0 };
      for (const node of this.within(box.kind === 'node' ? [box.node] : this.index.nodesIn(box.scope))) counts[this.changes[node]!]++;
      this.known.set(key, counts);
    }
    return counts;
  }

  /** Nodes with their constants, and with those of the bodies inside them. */
  private within(nodes: readonly number[]): Set<number> {
    const all = new Set<number>();
    const take = (node: number): void => {
      if (all.has(node)) return;
      all.add(node);
      this.constants.get(node)?.forEach(take);
      for (const body of this.index.graph.nodes[node]!.bodies) this.index.bodyNodes[body]!.forEach(take);
    };
    nodes.forEach(take);
    return all;
  }
}

/** What a box is as a whole, leaving out kinds that are hidden: the one kind it holds; else changed, unless all is hidden. */
export function verdictOf(counts: ChangeCounts, hidden: ReadonlySet<NodeChange>): NodeChange | 'hidden' {
  const kinds = (Object.keys(counts) as NodeChange[]).filter((kind) => counts[kind] > 0 && !hidden.has(kind));
  return kinds.length === 0 ? 'hidden' : kinds.length === 1 ? kinds[0]! : 'changed';
}

/** "3 changed, 1 added"; "" where nothing differs. */
export function countsText(counts: ChangeCounts): string {
  return differing.flatMap((kind) => (counts[kind] > 0 ? [`${formatCount(counts[kind])} ${kind}`] : [])).join(', ');
}
