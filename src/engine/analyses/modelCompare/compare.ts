import type { TensorChange } from '../../../protocol/checkpoint';
import type { ModelComparison, NodeDifference } from '../../../protocol/graph';
import { bodyDifferences, modelDifferences, nodeDifferences, type Differences, type WeightPair } from './differences';
import { matchGraphs, type Match } from './match';
import type { Side } from './side';

/** Compares weights of two models by name, by ranges of their files. */
export type CompareWeights = (pairs: [string, string][]) => Promise<TensorChange[]>;

/** How the second model differs from the first; see the README. */
export async function compareModels(a: Side, b: Side, compareWeights: CompareWeights): Promise<ModelComparison> {
  const match = matchGraphs(a, b);
  const found = new Map<number, Differences>();
  for (const [nodeA, nodeB] of match.ofA.entries()) if (nodeB >= 0) found.set(nodeA, nodeDifferences(a, b, match, nodeA, nodeB));
  const whole: Differences = { differences: [], weights: [] };
  for (const [bodyA, bodyB] of match.bodies) {
    const { owner } = a.graph.bodies[bodyA]!;
    const of = owner ? found.get(owner.node)! : whole;
    const { differences, weights } = bodyDifferences(a, b, match, bodyA, bodyB);
    of.differences.push(...differences);
    of.weights.push(...weights);
  }
  const weights = new Map<string, [string, string]>();
  for (const { weights: pairs } of [whole, ...found.values()]) for (const { tensors } of pairs) weights.set(JSON.stringify(tensors), tensors);
  const changes = await compareWeights([...weights.values()]);
  const keys = [...weights.keys()];
  const byPair = new Map(changes.map((change, at) => [keys[at]!, change]));
  const all = ({ differences, weights: own }: Differences): NodeDifference[] => [...differences, ...own.flatMap((pair) => weightDifference(pair, byPair.get(JSON.stringify(pair.tensors))!))];
  const pairs = inOrder(match).map(([nodeA, nodeB]): ModelComparison['pairs'][number] => {
    if (nodeA === null || nodeB === null) return { nodes: [nodeA, nodeB], change: nodeA === null ? 'added' : 'removed', differences: [] };
    const differences = all(found.get(nodeA)!);
    return { nodes: [nodeA, nodeB], change: differences.length === 0 ? 'equal' : 'changed', differences };
  });
  return { models: [a.graph, b.graph], pairs, model: [...modelDifferences(a, b), ...all(whole).map(asWhole)] };
}

/** A difference of an output of the model or of a function, as one of the models as wholes. */
function asWhole({ what, name, before, after, relative, problem }: NodeDifference): ModelComparison['model'][number] {
  if (what !== 'weights') return { what: `Source of ${name}`, before, after };
  const by = problem ?? (typeof relative === 'number' ? `changed by ${(100 * relative).toPrecision(3)} %` : '');
  return { what: `Weight ${name}`, before, after: by === '' ? after : `${after}: ${by}` };
}

function weightDifference({ name, tensors }: WeightPair, { state, relative, cosine, problem }: TensorChange): NodeDifference[] {
  if (state === 'same') return [];
  if (state === 'changed') {
    const defined = relative !== null && Number.isFinite(relative);
    return [{ what: 'weights', name, before: tensors[0], after: tensors[1], relative: defined ? relative : null, cosine, ...(defined ? {} : { problem: relative === null ? 'there are numbers that are none' : 'they were all zero' }) }];
  }
  return [{ what: 'weights', name, before: tensors[0], after: tensors[1], relative: null, cosine: null, problem: problem ?? 'their shapes differ' }];
}

/** The nodes of the first in their order; those that only the second has stand before the next of theirs that both have. */
function inOrder({ ofA, ofB }: Match): [number | null, number | null][] {
  const rows: [number | null, number | null][] = [];
  let next = 0;
  for (const [nodeA, nodeB] of ofA.entries()) {
    for (; nodeB >= 0 && next < nodeB; next++) if (ofB[next]! < 0) rows.push([null, next]);
    if (nodeB >= 0) next = Math.max(next, nodeB + 1);
    rows.push([nodeA, nodeB < 0 ? null : nodeB]);
  }
  for (; next < ofB.length; next++) if (ofB[next]! < 0) rows.push([null, next]);
  return rows;
}
