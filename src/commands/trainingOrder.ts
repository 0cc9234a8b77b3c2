import type { TreeNode, TreePage } from '../protocol/checkpoint';

/** What training loops call their progress, the finest first. */
const counters = ['global_step', 'step', 'iteration', 'iter', 'epoch'];

/** Places of checkpoints in the order of training, by the first counter that all of them hold beside their tensors; null where there is none. */
export function trainingOrder(contents: readonly TreeNode[]): number[] | null {
  for (const counter of counters) {
    const steps = contents.map(({ children }) => {
      const held = children?.find(({ key, kind }) => key === counter && (kind === 'number' || kind === 'text'));
      return Number.parseFloat(held?.text ?? '');
    });
    if (steps.every(Number.isFinite) && new Set(steps).size === steps.length) return steps.map((_, at) => at).sort((a, b) => steps[a]! - steps[b]!);
  }
  return null;
}

/** All that a checkpoint holds at its top; of what is much, its summary lists the beginning. `more`: entries from one place on, as many at most. */
export async function wholeTop(tree: TreeNode, more: (from: number, count: number) => Promise<TreePage>): Promise<TreeNode> {
  const children = [...(tree.children ?? [])];
  while (children.length < (tree.size ?? 0)) {
    const page = await more(children.length, 1000);
    if (page.children.length === 0) break;
    children.push(...page.children);
  }
  return { ...tree, children };
}
